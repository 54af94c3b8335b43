"""The table of what was seen, and the README's."""

import itertools
import json
import re
from dataclasses import asdict, dataclass

from emulator import OUTPUT, REPOSITORY
from keeping import ASKED
from rotation import STEPS

BEGIN, END = "<!-- taken away -->", "<!-- /taken away -->"

SEEN = OUTPUT / "seen"

# Of any other action it is PermissionMissing.
ERROR_TYPES = {
    "secretsmanager:PutSecretValue": "StoreFailed",
    "sts:AssumeRole": "RoleNotAssumed",
    "kms:GenerateDataKey": "StoreFailed",
}
# And of the keeper.
KEEPER_ERROR_TYPES = {
    "secretsmanager:RotateSecret": "RevocationFailed",
    "lambda:InvokeFunction": "RevocationFailed",
    "sts:AssumeRole": "RoleNotAssumed",
}


@dataclass(frozen=True)
class Seen:
    source: str
    document: str
    sid: str
    action: str
    step: str
    error_type: str
    message: str

    @property
    def sentence(self):
        """The message, without what differs from one run to the next."""
        message = re.sub(r"(iam/[a-z]+)-\d+-[0-9A-Za-z]{6}", r"\1-AbCdEf", self.message)
        message = re.sub(r"\b(alice|administrator|manages-keys)-\d+\b", r"\1", message)
        return re.sub(r"\bA[KS]IA[A-Z0-9]{16}\b", "AKIAIOSFODNN7EXAMPLE", message)


def keep(seen, process):
    """For [`kept`]: each process sees some of the cases."""
    SEEN.mkdir(parents=True, exist_ok=True)
    (SEEN / f"{process}.json").write_text(json.dumps([asdict(one) for one in seen]))


def kept():
    """What all processes have seen, in one order."""
    errors = [Seen(**one) for path in SEEN.glob("*.json") for one in json.loads(path.read_text())]
    return sorted(errors, key=lambda one: (one.source, one.document, one.sid, one.action, (*STEPS, *ASKED).index(one.step)))


def table(head, rows):
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def summary(seen):
    """A row an action and errorType."""
    rows = {}
    for one in seen:
        row = rows.setdefault((one.action, one.error_type), ({}, {}))
        row[0][one.document] = row[1][one.step] = None
    return table(
        ("action", "taken away from", "step", "errorType"),
        [
            (f"`{action}`", ", ".join(f"`{name}.json`" for name in documents), ", ".join(steps), f"`{error_type}`")
            for (action, error_type), (documents, steps) in sorted(rows.items())
        ],
    )


def write(seen):
    """The summary, and each error in full."""
    full = table(
        ("source", "document", "statement", "action taken away", "step", "errorType", "errorMessage"),
        [(one.source, one.document, one.sid, one.action, one.step, one.error_type, one.sentence) for one in seen],
    )
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "taken-away.md").write_text(summary(seen))
    (OUTPUT / "taken-away-in-full.md").write_text(full)


def triples(seen):
    """What the README's table must say, no more and no less."""
    return {(one.action, one.step, one.error_type) for one in seen}


def in_readme():
    """The columns `action`, `step` and `errorType` of the README's table; a cell may list several, with commas."""
    text = (REPOSITORY / "README.md").read_text()
    found = re.search(re.escape(BEGIN) + r"\n(.*?)" + re.escape(END), text, re.DOTALL)
    if not found:
        raise AssertionError(f"README.md has no table between {BEGIN} and {END}")
    lines = [line for line in found.group(1).splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    columns = [next(at for at, one in enumerate(head) if one.startswith(name)) for name in ("action", "step", "errorType")]
    return [
        triple
        for row in rows
        for triple in itertools.product(*(re.findall(r"[\w:]+", row[column]) for column in columns))
    ]
