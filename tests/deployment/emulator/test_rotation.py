"""All four steps with the shipped policies, in each credential source."""

import json

import pytest
from botocore.exceptions import ClientError

import shipped
from emulator import ACCOUNT
from rotation import Rotation
from taken_away import ERROR_TYPES
from world import SOURCES


@pytest.mark.parametrize("source", SOURCES)
def test_the_shipped_policies_are_enough(new_rotation, source):
    rotation = new_rotation(source)
    before = rotation.value()

    assert rotation.rotate() is None

    after = rotation.value()
    assert after["accesskey"] not in (rotation.current["accesskey"], rotation.deleted["accesskey"])
    assert rotation.identity(after).endswith(f":user/team/blue/{rotation.user}")
    assert {**after, **rotation.current} == before
    assert rotation.value("AWSPREVIOUS") == before
    assert rotation.identity(rotation.current) == rotation.identity(after)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        rotation.identity(rotation.deleted)


@pytest.mark.parametrize("source", SOURCES)
def test_they_are_enough_for_a_test_of_the_rotation(new_rotation, source):
    rotation = new_rotation(source)
    rotation.abandon()
    rotation.begin_test()
    before = rotation.keys(), rotation.value()

    answer, failed = rotation.call("testSecret")

    assert not failed, answer
    assert (rotation.keys(), rotation.value()) == before


def test_a_test_of_the_rotation_tells_what_is_missing(new_rotation):
    rotation = new_rotation("execution-role")
    rotation.abandon()
    rotation.begin_test()
    rotation.put("execution role", "execution-role-manages-keys", None)

    error, failed = rotation.call("testSecret")

    assert failed
    assert error["errorType"] == "PermissionMissing"
    assert "iam:ListAccessKeys" in error["errorMessage"]


def test_nothing_is_rotated_with_no_policy(new_rotation):
    """Otherwise nothing here would prove anything."""
    rotation = new_rotation("execution-role")
    for name in SOURCES["execution-role"]["execution role"]:
        rotation.put("execution role", name, None)

    step, error = rotation.stopped()

    assert (step, error["errorType"]) == ("createSecret", "PermissionMissing")


@pytest.mark.parametrize(
    "source, carrier, name, placeholder, another, action",
    [
        ("execution-role", "execution role", "execution-role", "SECRET_ARN",
         "arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam/alice-AbCdEf", "secretsmanager:DescribeSecret"),
        ("execution-role", "execution role", "execution-role-manages-keys", "USER_ARN",
         "arn:aws:iam::123456789012:user/team/blue/bob", "iam:ListAccessKeys"),
        ("administrator", "administrator", "administrator-user", "USER_ARN",
         "arn:aws:iam::111122223333:user/team/blue/bob", "iam:ListAccessKeys"),
        ("another-account", "role", "role-in-another-account", "USER_ARN",
         "arn:aws:iam::111122223333:user/team/blue/bob", "iam:ListAccessKeys"),
        ("another-account", "execution role", "execution-role-assumes-role", "ROLE_ARN",
         "arn:aws:iam::111122223333:role/somebody-elses", "sts:AssumeRole"),
        ("fleet", "execution role", "fleet-execution-role", "FLEET", "green", "secretsmanager:DescribeSecret"),
        ("kms-key", "execution role", "execution-role-kms-key", "KMS_KEY_ARN",
         "arn:aws:kms:eu-central-1:123456789012:key/somebody-elses", "Access to KMS"),
        ("kms-key", "execution role", "execution-role-kms-key", "SECRET_ARN",
         "arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam/alice-AbCdEf", "Access to KMS"),
    ],
)  # fmt: skip
def test_the_policies_reach_no_further(new_rotation, source, carrier, name, placeholder, another, action):
    """The same document for another secret, user, role or fleet is of no use to this one."""
    rotation = new_rotation(source)
    rotation.put(carrier, name, shipped.document(name, rotation.values | {placeholder: another}))

    step, error = rotation.stopped()

    assert step == "createSecret"
    assert error["errorType"] == ERROR_TYPES.get(action, "PermissionMissing")
    assert action in error["errorMessage"]


@pytest.mark.parametrize("principal", ["role", "everybody"])
@pytest.mark.parametrize("source", [source for source in SOURCES if source != "own-key"])
def test_a_secret_of_somebody_elses_gets_no_key(new_rotation, source, principal):
    """It names the user, and its own policy lets the execution role in (fact 62). Without the Deny the user's key is made into it.

    With the user's own key as the source there is nothing to be had: who names that key knows it.
    """
    rotation = new_rotation(source)
    rotation.iam.delete_access_key(UserName=rotation.user, AccessKeyId=rotation.deleted["accesskey"])
    keys = rotation.keys()
    value = {"username": rotation.user, **rotation.source_fields}
    secret = rotation.secrets.create_secret(Name=f"mallory/{rotation.user}-{principal}", SecretString=json.dumps(value))
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": rotation.values["EXECUTION_ROLE_ARN"] if principal == "role" else "*"},
        "Action": "secretsmanager:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    rotation.secrets.put_resource_policy(SecretId=secret["ARN"], ResourcePolicy=policy)
    mallorys = Rotation(rotation.emulator, rotation.function, secret["ARN"], rotation.user, ACCOUNT)
    mallorys.begin()

    step, error = mallorys.stopped()

    assert (step, error["errorType"]) == ("createSecret", "PermissionMissing")
    assert secret["ARN"] in error["errorMessage"] and "explicit deny" in error["errorMessage"]
    assert rotation.keys() == keys

    for name in SOURCES[source]["execution role"]:
        allowances = shipped.without_the_deny(shipped.document(name, rotation.values))
        rotation.put("execution role", name, allowances)

    answer, failed = mallorys.call("createSecret")

    assert not failed, answer
    assert mallorys.value("AWSPENDING")["accesskey"] in rotation.keys().keys() - keys.keys()


def test_a_fleets_role_leaves_an_untagged_user_alone(new_rotation):
    rotation = new_rotation("fleet")
    rotation.iam.untag_user(UserName=rotation.user, TagKeys=["iam-key-rotator"])

    step, error = rotation.stopped()

    assert (step, error["errorType"]) == ("createSecret", "PermissionMissing")
    assert "iam:ListAccessKeys" in error["errorMessage"]


def test_a_user_manages_no_other_users_keys(new_rotation):
    rotation = new_rotation("own-key")
    bob = rotation.iam.create_user(UserName=f"bob-of-{rotation.user}", Path="/team/blue/")["User"]["UserName"]

    with pytest.raises(ClientError, match="AccessDenied"):
        rotation.emulator.client("iam", key=rotation.current).list_access_keys(UserName=bob)


def test_a_consumer_reads_the_current_key_and_nothing_else(new_rotation):
    rotation = new_rotation("execution-role")
    consumer = f"consumer-of-{rotation.user}"
    rotation.iam.create_user(UserName=consumer)
    document = shipped.document("consumer", rotation.values)
    rotation.iam.put_user_policy(UserName=consumer, PolicyName="consumer", PolicyDocument=json.dumps(document))
    secrets = rotation.emulator.client("secretsmanager", key=rotation.new_key(consumer))

    value = secrets.get_secret_value(SecretId=rotation.secret, VersionStage="AWSCURRENT")["SecretString"]
    assert json.loads(value) == rotation.value()
    for request in ({"VersionStage": "AWSPREVIOUS"}, {}):
        with pytest.raises(ClientError, match="AccessDenied"):
            secrets.get_secret_value(SecretId=rotation.secret, **request)
    with pytest.raises(ClientError, match="AccessDenied"):
        secrets.describe_secret(SecretId=rotation.secret)


@pytest.mark.parametrize("placeholder, another", [
    ("EXTERNAL_ID", "somebody-elses"),
    ("EXECUTION_ROLE_ARN", "arn:aws:iam::123456789012:role/another-functions"),
])  # fmt: skip
def test_the_trust_policy_lets_nobody_else_in(new_rotation, placeholder, another):
    rotation = new_rotation("another-account")
    trust = shipped.document("role-in-another-account-trust", rotation.values | {placeholder: another})
    rotation.iam.update_assume_role_policy(RoleName=rotation.role, PolicyDocument=json.dumps(trust))

    step, error = rotation.stopped()

    assert (step, error["errorType"]) == ("createSecret", "RoleNotAssumed")
    assert rotation.values["ROLE_ARN"] in error["errorMessage"]
