#!/usr/bin/env bash
# The real binary in ministack, an emulator of AWS that enforces policies: bash tests/deployment/emulator.sh [BINARY]
set -euo pipefail
binary=$(realpath "${1:-/dev/null}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh
python_tools emulator ministack==1.5.33 boto3==1.43.106 pytest==9.2.0

if [ $# -eq 0 ]; then
  cargo build --quiet --locked -p iam-key-rotator
  binary=$PWD/target/debug/iam-key-rotator
fi
mkdir -p target/emulator
if ! BINARY=$binary PYTHONDONTWRITEBYTECODE=1 target/tools/emulator/bin/python -m pytest \
  --quiet --no-header --tb=short --override-ini verbosity_assertions=2 -p no:cacheprovider tests/deployment/emulator >target/emulator/output 2>&1; then
  cat target/emulator/output
  exit 1
fi
cat target/emulator/taken-away.md
tail -n 1 target/emulator/output
