"""Each action of the shipped policies, taken away in turn, stops a rotation at the step that needs it."""

import pytest

import shipped
from rotation import STEPS
from taken_away import ERROR_TYPES, Seen
from world import SOURCES, World

CASES = [
    pytest.param(source, carrier, name, sid, action, id=f"{source}-{name}-{sid}-{action}")
    for source, carriers in SOURCES.items()
    for carrier, names in carriers.items()
    for name in names
    for sid, action in shipped.allowances(name)
    if source != "kms-key" or name == "execution-role-kms-key"
    # One secret of the fleet is allowed by its ARN, the others by their tag.
    # The keeper's alone.
    if sid != "SeeWhetherItIsQuarantined"
    if not source.startswith("fleet") or (sid == "RotateTheSecret") == (source == "fleet-own-secret")
]


def named_resource(rotation: World, name, sid, action):
    """What the error must name."""
    if sid == "ReadTheAdministratorSecret":
        return rotation.values["ADMINISTRATOR_SECRET_ARN"]
    if name == "execution-role-assumes-role":
        return rotation.values["ROLE_ARN"]
    return rotation.user if action.startswith("iam:") else rotation.secret


@pytest.mark.parametrize("source, carrier, name, sid, action", CASES)
def test_taken_away(new_rotation, seen, source, carrier, name, sid, action):
    """Each step is called without the action first, and where that fails, once more with it."""
    rotation = new_rotation(source)
    whole = shipped.document(name, rotation.values)
    part = shipped.without(whole, sid, action)
    stopped = []

    for step in STEPS:
        rotation.put(carrier, name, part)
        error, failed = rotation.call(step)
        rotation.put(carrier, name, whole)
        if failed:
            stopped.append(Seen(source, name, sid, action, step, error["errorType"], error["errorMessage"]))
            assert error["errorType"] == ERROR_TYPES.get(action, "PermissionMissing")
            assert action in error["errorMessage"]
            assert named_resource(rotation, name, sid, action) in error["errorMessage"]
            assert rotation.value() == rotation.value() | rotation.current
            assert rotation.keys()[rotation.current["accesskey"]] == "Active"
            answer, failed = rotation.call(step)
        assert not failed, answer

    assert stopped, f"rotated without {action}"
    assert rotation.identity(rotation.value()).endswith(f"/{rotation.user}")
    assert rotation.keys().keys() == {rotation.value()["accesskey"], rotation.current["accesskey"]}
    seen.extend(stopped)
