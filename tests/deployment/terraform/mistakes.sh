#!/usr/bin/env bash
# Makes each mistake of tests/deployment/terraform/mistakes in a copy of infra/ and policies/, and sees which checks find it:
# those that the patch names, and that the table of infra/terraform/README.md names, and no other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
source tests/deployment/planted.sh

readonly patches=tests/deployment/terraform/mistakes copies=target/terraform-mistakes
readonly checks=(syntax references arguments traps same checkov)

planted_copies $patches $copies infra/template.yaml infra/terraform policies

# Each once, over all copies: starting is most of what they do.
logs=$copies.log
: >$logs
look() {
    if bash tests/deployment/terraform.sh "$@" >>$logs 2>&1; then
        printf '%s finds none of the mistakes\n' "$1"
        exit 1
    fi
}
FIRST_ALONE=1 look module $copies/*
# It takes seconds for each copy, and names no directory: so it looks at those alone that it should find, one by one.
grep -l '^Caught by: .*checkov' $patches/*.patch | while read -r patch; do
    copy=$copies/$(basename "$patch" .patch)
    look checkov "$copy"
    printf '%s/infra/terraform: checkov: see above\n' "$copy" >>$logs
done
if grep -B 20 -E '^(Traceback|file://|Error)' $logs; then
    exit 1
fi

finders() {
    local check found=
    for check in "${checks[@]}"; do
        if grep -q -F "$copies/$1/infra/terraform: $check: " $logs; then
            found+="${found:+, }$check"
        fi
    done
    printf '%s' "$found"
}

planted_are_found $patches infra/terraform/README.md finders
printf 'terraform: %d mistakes, each found\n' "$(find $patches -name '*.patch' | wc -l)"
