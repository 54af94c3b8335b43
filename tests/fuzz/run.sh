#!/usr/bin/env bash
# Fuzzes each parser from its seeds: with 150,000 texts, or for the given number of seconds.
# Needs a C++ compiler for libFuzzer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# A number instead of a time: a slow machine tries as many texts as a fast one.
bound=-runs=150000
if [ $# -gt 0 ]; then
    bound=-max_total_time=$1
fi
target=${CARGO_TARGET_DIR:-../../target}
mkdir -p "$target"
target=$(cd "$target" && pwd)

compiler=${CXX:-c++}
if ! command -v "$compiler" >/dev/null; then
    printf 'not run: libFuzzer has to be compiled, and there is no C++ compiler (%s)\n' "$compiler"
    exit 0
fi

# The function's own versions and profile: so its dependencies are those that are built already.
cp ../../Cargo.lock Cargo.lock
CARGO_TARGET_DIR=$target RUSTC_WRAPPER=$PWD/with_coverage.sh \
    cargo build --config ../../Cargo.toml --config 'profile.dev.package.iam-key-rotator.opt-level=1' --bins

for name in secret_document event tags; do
    found=$target/fuzz/$name
    rm -rf "$found"
    mkdir -p "$found"
    printf '\n%s\n' "$name"
    # What is found goes into the first directory, seeds stay as they are.
    "$target/debug/$name" -seed=1 "$bound" -max_len=1024 -print_final_stats=1 \
        -artifact_prefix="$found-" -dict=json.dict "$found" "seeds/$name" >"$found.log" 2>&1 ||
        { tail -n 60 "$found.log"; exit 1; }
    grep -E 'INITED|DONE|number_of_executed' "$found.log"
done
