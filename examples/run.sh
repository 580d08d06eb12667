#!/bin/sh
# examples/run.sh [EXAMPLE [ARGUMENT…]]   installs what is missing, builds the example and runs it;
# without a name: the quickstart.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${SCOPETREE_BUILD_DIR:-$root/build/examples}
example=${1:-quickstart}
[ $# -eq 0 ] || shift

packages="g++ cmake ninja-build boost"
option=
case $example in
httplib) packages="$packages pkg-config libcpp-httplib-dev" option=-DSCOPETREE_WITH_HTTPLIB=ON ;;
grpc) packages="$packages pkg-config libgrpc++-dev" option=-DSCOPETREE_WITH_GRPC=ON ;;
esac
# shellcheck disable=SC2086
"$root/.ci/install" $packages
mkdir -p "$(dirname "$build")"
if ! { cmake -S "$root" -B "$build" -G Ninja -DSCOPETREE_BUILD_TESTS=OFF \
             -DSCOPETREE_BUILD_BENCHMARKS=OFF $option &&
       cmake --build "$build" --target "example_$example"; } >"$build.log" 2>&1; then
    cat "$build.log" >&2
    exit 1
fi
program=$build/examples/$example
[ ! -d "$program" ] || program=$program/scopetree # cli
exec "$program" "$@"
