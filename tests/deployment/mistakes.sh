#!/usr/bin/env bash
# Makes each mistake of tests/deployment/mistakes in a copy of infra/ and policies/, and sees which linters find it: those
# that the patch names, and that the table of infra/README.md names, and no other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly copies=target/mistakes
readonly linters=(cfn-lint cfn-guard inputs order sentences checkov parliament)

rm -rf $copies target/mistakes-*.log
for patch in tests/deployment/mistakes/*.patch; do
    copy=$copies/$(basename "$patch" .patch)
    mkdir -p "$copy/infra"
    cp infra/*.yaml infra/samconfig.toml "$copy/infra"
    cp -r policies "$copy"
    patch --silent -d "$copy" -p0 <"$patch"
done

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

table=$(sed -n '/^| mistake |/,/^$/p' infra/README.md)
wrong=0
rows=0
for patch in tests/deployment/mistakes/*.patch; do
    name=$(basename "$patch" .patch)
    found=
    for linter in "${linters[@]}"; do
        if grep -q "$copies/$name/" "target/mistakes-$linter.log"; then
            found+="${found:+, }$linter"
        fi
    done
    named=$(sed -n 's/^Caught by: //p' "$patch")
    # What no linter sees is left to those who look at what the policies do.
    if [ "${found:-$named}" != "$named" ] || { [ -z "$found" ] && [[ ! $named =~ ^(proof|emulator)$ ]]; }; then
        printf '%s: found by %s, not by %s\n' "$name" "${found:-no linter}" "$named"
        wrong=1
    fi
    row="| $(head -n 1 "$patch") | $named |"
    if ! grep -q -x -F "$row" <<<"$table"; then
        printf '%s: not in the table of infra/README.md:\n%s\n' "$name" "$row"
        wrong=1
    fi
    rows=$((rows + 1))
done
if [ "$(grep -c '^| ' <<<"$table")" -ne $((rows + 1)) ]; then
    printf 'the table of infra/README.md has rows for which there is no patch\n'
    wrong=1
fi
[ $wrong -eq 0 ]
printf '%d mistakes: %d found by the linters, %d left to the proof and the emulator\n' $rows \
    "$(grep -L -E '^Caught by: (proof|emulator)$' tests/deployment/mistakes/*.patch | wc -l)" \
    "$(grep -l -E '^Caught by: (proof|emulator)$' tests/deployment/mistakes/*.patch | wc -l)"
