#!/usr/bin/env bash
# Lists what is linked into the function (CycloneDX), and the sums of all release files.
# Needs cargo-cyclonedx, and target/release-files with the zips.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly files=target/release-files
version=$(cargo pkgid --locked --package iam-key-rotator | sed 's/.*[#@]//')
readonly sbom=$files/iam-key-rotator-$version.cdx.json

# It writes one beside each Cargo.toml of the workspace; the sandbox is not released. Build scripts and the like
# are not in the binary. The crates are the same for both architectures.
cargo cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --target x86_64-unknown-linux-gnu \
    --override-filename release
mv release.json "$sbom"
rm tests/sandbox/release.json

# The path of the checkout is in the reference to the package itself, and is of no use to anybody.
sed -i "s|path+file://$PWD#|path+file:///|g" "$sbom"
python3 - "$sbom" <<'PYTHON'
import json, sys

sbom = json.load(open(sys.argv[1]))
names = {component["name"] for component in sbom["components"]}
# What must be there, and what only the tests have.
assert {"aws-sdk-iam", "lambda_runtime", "rustls"} <= names, names
assert not {"sandbox", "proptest"} & names, names
print(f"{sys.argv[1]}: {len(names)} crates")
PYTHON
(cd "$files" && sha256sum -- iam-key-rotator-* >SHA256SUMS)
printf '%s: %d files\n' "$files/SHA256SUMS" "$(wc -l <"$files/SHA256SUMS")"
