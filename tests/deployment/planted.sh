# To be sourced, from the repository's root. Mistakes that are planted in copies, a patch each. A patch begins with a sentence, and
# has a line "Caught by: " with those that must find it.

# planted_copies PATCHES COPIES PATH... makes a copy of these files and folders for each patch, with its mistake.
planted_copies() {
    local from=$1 into=$2 patch copy
    shift 2
    rm -rf "$into"
    for patch in "$from"/*.patch; do
        copy=$into/$(basename "$patch" .patch)
        mkdir -p "$copy"
        cp -r --parents "$@" "$copy"
        patch --silent -d "$copy" -p0 <"$patch"
    done
}

# planted_are_found PATCHES PAGE FINDERS [ELSEWHERE] sees that those find each mistake whom its patch and the table of the page
# name, and no other. FINDERS NAME prints who finds the mistake in that copy. Where nobody here does, the patch names one of
# ELSEWHERE, an extended regular expression.
planted_are_found() {
    local from=$1 page=$2 finders=$3 elsewhere=${4:-$^} wrong=0 rows=0 table patch name found named row
    table=$(sed -n '/^| mistake |/,/^$/p' "$page")
    for patch in "$from"/*.patch; do
        name=$(basename "$patch" .patch)
        found=$($finders "$name")
        named=$(sed -n 's/^Caught by: //p' "$patch")
        if [ "${found:-$named}" != "$named" ] || { [ -z "$found" ] && [[ ! $named =~ ^($elsewhere)$ ]]; }; then
            printf '%s: found by %s, not by %s\n' "$name" "${found:-nobody}" "$named"
            wrong=1
        fi
        row="| $(head -n 1 "$patch") | $named |"
        if ! grep -q -x -F "$row" <<<"$table"; then
            printf '%s: not in the table of %s:\n%s\n' "$name" "$page" "$row"
            wrong=1
        fi
        rows=$((rows + 1))
    done
    if [ "$(grep -c '^| ' <<<"$table")" -ne $((rows + 1)) ]; then
        printf 'the table of %s has rows for which there is no patch\n' "$page"
        wrong=1
    fi
    return $wrong
}
