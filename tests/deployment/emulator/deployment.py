"""The ways to deploy the template: the parameters of each, and what must come of it."""

import json
import pathlib
from dataclasses import dataclass, field

import botocore

import shipped
from emulator import ACCOUNT, ANOTHER_ACCOUNT, REGION
from rotation import Rotation
from stack import Stack
from world import EXTERNAL_ID, FLEET


@dataclass(frozen=True)
class Way:
    """What changes the policies. Words in capitals are placeholders, as in policies/."""

    source: str
    # The documents that the execution role carries besides those of every way, with what a placeholder stands for
    # where that is another thing than usual.
    documents: dict
    parameters: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    # What the secret holds besides the user's name.
    value: dict = field(default_factory=dict)
    # The function's variables besides those of every way.
    environment: dict = field(default_factory=dict)
    # The names of the secret's fields, where they are not the usual ones, and what the secret's own name has of them.
    names: dict = field(default_factory=dict)
    in_the_secrets_name: str = ""

    @property
    def secret_name(self):
        """The name that the function asks of a secret."""
        return self.parameters.get("SecretName", f"iam/{self.in_the_secrets_name}{{username}}")

    @property
    def keepers_documents(self):
        """The policies that the keeper's role carries, with what a placeholder stands for."""
        of_the_source = {"keeper-deactivates-own-key": {}} if self.source == "own-key" else {}
        return KEEPER_ALWAYS | of_the_source | dict(KEEPERS[name] for name in self.documents)

    @property
    def waits_for_the_users_key(self):
        return "CreateFirstKey" in self.parameters

    def named(self, value):
        """A secret's value under the names of this way."""
        return {self.names.get(usual, usual): one for usual, one in value.items()}


ALWAYS = {"execution-role-logs": {}}
KEEPER_ALWAYS = {"execution-role-logs": {"LOG_GROUP_ARN": "KEEPER_LOG_GROUP_ARN"}, "keeper-dead-letters": {}}
# What the keeper carries where the rotation function carries this. A policy that is named otherwise than its document
# has that name too.
KEEPERS = {
    "execution-role": ("keeper-role", {}),
    "execution-role-manages-keys": ("keeper-manages-keys", {}),
    "execution-role-reads-administrator": ("keeper-role-reads-administrator", {}),
    "execution-role-assumes-role": ("execution-role-assumes-role", {}),
    "execution-role-kms-key": ("consumer-kms-key", {}),
    "fleet-execution-role": ("fleet-keeper-role", {}),
    "consumer-kms-key": ("consumer-kms-key-of-the-administrator", {"SECRET_ARN": "ADMINISTRATOR_SECRET_ARN"}),
}
EXISTING_SECRET = {"SecretArn": "SECRET_ARN", "SecretName": "there/before/{username}"}
NO_KEY_YET = {"CreateFirstKey": "false", "RotateAtOnce": "false"}
TOPIC = "rotation"
NONE = {"accesskey": "store the user's access key id here", "secretkey": "and its secret access key here"}
ENVIRONMENT = {"DELETE_KEY_IN_USE": "previous", "IN_USE_WINDOW": "24h", "VERIFY_TIMEOUT": "60s", "RETIRE_AFTER": "7days"}
# A space cannot be in the secret's name.
NAMES = {"username": "UserName", "accesskey": "AccessKeyId", "secretkey": "Secret Access Key"}
FIELDS = {"UsernameField": "UserName", "AccessKeyField": "AccessKeyId", "SecretKeyField": "Secret Access Key"}
FIELD_VARIABLES = {
    "USERNAME_FIELD": "UserName",
    "ACCESS_KEY_FIELD": "AccessKeyId",
    "SECRET_KEY_FIELD": "Secret Access Key",
}
IN_THE_NAME = "UserName/AccessKeyId/Secret=Access=Key/"
# Wherever the machine's own are.
CERTIFICATES = str(pathlib.Path(botocore.__file__).with_name("cacert.pem"))

WAYS = {
    "execution-role": Way("execution-role", {"execution-role": {}, "execution-role-manages-keys": {}}),
    "existing-key": Way("execution-role", {"execution-role": {}, "execution-role-manages-keys": {}}, NO_KEY_YET, value=NONE),
    "existing-secret": Way("execution-role", {"execution-role": {}, "execution-role-manages-keys": {}}, EXISTING_SECRET),
    "own-key": Way("own-key", {"execution-role": {}}, NO_KEY_YET, {"secretarn": "ARN_WITHOUT_SUFFIX"}, NONE),
    "administrator": Way(
        "administrator",
        {"execution-role-reads-administrator": {}},
        {"AdministratorSecretArn": "ADMINISTRATOR_SECRET_ARN"},
        {"secretarn": "ADMINISTRATOR_SECRET_ARN"},
    ),
    "administrator-kms-key": Way(
        "administrator",
        {
            "execution-role-reads-administrator": {},
            "consumer-kms-key": {"SECRET_ARN": "ADMINISTRATOR_SECRET_ARN"},
        },
        {"AdministratorSecretArn": "ADMINISTRATOR_SECRET_ARN", "AdministratorKmsKeyArn": "KMS_KEY_ARN"},
        {"secretarn": "ADMINISTRATOR_SECRET_ARN"},
    ),
    "another-account": Way(
        "another-account",
        {"execution-role": {}, "execution-role-assumes-role": {}},
        {"RoleArn": "ROLE_ARN", "ExternalId": "EXTERNAL_ID"},
        {"rolearn": "ROLE_ARN", "externalid": "EXTERNAL_ID"},
    ),
    "kms-key": Way(
        "execution-role",
        {"execution-role": {}, "execution-role-manages-keys": {}, "execution-role-kms-key": {}},
        {"KmsKeyArn": "KMS_KEY_ARN"},
    ),
    "fleet": Way(
        "execution-role",
        {"execution-role-manages-keys": {}, "fleet-execution-role": {}},
        {"Fleet": "FLEET"},
        {"iam-key-rotator": "FLEET"},
    ),
    # Nobody tags a secret that was there before: the stack's own needs no tag.
    "fleet-existing-secret": Way(
        "execution-role",
        {"execution-role-manages-keys": {}, "fleet-execution-role": {}},
        {"Fleet": "FLEET"} | EXISTING_SECRET,
    ),
    "other-fields": Way(
        "execution-role",
        {"execution-role": {}, "execution-role-manages-keys": {}},
        FIELDS,
        environment=FIELD_VARIABLES,
        names=NAMES,
        in_the_secrets_name=IN_THE_NAME,
    ),
    "one-other-field": Way(
        "execution-role",
        {"execution-role": {}, "execution-role-manages-keys": {}},
        {"UsernameField": "iam_user"},
        environment={"USERNAME_FIELD": "iam_user"},
        names={"username": "iam_user"},
        in_the_secrets_name="iam_user/accesskey/secretkey/",
    ),
    "other-fields-existing-secret": Way(
        "execution-role",
        {"execution-role": {}, "execution-role-manages-keys": {}},
        FIELDS | EXISTING_SECRET,
        environment=FIELD_VARIABLES,
        names=NAMES,
    ),
    "other-fields-own-key": Way(
        "own-key",
        {"execution-role": {}},
        NO_KEY_YET | FIELDS | {"SourceSecretField": "managed by"},
        {"managed by": "ARN_WITHOUT_SUFFIX"},
        NONE,
        FIELD_VARIABLES | {"SOURCE_SECRET_FIELD": "managed by"},
        NAMES,
        IN_THE_NAME,
    ),
    "other-fields-administrator": Way(
        "administrator",
        {"execution-role-reads-administrator": {}},
        FIELDS | {"AdministratorSecretArn": "ADMINISTRATOR_SECRET_ARN", "SourceSecretField": "managed by"},
        {"managed by": "ADMINISTRATOR_SECRET_ARN"},
        environment=FIELD_VARIABLES | {"SOURCE_SECRET_FIELD": "managed by"},
        # They are those of the administrator's secret too.
        names=NAMES,
        in_the_secrets_name=IN_THE_NAME,
    ),
    "other-fields-another-account": Way(
        "another-account",
        {"execution-role": {}, "execution-role-assumes-role": {}},
        {"RoleArn": "ROLE_ARN", "ExternalId": "EXTERNAL_ID", "RoleField": "role-arn", "ExternalIdField": "external.id"},
        {"role-arn": "ROLE_ARN", "external.id": "EXTERNAL_ID"},
        environment={"ROLE_FIELD": "role-arn", "EXTERNAL_ID_FIELD": "external.id"},
    ),
    # The emulator does not speak HTTPS, for which proxy and certificates count: the function starts with them, no more.
    "everything-else": Way(
        "execution-role",
        {"execution-role": {}, "execution-role-manages-keys": {}},
        {
            "SmtpPasswordField": "smtp_password",
            "SmtpRegion": "eu-west-1",
            "VerifySmtp": "off",
            "VerifySuccesses": "2",
            "HttpsProxy": "http://proxy.example.com:3128",
            "NoProxy": ".vpce.amazonaws.com, 10.0.0.0/8",
            "CaBundle": CERTIFICATES,
        },
        environment={
            "SMTP_PASSWORD_FIELD": "smtp_password",
            "SMTP_REGION": "eu-west-1",
            "VERIFY_SMTP": "off",
            "VERIFY_SUCCESSES": "2",
            "HTTPS_PROXY": "http://proxy.example.com:3128",
            "NO_PROXY": ".vpce.amazonaws.com, 10.0.0.0/8",
            "AWS_CA_BUNDLE": CERTIFICATES,
        },
    ),
}


class Deployment:
    """A stack, made behind all that it refers to, and the rotation of its secret."""

    def __init__(self, emulator, template, way, name=None):
        self.emulator = emulator
        self.way = WAYS[way]
        self.name = name or way
        self.user = f"user-of-{self.name}"
        elsewhere = self.way.source in ("administrator", "another-account")
        self.rotation = Rotation(emulator, None, None, self.user, ANOTHER_ACCOUNT if elsewhere else ACCOUNT)
        self.iam = self.rotation.iam
        self.secrets = self.rotation.secrets
        self.values = {
            "REGION": REGION,
            "ACCOUNT_ID": ACCOUNT,
            "EXTERNAL_ID": EXTERNAL_ID,
            "FLEET": FLEET,
            "ARN_WITHOUT_SUFFIX": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{self.secret_name()}",
            "USER_ARN": self.iam.create_user(UserName=self.user, Path="/team/blue/")["User"]["Arn"],
        }
        self._prepare()
        self.parameters = {
            "CredentialSource": self.way.source,
            "UserName": self.user,
            "UserPath": "/team/blue/",
            "Architecture": "x86_64",
            "AlarmTopic": TOPIC,
        } | self.fill(self.way.parameters)
        self.stack = stack = Stack(emulator, template, f"rotates-{self.name}", self.parameters)
        self.rotation.function = stack.resources["Function"]
        self.rotation.secret = stack.outputs["SecretArn"]
        self.log_group = stack.resources["LogGroup"]
        self.first_value = self.rotation.value()
        self.first_environment = self.function()["Environment"]["Variables"]
        self.values |= {
            "SECRET_ARN": self.rotation.secret,
            "FUNCTION_ARN": stack.outputs["FunctionArn"],
            "LOG_GROUP_ARN": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{self.log_group}",
            "EXECUTION_ROLE_ARN": stack.outputs["RoleArn"],
            "KEEPER_ROLE_ARN": stack.outputs["KeeperRoleArn"],
            "KEEPER_ARN": self.function("Keeper")["FunctionArn"],
            "KEEPER_LOG_GROUP_ARN": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{stack.resources['KeeperLogGroup']}",
            "QUEUE_ARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{stack.resources['DeadLetters'].rsplit('/', 1)[-1]}",
            "SCHEDULE_GROUP_ARN": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{stack.resources['ScheduleGroup']}",
        }

    def secret_name(self):
        return self.way.secret_name.format(username=self.user)

    def fill(self, node):
        return shipped.filled(node, self.values)

    def _prepare(self):
        """What is there before the stack."""
        if "kms-key" in self.name:
            self.values["KMS_KEY_ARN"] = self.emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
        if "SecretArn" in self.way.parameters:
            value = json.dumps(self.way.named({"username": self.user}))
            secret = self.secrets.create_secret(Name=self.secret_name(), SecretString=value)
            self.values["SECRET_ARN"] = secret["ARN"]
        if self.way.source == "administrator":
            administrator = f"administrator-of-{self.name}"
            self.iam.create_user(UserName=administrator)
            self._attach("user", administrator, "administrator-user")
            secret = self.secrets.create_secret(
                Name=f"iam/{administrator}",
                SecretString=json.dumps(self.way.named(self.rotation.new_key(administrator))),
                **({"KmsKeyId": self.values["KMS_KEY_ARN"]} if "KMS_KEY_ARN" in self.values else {}),
            )
            self.values["ADMINISTRATOR_SECRET_ARN"] = secret["ARN"]
        if self.way.source == "another-account":
            # Its trust policy is to name the execution role, which is not there yet.
            nobody = {"Version": "2012-10-17", "Statement": []}
            role = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(nobody))
            self._attach("role", self.name, "role-in-another-account")
            self.values["ROLE_ARN"] = role["Role"]["Arn"]

    def _attach(self, kind, entity, name):
        document = json.dumps(shipped.document(name, self.values))
        put = getattr(self.iam, f"put_{kind}_policy")
        put(**{f"{kind.capitalize()}Name": entity, "PolicyName": name, "PolicyDocument": document})

    def finish(self):
        """What is left to do behind the stack."""
        if self.way.source == "another-account":
            trust = shipped.document("role-in-another-account-trust-with-keeper", self.values)
            self.iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=json.dumps(trust))
        if self.way.source == "own-key":
            self._attach("user", self.user, "own-keys-user")
        if self.way.waits_for_the_users_key:
            value = self.way.named({"username": self.user} | self.rotation.new_key(self.user))
            self.secrets.put_secret_value(SecretId=self.rotation.secret, SecretString=json.dumps(value))

    def value(self):
        """The secret's, under the usual names."""
        usual = {name: usual for usual, name in self.way.names.items()}
        return {usual.get(name, name): one for name, one in self.rotation.value().items()}

    def function(self, name="Function"):
        function = self.stack.resources[name]
        return self.emulator.client("lambda").get_function_configuration(FunctionName=function)

    def verify_once(self):
        """Saves the seconds of two more verifications, and changes nothing else."""
        environment = self.function()["Environment"]["Variables"] | {"VERIFY_SUCCESSES": "1"}
        self.emulator.client("lambda").update_function_configuration(
            FunctionName=self.rotation.function, Environment={"Variables": environment}
        )

    def invoke_permission(self, name="Function"):
        function = self.stack.resources[name]
        return json.loads(self.emulator.client("lambda").get_policy(FunctionName=function)["Policy"])

    def policies(self, name="ExecutionRole"):
        """What a role carries, by PolicyName."""
        iam = self.emulator.client("iam")
        role = {"RoleName": self.stack.resources[name]}
        assert not iam.list_attached_role_policies(**role)["AttachedPolicies"]
        names = iam.list_role_policies(**role)["PolicyNames"]
        return {name: iam.get_role_policy(**role, PolicyName=name)["PolicyDocument"] for name in names}

    def secret(self):
        return self.secrets.describe_secret(SecretId=self.rotation.secret)

    def tags(self):
        """The secret's, but for CloudFormation's own."""
        return {one["Key"]: one["Value"] for one in self.secret()["Tags"] if not one["Key"].startswith("aws:")}
