"""Sees that each alarm and each notification to a person says which part of which page has the way out: sentences.py TEMPLATE...

It reads the pages of the repository."""

import pathlib
import re
import sys

from cfnlint.decode import decode

REPOSITORY = pathlib.Path(__file__).parents[3]
PLACE = re.compile(r"\(((?:infra/)?README\.md)#([\w-]+)\)")


def anchors(page):
    """The anchors of a page's headings, as they are made of their text."""
    headings = re.findall(r"^#+ (.+)$", (REPOSITORY / page).read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def texts(node):
    """The texts that become one property, of whatever is chosen between."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for one in node:
            yield from texts(one)
    elif "Fn::If" in node:
        yield from texts(node["Fn::If"][1:])
    elif "Fn::Sub" in node:
        text = node["Fn::Sub"]
        yield text if isinstance(text, str) else text[0]


def said(node, name):
    """Each text of the properties of a name, wherever they are."""
    if isinstance(node, list):
        for one in node:
            yield from said(one, name)
    elif isinstance(node, dict):
        for key, one in node.items():
            yield from texts(one) if key == name else said(one, name)


def mistakes(template):
    for name, one in template["Resources"].items():
        sentences = [*said(one, "AlarmDescription"), *said(one, "InputTemplate")]
        if one["Type"] == "AWS::CloudWatch::Alarm" and not sentences:
            yield f"{name} says nothing"
        for sentence in sentences:
            if not (place := PLACE.search(sentence)):
                yield f"{name} names no part of a page: {sentence}"
            elif place[2] not in anchors(place[1]):
                yield f"{name}: {place[1]} has no part #{place[2]}"


failed = False
for path in sys.argv[1:]:
    template, errors = decode(path)
    if errors:
        sys.exit(f"{path}: {errors[0]}")
    for line in mistakes(template):
        print(f"{path}: {line}")
        failed = True
if failed:
    sys.exit(1)
print("sentences: each alarm and each notification names a part of a page")
