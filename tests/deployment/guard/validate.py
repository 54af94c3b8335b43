"""Sees that AWS's own validation finds no error: validate.py TEMPLATE..."""

import sys

from cloudformation_validate import CompositeEngine

SEVERE = {"FATAL", "ERROR"}
# A list that is split from a text, which is empty by default: it is split where the text is not empty alone, and that is not seen.
EMPTY_BY_DEFAULT = {("F3031", "''"), ("E1150", "''")}

engine = CompositeEngine()
failed = False
for path in sys.argv[1:]:
    report = engine.validate_template(path)
    for one in report.diagnostics:
        where = getattr(one.entity, "logical_id", "") if one.entity else ""
        if one.severity.name not in SEVERE:
            continue
        if (one.rule_id, one.message[:2]) in EMPTY_BY_DEFAULT and where in ("Function", "Keeper"):
            continue
        print(f"{path}: {one.rule_id}: {where}: {one.message}")
        failed = True
if failed or len(sys.argv) < 2:
    sys.exit(1)
print(f"cloudformation-validate: no error by {len(engine.list_rules())} rules")
