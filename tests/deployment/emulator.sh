#!/usr/bin/env bash
# The real binary in ministack, an emulator of AWS that enforces policies: bash tests/deployment/emulator.sh [BINARY]
set -euo pipefail
binary=$(realpath "${1:-/dev/null}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh
python_tools emulator ministack==1.5.33 boto3==1.43.106 pytest==9.2.0 pytest-xdist==3.8.0 aws-sam-translator==1.115.0
python_tools sam aws-sam-cli==1.170.0

if [ $# -eq 0 ]; then
  cargo build --quiet --locked -p iam-key-rotator
  binary=$PWD/target/debug/iam-key-rotator
fi
mkdir -p target/emulator
rm -rf target/emulator/seen

tests() {
  BINARY=$binary PYTHONDONTWRITEBYTECODE=1 target/tools/emulator/bin/python -m pytest --quiet --no-header --tb=short \
    --override-ini verbosity_assertions=2 -p no:cacheprovider "$@" >>target/emulator/output 2>&1 ||
    { cat target/emulator/output; return 1; }
}

: >target/emulator/output
# Each deletion waits five seconds for the labels: eight processes wait at the same time, each with an emulator of its own.
tests --numprocesses 8 tests/deployment/emulator
grep ' passed' target/emulator/output
tests tests/deployment/emulator/readme_says_so.py
cat target/emulator/taken-away.md
