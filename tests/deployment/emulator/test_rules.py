"""The rules that the pages show for consumers: each takes a move of AWSCURRENT, and no other move of a label."""

import json
import re

import pytest

from emulator import ACCOUNT, REGION, REPOSITORY

PAGES = [
    REPOSITORY / "README.md",
    *(REPOSITORY / "infra").rglob("*.md"),
    *(REPOSITORY / "infra").glob("*.yaml"),
    *(REPOSITORY / "policies").glob("*.md"),
]
PATTERNS = [
    pattern for page in PAGES for pattern in re.findall(r"--event-pattern '(\{.*?\})'", page.read_text(), re.DOTALL)
]


def moved(label):
    """As AWS's documentation shows the event."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "Secret Label Updated",
        "source": "aws.secretsmanager",
        "account": ACCOUNT,
        "time": "2024-02-06T16:43:48Z",
        "region": REGION,
        "resources": [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:iam/alice-AbCdEf"],
        "detail": {"name": "iam/alice", "labelUpdated": label, "versionId": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"},
    }


@pytest.mark.parametrize(
    ("label", "takes"),
    [
        ("AWSCURRENT", True),
        ("iam-key-rotator-creating-1795852730-0a1b2c3d", False),
        ("iam-key-rotator-removing-AKIAIOSFODNN7EXAMPLE", False),
        ("iam-key-rotator-exposed-AKIAIOSFODNN7EXAMPLE", False),
    ],
)
def test_a_rule_for_consumers_takes_awscurrent_alone(emulator, label, takes):
    assert PATTERNS
    for pattern in PATTERNS:
        answer = emulator.client("events").test_event_pattern(EventPattern=pattern, Event=json.dumps(moved(label)))
        assert answer["Result"] == takes, pattern


def test_no_rule_for_consumers_is_shown_in_another_way():
    """Each page that has the event's name in quotes has it in a pattern that was asked above."""
    shown = sum(page.read_text().count('"Secret Label Updated"') for page in PAGES)
    assert shown == len(PATTERNS)
