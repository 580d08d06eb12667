#!/bin/sh
# benchmarks/run.sh [quick]   builds the benchmarks, runs them all (about five minutes; quick: half of
# one) and writes what they print to benchmarks-result.txt in the build folder as well.
# Nothing else should run on the machine meanwhile.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${SCOPETREE_BUILD_DIR:-$root/build/benchmarks}
result=${SCOPETREE_RESULT:-$build/benchmarks-result.txt}

case "${1:-}" in
"") scopes=2000 overhead=100 accuracy=10 memory=60 nodes=1000000 compile=25 ;;
quick) scopes=100 overhead=5 accuracy=2 memory=3 nodes=100000 compile=5 ;;
*)
    echo "benchmarks/run.sh [quick]" >&2
    exit 2
    ;;
esac

"$root/.ci/install" g++ cmake ninja-build boost
mkdir -p "$build"
if ! { cmake -S "$root" -B "$build" -G Ninja -DSCOPETREE_BUILD_TESTS=OFF -DSCOPETREE_BUILD_EXAMPLES=OFF &&
       cmake --build "$build"; } >"$build/build.log" 2>&1; then
    cat "$build/build.log" >&2
    exit 1
fi

programs=$build/benchmarks
{
    date -u '+%Y-%m-%d %H:%M UTC'
    sed -n 's/^model name[^:]*: /processor: /p' /proc/cpuinfo | uniq -c | sed 's/^ *//'
    echo "kernel: $(uname -r)   load before: $(cut -d ' ' -f 1-3 /proc/loadavg)"
    echo
    "$programs/scope_cost" $scopes
    "$programs/sampling_overhead" $overhead
    echo
    "$programs/accuracy" $accuracy
    echo
    "$programs/memory" $memory
    echo
    "$programs/timeline"
    echo
    "$programs/renderers" $nodes
    echo
    "$root/benchmarks/compile_cost.sh" $compile
} 2>&1 | tee "$result"
