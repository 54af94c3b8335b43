# The functions' network. Lambda looks for these permissions when it makes a function, so they come before it; the other policies
# name the function, and come after.
locals {
  has_network = length(var.subnet_ids) > 0
  network_policy = join("", [
    for word in regexall("\\w+|\\W+", replace(file("${path.module}/../../policies/execution-role-network.json"), "arn:aws:", "arn:PARTITION:")) :
    lookup({ PARTITION = local.partition, REGION = local.region, ACCOUNT_ID = local.account }, word, word)
  ])
}

resource "aws_iam_role_policy" "execution_network" {
  count = local.has_network ? 1 : 0

  name   = "execution-role-network"
  role   = aws_iam_role.execution.name
  policy = local.network_policy
}

resource "aws_iam_role_policy" "keeper_network" {
  count = local.has_keeper && local.has_network ? 1 : 0

  name   = "execution-role-network"
  role   = aws_iam_role.keeper[0].name
  policy = local.network_policy
}
