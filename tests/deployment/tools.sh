# To be sourced, from the repository's root.
#
# python_tools NAME PIN... makes the virtual environment target/tools/NAME with these packages, unless it
# holds them already. A tool whose needs clash with another's has an environment of its own.
#
# node_packages NAME SOURCE makes target/tools/NAME/node_modules with what SOURCE/package-lock.json names, unless it holds
# that already.

python_tools() (
    set -euo pipefail
    uv=0.13.9
    name=$1
    shift
    mkdir -p target/tools
    # Several checks may ask at the same time.
    exec 9>target/tools/lock
    flock 9
    # What the pinned packages need is not pinned: it is taken as of this day, later than any of them.
    export UV_EXCLUDE_NEWER=2026-11-20
    export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=300
    if [ "$(cat target/tools/uv/pins 2>/dev/null)" != "uv==$uv" ]; then
        rm -rf target/tools/uv
        python3 -m venv target/tools/uv
        target/tools/uv/bin/pip install --quiet --disable-pip-version-check --retries 10 "uv==$uv" >&2
        printf 'uv==%s\n' "$uv" >target/tools/uv/pins
    fi
    if [ "$(cat "target/tools/$name/pins" 2>/dev/null)" != "$(printf '%s\n' "$@")" ]; then
        rm -rf "target/tools/${name:?}"
        target/tools/uv/bin/uv venv --quiet --python python3 "target/tools/$name" >&2
        target/tools/uv/bin/uv pip install --quiet --python "target/tools/$name/bin/python" "$@" >&2
        # Written last: an installation that was cut short is begun anew.
        printf '%s\n' "$@" >"target/tools/$name/pins"
    fi
)

node_packages() (
    set -euo pipefail
    directory=target/tools/$1
    listed=$2
    mkdir -p "$directory"
    exec 9>target/tools/lock
    flock 9
    if ! cmp --silent "$listed/package-lock.json" "$directory/installed"; then
        rm -f "$directory/installed"
        cp "$listed/package.json" "$listed/package-lock.json" "$listed/.npmrc" "$directory/"
        npm ci --prefix "$directory" --silent --omit=dev --ignore-scripts --no-update-notifier
        # Written last: an installation that was cut short is begun anew.
        cp "$listed/package-lock.json" "$directory/installed"
    fi
)
