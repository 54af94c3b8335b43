"""Sees that nothing that can fail is made after the rotation: each change of it calls RotateSecret, and so does the rollback of one
that comes with what failed (fact 57). order.py TEMPLATE..."""

import re
import sys

from cfnlint.decode import decode

ROTATION = "AWS::SecretsManager::RotationSchedule"


def named(node):
    """The logical ids and parameters that a part of the template names."""
    if isinstance(node, list):
        for one in node:
            yield from named(one)
    elif isinstance(node, dict):
        for name, one in node.items():
            if name == "Ref":
                yield one
            elif name == "Fn::GetAtt":
                yield one[0] if isinstance(one, list) else one.split(".")[0]
            elif name == "Fn::Sub":
                yield from re.findall(r"\$\{(\w+)", one if isinstance(one, str) else one[0])
            yield from named(one)


def before(resources, start):
    """What CloudFormation has made before it makes a resource."""
    found = set()
    waiting = [start]
    while waiting:
        one = resources[waiting.pop()]
        order = one.get("DependsOn", [])
        more = {*named(one), *([order] if isinstance(order, str) else order)} & resources.keys()
        waiting += more - found
        found |= more
    return found


failed = False
for path in sys.argv[1:]:
    template, errors = decode(path)
    if errors:
        sys.exit(f"{path}: {errors[0]}")
    resources = template["Resources"]
    rotations = [name for name, one in resources.items() if one["Type"] == ROTATION]
    if not rotations:
        sys.exit(f"{path}: no {ROTATION}")
    for rotation in rotations:
        for name in sorted(resources.keys() - before(resources, rotation) - {*rotations}):
            print(f"{path}: {name} may be made after {rotation}")
            failed = True
if failed:
    sys.exit(1)
print(f"order: {len(resources) - len(rotations)} resources are made before the rotation")
