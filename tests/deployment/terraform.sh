#!/usr/bin/env bash
# Checks infra/terraform/ without Terraform, and with it where it is installed.
#
# terraform.sh                  all of it: the repository, and each mistake of tests/deployment/terraform/mistakes
# terraform.sh CHECK DIR...     one of the checks, on copies of infra/ and policies/: module, checkov
#
# TERRAFORM_PLUGINS=DIR         where the AWS provider is, for a Terraform that cannot fetch it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/deployment/tools.sh

readonly source=tests/deployment/terraform
readonly tools=target/tools/terraform
readonly bindings=21.22.1
readonly bindings_sha512=06e48779a40550bf65df7a41cc83114fb71343af4033698bb628e3b5e08f8554119afba1ba3f4bbdfca67fb92700c858a804faf8bae5b3d8e21955bf52cdf3ad

# hcl2json, and of the provider's bindings the declarations alone: unpacked, the whole package has 392 MB.
node_tools() (
    mkdir -p $tools
    exec 9>target/tools/lock
    flock 9
    if cmp --silent $source/package-lock.json $tools/installed; then
        return
    fi
    rm -rf ${tools:?}/*
    cp $source/package.json $source/package-lock.json $source/.npmrc $tools/
    cd $tools
    npm ci --silent --no-update-notifier --ignore-scripts
    npm pack --silent --no-update-notifier "@cdktf/provider-aws@$bindings" >/dev/null
    printf '%s  cdktf-provider-aws-%s.tgz\n' $bindings_sha512 $bindings | sha512sum --check --quiet
    mkdir aws
    tar -xzf cdktf-provider-aws-$bindings.tgz -C aws --wildcards 'package/lib/*/index.d.ts'
    rm cdktf-provider-aws-$bindings.tgz
    # Written last: an installation that was cut short is begun anew.
    cp package-lock.json installed
)

# Syntax, references, arguments, traps, and whether it makes what the template makes.
module() {
    node_tools
    python_tools template cfn-lint==1.58.0 cfn-guard-rs==0.3.3
    local inputs=$tools/inputs.$BASHPID.json failed=0
    target/tools/template/bin/python $source/template.py "$@" >"$inputs" 2>"$inputs.log" || { cat "$inputs.log"; return 1; }
    node $source/check.mjs "$inputs" "$@" || failed=1
    rm "$inputs" "$inputs.log"
    return $failed
}

# What is skipped, and why, is beside the resource in the module.
checkov() {
    local log=$tools/checkov.$BASHPID.log directories=()
    mkdir -p $tools
    for dir in "$@"; do
        directories+=(--directory "$dir/infra/terraform")
    done
    python_tools checkov checkov==3.3.30
    target/tools/checkov/bin/checkov --framework terraform --skip-download --quiet --compact --download-external-modules false \
        "${directories[@]}" >"$log" 2>&1 || { cat "$log"; return 1; }
    sed -n 's/^Passed checks/checkov: passed/p' "$log"
    rm "$log"
}

# Where Terraform and the AWS provider are: its own format, its own validation, and what it plans, with a provider that invents
# what AWS would answer.
terraform_itself() {
    if ! command -v terraform >/dev/null; then
        printf 'terraform is not installed: not asked\n'
        return
    fi
    bash $source/itself.sh "$1"
}

if [ $# -gt 0 ]; then
    "$@"
else
    module .
    checkov .
    terraform_itself .
    bash $source/mistakes.sh
fi
