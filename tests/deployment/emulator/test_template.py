"""infra/template.yaml in an emulator: what it makes is what policies/ and the README say, and it rotates."""

import json
import uuid

import pytest

import shipped
from deployment import ALWAYS, ENVIRONMENT, TOPIC, WAYS, Deployment
from emulator import ACCOUNT, REGION
from stack import NOT_ACCEPTED, NotMade, Stack, template, without


EVERYTHING = {"AlarmTopic": TOPIC, "OverdueCheck": "aws-config"}


@pytest.mark.parametrize("name", NOT_ACCEPTED)
def test_what_is_taken_out_is_not_accepted(emulator, whole, name):
    others = NOT_ACCEPTED.keys() - {name}

    with pytest.raises(NotMade) as reason:
        Stack(emulator, without(whole, others), f"not-accepted-{name}", EVERYTHING | {"UserName": f"user-of-{name}"})

    assert NOT_ACCEPTED[name] in str(reason.value)


def test_everything_else_is_made(deployments):
    left_out = {"SecretForExistingKey", "RotationOnSchedule", "RotationOverdue"}

    assert deployments("execution-role").stack.resources.keys() == {
        *(template()["Resources"].keys() - left_out - NOT_ACCEPTED.keys())
    }


@pytest.mark.parametrize("way", WAYS)
def test_the_role_carries_the_shipped_policies(deployments, way):
    deployment = deployments(way)
    documents = ALWAYS | WAYS[way].documents

    carried = deployment.policies()

    assert sorted(carried) == sorted(documents)
    for name, another in documents.items():
        assert carried[name] == shipped.document(name, deployment.values | deployment.fill(another))


@pytest.mark.parametrize("way", WAYS)
def test_the_function_is_as_recommended(deployments, way):
    function = deployments(way).function()

    assert (function["Runtime"], function["Handler"]) == ("provided.al2023", "bootstrap")
    assert (function["MemorySize"], function["Timeout"]) == (128, 120)
    assert function["Architectures"] == ["x86_64"]
    assert function["LoggingConfig"]["LogGroup"] == deployments(way).log_group
    # No variable but these: the function refuses one that is empty.
    assert deployments(way).first_environment == ENVIRONMENT | {
        "SECRET_NAME": WAYS[way].secret_name
    } | WAYS[way].environment


@pytest.mark.parametrize("way", WAYS)
def test_the_function_lets_secrets_manager_in(deployments, way):
    """As the document says, but for the Sid, which CloudFormation makes, and the case of the condition key."""
    deployment = deployments(way)

    def comparable(policy):
        return [json.dumps(one | {"Sid": ""}, sort_keys=True).lower() for one in policy["Statement"]]

    document = shipped.document("invoke-permission", deployment.values)
    assert comparable(deployment.invoke_permission()) == comparable(document)


@pytest.mark.parametrize("way", WAYS)
def test_the_secret_holds_no_key_and_its_tags_name_the_source(deployments, way):
    deployment = deployments(way)

    assert deployment.first_value == WAYS[way].named({"username": deployment.user} | WAYS[way].value)
    assert deployment.tags() == deployment.fill(WAYS[way].tags)
    assert deployment.secret()["Name"] == deployment.secret_name()
    assert deployment.secret().get("KmsKeyId") == deployment.fill(WAYS[way].parameters).get("KmsKeyArn")


@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way].waits_for_the_users_key])
def test_a_secret_that_waits_for_the_users_key_changes_nothing(deployments, way):
    deployment = deployments(way)
    deployment.rotation.begin()

    step, error = deployment.rotation.stopped()

    assert (step, error["errorType"]) == ("createSecret", "SecretMalformed")
    assert f'"{WAYS[way].names.get("accesskey", "accesskey")}" is not an access key id' in error["errorMessage"]
    assert not deployment.rotation.keys()
    deployment.rotation.abandon()


@pytest.mark.parametrize("way", WAYS)
def test_it_rotates(deployments, way):
    deployment = deployments(way)
    deployment.finish()
    deployment.verify_once()

    for _ in range(2):
        before = deployment.value()
        deployment.rotation.begin()
        assert deployment.rotation.rotate() is None
        after = deployment.value()
        assert after["accesskey"] != before.get("accesskey")
        assert deployment.rotation.identity(after).endswith(f":user/team/blue/{deployment.user}")
    assert deployment.rotation.keys().keys() == {before["accesskey"], after["accesskey"]}


@pytest.mark.parametrize("way", WAYS)
def test_another_secret_is_attached_to_a_fleet_alone(deployments, way):
    assert ("AttachAnotherSecret" in deployments(way).stack.outputs) == ("Fleet" in WAYS[way].parameters)


@pytest.mark.parametrize("way", ["execution-role", "other-fields", "existing-secret", "fleet", "administrator"])
def test_a_secret_that_names_another_user_is_refused(emulator, accepted, way):
    """Whoever may write its value can have no other user's key made into it."""
    deployment = Deployment(emulator, accepted, way, f"misused-{way}")
    deployment.finish()
    bob = f"bob-of-{deployment.name}"
    deployment.iam.create_user(UserName=bob)
    value = deployment.way.named({"username": bob})
    deployment.secrets.put_secret_value(SecretId=deployment.rotation.secret, SecretString=json.dumps(value))
    deployment.rotation.begin()

    step, error = deployment.rotation.stopped()

    assert (step, error["errorType"]) == ("createSecret", "SecretNotForUser")
    assert deployment.way.secret_name.format(username=bob) in error["errorMessage"]
    assert not deployment.iam.list_access_keys(UserName=bob)["AccessKeyMetadata"]


def test_neither_a_change_of_the_source_nor_removing_the_stack_touches_the_key(emulator, accepted):
    deployment = Deployment(emulator, accepted, "execution-role", "change")
    deployment.verify_once()
    deployment.rotation.begin()
    assert deployment.rotation.rotate() is None
    value = deployment.rotation.value()

    deployment.stack.change(deployment.parameters | {"CredentialSource": "another-account", "RoleArn": A_ROLE})

    assert deployment.rotation.value() == value
    assert deployment.tags() == {"rolearn": A_ROLE}
    assert deployment.policies().keys() == {*ALWAYS, "execution-role", "execution-role-assumes-role"}

    deployment.stack.remove()

    assert deployment.rotation.value() == value
    assert deployment.rotation.identity(value).endswith(f"/{deployment.user}")


def test_other_names_of_fields_are_another_secret(emulator, accepted):
    """Otherwise CloudFormation would write a value without a key over the user's."""
    deployment = Deployment(emulator, accepted, "execution-role", "renamed")
    deployment.verify_once()
    deployment.rotation.begin()
    assert deployment.rotation.rotate() is None
    value = deployment.rotation.value()

    deployment.stack.change(deployment.parameters | {"UsernameField": "UserName"})

    assert deployment.rotation.value() == value
    assert deployment.stack.outputs["SecretArn"] != deployment.rotation.secret


A_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:iam/administrator-AbCdEf"
A_ROLE = "arn:aws:iam::111122223333:role/manages-keys"
AGAINST_THE_RULES = {
    "AdministratorHasASecret": {"CredentialSource": "administrator"},
    "OnlyTheAdministratorHasASecret": {"AdministratorSecretArn": A_SECRET},
    "AnotherAccountHasARole": {"CredentialSource": "another-account"},
    "OnlyAnotherAccountHasARole": {"RoleArn": A_ROLE},
    "OwnKeyCannotMakeTheFirst": {"CredentialSource": "own-key"},
    "NothingToRotateYet": {"CreateFirstKey": "false"},
    "FleetIsManagedByTheExecutionRole": {
        "Fleet": "blue",
        "CredentialSource": "administrator",
        "AdministratorSecretArn": A_SECRET,
    },
    "AnExistingSecretHasAName": {"SecretArn": A_SECRET},
    "OnlyAnExistingSecretHasAName": {"SecretName": "iam/{username}"},
    "OverdueNeedsATopic": {"OverdueCheck": "aws-config"},
    "NoFieldIsNamedTwice": {"SecretKeyField": "key", "SmtpPasswordField": "key"},
    "ANetworkHasSubnetsAndSecurityGroups": {"SubnetIds": "subnet-01234567"},
    "TheWindowFitsTheSchedule": {"Schedule": "rate(4 hours)", "Window": "6h"},
    "NoProxyNeedsAProxy": {"NoProxy": "10.0.0.0/8"},
    "RevokingNeedsTheKeeper": {"RetireAfter": "", "RevokeExposedKeys": "revoke"},
}


def test_each_rule_has_its_case():
    assert AGAINST_THE_RULES.keys() == template()["Rules"].keys()


@pytest.mark.parametrize("rule", AGAINST_THE_RULES)
def test_parameters_that_contradict_each_other_are_refused(emulator, accepted, rule):
    with pytest.raises(NotMade, match=f"rule {rule} failed"):
        Stack(emulator, accepted, f"against-{rule}", {"UserName": "alice"} | AGAINST_THE_RULES[rule])


@pytest.mark.parametrize(
    "parameter, value",
    [
        ("UserName", "alice bob"),
        ("UserName", "team/alice"),
        ("UserPath", "team/blue"),
        ("SecretName", "iam/alice"),
        ("Schedule", "rate(1 hour)"),
        ("Schedule", "rate(3 hours)"),
        ("Schedule", "cron(0 * * * ? *)"),
        ("Timeout", "1000"),
        ("CredentialSource", "somebody"),
        ("KmsKeyArn", "alias/mine"),
        ("AccessKeyField", 'key": "'),
        ("RetireAfter", "30m"),
        ("RevokeExposedKeys", "yes"),
        ("Revoke", "never"),
        ("VerifySuccesses", "21"),
        ("VerifySmtp", "no"),
        ("HttpsProxy", "http://user:password@proxy.example.com:3128"),
        ("CaBundle", "ca.pem"),
    ],
)
def test_a_parameter_that_cannot_be_right_is_refused(emulator, accepted, parameter, value):
    with pytest.raises(NotMade, match=parameter):
        Stack(emulator, accepted, f"refused-{uuid.uuid4()}", {"UserName": "alice", parameter: value})
