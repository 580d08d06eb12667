#!/bin/sh
# examples/service/load.sh [PORT [SECONDS]]   asks the example's routes for a while, from four clients.
port=${1:-8080}
seconds=${2:-10}
url=http://127.0.0.1:$port
client() {
    end=$(($(date +%s) + seconds))
    i=$1
    while [ "$(date +%s)" -lt "$end" ]; do
        curl -s "$url/test" "$url/orders/$i" "$url/orders/$((i + 1))" "$url/orders/$((i + 2))" \
            "$url/best-sellers" "$url/wait" "$url/nowhere" >/dev/null || return 1
        [ $((i % 20)) -ne 0 ] || curl -s "$url/fail" >/dev/null
        i=$((i + 3))
    done
}
for first in 0 10 20 30; do client "$first" & done
wait
echo "Done. See http://127.0.0.1:6060/, or end the service (Ctrl-C) for its report."
