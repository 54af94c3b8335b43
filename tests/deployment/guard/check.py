"""Sees that every rule of a .guard file holds for each template: check.py RULES TEMPLATE..."""

import json
import pathlib
import re
import sys

from cfn_guard_rs.cfn_guard_rs import run_checks_rs
from cfnlint.decode import decode

rules, *templates = sys.argv[1:]
text = pathlib.Path(rules).read_text()
named = re.findall(r"^rule (\w+)", text, re.MULTILINE)
failed = False
for template in templates:
    # cfn-lint reads the short forms, such as !Ref.
    data, errors = decode(template)
    if errors:
        sys.exit(f"{template}: {errors[0]}")
    report = run_checks_rs(json.dumps(data), text, False)
    # Of a long report this binding returns the end alone, which has the names of the rules that hold.
    held = json.loads("{" + report[report.rindex('"not_applicable"') :])["compliant"]
    for name in named:
        if name not in held:
            print(f"{template}: {name} does not hold")
            failed = True
if failed or not (named and templates):
    sys.exit(1)
print(f"cfn-guard: {len(named)} rules hold")
