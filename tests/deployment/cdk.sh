#!/usr/bin/env bash
# Synthesises infra/cdk off-line, and sees what matters in the template that comes out. Then the same with each mistake of
# tests/deployment/cdk/mistakes: the checks find it that the patch names, and that the table of infra/cdk/README.md names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh
source tests/deployment/planted.sh

readonly patches=tests/deployment/cdk/mistakes tools=target/tools/cdk
# Node looks for modules above the file that imports them.
readonly copies=$tools/copies

node_packages cdk infra/cdk
python_tools template cfn-lint==1.58.0 cfn-guard-rs==0.3.3
planted_copies $patches $copies infra/cdk/*.mjs policies
mkdir $copies/none
cp -r --parents infra/cdk/*.mjs policies $copies/none

# Nobody looks into it.
python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").close()' $copies/bootstrap.zip
check() {
    TMPDIR=$PWD/$copies node tests/deployment/cdk/check.mjs $copies/bootstrap.zip "$@"
}

check $copies/none
target/tools/template/bin/cfn-lint --format parseable --template $copies/none/template.json
rm -r $copies/none

if check $copies/*/ >$tools/mistakes.log 2>&1 || grep -B 20 '^ *at ' $tools/mistakes.log; then
    exit 1
fi
finders() {
    sed -n "s|^$copies/$1/*/infra/cdk: \([a-z]*\): .*|\1|p" $tools/mistakes.log | paste -s -d , | sed 's/,/, /g'
}
planted_are_found $patches infra/cdk/README.md finders
printf 'cdk: %d mistakes, each found\n' "$(find $patches -name '*.patch' | wc -l)"
