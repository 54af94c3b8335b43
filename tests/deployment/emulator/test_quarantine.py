"""The user's own key manages the keys, and AWS's quarantine policy denies the user to (fact 48)."""

import json

import pytest

import shipped

OWN = "keeper-deactivates-own-key"


@pytest.fixture
def world(new_keeping):
    world = new_keeping("own-key")
    denied = ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:UpdateAccessKey"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": denied, "Resource": "*"}]}
    policy = world.iam.create_policy(
        PolicyName="AWSCompromisedKeyQuarantineV3", Path=f"/{world.user}/", PolicyDocument=json.dumps(document)
    )["Policy"]["Arn"]
    world.iam.attach_user_policy(UserName=world.user, PolicyArn=policy)
    yield world
    world.iam.detach_user_policy(UserName=world.user, PolicyArn=policy)
    world.iam.delete_policy(PolicyArn=policy)


def revoke(world, key, **more):
    return world.keeping.ask({"Action": "revoke", "AccessKeyId": key["accesskey"]} | more)


def test_the_keepers_role_deactivates_the_key_at_once(world):
    world.put("keeper", OWN, None)
    error, failed = revoke(world, world.current, AtOnce=True)
    assert failed
    assert error["errorType"] == "PermissionMissing"
    assert "iam:UpdateAccessKey" in error["errorMessage"] and world.user in error["errorMessage"]
    assert world.keys()[world.current["accesskey"]] == "Active"

    world.put("keeper", OWN, shipped.document(OWN, world.values))
    answer, failed = revoke(world, world.current, AtOnce=True)

    assert not failed, answer
    assert answer["outcome"] == "revoked"
    assert world.keys()[world.current["accesskey"]] == "Inactive"


def test_it_deactivates_one_that_no_version_gives_out(world):
    answer, failed = revoke(world, world.deleted)

    assert not failed, answer
    assert world.keys() == {world.deleted["accesskey"]: "Inactive", world.current["accesskey"]: "Active"}


def test_the_quarantine_is_named_if_the_user_may_see_it(world):
    error, failed = revoke(world, world.current)
    assert failed
    assert error["errorType"] == "UserQuarantined"
    assert "AWSCompromisedKeyQuarantineV3" in error["errorMessage"]

    document = shipped.document("own-keys-user", world.values)
    sid = "SeeWhetherItIsQuarantined"
    world.put("user", "own-keys-user", shipped.without(document, sid, "iam:ListAttachedUserPolicies"))
    answer, failed = world.keeping.ask({"Action": "retire"})

    # It asks for a rotation, which cannot work.
    assert not failed, answer
    assert answer["outcome"] == "rotating"
    assert world.keys()[world.current["accesskey"]] == "Active"
