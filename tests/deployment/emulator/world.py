"""A user, a secret and a function for each way to deploy, under the shipped policies."""

import itertools
import json

import shipped
from emulator import ACCOUNT, ANOTHER_ACCOUNT, REGION
from rotation import Rotation

# Which documents the execution role, the user, the administrator's user, and the role in the other account carry,
# in each credential source; and of a fleet, and of a secret under a KMS key, where the source is the execution role.
SOURCES = {
    "execution-role": {
        "execution role": ("execution-role", "execution-role-manages-keys"),
    },
    "own-key": {
        "execution role": ("execution-role",),
        "user": ("own-keys-user",),
    },
    "administrator": {
        "execution role": ("execution-role-reads-administrator",),
        "administrator": ("administrator-user",),
    },
    "another-account": {
        "execution role": ("execution-role", "execution-role-assumes-role"),
        "role": ("role-in-another-account",),
    },
    "fleet": {
        "execution role": ("fleet-execution-role",),
    },
    # The secret that the document names, which needs no tag.
    "fleet-own-secret": {
        "execution role": ("fleet-execution-role",),
    },
    "kms-key": {
        "execution role": ("execution-role", "execution-role-manages-keys", "execution-role-kms-key"),
    },
}

# Of the stacks. Each world has a fleet of its own, for a keeper looks at every secret of its fleet.
FLEET = "blue"
SECRET_OF_THE_STACK = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:iam/carol-AbCdEf"
EXTERNAL_ID = "rotation-of-blue"
LAMBDA_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ENVIRONMENT = {
    "VERIFY_SUCCESSES": "1",
    # AWSPREVIOUS's key is asked for its last use only so; any other second key is waited for, 16 s a test.
    "DELETE_KEY_IN_USE": "never",
}

_numbers = itertools.count(1)


class World(Rotation):
    """All that a rotation needs: the user has two access keys, AWSCURRENT's and AWSPREVIOUS's."""

    def __init__(self, emulator, functions, source):
        self.source = source
        number = next(_numbers)
        elsewhere = source in ("administrator", "another-account")
        function, self.execution_role = functions.of(source)
        super().__init__(emulator, function, None, f"alice-{number}", ANOTHER_ACCOUNT if elsewhere else ACCOUNT)
        fleet = f"{FLEET}-{number}"
        tags = [{"Key": "iam-key-rotator", "Value": fleet}] if source.startswith("fleet") else []
        kms_key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"] if source == "kms-key" else None

        user_arn = self.iam.create_user(UserName=self.user, Path="/team/blue/", Tags=tags)["User"]["Arn"]
        self.deleted, self.current = (self.new_key(self.user) for _ in range(2))
        self.secret = self.secrets.create_secret(
            Name=f"iam/{self.user}",
            SecretString=json.dumps({"username": self.user, **self.deleted}),
            Tags=tags if source == "fleet" else [],
            **({"KmsKeyId": kms_key} if kms_key else {}),
        )["ARN"]
        self.values = {
            "SECRET_ARN": SECRET_OF_THE_STACK if source == "fleet" else self.secret,
            "USER_ARN": user_arn,
            "EXECUTION_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/{self.execution_role}",
            "EXTERNAL_ID": EXTERNAL_ID,
            "KMS_KEY_ARN": kms_key,
            "REGION": REGION,
            "ACCOUNT_ID": ACCOUNT,
            "FLEET": fleet,
        }
        self.source_fields = self._source(number)
        value = {"username": self.user, **self.current, **self.source_fields}
        self.secrets.put_secret_value(SecretId=self.secret, SecretString=json.dumps(value))
        for carrier, names in SOURCES[source].items():
            for name in names:
                self.put(carrier, name, shipped.document(name, self.values))

    def _source(self, number):
        """The fields that name the credential source."""
        if self.source == "own-key":
            return {"secretarn": self.secret}
        if self.source == "administrator":
            self.administrator = f"administrator-{number}"
            self.iam.create_user(UserName=self.administrator)
            value = {"username": self.administrator, **self.new_key(self.administrator)}
            arn = self.secrets.create_secret(Name=f"iam/{self.administrator}", SecretString=json.dumps(value))["ARN"]
            self.values["ADMINISTRATOR_SECRET_ARN"] = arn
            return {"secretarn": arn}
        if self.source == "another-account":
            self.role = f"manages-keys-{number}"
            trust = shipped.document("role-in-another-account-trust", self.values)
            role = self.iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=json.dumps(trust))
            self.values["ROLE_ARN"] = role["Role"]["Arn"]
            return {"rolearn": self.values["ROLE_ARN"], "externalid": EXTERNAL_ID}
        return {}

    def put(self, carrier, name, document):
        """Has a principal carry a document; none takes it away."""
        kind, entity, iam = {
            "execution role": lambda: ("role", self.execution_role, self.emulator.client("iam")),
            "keeper": lambda: ("role", self.keepers_role, self.emulator.client("iam")),
            "user": lambda: ("user", self.user, self.iam),
            "administrator": lambda: ("user", self.administrator, self.iam),
            "role": lambda: ("role", self.role, self.iam),
        }[carrier]()
        where = {"RoleName" if kind == "role" else "UserName": entity, "PolicyName": name}
        if document is None:
            getattr(iam, f"delete_{kind}_policy")(**where)
        else:
            getattr(iam, f"put_{kind}_policy")(**where, PolicyDocument=json.dumps(document))


class Functions:
    """The binary as a function for each way to deploy, with an execution role that carries nothing yet."""

    def __init__(self, emulator, archive):
        self.emulator = emulator
        self.archive = archive
        self.made = {}

    def of(self, source):
        """The names of the function and of its execution role."""
        return self._named(f"rotator-{source}", f"execution-role-of-{source}", 120)

    def keeper_of(self, source):
        """The names of the keeper, whose variables a world sets, and of its role."""
        return self._named(f"keeper-{source}", f"keepers-role-of-{source}", 900)

    def _named(self, name, role, timeout):
        if name not in self.made:
            self.made[name] = self._make(name, role, timeout)
        return self.made[name]

    def _make(self, name, role, timeout):
        made = self.emulator.client("iam").create_role(
            RoleName=role, AssumeRolePolicyDocument=json.dumps(LAMBDA_MAY_ASSUME)
        )
        self.emulator.client("lambda").create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Architectures=["x86_64"],
            MemorySize=128,
            Timeout=timeout,
            Role=made["Role"]["Arn"],
            Code={"ZipFile": self.archive},
            Environment={"Variables": ENVIRONMENT},
        )
        return name, role
