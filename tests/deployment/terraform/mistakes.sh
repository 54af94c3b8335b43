#!/usr/bin/env bash
# Makes each mistake of tests/deployment/terraform/mistakes in a copy of infra/ and policies/, and sees which checks find it:
# those that the patch names, and that the table of infra/terraform/README.md names, and no other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

readonly patches=tests/deployment/terraform/mistakes copies=target/terraform-mistakes
readonly checks=(syntax references arguments traps same checkov)

rm -rf $copies
for patch in $patches/*.patch; do
    copy=$copies/$(basename "$patch" .patch)
    mkdir -p "$copy/infra"
    cp -r infra/template.yaml infra/terraform "$copy/infra"
    cp -r policies "$copy"
    patch --silent -d "$copy" -p0 <"$patch"
done

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

table=$(sed -n '/^| mistake |/,/^$/p' infra/terraform/README.md)
wrong=0
rows=0
for patch in $patches/*.patch; do
    name=$(basename "$patch" .patch)
    found=
    for check in "${checks[@]}"; do
        if grep -q -F "$copies/$name/infra/terraform: $check: " $logs; then
            found+="${found:+, }$check"
        fi
    done
    named=$(sed -n 's/^Caught by: //p' "$patch")
    if [ "${found:-none}" != "$named" ]; then
        printf '%s: found by %s, not by %s\n' "$name" "${found:-no check}" "$named"
        wrong=1
    fi
    row="| $(head -n 1 "$patch") | $named |"
    if ! grep -q -x -F "$row" <<<"$table"; then
        printf '%s: not in the table of infra/terraform/README.md:\n%s\n' "$name" "$row"
        wrong=1
    fi
    rows=$((rows + 1))
done
if [ "$(grep -c '^| ' <<<"$table")" -ne $((rows + 1)) ]; then
    printf 'the table of infra/terraform/README.md has rows for which there is no patch\n'
    wrong=1
fi
[ $wrong -eq 0 ]
printf '%d mistakes in the Terraform module: each found by the checks that it names\n' $rows
