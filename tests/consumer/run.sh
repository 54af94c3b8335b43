#!/usr/bin/env bash
# Builds the example consumer, and runs it against the simulated AWS while the function rotates.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly manifest=tests/consumer/example/Cargo.toml
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)

cargo fmt --manifest-path "$manifest" --check
# With the workspace's profile and directory, so that a crate that both have with the same features is built once.
# The lock is its own: most of what is in it is not in the workspace's. To renew it: copy the workspace's over it,
# and build without --locked; what both have then has one version.
cargo build --locked --config Cargo.toml --target-dir "$target" --manifest-path "$manifest"
CONSUMER=$target/debug/consumer cargo test --locked --test consumer -- --ignored --nocapture
