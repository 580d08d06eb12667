#!/bin/sh
# benchmarks/compile_cost.sh [ROUNDS]   what including scope.hpp and scopetree.hpp adds to the
# compilation of a source file: medians of interleaved runs. CXX chooses the compiler.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
compiler=${CXX:-g++}
rounds=${1:-25}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo 'int answer() { return 42; }' >empty.cpp
echo '#include <scopetree/scope.hpp>' | cat - empty.cpp >included.cpp
printf '%s\n' '#include <scopetree/scope.hpp>' 'int answer() { PROFILE_FUNCTION(); return 42; }' >used.cpp
printf '%s\n' '#include <scopetree/scopetree.hpp>' 'int answer() { PROFILE_FUNCTION(); return 42; }' >all.cpp

# compile NAME: appends the milliseconds it took to NAME.ms
compile() {
    begin=$(date +%s%N)
    "$compiler" -std=c++17 -O2 -I"$root/include" -c "$1.cpp" -o "$1.o"
    end=$(date +%s%N)
    echo $(((end - begin) / 10000)) >>"$1.ms"
}
median() {
    sort -n "$1.ms" | awk '{ value[NR] = $1 / 100 } END {
        print (NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2) }'
}

for name in empty included used; do compile $name; done # the files are in the cache from here on
rm -f ./*.ms
round=0
while [ $round -lt "$rounds" ]; do
    for name in empty included used; do compile $name; done
    [ $((round % 5)) -ne 0 ] || compile all
    round=$((round + 1))
done
floor=$(median empty)
printf 'compile_cost: %s -O2, medians of %d rounds, in ms\n\n' "$compiler" "$rounds"
printf '%-34s %8s %8s\n' '' 'total' 'added'
printf '%-34s %8.1f\n' 'one function (floor)' "$floor"
for name in included used all; do
    case $name in
    included) label='scope.hpp included (target: < 10)' ;;
    used) label='  and one scope in the function' ;;
    all) label='scopetree.hpp (once in a program)' ;;
    esac
    median $name | awk -v floor="$floor" -v label="$label" \
        '{ printf "%-34s %8.1f %8.1f\n", label, $1, $1 - floor }'
done
