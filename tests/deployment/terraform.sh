#!/usr/bin/env bash
# Checks infra/terraform/ without Terraform.
#
# terraform.sh                  all of it: the repository, and each mistake of tests/deployment/terraform/mistakes
# terraform.sh CHECK DIR...     one of the checks, on copies of infra/ and policies/: module, checkov
# terraform.sh itself DIR       what Terraform says, where it is installed. TERRAFORM_PLUGINS=DIR: a folder with the AWS
#                               provider, for a Terraform that cannot fetch it
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

# For a machine with Terraform 1.11 or newer, and the AWS provider: its format, its validation, and whether it plans for each
# input what the evaluation makes, with a provider that answers in the place of AWS.
itself() {
    node_tools
    python_tools template cfn-lint==1.58.0 cfn-guard-rs==0.3.3
    local copy=$tools/itself module inputs=$tools/itself/inputs.json init=(init -input=false -no-color)
    export CHECKPOINT_DISABLE=1
    if [ -n "${TERRAFORM_PLUGINS:-}" ]; then
        init+=(-plugin-dir="$TERRAFORM_PLUGINS")
    fi
    terraform fmt -check -recursive "$1/infra/terraform"
    # A copy, since init writes beside the module.
    rm -rf "$copy"
    mkdir -p "$copy/infra"
    cp -r "$1/infra/terraform" "$copy/infra"
    cp -r "$1/policies" "$copy"
    module=$copy/infra/terraform
    mkdir "$module/tests"
    target/tools/template/bin/python $source/template.py "$1" >"$inputs" 2>/dev/null
    node $source/itself.mjs write "$inputs" "$1" "$module/tests/inputs.tftest.hcl"
    for directory in "$module" "$module"/examples/*; do
        terraform -chdir="$directory" "${init[@]}" >"$copy/log" 2>&1 || { cat "$copy/log"; return 1; }
        terraform -chdir="$directory" validate -no-color >"$copy/log" 2>&1 || { cat "$copy/log"; return 1; }
    done
    terraform -chdir="$module" test -json -verbose >"$copy/plans.json" 2>"$copy/log" || true
    node $source/itself.mjs compare "$inputs" "$1" "$copy/plans.json"
    rm -r "$copy"
}

if [ $# -gt 0 ]; then
    "$@"
else
    module .
    checkov .
    bash $source/mistakes.sh
fi
