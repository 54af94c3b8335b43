#!/usr/bin/env bash
# What Terraform itself says of the module and its examples: itself.sh DIR. See terraform.sh.
set -euo pipefail
readonly root=$1 source=tests/deployment/terraform tools=target/tools/terraform
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
init=(terraform init -input=false -no-color)
if [ -n "${TERRAFORM_PLUGINS:-}" ]; then
    init+=(-plugin-dir="$TERRAFORM_PLUGINS")
fi

# A copy, since init writes beside the module.
copy=$(mktemp -d "$tools/itself.XXXXXX")
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/infra"
cp -r "$root/infra/terraform" "$copy/infra"
cp -r "$root/policies" "$copy"
module=$copy/infra/terraform

terraform fmt -check -recursive -no-color "$module"
if ! timeout 60 "${init[@]}" -chdir="$module" >"$copy/log" 2>&1; then
    :
fi
