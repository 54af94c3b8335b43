#!/usr/bin/env bash
# Makes one mistake at a time in a copy of the function (tests/mutations): the exploration, or the test that the patch names,
# must find each, and name the promise that the mistake breaks. A test that cannot fail proves nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly copy=target/mutations
readonly target=$PWD/target
readonly output=$target/mutation.log

mkdir -p "$copy"
# Copied with their times, so that only what differs is built again.
rm -rf "${copy:?}"/{src,tests,policies}
cp -a Cargo.toml Cargo.lock README.md policies src tests "$copy"
# A version of its own: cargo would take what is built of the copy for the function's, and the
# other way round, since they share what both need.
sed -i '/^\[workspace.package\]/,/^$/ s/^version = .*/version = "0.0.0"/' "$copy/Cargo.toml"

# Every single fault from one scenario.
explore() {
    (cd "$copy" && EXPLORE=singles SCENARIO=$1 CARGO_TARGET_DIR=$target RUST_BACKTRACE=0 \
        cargo test --offline --test exploration -- explorer::every) >"$output" 2>&1
}

# A test alone: its binary, and what its name begins with.
run() {
    (cd "$copy" && CARGO_TARGET_DIR=$target RUST_BACKTRACE=0 \
        cargo test --offline --test "$1" -- "$2") >"$output" 2>&1
}

found=0
for patch in tests/mutations/*.patch; do
    name=$(basename "$patch" .patch)
    promise=$(sed -n 's/^Breaks: //p' "$patch")
    scenario=$(sed -n 's/^From: //p' "$patch")
    read -ra test <<<"$(sed -n 's/^Run: //p' "$patch")"
    patch --silent -d "$copy" -p0 <"$patch"
    if { [ -z "$scenario" ] && run "${test[@]}"; } || { [ -n "$scenario" ] && explore "$scenario"; }; then
        printf '%s: not found\n' "$name"
        exit 1
    fi
    # What does not compile, or breaks another promise, is no proof either.
    if ! grep -qE "^([0-9]+ times: )?($promise): " "$output"; then
        tail -n 40 "$output"
        printf '%s: the exploration failed, but not for %s\n' "$name" "$promise"
        exit 1
    fi
    printf '%s: found, as %s\n' "$name" "$promise"
    patch --silent --reverse -d "$copy" -p0 <"$patch"
    found=$((found + 1))
done
printf '%d mistakes, each found\n' "$found"
