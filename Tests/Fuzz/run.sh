#!/bin/sh
# Builds the fuzzers and runs each for a while: Tests/Fuzz/run.sh [SECONDS]
# A finding is left in .build-fuzz/findings/, and the exit status is not 0.
set -eu

seconds=${1:-20}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch="$root/.build-fuzz"

# A scratch path of its own: mixed with a normal build, the instrumentation is silently lost.
swift build --package-path "$here" --scratch-path "$scratch" --sanitize=fuzzer -c debug -j 2

for name in ProtocolLine; do
    mkdir -p "$scratch/corpus/$name" "$scratch/findings"
    echo "fuzzing $name for $seconds s"
    # Without this, Swift's own crash handler ends the process before the input is written down.
    SWIFT_BACKTRACE=enable=no "$scratch/debug/Fuzz$name" \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$scratch/findings/$name-" \
        "$scratch/corpus/$name" "$here/Corpus/$name"
done
