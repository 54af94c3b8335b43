"""Writes the template of each directory, and the inputs that it is tried with, as JSON: template.py DIR... Its stdout is the JSON."""

import contextlib
import json
import pathlib
import runpy
import sys

from cfnlint.decode import decode

directories = sys.argv[1:]
sys.argv[1:] = []
with contextlib.redirect_stdout(sys.stderr):
    inputs = runpy.run_path(str(pathlib.Path(__file__).parents[1] / "guard/inputs.py"))
templates = {}
for directory in directories:
    templates[directory], errors = decode(f"{directory}/infra/template.yaml")
    if errors:
        sys.exit(f"{directory}: {errors[0]}")
json.dump({"templates": templates, "taken": inputs["TAKEN"], "refused": inputs["REFUSED"]}, sys.stdout)
