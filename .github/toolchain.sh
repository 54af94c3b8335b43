#!/usr/bin/env bash
# Installs the Rust toolchain of the workflows, with these targets: toolchain.sh TARGET...
# It is pinned here and not in rust-toolchain.toml, so that a machine with a newer one builds without this one.
set -euo pipefail
readonly version=1.95.0

rustup toolchain install "$version" --no-self-update --profile minimal --component rustfmt --component clippy
for target in "$@"; do
    rustup target add --toolchain "$version" "$target"
done
printf 'RUSTUP_TOOLCHAIN=%s\n' "$version" >>"$GITHUB_ENV"
