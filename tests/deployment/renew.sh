#!/usr/bin/env bash
# Writes tests/deployment/python anew: the versions and hashes of the Python tools and of all that they need.
#
# renew.sh                  each of them, with the pins that it has
# renew.sh NAME PIN...      one of them, with these pins, which its callers then have to name
#
# Nothing is taken that is newer than a week, or than AS_OF=YYYY-MM-DD: most bad releases are found by then.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh
readonly as_of=${AS_OF:-$(date -u -d '7 days ago' +%F)}

# For every system, and for Python 3.11 or newer.
renew() {
    local file=tests/deployment/python/$1.txt
    shift
    {
        printf '# %s\n' "$*"
        printf '%s\n' "$@" | target/tools/uv/bin/uv pip compile - --quiet --universal --python-version 3.11 --generate-hashes \
            --no-header --no-annotate --exclude-newer "$as_of"
    } >"$file.new"
    mv "$file.new" "$file"
    printf '%s: %d packages\n' "$file" "$(grep -c '^[a-z].*==' "$file")"
}

mkdir -p target/tools
uv_itself
if [ $# -gt 0 ]; then
    renew "$@"
else
    for file in tests/deployment/python/*.txt; do
        read -ra pins <<<"$(sed -n '1s/^# //p' "$file")"
        renew "$(basename "$file" .txt)" "${pins[@]}"
    done
fi
