#!/usr/bin/env bash
# Sees that a binary for Linux asks for no glibc newer than Lambda's: provided.al2023 has 2.34 (fact 34).
# glibc.sh BINARY...
set -euo pipefail
readonly newest=2.34

[ $# -gt 0 ] || { printf 'glibc.sh: which binary?\n' >&2; exit 2; }
for binary in "$@"; do
    # The symbols' versions, and with -p those that no symbol has, such as GLIBC_ABI_DT_RELR (2.36).
    references=$(objdump -p -T "$binary")
    wanted=$(grep -o 'GLIBC_[0-9A-Za-z_.]*' <<<"$references" | sed 's/^GLIBC_//' | sort -u -V || true)
    # A static binary asks for none; but nothing that is built here is one, so more likely nothing was read.
    [ -n "$wanted" ] || { printf '%s: no glibc version is in what objdump says\n' "$binary" >&2; exit 1; }
    while read -r version; do
        # What is no number (ABI_DT_RELR, PRIVATE) is a promise that 2.34 does not make.
        if [[ ! $version =~ ^[0-9.]+$ ]] || [ "$(printf '%s\n' "$version" $newest | sort -V | tail -n 1)" != $newest ]; then
            printf '%s asks for GLIBC_%s, and Lambda has %s:\n' "$binary" "$version" $newest >&2
            grep "GLIBC_$version\b" <<<"$references" >&2
            exit 1
        fi
    done <<<"$wanted"
    printf '%s: glibc %s or newer\n' "$binary" "$(tail -n 1 <<<"$wanted")"
done
