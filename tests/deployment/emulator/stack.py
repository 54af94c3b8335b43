"""infra/template.yaml, deployed as far as ministack's CloudFormation goes."""

import hashlib
import json
import time

from botocore.exceptions import ClientError
from ministack.services.cloudformation.engine import _parse_template

from emulator import REGION, REPOSITORY

# Taken out of a copy of the template, and why ministack does not accept each.
NOT_ACCEPTED = {
    "RotationSchedule": "Unrecognized resource types: [AWS::SecretsManager::RotationSchedule]",
    "RotationOnSchedule": "Unrecognized resource types: [AWS::Config::ConfigRule]",
    "NearTimeOut": "metric math",
}
BUCKET = "deployment-packages"


class NotMade(Exception):
    """CloudFormation's reason."""


def template(name="template"):
    """A template as it is."""
    return _parse_template((REPOSITORY / f"infra/{name}.yaml").read_text())


def deployable(emulator, archive):
    """The template with the binary where `sam deploy` puts it: in a bucket."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="bootstrap.zip", Body=archive)
    deployable = template()
    for function in ("Function", "Keeper"):
        deployable["Resources"][function]["Properties"]["Code"] = {"S3Bucket": BUCKET, "S3Key": "bootstrap.zip"}
    return deployable


def without(template, names):
    resources = {name: one for name, one in template["Resources"].items() if name not in names}
    return template | {"Resources": resources}


class Stack:
    """A stack, made, changed and removed."""

    def __init__(self, emulator, template, name, parameters):
        self.cloudformation = emulator.client("cloudformation")
        self.template = self._upload(emulator, template)
        self.name = name
        self._act(self.cloudformation.create_stack, parameters)

    @staticmethod
    def _upload(emulator, template):
        """As `sam deploy` does: CloudFormation takes 51,200 bytes in a request."""
        text = json.dumps(template)
        key = f"{hashlib.sha256(text.encode()).hexdigest()}.json"
        emulator.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text)
        return f"{emulator.endpoint}/{BUCKET}/{key}"

    def change(self, parameters):
        self._act(self.cloudformation.update_stack, parameters)

    def _act(self, call, parameters):
        try:
            call(
                StackName=self.name,
                TemplateURL=self.template,
                Capabilities=["CAPABILITY_IAM"],
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            )
        except ClientError as error:
            raise NotMade(error) from error
        stack = self._ended()
        if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
            raise NotMade([one.get("ResourceStatusReason") for one in events if "FAILED" in one["ResourceStatus"]])
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        self.resources = {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for one in self.cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
        }

    def remove(self):
        identifier = self._ended()["StackId"]
        self.cloudformation.delete_stack(StackName=self.name)
        assert self._ended(identifier)["StackStatus"] == "DELETE_COMPLETE"

    def _ended(self, identifier=None):
        """The stack, once nothing goes on."""
        while True:
            stack = self.cloudformation.describe_stacks(StackName=identifier or self.name)["Stacks"][0]
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                return stack
            time.sleep(0.05)
