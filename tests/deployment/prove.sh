#!/usr/bin/env bash
# Proves the policies by the calls that the tests recorded: prove.sh DIRECTORY
set -euo pipefail
recorded=$(realpath "${1:?which directory has the recorded calls? RECORD_CALLS=DIRECTORY cargo test makes one}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh
readonly source=tests/deployment/proof
readonly copy=target/tools/proof

# A copy, since Node looks for modules beside the file that imports them, and the source stays as it is.
mkdir -p $copy
rm -f $copy/*.mjs
cp $source/*.mjs $copy/
node_packages proof $source
if ! POLICIES=policies RECORDED_CALLS=$recorded node --test --test-reporter=spec $copy/*.test.mjs >$copy/output 2>&1; then
    cat $copy/output
    exit 1
fi
grep -E '^.?[^:]*: [0-9]+ requests' $copy/output
grep -E '^. (tests|pass) ' $copy/output | tr -d 'ℹ' | xargs
