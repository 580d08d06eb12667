#!/bin/sh
# benchmarks/service.sh [ROUNDS [ROUTE]]   what profiling all requests costs examples/service under wrk:
# three servers run side by side, two of them without profiling, and are loaded in turn, a second each.
# Prints the median of the paired ratios, and of those of the two equal servers: the floor.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${SCOPETREE_BUILD_DIR:-$root/build/benchmarks}
rounds=${1:-15}
route=${2:-/test}
"$root/.ci/install" g++ cmake ninja-build boost wrk
if [ -z "${SERVICE:-}" ]; then
    mkdir -p "$build"
    cmake -S "$root" -B "$build" -G Ninja -DSCOPETREE_BUILD_TESTS=OFF >"$build.log" 2>&1 &&
        cmake --build "$build" --target example_service >>"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
    SERVICE=$build/examples/service
fi
folder=$(mktemp -d)
servers=""
trap 'kill $servers 2>/dev/null || true; rm -r "$folder"' EXIT

# start NAME WORD…: a server on a free port, which it says
start() {
    name=$1
    shift
    "$SERVICE" 0 "$@" 2>"$folder/$name.log" &
    servers="$servers $!"
    until grep -q Serving "$folder/$name.log"; do sleep 0.05; done
    sed -n 's/^Serving \(http:[^ ,]*\)\/test.*/\1/p' "$folder/$name.log" >"$folder/$name.url"
}
start plain plain
start same plain
start profiled

# load NAME: adds a line `requests-a-second p99-in-us`
load() {
    wrk -t1 -c16 -d1s --latency "$(cat "$folder/$1.url")$route" |
        awk '$1 == "99%" { p = $2; f = p ~ /us$/ ? 1 : p ~ /ms$/ ? 1000 : 1000000; p += 0; p *= f }
             $1 == "Requests/sec:" { print $2, p }' >>"$folder/$1.txt"
}
for name in plain same profiled; do load $name; done # warm
rm "$folder"/*.txt
i=0
while [ "$i" -lt "$rounds" ]; do
    case $((i % 3)) in
    0) order="plain profiled same" ;;
    1) order="same plain profiled" ;;
    *) order="profiled same plain" ;;
    esac
    for name in $order; do load "$name"; done
    i=$((i + 1))
done
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
echo "wrk -t1 -c16, $rounds rounds of a second each, $route"
for name in plain same profiled; do
    printf '%-9s %9.0f requests/s  p99 %6.0f us\n' "$name" "$(cut -d' ' -f1 "$folder/$name.txt" | median)" \
           "$(cut -d' ' -f2 "$folder/$name.txt" | median)"
done
for name in same profiled; do
    paste -d' ' "$folder/plain.txt" "$folder/$name.txt" | awk '{ print $3 / $1 }' >"$folder/ratios"
    printf '%-9s / plain: %.3f of the requests, ' "$name" "$(median <"$folder/ratios")"
    paste -d' ' "$folder/plain.txt" "$folder/$name.txt" | awk '{ print $4 / $2 }' >"$folder/ratios"
    printf '%.3f of the p99' "$(median <"$folder/ratios")"
    [ "$name" = same ] && echo "  (the floor)" || echo
done
