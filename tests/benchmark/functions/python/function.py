"""Rotates an access key as rotation functions are usually written: one handler, clients made in it.

It makes the calls that a rotation needs and decides as little as it can: to compare times with, and not to be used.
"""

import json
import os
import time

import boto3
from botocore.exceptions import ClientError

SUCCESSES = int(os.environ.get("VERIFY_SUCCESSES", "3"))


def handler(event, context):
    secrets = boto3.client("secretsmanager")
    iam = boto3.client("iam")
    arn = event["SecretId"]
    token = event["ClientRequestToken"]

    stages = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
    if "AWSPENDING" not in stages.get(token, []):
        raise ValueError("the version is not staged for rotation")

    steps = {
        "createSecret": lambda: create_secret(secrets, iam, event, arn, token),
        "setSecret": lambda: set_secret(secrets, arn, token),
        "testSecret": lambda: test_secret(secrets, arn, token),
        "finishSecret": lambda: finish_secret(secrets, arn, token, stages),
    }
    steps[event["Step"]]()
    return {"step": event["Step"]}


def create_secret(secrets, iam, event, arn, token):
    current = value(secrets, arn, VersionStage="AWSCURRENT")
    if find(secrets, arn, VersionId=token, VersionStage="AWSPENDING"):
        return
    user = current["username"]
    keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    find(secrets, arn, VersionStage="AWSPREVIOUS")
    if len(keys) == 2:
        other = next(key for key in keys if key["AccessKeyId"] != current["accesskey"])
        iam.delete_access_key(UserName=user, AccessKeyId=other["AccessKeyId"])
    key = iam.create_access_key(UserName=user)["AccessKey"]
    pending = current | {"accesskey": key["AccessKeyId"], "secretkey": key["SecretAccessKey"]}
    secrets.put_secret_value(
        SecretId=arn,
        ClientRequestToken=token,
        SecretString=json.dumps(pending),
        VersionStages=["AWSPENDING"],
        RotationToken=event["RotationToken"],
    )


def set_secret(secrets, arn, token):
    both(secrets, arn, token)


def test_secret(secrets, arn, token):
    current, pending = both(secrets, arn, token)
    expected = identity(current)
    for success in range(SUCCESSES):
        if success > 0:
            time.sleep(1)
        if identity(pending) != expected:
            raise ValueError("the new key is another user's")


def finish_secret(secrets, arn, token, stages):
    current, pending = both(secrets, arn, token)
    if identity(pending) != identity(current):
        raise ValueError("the new key is another user's")
    moved_from = next(version for version, labels in stages.items() if "AWSCURRENT" in labels)
    secrets.update_secret_version_stage(
        SecretId=arn,
        VersionStage="AWSCURRENT",
        MoveToVersionId=token,
        RemoveFromVersionId=moved_from,
    )


def both(secrets, arn, token):
    current = value(secrets, arn, VersionStage="AWSCURRENT")
    pending = value(secrets, arn, VersionId=token, VersionStage="AWSPENDING")
    return current, pending


def value(secrets, arn, **version):
    return json.loads(secrets.get_secret_value(SecretId=arn, **version)["SecretString"])


def find(secrets, arn, **version):
    try:
        return value(secrets, arn, **version)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise


def identity(key):
    sts = boto3.client(
        "sts",
        aws_access_key_id=key["accesskey"],
        aws_secret_access_key=key["secretkey"],
    )
    return sts.get_caller_identity()["UserId"]
