"""The documents in policies/, with their placeholders filled in, and without one action."""

import copy
import json
import re

from emulator import REPOSITORY

PLACEHOLDER = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b(?:REGION|FLEET)\b")


def document(name, values):
    """A document with what each placeholder stands for."""
    return filled(json.loads((REPOSITORY / "policies" / f"{name}.json").read_text()), values)


def filled(node, values):
    """Any JSON with what each placeholder stands for; one without a value is an error."""
    if isinstance(node, dict):
        return {key: filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, values) for value in node]
    return PLACEHOLDER.sub(lambda found: values[found.group()], node)


def as_list(value):
    return value if isinstance(value, list) else [value]


def actions(name):
    """Every action that a document allows."""
    statements = json.loads((REPOSITORY / "policies" / f"{name}.json").read_text())["Statement"]
    return sorted(action for statement in statements for action in as_list(statement["Action"]))


def without(document, action):
    """The document without one action; none where nothing is left to allow."""
    document = copy.deepcopy(document)
    for statement in document["Statement"]:
        statement["Action"] = [one for one in as_list(statement["Action"]) if one != action]
    document["Statement"] = [one for one in document["Statement"] if one["Action"]]
    return document if document["Statement"] else None
