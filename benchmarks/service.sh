#!/bin/sh
# benchmarks/service.sh [ROUNDS [KIND [ROUTE]]]   what profiling all requests costs a server under wrk.
# KIND: service (examples/service: coroutines; also with its profile pushed to a server), or beast or
# httplib (benchmarks/sync_service: a thread for each client). Servers run side by side and are loaded
# in turn, a second each. Prints the medians of the paired ratios, and the ratio of all requests, since
# what happens every ten seconds shows in few rounds; also for
#     same      another server without profiling: the floor
#     ticking   one without profiling, beside a program that only wakes up 1,000 times a second
#     counted   one that is profiled, but looked at 10 times a second only
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${SCOPETREE_BUILD_DIR:-$root/build/benchmarks}
rounds=${1:-15}
kind=${2:-service}
route=${3:-/test}
"$root/.ci/install" g++ cmake ninja-build boost wrk pkg-config libcpp-httplib-dev
case $kind in
service) targets="example_service benchmark_ingest benchmark_ticker" ;;
beast | httplib) targets="benchmark_sync_service benchmark_ticker" ;;
*)
    echo "benchmarks/service.sh [ROUNDS [KIND [ROUTE]]]: KIND is service, beast or httplib, not '$kind'" >&2
    exit 2
    ;;
esac
mkdir -p "$build"
# shellcheck disable=SC2086
{ cmake -S "$root" -B "$build" -G Ninja -DSCOPETREE_BUILD_TESTS=OFF -DSCOPETREE_WITH_HTTPLIB=ON &&
    cmake --build "$build" --target $targets; } >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
folder=$(mktemp -d)
running=""
trap 'kill $running 2>/dev/null || true; rm -r "$folder"' EXIT

# wait_for NAME WORD: until the program has said it, with its address
wait_for() {
    until grep -qs "^$2" "$folder/$1.log"; do sleep 0.05; done
    sed -n "s,^$2 \(http://[0-9.:]*\).*,\1,p" "$folder/$1.log" >"$folder/$1.url"
}

# start NAME PROGRAM WORD…: a server on a free port
start() {
    name=$1
    shift
    "$@" 2>"$folder/$name.log" &
    running="$running $!"
    wait_for "$name" Serving
    servers="$servers $name"
}
servers=""
if [ "$kind" = service ]; then
    "$build/benchmarks/ingest" >"$folder/ingest.log" &
    running="$running $!"
    wait_for ingest Receiving
    service=$build/examples/service
    start plain "$service" 0 plain
    start same "$service" 0 plain
    start ticking "$service" 0 plain
    start counted env SCOPETREE_INTERVAL=100ms "$service" 0 0
    start profiled "$service" 0 0
    start pushing "$service" 0 0 "$(cat "$folder/ingest.url")"
else
    start plain "$build/benchmarks/sync_service" "$kind" plain
    start same "$build/benchmarks/sync_service" "$kind" plain
    start ticking "$build/benchmarks/sync_service" "$kind" plain
    start counted env SCOPETREE_INTERVAL=100ms "$build/benchmarks/sync_service" "$kind"
    start profiled "$build/benchmarks/sync_service" "$kind"
fi
servers=${servers# }
names=${servers#plain }

# load NAME: adds a line `requests-a-second p99-in-us`
load() {
    if [ "$1" = ticking ]; then
        "$build/benchmarks/ticker" &
        ticker=$!
    fi
    wrk -t1 -c16 -d1s --latency "$(cat "$folder/$1.url")$route" |
        awk '$1 == "99%" { p = $2; f = p ~ /us$/ ? 1 : p ~ /ms$/ ? 1000 : 1000000; p += 0; p *= f }
             $1 == "Requests/sec:" { print $2, p }' >>"$folder/$1.txt"
    [ "$1" != ticking ] || kill "$ticker"
}
for name in $servers; do load "$name"; done # warm
rm "$folder"/*.txt
i=0
while [ "$i" -lt "$rounds" ]; do
    for name in $servers; do load "$name"; done
    servers="${servers#* } ${servers%% *}" # the first becomes the last
    i=$((i + 1))
done
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
echo "$kind, wrk -t1 -c16, $rounds rounds of a second each, $route"
for name in plain $names; do
    printf '%-9s %9.0f requests/s  p99 %6.0f us\n' "$name" "$(cut -d' ' -f1 "$folder/$name.txt" | median)" \
           "$(cut -d' ' -f2 "$folder/$name.txt" | median)"
done
for name in $names; do
    paste -d' ' "$folder/plain.txt" "$folder/$name.txt" >"$folder/pairs"
    printf '%-9s / plain: %.3f of the requests (%.3f of all), %.3f of the p99' "$name" \
           "$(awk '{ print $3 / $1 }' "$folder/pairs" | median)" \
           "$(awk '{ a += $1; b += $3 } END { print b / a }' "$folder/pairs")" \
           "$(awk '{ print $4 / $2 }' "$folder/pairs" | median)"
    [ "$name" = same ] && echo "  (the floor)" || echo
done
