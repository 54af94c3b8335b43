#!/usr/bin/env bash
# Installs the functions to compare with, and what they need from PyPI and npm, below target/tools.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source tests/deployment/tools.sh
readonly source=tests/benchmark/functions
readonly python=target/tools/benchmark
readonly node=target/tools/benchmark-node

python_tools benchmark boto3==1.44.2
# In a folder of its own, so that nothing is compiled beside the sources; compiled here, as Lambda's own packages are.
mkdir -p $python/function
cp $source/python/*.py $python/function/
$python/bin/python -m compileall -q $python/function $python/lib/python3*/site-packages

mkdir -p $node
if ! cmp --silent $source/node/package-lock.json $node/installed; then
    cp $source/node/package.json $source/node/package-lock.json $source/node/.npmrc $node/
    npm ci --prefix $node --silent --no-update-notifier
    # Written last: an installation that was cut short is begun anew.
    cp $source/node/package-lock.json $node/installed
fi
cp $source/node/*.mjs $node/
(
    cd $node
    node_modules/.bin/esbuild function.mjs --bundle --minify --platform=node --target=node20 --format=cjs \
        --log-level=warning --outfile=bundle/function.cjs
)
