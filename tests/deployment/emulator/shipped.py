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


def allowances(name):
    """Every action that a document allows, with the statement's Sid."""
    statements = json.loads((REPOSITORY / "policies" / f"{name}.json").read_text())["Statement"]
    return sorted(
        (statement["Sid"], action)
        for statement in statements
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
    )


def without(document, sid, action):
    """The document without one action in one statement; none where nothing is left to say."""
    document = copy.deepcopy(document)
    for statement in document["Statement"]:
        if statement["Sid"] == sid:
            statement["Action"] = [one for one in as_list(statement["Action"]) if one != action]
    document["Statement"] = [one for one in document["Statement"] if one["Action"]]
    return document if document["Statement"] else None


def without_the_deny(document):
    """The document's allowances alone."""
    return document | {"Statement": [one for one in document["Statement"] if one["Effect"] == "Allow"]}
