"""Each action of the keeper's shipped policies, taken away in turn, stops the keeper in what needs it."""

import contextlib

import pytest

import shipped
from keeping import ASKED, OUTCOMES
from kept_world import KEEPERS, KeptWorld
from taken_away import KEEPER_ERROR_TYPES, Seen

# Whose documents are looked at: each once, where a source has it carried.
LOOKED_AT = {
    "execution-role": {"keeper": KEEPERS["execution-role"]},
    "own-key": {"user": ("own-keys-user",)},
    "administrator": {"keeper": KEEPERS["administrator"], "administrator": ("administrator-user",)},
    "another-account": {"keeper": ("execution-role-assumes-role",), "role": ("role-in-another-account",)},
    "fleet": {"keeper": KEEPERS["fleet"]},
    "kms-key": {"keeper": ("consumer-kms-key",)},
}
# A rotation's alone; and what test_quarantine.py takes away.
OTHERS = ("iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAttachedUserPolicies")

CASES = [
    pytest.param(source, carrier, name, sid, action, id=f"{source}-{name}-{sid}-{action}")
    for source, carriers in LOOKED_AT.items()
    for carrier, names in carriers.items()
    for name in names
    for sid, action in shipped.allowances(name)
    if action not in OTHERS
]


def named_resource(world: KeptWorld, sid, action):
    """What the error must name."""
    if sid == "ReadTheAdministratorSecret":
        return world.values["ADMINISTRATOR_SECRET_ARN"]
    if action == "sts:AssumeRole":
        return world.values["ROLE_ARN"]
    if action == "lambda:InvokeFunction":
        return world.values["FUNCTION_ARN"]
    if action == "secretsmanager:ListSecrets":
        return action
    return world.user if action.startswith("iam:") else world.secret


@pytest.mark.parametrize("source, carrier, name, sid, action", CASES)
def test_taken_away(new_keeping, seen, source, carrier, name, sid, action):
    """Each is asked without the action first, and where that fails, once more with it."""
    world = new_keeping(source)
    keeping = world.keeping
    whole = shipped.document(name, world.values)
    part = shipped.without(whole, sid, action)
    # What is taken from others, the rotation lacks too: then it is the key that needs none.
    exposed = (world.current if carrier == "keeper" else world.deleted)["accesskey"]
    stopped = []

    for asked in ASKED:
        event = keeping.event(asked, exposed)
        if asked == "retire":
            keeping.wait()
        world.put(carrier, name, part)
        with keeping.rotations() if asked == "revoke" else contextlib.nullcontext():
            answer, failed = keeping.ask(event)
        world.put(carrier, name, whole)
        if failed:
            stopped.append(Seen(source, name, sid, action, asked, answer["errorType"], answer["errorMessage"]))
            assert answer["errorType"] == KEEPER_ERROR_TYPES.get(action, "PermissionMissing")
            assert action in answer["errorMessage"]
            assert named_resource(world, sid, action) in answer["errorMessage"]
            assert set(world.keys().values()) == {"Active"} or asked == "undo"
            # A mark that was put on and taken off again has changed the secret.
            keeping.wait()
            answer, failed = keeping.ask(event | {"DryRun": True} if asked == "revoke" else event)
        assert not failed, answer
        assert answer["outcome"] in (OUTCOMES[asked], "wouldRevoke")
        assert world.keys()[world.value()["accesskey"]] == "Active"

    assert stopped, f"kept without {action}"
    seen.extend(stopped)
