"""The keeper, asked as a person or its schedule asks it, and Secrets Manager, which rotates meanwhile."""

import contextlib
import json
import threading
import time

from emulator import ACCOUNT
from rotation import Rotation

# What is asked of the keeper, in an order in which each finds what it is there for.
ASKED = ("report", "retire", "undo", "revoke")
# What has become of it then.
OUTCOMES = {"report": "reported", "retire": "retired", "undo": "activated", "revoke": "revoked"}
RETIRE_AFTER = 7 * 86_400
# How often it is looked at whether a rotation was asked for, in seconds.
LOOK = 0.2


class Keeping:
    """The keeper of a rotation's secret."""

    def __init__(self, rotation, keeper):
        self.rotation = rotation
        self.keeper = keeper

    def ask(self, event):
        """What came of it for the secret, or the error; and whether it is an error."""
        answer = self.rotation.emulator.client("lambda").invoke(FunctionName=self.keeper, Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            return payload, True
        (entry,) = [one for one in payload["secrets"] if one["secret"] == self.rotation.secret]
        if "errorType" in entry:
            return {"errorType": entry["errorType"], "errorMessage": entry["message"]}, True
        return entry, False

    def event(self, action, key):
        """Each as README.md has it. `key` is the one to revoke."""
        more = {"undo": {"SecretId": self.rotation.secret}, "revoke": {"AccessKeyId": key}}
        return {"Action": action} | more.get(action, {})

    def wait(self):
        """The time goes by that consumers have for the new key."""
        long_ago = {"Key": "last-changed", "Value": str(int(time.time()) - RETIRE_AFTER - 1)}
        self.rotation.secrets.tag_resource(SecretId=self.rotation.secret, Tags=[long_ago])

    def attach(self, function_arn):
        """As the template's schedule does, without a rotation."""
        self.rotation.secrets.rotate_secret(
            SecretId=self.rotation.secret, RotationLambdaARN=function_arn, RotateImmediately=False
        )

    @contextlib.contextmanager
    def rotations(self):
        """Secrets Manager calls the steps of each rotation that begins."""
        ended, of = threading.Event(), self.rotation
        its = Rotation(of.emulator, of.function, of.secret, of.user, ACCOUNT)
        stopped = []

        def begun():
            versions = its.secrets.describe_secret(SecretId=its.secret)["VersionIdsToStages"]
            return next((one for one, labels in versions.items() if labels == ["AWSPENDING"]), None)

        def run():
            while not ended.wait(LOOK):
                its.token = begun()
                if its.token and (error := its.rotate()):
                    stopped.append(error)
                    return

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        assert not stopped, stopped
