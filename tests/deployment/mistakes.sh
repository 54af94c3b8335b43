#!/usr/bin/env bash
# Makes each mistake of tests/deployment/mistakes in a copy of infra/ and policies/, and sees which linters find it: those
# that the patch names, and that the table of infra/README.md names, and no other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/planted.sh

readonly patches=tests/deployment/mistakes copies=target/mistakes
readonly linters=(cfn-lint cfn-guard inputs order sentences checkov parliament)

rm -f target/mistakes-*.log
planted_copies $patches $copies infra/*.yaml infra/samconfig.toml policies

# Each once, over all copies: starting is most of what they do.
for linter in "${linters[@]}"; do
    bash tests/deployment/lint.sh "$linter" $copies/* >"target/mistakes-$linter.log" 2>&1 && {
        printf '%s finds none of the mistakes\n' "$linter"
        exit 1
    }
    if grep -B 20 '^Traceback' "target/mistakes-$linter.log"; then
        exit 1
    fi
done

finders() {
    local linter found=
    for linter in "${linters[@]}"; do
        if grep -q "$copies/$1/" "target/mistakes-$linter.log"; then
            found+="${found:+, }$linter"
        fi
    done
    printf '%s' "$found"
}

# What no linter sees is left to those who look at what the policies do.
planted_are_found $patches infra/README.md finders 'proof|emulator'
elsewhere=$(grep -l -E '^Caught by: (proof|emulator)$' $patches/*.patch | wc -l)
all=$(find $patches -name '*.patch' | wc -l)
printf '%d mistakes: %d found by the linters, %d left to the proof and the emulator\n' "$all" $((all - elsewhere)) "$elsewhere"
