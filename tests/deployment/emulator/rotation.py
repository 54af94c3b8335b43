"""What Secrets Manager does to a secret that rotates, and a look at what came of it."""

import json
import uuid

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class Rotation:
    """Rotations of a secret by a function, and the user whose access key the secret holds."""

    def __init__(self, emulator, function, secret, user, user_account):
        self.emulator = emulator
        self.function = function
        self.secret = secret
        self.user = user
        self.secrets = emulator.client("secretsmanager")
        self.iam = emulator.client("iam", user_account)

    def begin(self):
        """An empty version as AWSPENDING, whose id is the token (fact 2)."""
        self.token = str(uuid.uuid4())
        self.secrets.put_secret_value(SecretId=self.secret, ClientRequestToken=self.token, VersionStages=["AWSPENDING"])

    def begin_test(self):
        """A copy of AWSCURRENT's value as AWSPENDING, for testSecret alone (fact 4)."""
        self.token = str(uuid.uuid4())
        self.secrets.put_secret_value(
            SecretId=self.secret,
            ClientRequestToken=self.token,
            VersionStages=["AWSPENDING"],
            SecretString=json.dumps(self.value()),
        )

    def abandon(self):
        """The documented cure for a rotation that cannot complete (fact 5)."""
        self.secrets.update_secret_version_stage(
            SecretId=self.secret, VersionStage="AWSPENDING", RemoveFromVersionId=self.token
        )

    def call(self, step):
        """The function's answer, and whether it is an error."""
        event = {
            "Step": step,
            "SecretId": self.secret,
            "ClientRequestToken": self.token,
            "RotationToken": str(uuid.uuid4()),
        }
        answer = self.emulator.client("lambda").invoke(FunctionName=self.function, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read()), "FunctionError" in answer

    def rotate(self):
        """The steps in their order, to the first that fails: the step and its error, or none."""
        for step in STEPS:
            answer, failed = self.call(step)
            if failed:
                return step, answer
        return None

    def stopped(self):
        """The step that the rotation stops at, and its error."""
        stopped = self.rotate()
        assert stopped, "it rotated"
        return stopped

    def value(self, stage="AWSCURRENT"):
        return json.loads(self.secrets.get_secret_value(SecretId=self.secret, VersionStage=stage)["SecretString"])

    def new_key(self, user):
        key = self.iam.create_access_key(UserName=user)["AccessKey"]
        return {"accesskey": key["AccessKeyId"], "secretkey": key["SecretAccessKey"]}

    def keys(self):
        return {
            key["AccessKeyId"]: key["Status"]
            for key in self.iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
        }

    def identity(self, key):
        """Whose key it is, as STS says to whoever holds it."""
        return self.emulator.client("sts", key=key).get_caller_identity()["Arn"]
