#!/usr/bin/env bash
# Checks infra/ and policies/ with other people's linters, and builds the deployment package with sam.
#
# lint.sh                  all of it, on the repository
# lint.sh CHECK DIR...     one of the linters, on copies of infra/ and policies/
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh
# Neither calls home.
export SAM_CLI_TELEMETRY=0 AWS_EC2_METADATA_DISABLED=true

readonly guard=tests/deployment/guard

cfn_lint() {
    python_tools template cfn-lint==1.58.0 cfn-guard-rs==0.3.3
    target/tools/template/bin/cfn-lint --format parseable --template "${@/%//infra/template.yaml}" "${@/%//infra/health-forwarder.yaml}"
    printf 'cfn-lint: no finding\n'
}

# AWS's own. It warns of much that is meant, so its errors alone count.
cloudformation_validate() {
    python_tools validate cloudformation-validate==1.14.0
    target/tools/validate/bin/python $guard/validate.py "${@/%//infra/template.yaml}" "${@/%//infra/health-forwarder.yaml}"
}

cfn_guard() {
    python_tools template cfn-lint==1.58.0 cfn-guard-rs==0.3.3
    local failed=0 name
    for name in template health-forwarder; do
        target/tools/template/bin/python $guard/check.py $guard/$name.guard "${@/%//infra/$name.yaml}" || failed=1
    done
    return $failed
}

inputs() {
    python_tools template cfn-lint==1.58.0 cfn-guard-rs==0.3.3
    target/tools/template/bin/python $guard/inputs.py "${@/%//infra/template.yaml}"
}

order() {
    python_tools template cfn-lint==1.58.0 cfn-guard-rs==0.3.3
    target/tools/template/bin/python $guard/order.py "${@/%//infra/template.yaml}"
}

sentences() {
    python_tools template cfn-lint==1.58.0 cfn-guard-rs==0.3.3
    target/tools/template/bin/python $guard/sentences.py "${@/%//infra/template.yaml}"
}

# What is skipped, and why, is beside the resource in the template.
checkov() {
    local files=()
    for dir in "$@"; do
        files+=(--file "$dir/infra/template.yaml" --file "$dir/infra/health-forwarder.yaml")
    done
    python_tools checkov checkov==3.3.30
    target/tools/checkov/bin/checkov --framework cloudformation --skip-download --quiet --compact "${files[@]}" \
        >target/checkov.log 2>&1 || { cat target/checkov.log; return 1; }
    sed -n 's/^Passed checks/checkov: passed/p' target/checkov.log
}

# It takes a placeholder for a malformed ARN, and a trust policy, which has no Resource, for a malformed policy: so it reads
# copies with values in them.
parliament() {
    local copies=target/parliament dir
    # Its import of pkg_resources ended with setuptools 81.
    python_tools parliament parliament==1.6.4 setuptools==80.9.0
    rm -rf $copies
    for dir in "$@"; do
        mkdir -p "$copies/$dir"
        cp "$dir"/policies/*.json "$copies/$dir"
    done
    find $copies -name '*.json' -exec sed -E -i '
        s|\bADMINISTRATOR_SECRET_ARN\b|arn:aws:secretsmanager:eu-west-1:123456789012:secret:iam/admin-AbCdEf|
        s|\bSECRET_ARN\b|arn:aws:secretsmanager:eu-west-1:123456789012:secret:iam/alice-AbCdEf|
        s|\bUSER_ARN\b|arn:aws:iam::123456789012:user/alice|
        s#\b(EXECUTION_|KEEPER_)?ROLE_ARN\b#arn:aws:iam::123456789012:role/rotator#
        s|\bKMS_KEY_ARN\b|arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab|
        s|\bKEEPER_ARN\b|arn:aws:lambda:eu-west-1:123456789012:function:keeper|
        s|\bQUEUE_ARN\b|arn:aws:sqs:eu-west-1:123456789012:dead-letters|
        s|\bRULE_ARN\b|arn:aws:events:eu-west-1:123456789012:rule/exposed|
        s|\bSCHEDULE_GROUP_ARN\b|arn:aws:scheduler:eu-west-1:123456789012:schedule-group/keeper|
        s|\bFUNCTION_ARN\b|arn:aws:lambda:eu-west-1:123456789012:function:rotator|
        s|\bLOG_GROUP_ARN\b|arn:aws:logs:eu-west-1:123456789012:log-group:rotator|
        s/\bREGION\b/eu-west-1/
        s/\bACCOUNT_ID\b/123456789012/
        s/\bEXTERNAL_ID\b/rotator:1/
        s/\bFLEET\b/blue/' {} +
    find $copies -name '*-trust*.json' -exec sed -i \
        's|"Action": "sts:AssumeRole",|& "Resource": "arn:aws:iam::123456789012:role/rotator",|' {} +
    # A key of every action that a function calls, which it does not know.
    find $copies -name execution-role-network.json -exec sed -i 's|"lambda:SourceFunctionArn"|"aws:SourceArn"|' {} +
    if grep -r -n -E '\b[A-Z_]+_(ARN|ID)\b' $copies; then
        printf 'no value for a placeholder\n'
        return 1
    fi
    PYTHONWARNINGS=ignore target/tools/parliament/bin/parliament --directory $copies --include_policy_extension .json
    printf 'parliament: no finding in %d documents\n' "$(find $copies -name '*.json' | wc -l)"
}

# The package as `sam deploy` would upload it, but for this machine's processor.
package() {
    python_tools sam aws-sam-cli==1.170.0
    python_tools cargo-lambda cargo-lambda==1.9.2
    (
        cd infra
        PATH=$PWD/../target/tools/cargo-lambda/bin:$PATH ../target/tools/sam/bin/sam build \
            --parameter-overrides Architecture=x86_64 --build-dir ../target/sam >../target/sam.log 2>&1 ||
            { tail -n 40 ../target/sam.log; exit 1; }
    )
    local binary=target/sam/Function-Shared/bootstrap
    bash tests/deployment/glibc.sh $binary
    python3 -c 'import shutil; shutil.make_archive("target/sam/bootstrap", "zip", "target/sam/Function-Shared")'
    printf 'sam build: bootstrap %d bytes, zipped %d\n' "$(stat -c %s $binary)" "$(stat -c %s target/sam/bootstrap.zip)"
}

if [ $# -gt 0 ]; then
    "${1//-/_}" "${@:2}"
else
    for check in cfn_lint cloudformation_validate cfn_guard inputs order sentences checkov parliament; do
        $check .
    done
    package
fi
