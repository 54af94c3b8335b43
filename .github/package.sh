#!/usr/bin/env bash
# Builds the function for one of Lambda's architectures, checks the binary, and leaves the zip to be deployed in
# target/release-files. Needs cargo-lambda, which links with zig against Lambda's glibc whatever the machine has.
# package.sh arm64|x86-64
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly architecture=${1:?arm64 or x86-64}
readonly files=target/release-files unpacked=target/release-files/unpacked

case $architecture in
    arm64) machine=AArch64 ;;
    x86-64) machine=X86-64 ;;
    *) printf 'neither arm64 nor x86-64: %s\n' "$architecture" >&2; exit 2 ;;
esac
version=$(cargo pkgid --locked --package iam-key-rotator | sed 's/.*[#@]//')
readonly zip=$files/iam-key-rotator-$version-$architecture.zip

cargo lambda build --locked --release --package iam-key-rotator --output-format zip "--$architecture"
mkdir -p "$files"
mv target/lambda/iam-key-rotator/bootstrap.zip "$zip"

# What is in the zip is checked, and not a file that may lie beside it.
rm -rf "$unpacked"
python3 -m zipfile -e "$zip" "$unpacked"
[ "$(ls "$unpacked")" = bootstrap ] || { printf '%s holds something else than bootstrap\n' "$zip" >&2; exit 1; }
readelf -h "$unpacked/bootstrap" | grep -q "Machine:.*$machine\$" ||
    { printf '%s is not for %s\n' "$zip" "$architecture" >&2; exit 1; }
bash tests/deployment/glibc.sh "$unpacked/bootstrap"
printf '%s: %s bytes, %s unpacked\n' "$zip" "$(stat -c %s "$zip")" "$(stat -c %s "$unpacked/bootstrap")"
rm -rf "$unpacked"
