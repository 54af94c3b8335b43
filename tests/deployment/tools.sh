# To be sourced, from the repository's root.
#
# python_tools NAME PIN... makes the virtual environment target/tools/NAME with these packages, unless it holds them already, from
# the versions and hashes in tests/deployment/python/NAME.txt. A tool whose needs clash with another's has an environment of its own.
# Other pins need another file: bash tests/deployment/renew.sh NAME PIN...
#
# node_packages NAME SOURCE makes target/tools/NAME/node_modules with what SOURCE/package-lock.json names, unless it holds
# that already.

python_tools() (
    set -euo pipefail
    hashes=tests/deployment/python
    name=$1
    shift
    if [ "$(head -n 1 "$hashes/$name.txt")" != "# $*" ]; then
        printf '%s/%s.txt is not for %s: renew it by bash tests/deployment/renew.sh %s %s\n' $hashes "$name" "$*" "$name" "$*" >&2
        return 1
    fi
    mkdir -p target/tools
    # Several checks may ask at the same time.
    exec 9>target/tools/lock
    flock 9
    uv_itself
    if ! cmp --silent "$hashes/$name.txt" "target/tools/$name/installed"; then
        rm -rf "target/tools/${name:?}"
        target/tools/uv/bin/uv venv --quiet --python python3 "target/tools/$name" >&2
        target/tools/uv/bin/uv pip install --quiet --require-hashes --no-build --python "target/tools/$name/bin/python" \
            --requirements "$hashes/$name.txt" >&2
        # Written last: an installation that was cut short is begun anew.
        cp "$hashes/$name.txt" "target/tools/$name/installed"
    fi
)

# To be called with the lock.
uv_itself() {
    export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=300
    if ! cmp --silent tests/deployment/python/uv.txt target/tools/uv/installed; then
        rm -rf target/tools/uv
        python3 -m venv target/tools/uv
        target/tools/uv/bin/pip install --quiet --disable-pip-version-check --retries 10 --require-hashes --only-binary :all: \
            --requirement tests/deployment/python/uv.txt >&2
        cp tests/deployment/python/uv.txt target/tools/uv/installed
    fi
}

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
