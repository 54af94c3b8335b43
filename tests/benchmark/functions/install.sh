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

node_packages benchmark-node $source/node
cp $source/node/*.mjs $node/
(
    cd $node
    node_modules/.bin/esbuild function.mjs --bundle --minify --platform=node --target=node20 --format=cjs \
        --log-level=warning --outfile=bundle/function.cjs
)
