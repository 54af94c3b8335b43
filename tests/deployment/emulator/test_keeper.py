"""The keeper in infra/template.yaml: its role, what invokes it, what is kept when it fails, and what a person is told."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

import shipped
from deployment import KEEPERS, WAYS, Deployment
from emulator import ACCOUNT, REGION
from stack import Stack, template

KEY = "AKIAIOSFODNN7EXAMPLE"
RULES = ("ExposedByHealth", "ExposedByTrustedAdvisor", "ExposedByGuardDuty")
HEALTH = {
    "service": "RISK",
    "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
    "affectedAccount": ACCOUNT,
    "affectedEntities": [{"entityValue": KEY}],
}
TRUSTED_ADVISOR = {
    "check-name": "Exposed Access Keys",
    "check-item-detail": {"User Name (IAM or Root)": "alice", "Access Key ID": KEY},
    "status": "ERROR",
}
GUARD_DUTY = {
    "accountId": ACCOUNT,
    "severity": 5,
    "type": "Recon:IAMUser/UserPermissions",
    "resource": {
        "resourceType": "AccessKey",
        "accessKeyDetails": {"accessKeyId": KEY, "userType": "IAMUser", "userName": "alice"},
    },
}
REPORTS = {
    "ExposedByHealth": ("aws.health", "AWS Health Event", HEALTH),
    "ExposedByTrustedAdvisor": ("aws.trustedadvisor", "Trusted Advisor Check Item Refresh Notification", TRUSTED_ADVISOR),
    "ExposedByGuardDuty": ("aws.guardduty", "GuardDuty Finding", GUARD_DUTY),
}
CODES = [
    "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED",
    "AWS_RISK_CREDENTIALS_COMPROMISED",
    "AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED",
    "AWS_RISK_IAM_QUARANTINE",
]
# Other details, and whether the rule takes them.
TAKES = [
    *((rule, {}, True) for rule in RULES),
    *(("ExposedByHealth", {"eventTypeCode": code}, True) for code in CODES),
    ("ExposedByHealth", {"eventTypeCode": "AWS_RISK_ACCOUNT_CONSOLE_COMPROMISE"}, False),
    ("ExposedByHealth", {"service": "EC2"}, False),
    # A field that is None is left out.
    ("ExposedByTrustedAdvisor", {"status": None}, True),
    ("ExposedByTrustedAdvisor", {"status": "OK"}, False),
    ("ExposedByTrustedAdvisor", {"check-name": "VPC"}, False),
    ("ExposedByGuardDuty", {"severity": 2}, False),
    ("ExposedByGuardDuty", {"resource": {"resourceType": "AccessKey", "accessKeyDetails": {"userType": "AssumedRole"}}}, False),
    ("ExposedByGuardDuty", {"resource": {"resourceType": "Instance"}}, False),
]
# What is in the sentence of each rule that tells a person.
SENTENCES = {
    "RotationFailed": (
        {"eventName": "RotationFailed", "additionalEventData": {"SecretId": "iam/alice"}},
        ["RotationFailed", "the secret iam/alice at", "LastErrors"],
    ),
    # Not its key: ministack's paths have no indices.
    "ExposedByHealth": (HEALTH, [ACCOUNT, "AWS_RISK_CREDENTIALS_EXPOSED", "RevokeNow"]),
    "ExposedByTrustedAdvisor": (TRUSTED_ADVISOR, [KEY, ACCOUNT, "RevokeNow"]),
    "ExposedByGuardDuty": (GUARD_DUTY, [KEY, "alice", ACCOUNT, "Recon:IAMUser/UserPermissions", "RevokeNow"]),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_keeper_carries_the_shipped_policies(deployments, way):
    deployment = deployments(way)
    documents = WAYS[way].keepers_documents

    carried = deployment.policies("KeeperRole")

    assert sorted(carried) == sorted(documents)
    for name, another in documents.items():
        document = name.removesuffix("-of-the-administrator")
        assert carried[name] == shipped.document(document, deployment.values | deployment.fill(another))


@pytest.mark.parametrize("way", ["execution-role", "fleet"])
def test_what_the_keepers_role_may_do(emulator, accepted, way):
    """By a session of the role: the function itself is not asked."""
    deployment = Deployment(emulator, accepted, way, f"keeper-of-{way}")
    session = session_of(emulator, deployment.stack.resources["KeeperRole"])
    secrets, iam = (emulator.client(one, key=session) for one in ("secretsmanager", "iam"))
    secret = {"SecretId": deployment.values["SECRET_ARN"]}
    user = {"UserName": deployment.user}
    version = secrets.get_secret_value(**secret)["VersionId"]
    key = deployment.rotation.new_key(deployment.user)["accesskey"]
    mark = {"VersionStage": f"iam-key-rotator-removing-{key}", "MoveToVersionId": version}
    current = {"VersionStage": "AWSCURRENT", "MoveToVersionId": version}

    secrets.describe_secret(**secret)
    secrets.update_secret_version_stage(**secret, **mark)
    iam.list_access_keys(**user)
    iam.get_access_key_last_used(AccessKeyId=key)
    iam.update_access_key(**user, AccessKeyId=key, Status="Inactive")
    if way == "fleet":
        assert deployment.values["SECRET_ARN"] in [one["ARN"] for one in secrets.list_secrets()["SecretList"]]
    else:
        refused(secrets.list_secrets)
    refused(secrets.update_secret_version_stage, **secret, **current)
    refused(secrets.put_secret_value, **secret, SecretString="{}")
    refused(secrets.update_secret, **secret, Description="another")
    refused(iam.create_access_key, **user)
    refused(iam.delete_access_key, **user, AccessKeyId=key)


@pytest.mark.parametrize("way", WAYS)
def test_the_keeper_is_as_recommended(deployments, way):
    deployment = deployments(way)
    keeper = deployment.function("Keeper")

    assert (keeper["MemorySize"], keeper["Timeout"], keeper["Architectures"]) == (128, 900, ["x86_64"])
    assert keeper["LoggingConfig"]["LogGroup"] == deployment.stack.resources["KeeperLogGroup"]
    assert keeper["CodeSha256"] == deployment.function()["CodeSha256"]
    # No variable but these, and one of the two that make it the keeper.
    ours = {"FLEET": "FLEET"} if "Fleet" in WAYS[way].parameters else {"SECRET_ARN": "SECRET_ARN"}
    others = {"DELETE_KEY_IN_USE", "VERIFY_TIMEOUT", "SMTP_REGION", "VERIFY_SMTP", "VERIFY_SUCCESSES"}
    shared = {name: one for name, one in deployment.first_environment.items() if name not in others}
    assert keeper["Environment"]["Variables"] == shared | deployment.fill(ours) | {
        "RETIRE_AFTER": "7days",
        "REVOKE": "rotate-first",
        "EXPOSED_KEYS": "report",
    }


def test_each_document_of_the_function_has_one_of_the_keepers():
    assert {name for way in WAYS.values() for name in way.documents} == KEEPERS.keys()


def test_its_rules_alone_invoke_the_keeper(deployments):
    """As the document says, but for the Sid, which CloudFormation makes."""
    deployment = deployments("execution-role")
    events = deployment.emulator.client("events")

    def comparable(statements):
        return sorted(json.dumps(one | {"Sid": ""}, sort_keys=True).lower() for one in statements)

    arns = [events.describe_rule(Name=deployment.stack.resources[rule])["Arn"] for rule in RULES]
    documents = [shipped.document("keeper-invoke-permission", deployment.values | {"RULE_ARN": arn}) for arn in arns]
    permission = deployment.invoke_permission("Keeper")
    assert comparable(permission["Statement"]) == comparable([one["Statement"][0] for one in documents])


def test_the_schedules_have_their_role(deployments):
    deployment = deployments("execution-role")
    role = deployment.emulator.client("iam").get_role(RoleName=deployment.stack.resources["SchedulerRole"])["Role"]

    assert role["AssumeRolePolicyDocument"] == shipped.document("scheduler-role-trust", deployment.values)
    assert deployment.policies("SchedulerRole") == {"scheduler-role": shipped.document("scheduler-role", deployment.values)}


@pytest.mark.parametrize(
    "name, rate, action", [("RetireHourly", "rate(1 hour)", "retire"), ("ReportDaily", "rate(1 day)", "report")]
)
def test_a_schedule_invokes_the_keeper(deployments, name, rate, action):
    deployment = deployments("execution-role")
    schedule = deployment.emulator.client("scheduler").get_schedule(
        Name=deployment.stack.resources[name].rsplit("/", 1)[-1], GroupName=deployment.stack.resources["ScheduleGroup"]
    )

    assert schedule["ScheduleExpression"] == rate
    assert json.loads(schedule["Target"]["Input"]) == {"Action": action}
    assert schedule["Target"]["Arn"] == deployment.values["KEEPER_ARN"]
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": deployment.values["QUEUE_ARN"]}


def test_what_fails_is_kept(deployments):
    deployment = deployments("execution-role")
    invocations = deployment.emulator.client("lambda").get_function_event_invoke_config(
        FunctionName=deployment.stack.resources["Keeper"], Qualifier="$LATEST"
    )
    queue = deployment.emulator.client("sqs").get_queue_attributes(
        QueueUrl=deployment.stack.resources["DeadLetters"], AttributeNames=["All"]
    )["Attributes"]

    assert invocations["MaximumRetryAttempts"] == 1
    assert invocations["DestinationConfig"]["OnFailure"] == {"Destination": deployment.values["QUEUE_ARN"]}
    assert (queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"]) == ("true", "1209600")


@pytest.mark.parametrize("rule, changes, takes", TAKES)
def test_a_rule_takes_its_reports(deployments, rule, changes, takes):
    deployment = deployments("execution-role")
    source, kind, detail = REPORTS[rule]
    events = deployment.emulator.client("events")
    event = {
        "id": str(uuid.uuid4()),
        "account": ACCOUNT,
        "region": REGION,
        "time": "2025-02-12T00:38:36Z",
        "resources": [],
        "source": source,
        "detail-type": kind,
        "detail": {name: one for name, one in (detail | changes).items() if one is not None},
    }

    patterns = {name: events.describe_rule(Name=deployment.stack.resources[name])["EventPattern"] for name in RULES}

    for name, pattern in patterns.items():
        taken = events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
        assert taken == (takes and name == rule)


# Of which way's stack, the event's name, the secret, and whether the rule takes it.
FAILURES = [
    ("execution-role", "RotationFailed", "OWN", True),
    ("execution-role", "RotationAbandoned", "OWN", True),
    ("execution-role", "TestRotationFailed", "OWN", True),
    ("execution-role", "RotationSucceeded", "OWN", False),
    ("execution-role", "RotationFailed", "iam/bob-AbCdEf", False),
    ("fleet", "RotationFailed", "OWN", True),
    ("fleet", "RotationFailed", "iam/bob-AbCdEf", True),
    ("fleet", "RotationFailed", "team/bob-AbCdEf", False),
    ("fleet-existing-secret", "RotationFailed", "OWN", True),
    ("fleet-existing-secret", "TestRotationFailed", "there/before/bob-AbCdEf", True),
    ("fleet-existing-secret", "RotationFailed", "iam/bob-AbCdEf", False),
]
# Facts 13 and 66.
SHAPES = [("additionalEventData", "SecretId"), ("serviceEventDetails", "secretId")]


@pytest.mark.parametrize("way, name, secret, takes", FAILURES)
@pytest.mark.parametrize("shape", SHAPES, ids=[shape for shape, _ in SHAPES])
def test_a_failed_rotation_is_told(deployments, way, name, secret, takes, shape):
    deployment = deployments(way)
    events = deployment.emulator.client("events")
    of_the_account = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}"
    arn = deployment.values["SECRET_ARN"] if secret == "OWN" else of_the_account
    event = {
        "id": str(uuid.uuid4()),
        "account": ACCOUNT,
        "region": REGION,
        "time": "2025-02-12T00:38:36Z",
        "resources": [],
        "source": "aws.secretsmanager",
        "detail-type": "AWS Service Event via CloudTrail",
        "detail": {"eventSource": "secretsmanager.amazonaws.com", "eventName": name, shape[0]: {shape[1]: arn}},
    }

    pattern = events.describe_rule(Name=deployment.stack.resources["RotationFailed"])["EventPattern"]

    assert events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"] == takes


def test_the_forwarder_sends_what_the_rules_take():
    home = template()["Resources"]
    elsewhere = template("health-forwarder")["Resources"]

    assert elsewhere["HealthReports"]["Properties"]["EventPattern"] == home["ExposedByHealth"]["Properties"]["EventPattern"]
    assert (
        elsewhere["TrustedAdvisorReports"]["Properties"]["EventPattern"]
        == home["ExposedByTrustedAdvisor"]["Properties"]["EventPattern"]
    )


def session_of(emulator, role):
    """Credentials of a role, which a test lets the account assume."""
    who = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    statement = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    emulator.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=trust)
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    made = emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return {"accesskey": made["AccessKeyId"], "secretkey": made["SecretAccessKey"], "token": made["SessionToken"]}


def refused(call, **parameters):
    with pytest.raises(ClientError, match="AccessDenied"):
        call(**parameters)


def open_to(service, action):
    """The policy of a topic or a queue that a service may send to."""
    who = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": who, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize("rule", SENTENCES)
def test_a_person_is_told_in_a_sentence(deployments, rule):
    """By a rule of the test's own, for nobody but AWS may send AWS's events."""
    deployment = deployments("execution-role")
    events, sns, sqs = (deployment.emulator.client(one) for one in ("events", "sns", "sqs"))
    (target,) = [
        one
        for one in events.list_targets_by_rule(Rule=deployment.stack.resources[rule])["Targets"]
        if one["Arn"].split(":")[2] == "sns"
    ]
    assert target["Arn"] == f"arn:aws:sns:{REGION}:{ACCOUNT}:{deployment.parameters['AlarmTopic']}"
    detail, named = SENTENCES[rule]
    name = f"told-{uuid.uuid4()}"
    queue = sqs.create_queue(QueueName=name, Attributes={"Policy": open_to("sns", "sqs:SendMessage")})["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    topic = sns.create_topic(Name=name, Attributes={"Policy": open_to("events", "sns:Publish")})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[target | {"Arn": topic}])

    events.put_events(Entries=[{"Source": name, "DetailType": "a report", "Detail": json.dumps(detail)}])

    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    text = json.loads(message["Body"])["Message"]
    assert text.startswith('"') and text.endswith('."') and "\n" not in text and "<" not in text
    for word in named:
        assert word in text


def test_a_stack_without_retire_after_has_no_keeper(emulator, accepted):
    stack = Stack(emulator, accepted, "without-a-keeper", {"UserName": "user-without-a-keeper", "RetireAfter": ""})

    assert stack.resources.keys() == {"Function", "LogGroup", "ExecutionRole", "InvokePermission", "Secret", "StepFailed", "EverythingElse"}
    assert stack.outputs.keys() == {"FunctionArn", "RoleArn", "SecretArn", "RotateNow", "TailLogs", "LastErrors"}
    function = emulator.client("lambda").get_function_configuration(FunctionName=stack.resources["Function"])
    assert "RETIRE_AFTER" not in function["Environment"]["Variables"]


@pytest.mark.parametrize(
    "exposed, revoke, rules, variables",
    [
        ("no", "rotate-first", False, {"EXPOSED_KEYS": "report", "REVOKE": "rotate-first"}),
        ("report", "at-once", True, {"EXPOSED_KEYS": "report", "REVOKE": "at-once"}),
        ("revoke", "rotate-first", True, {"EXPOSED_KEYS": "revoke", "REVOKE": "rotate-first"}),
    ],
)
def test_what_a_report_does_is_a_parameter(emulator, accepted, exposed, revoke, rules, variables):
    name = f"exposed-{exposed}"
    parameters = {"UserName": f"user-{name}", "RevokeExposedKeys": exposed, "Revoke": revoke, "RetireAfter": "1week"}
    stack = Stack(emulator, accepted, name, parameters)
    keeper = emulator.client("lambda").get_function_configuration(FunctionName=stack.resources["Keeper"])

    reports = {*RULES, *(f"{rule}MayInvoke" for rule in RULES), "DeadLettersPolicy"}
    assert stack.resources.keys() & reports == (reports if rules else set())
    assert keeper["Environment"]["Variables"].items() >= (variables | {"RETIRE_AFTER": "1week"}).items()


def test_the_outputs_are_commands(deployments):
    deployment = deployments("execution-role")
    outputs = deployment.stack.outputs

    assert outputs["KeeperFunctionName"] == deployment.stack.resources["Keeper"]
    for output, action in (("RevokeNow", "revoke"), ("UndoRetirement", "undo")):
        payload = outputs[output].split("--payload '")[1].split("'")[0]
        assert json.loads(payload) == {"Action": action, "SecretId": deployment.values["SECRET_ARN"]}
        assert f"--function-name '{outputs['KeeperFunctionName']}'" in outputs[output]
