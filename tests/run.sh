#!/bin/sh
# tests/run.sh [CONFIGURATION…]   installs what is missing, then builds and tests every configuration,
# or those named: gcc clang meson (g++, no libbacktrace) asan tsan tidy consumer viewers; quick is gcc.
# Only when named: fuzz, which reads damaged session files, and as many damaged requests to the live
# endpoint and environments, SCOPETREE_FUZZ_RUNS times (100,000); and long, the long forms of the
# scenarios of tests/acceptance (two hours; one of them: SCOPETREE_LONG=1 tests/test_acceptance NAME); and
# matrix, which builds and runs small programs with each compiler, standard, optimisation and hardening
# (consumer does so with a few).
# Ends with a line for each configuration and, alone on the last line, `N passed, N failed`.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
build=${SCOPETREE_BUILD_DIR:-$root/build/tests}
jobs=$(nproc)
all="gcc clang meson asan tsan tidy consumer viewers"
on_demand="fuzz long matrix"
case "$*" in
"") wanted=$all ;;
quick) wanted=gcc ;;
*) wanted=$* ;;
esac
for name in $wanted; do
    case " $all $on_demand " in
    *" $name "*) ;;
    *)
        echo "tests/run.sh: no configuration '$name'; there are: quick $all $on_demand" >&2
        exit 2
        ;;
    esac
done

packages="g++ cmake ninja-build catch2 python3 clang-format xz-utils boost boost-context"
case " $wanted " in *" gcc "* | *" consumer "*) packages="$packages pkg-config libcpp-httplib-dev libgrpc++-dev" ;; esac
case " $wanted " in *" clang "* | *san\ * | *" tidy "* | *" consumer "* | *" fuzz "* | *" matrix "*) packages="$packages clang" ;; esac
case " $wanted " in *" matrix "* | *" consumer "*) packages="$packages libc++-dev libc++abi-dev" ;; esac
case " $wanted " in *san\ * | *" fuzz "*) packages="$packages libclang-rt-dev" ;; esac
case " $wanted " in *" tidy "*) packages="$packages clang-tidy" ;; esac
case " $wanted " in *" meson "* | *" consumer "*) packages="$packages meson pkg-config" ;; esac
case " $wanted " in *" viewers "*) packages="$packages nodejs npm chromium golang-go" ;; esac
# shellcheck disable=SC2086
"$root/.ci/install" $packages || exit 1

mkdir -p "$build"
summary=""
total_passed=0
total_failed=0

# report NAME PASSED FAILED SECONDS
report() {
    total_passed=$((total_passed + $2))
    total_failed=$((total_failed + $3))
    line=$(printf '%-9s %4d passed, %d failed  (%d s)' "$1" "$2" "$3" "$4")
    echo "$line"
    summary="$summary$line
"
    [ "$3" -eq 0 ] || show_failures "$build/$1.log"
}

# What CTest's log says of tests that failed, or Catch2's output of checks; else the end.
show_failures() {
    echo "--- from $1:"
    failed=$(awk '/ Test +#/ { failed = /\*\*\*/ } /^ +Start / { failed = 0 } failed' "$1" | head -n 200)
    [ -n "$failed" ] || failed=$(grep -a -B 24 -A 6 'FAILED:' "$1" | head -n 200)
    if [ -n "$failed" ]; then echo "$failed"; else tail -n 100 "$1"; fi
}

# The number that \(…\) stands for in the last line of the log $1 that is like $2; 0 if none is.
number() {
    found=$(sed -n "s/^$2.*/\\1/p" "$1" | tail -n 1)
    echo "${found:-0}"
}

# The sum of what \(…\) stands for in all lines of the log $1 that are like $2.
sum() {
    sed -n "s/^$2\$/\1/p" "$1" | awk '{ all += $1 } END { print all + 0 }'
}

# cmake_tests FOLDER LABELS LEFT-OUT TARGETS SETTING…: builds the targets, runs the tests with those labels
# but not those whose names are like LEFT-OUT
cmake_tests() {
    folder=$build/$1 labels=$2 left_out=$3 targets=$4
    shift 4
    # shellcheck disable=SC2086
    cmake -S "$root" -B "$folder" -G Ninja "$@" &&
        cmake --build "$folder" -j "$jobs" --target $targets &&
        ctest --test-dir "$folder" -j "$jobs" -L "$labels" -E "$left_out" --progress --output-on-failure --no-tests=error
}

# One compiler optimises and the other does not: it takes half the time, and scopes must work so, too.
# Sanitized code is clang++'s, unoptimised, since g++ takes six times as long to compile it; large inputs
# would take minutes there. To see whether memory may be read the address sanitizer needs descriptors, and
# the child of a fork can wait for ever for its allocator, where threads of the parent used it. What the
# thread sanitizer watches is what several threads do. It holds signals back until the program calls it, so
# that the handler's own tests mean nothing with it.
none='^$'
large='^symbol/(readable_name takes linear time|deep stacks and many leaves)'
only_tests="-DSCOPETREE_BUILD_BENCHMARKS=OFF -DSCOPETREE_BUILD_EXAMPLES=OFF -DSCOPETREE_INSTALL=OFF"
# What debug information says of variables costs g++ a quarter of its time, and nothing here reads it.
run_gcc() {
    cmake_tests gcc . "$none" all -DCMAKE_CXX_COMPILER=g++ -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -g1 -DNDEBUG" \
        -DSCOPETREE_WITH_HTTPLIB=ON -DSCOPETREE_WITH_GRPC=ON
}
run_clang() { cmake_tests clang . "$none" all -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug; }
# shellcheck disable=SC2086
run_asan() {
    cmake_tests asan "unit|acceptance" "$large|had no more descriptors|live: the child of a fork" all \
        -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug $only_tests \
        -DCMAKE_CXX_FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
}
# shellcheck disable=SC2086
run_tsan() {
    # It takes threads started after a fork for a mistake; that profiling can start there is tested.
    # It does not know the parent's threads there, and ends where a child lets go of one; and a signal
    # that a handler raises in a child, to die by it, does not arrive.
    TSAN_OPTIONS=die_after_fork=0
    export TSAN_OPTIONS
    cmake_tests tsan unit "$large|^capture/handler|a forked child (can leave|dies without a report)" \
        "test_capture test_model test_symbol test_service test_coroutines test_scopetree" \
        -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug $only_tests \
        -DCMAKE_CXX_FLAGS="-fsanitize=thread"
}
# Without libbacktrace, which all others have.
run_meson() {
    if [ ! -f "$build/meson/build.ninja" ]; then
        CXX=g++ meson setup "$build/meson" "$root" --buildtype=debug -Dlibbacktrace=disabled \
            -Dexamples=disabled -Dbenchmarks=disabled
    else
        CXX=g++ meson setup --reconfigure "$build/meson" "$root"
    fi &&
        ninja -C "$build/meson" -j "$jobs" &&
        meson test -C "$build/meson" --print-errorlogs
}
run_tidy() {
    # shellcheck disable=SC2086
    cmake -S "$root" -B "$build/tidy" -G Ninja -DCMAKE_CXX_COMPILER=clang++ $only_tests \
        -DCMAKE_EXPORT_COMPILE_COMMANDS=ON &&
        clang-tidy -p "$build/tidy" --quiet --warnings-as-errors='*' "$root/tests/odr.cpp"
}
# What is found lies in $build/fuzz; with a name of its own it belongs into the seeds.
# feed NAME SEEDS LENGTH…
feed() {
    mkdir -p "$build/fuzz/corpus_$1" &&
        "$build/fuzz/tests/fuzz_$1" -runs="${SCOPETREE_FUZZ_RUNS:-100000}" -max_len="$3" -timeout=10 \
            -dict="$root/tests/fuzz/$1.dict" -artifact_prefix="$build/fuzz/" \
            "$build/fuzz/corpus_$1" "$root/tests/fuzz/$2"
}
run_fuzz() {
    # shellcheck disable=SC2086
    cmake -S "$root" -B "$build/fuzz" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug $only_tests &&
        cmake --build "$build/fuzz" --target fuzz_session fuzz_endpoint fuzz_environment &&
        feed session corpus 4096 && feed endpoint requests 1024 && feed environment variables 1024
}
run_long() {
    cmake -S "$root" -B "$build/gcc" -G Ninja -DCMAKE_CXX_COMPILER=g++ &&
        cmake --build "$build/gcc" -j "$jobs" --target test_acceptance &&
        SCOPETREE_LONG=1 "$build/gcc/tests/test_acceptance" -d yes
}
run_matrix() { python3 "$root/tests/consumer/matrix.py"; }
run_consumer() {
    python3 "$root/tests/consumer/consumer.py"
    in_projects=$?
    python3 "$root/tests/consumer/matrix.py" --short && return $in_projects
}
# The tests find their packages with NODE_PATH, the programs that write reports in VIEWER_PROGRAMS.
run_viewers() {
    # shellcheck disable=SC2086
    cmake -S "$root" -B "$build/viewers" -G Ninja -DCMAKE_CXX_COMPILER=g++ $only_tests &&
        cmake --build "$build/viewers" -j "$jobs" --target viewer_programs &&
        cp "$root/tests/viewers/package.json" "$root/tests/viewers/package-lock.json" "$build/viewers" &&
        (cd "$build/viewers" && npm ci --no-audit --no-fund) &&
        NODE_PATH=$build/viewers/node_modules VIEWER_PROGRAMS=$build/viewers/tests/viewers \
            node --test --test-reporter=tap "$root"/tests/viewers/*.test.js
}

for name in $wanted; do
    echo "== $name"
    started=$(date +%s)
    log=$build/$name.log
    if "run_$name" >"$log" 2>&1; then status=0; else status=1; fi
    passed=0 failed=0
    case $name in
    meson)
        passed=$(number "$log" 'Ok: *\([0-9]*\)')
        failed=$(($(number "$log" 'Fail: *\([0-9]*\)') + $(number "$log" 'Timeout: *\([0-9]*\)')))
        ;;
    consumer | matrix)
        passed=$(sum "$log" '\([0-9]*\) passed, [0-9]* failed')
        failed=$(sum "$log" '[0-9]* passed, \([0-9]*\) failed')
        ;;
    viewers)
        passed=$(number "$log" '# pass \([0-9]*\)')
        failed=$(number "$log" '# fail \([0-9]*\)')
        ;;
    tidy | fuzz | long)
        passed=$((1 - status))
        failed=$status
        ;;
    *)
        failed=$(number "$log" '[0-9]*% tests passed, \([0-9]*\) tests failed')
        passed=$(($(number "$log" '.* tests failed out of \([0-9]*\)') - failed))
        ;;
    esac
    # What did not even get as far as its tests has failed, and so has what ran none.
    if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$passed" -eq 0 ]; }; then failed=1; fi
    report "$name" "$passed" "$failed" $(($(date +%s) - started))
done

printf '\n%s%d passed, %d failed\n' "$summary" "$total_passed" "$total_failed"
[ "$total_failed" -eq 0 ]
