#!/usr/bin/env bash
# Runs what the README shows for cargo lambda: the function under `cargo lambda watch`, against
# the simulated AWS of `cargo run -p sandbox -- --serve`, through the four steps of a rotation.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source tests/deployment/tools.sh
readonly output=target/cargo_lambda
mkdir -p "$output"

pids=()
end() {
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null && wait "$pid" || true
    done
}
trap end EXIT

fail() {
    printf '%s\n' "$1" >&2
    tail -n 40 "$output"/*.log >&2
    exit 1
}

# Waits for a line in the log of a process that is still running.
await() {
    local pid=$1 log=$2 line=$3
    for _ in {1..1200}; do
        grep -q "$line" "$log" && return
        kill -0 "$pid" 2>/dev/null || fail "$log: the process ended"
        sleep 0.5
    done
    fail "$log: no line says $line"
}

if ! cargo lambda --version >/dev/null 2>&1; then
    python_tools cargo-lambda cargo-lambda==1.9.2
    PATH=$PWD/target/tools/cargo-lambda/bin:$PATH
fi
cargo lambda --version

# The function by itself has features of its own. `watch` would build it in the first invocation.
cargo build --locked -p iam-key-rotator
cargo run --locked --quiet -p sandbox -- --serve --port 0 >"$output/serve.log" 2>&1 &
pids+=($!)
await "${pids[-1]}" "$output/serve.log" 'cargo lambda invoke'
# The first block of exports is the execution role's, and ends with an empty line.
eval "$(sed -n '/execution role:$/,/^$/ s/^ *export /export /p' "$output/serve.log")"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
readonly at=(--invoke-address 127.0.0.1 --invoke-port "$port")
cargo lambda watch -p iam-key-rotator "${at[@]}" >"$output/watch.log" 2>&1 &
pids+=($!)
await "${pids[-1]}" "$output/watch.log" 'starting Runtime server'

while read -r step outcome; do
    answer=$(cargo lambda invoke "${at[@]}" --data-file "tests/events/$step.json" </dev/null) ||
        fail "$step failed: $answer"
    printf '%s\n' "$answer"
    [[ $answer == *"\"outcome\":\"$outcome\""* ]] || fail "$step did not end as $outcome"
done <<'STEPS'
create_secret created
set_secret confirmed
test_secret verified
finish_secret finished
STEPS

versions=$(curl --silent --show-error --fail "$AWS_ENDPOINT_URL" \
    --aws-sigv4 "aws:amz:$AWS_REGION:secretsmanager" \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    --header "X-Amz-Security-Token: $AWS_SESSION_TOKEN" \
    --header 'X-Amz-Target: secretsmanager.DescribeSecret' \
    --header 'Content-Type: application/x-amz-json-1.1' \
    --data '{"SecretId": "iam/alice"}')
token=$(sed -n 's/.*"ClientRequestToken": "\(.*\)".*/\1/p' tests/events/create_secret.json)
[[ $versions =~ \"$token\":\[[^]]*\"AWSCURRENT\" ]] || fail "AWSCURRENT did not move: $versions"
if grep -E 'SANDBOX(SECRETKEY|ROTATIONTOKEN|SESSIONTOKEN)' "$output/watch.log"; then
    fail 'a secret is in the output of cargo lambda watch'
fi
printf 'AWSCURRENT is on %s\n' "$token"
