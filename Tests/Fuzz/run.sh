#!/bin/sh
# Builds the fuzzers and runs each for a while: Tests/Fuzz/run.sh [SECONDS]
# A finding is left in .build-fuzz/findings/, and the exit status is not 0.
set -eu

seconds=${1:-20}
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(cd "$here/../.." && pwd)/.build-fuzz

# What the checks see is internal, hence -enable-testing.
# A scratch path of its own: mixed with a normal build, the instrumentation is silently lost.
swift build --package-path "$here" --scratch-path "$scratch" --sanitize=fuzzer -c release -j 2 -Xswiftc -enable-testing
mkdir -p "$scratch/findings"

# Runs one fuzzer; without SWIFT_BACKTRACE, Swift's own crash handler ends it before the input is written down.
fuzz() {
    name=$1
    shift
    mkdir -p "$scratch/corpus/$name"
    SWIFT_BACKTRACE=enable=no "$scratch/release/Fuzz$name" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$scratch/findings/$name-" "$@"
}

echo "the canary must be found"
rm -rf "$scratch/corpus/Canary"
if fuzz Canary -max_total_time=60 "$scratch/corpus/Canary" >"$scratch/canary.log" 2>&1; then
    echo "the planted fault was not found: the fuzzers are blind (see $scratch/canary.log)" >&2
    exit 1
fi
# It must have ended by the fault, with the input written down, not by a fault of its own.
ls "$scratch/findings/Canary-crash-"* >/dev/null || { cat "$scratch/canary.log" >&2; exit 1; }
rm -f "$scratch/findings/Canary-crash-"*

for name in ProtocolLine Journal Hosts Suite SSHConfig KnownHosts; do
    echo "fuzzing $name for $seconds s"
    fuzz "$name" -max_total_time="$seconds" "$scratch/corpus/$name" "$here/Corpus/$name"
done
