#!/bin/sh
# benchmarks/html_page.sh   how long the HTML report of 100,000 nodes takes to appear in a browser, and to
# answer. Prints only; needs node, npm and chromium, which the other benchmarks do without.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${SCOPETREE_BUILD_DIR:-$root/build/html_page}

"$root/.ci/install" g++ cmake ninja-build catch2 python3 boost nodejs npm chromium
mkdir -p "$build/pages"
if ! { cmake -S "$root" -B "$build" -G Ninja -DSCOPETREE_BUILD_BENCHMARKS=OFF -DSCOPETREE_BUILD_EXAMPLES=OFF &&
       cmake --build "$build" --target viewer_html &&
       cp "$root/tests/viewers/package.json" "$root/tests/viewers/package-lock.json" "$build" &&
       (cd "$build" && npm ci --no-audit --no-fund); } >"$build/build.log" 2>&1; then
    cat "$build/build.log" >&2
    exit 1
fi
"$build/tests/viewers/html" "$build/pages"
NODE_PATH=$build/node_modules node "$root/benchmarks/html_page.js" "$build/pages/large.html"
