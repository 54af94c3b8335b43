"""Where ministack is not AWS, and a shipped policy or the function would be judged by the difference.

Each function replaces one of ministack's; its evaluation of policies is untouched. Everything else that
ministack lacks is named in README.md beside this file.
"""

import time

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, get_region, json_response
from ministack.core.router import extract_access_key_id
from ministack.services import iam, secretsmanager
from ministack.services.cloudformation import provisioners


def an_empty_version_has_no_value():
    """Fact 2: ResourceNotFoundException. ministack answers without a value."""
    get_secret_value = secretsmanager._get_secret_value

    def corrected(data):
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        version = ((secret or {}).get("Versions") or {}).get(data.get("VersionId"))
        if version and version["SecretString"] is None and version["SecretBinary"] is None:
            return error_response_json(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret value for VersionId: " + data["VersionId"],
                400,
            )
        return get_secret_value(data)

    secretsmanager._get_secret_value = corrected


def a_users_arn_has_its_path():
    """IAM evaluates a user's whole ARN, and for GetAccessKeyLastUsed that of the key's user.

    ministack leaves the path out, and takes `*` where the request names no user.
    """
    extract_resource_arn = iam_actions.extract_resource_arn

    def corrected(service, method, path, headers, body, query_params, region, account_id):
        def param(name):
            return iam_actions._query_param(query_params, name)

        if service == "iam" and not param("RoleName"):
            key = iam._access_keys.get(param("AccessKeyId")) if param("AccessKeyId") else None
            user = iam._users.get(param("UserName") or (key or {}).get("UserName"))
            if user:
                return user["Arn"]
        return extract_resource_arn(service, method, path, headers, body, query_params, region, account_id)

    iam_actions.extract_resource_arn = corrected


def a_request_for_a_value_has_its_version_stage():
    """The condition key `secretsmanager:VersionStage`, which ministack has not."""
    request_tag_context = iam_actions.request_tag_context

    def corrected(service, iam_action, body, *more):
        context = request_tag_context(service, iam_action, body, *more)
        if iam_action in ("secretsmanager:GetSecretValue", "secretsmanager:UpdateSecretVersionStage"):
            stage = iam_actions._safe_json_field(body, "VersionStage")
            return context | {"secretsmanager:VersionStage": stage or None}
        return context

    iam_actions.request_tag_context = corrected


def a_secret_under_a_kms_key_needs_the_key():
    """Secrets Manager calls KMS as the caller (fact 11); ministack's encrypts nothing.

    What KMS would answer is ministack's evaluation of the caller's policies and the key's. The words of
    the refusal are Secrets Manager's: they name neither the action nor the key.
    """
    needed = {
        "GetSecretValue": ["kms:Decrypt"],
        "PutSecretValue": ["kms:GenerateDataKey", "kms:Decrypt"],
    }
    handle_request = secretsmanager.handle_request

    async def corrected(method, path, headers, body, query_params):
        _, secret = secretsmanager._resolve(iam_actions._safe_json_field(body, "SecretId"))
        key = (secret or {}).get("KmsKeyId")
        for action in needed.get(headers.get("x-amz-target", "").rpartition(".")[2], []) if key else []:
            denied = iam_evaluator.enforce(
                extract_access_key_id(headers, query_params),
                action,
                "kms",
                get_region(),
                resource_arn=key,
                service_context={
                    "kms:EncryptionContext:SecretARN": secret["ARN"],
                    "kms:ViaService": f"secretsmanager.{get_region()}.amazonaws.com",
                },
            )
            if denied:
                return error_response_json("AccessDeniedException", "Access to KMS is not allowed", 400)
        return await handle_request(method, path, headers, body, query_params)

    secretsmanager.handle_request = corrected


def a_secrets_ref_is_its_arn():
    """`Ref` of AWS::SecretsManager::Secret; ministack's is the secret's name."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = (handlers[name] for name in ("create", "update", "delete"))

    def name(arn):
        return secretsmanager._secret_name_from_arn(arn)[:-7]

    def created(*arguments):
        _, attributes = create(*arguments)
        return attributes["Arn"], attributes

    def updated(arn, *arguments):
        _, attributes = update(name(arn), *arguments)
        return attributes["Arn"], attributes

    handlers |= {"create": created, "update": updated, "delete": lambda arn, props: delete(name(arn), props)}


def rotate_secret_begins_a_rotation():
    """Facts 5 and 57: an empty version as AWSPENDING, or the one that is there; and the caller may invoke the function.

    ministack's copies AWSCURRENT's value to a new AWSCURRENT. Nothing here calls the steps.
    """

    def corrected(data):
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        secret["RotationLambdaARN"] = data.get("RotationLambdaARN") or secret["RotationLambdaARN"]
        current, _ = secretsmanager._find_stage_version(secret, "AWSCURRENT")
        pending, _ = secretsmanager._find_stage_version(secret, "AWSPENDING")
        if data.get("RotateImmediately", True) and pending in (None, current):
            pending = data["ClientRequestToken"]
            secretsmanager._remove_stage_everywhere(secret, "AWSPENDING")
            empty = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time()), "Stages": ["AWSPENDING"]}
            secret["Versions"][pending] = empty
        secret["LastChangedDate"] = int(time.time())
        return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": pending})

    secretsmanager._rotate_secret = corrected
    handle_request = secretsmanager.handle_request

    async def asked_for_the_function(method, path, headers, body, query_params):
        if headers.get("x-amz-target", "").endswith(".RotateSecret"):
            _, secret = secretsmanager._resolve(iam_actions._safe_json_field(body, "SecretId"))
            function = (secret or {}).get("RotationLambdaARN") or iam_actions._safe_json_field(body, "RotationLambdaARN")
            caller = extract_access_key_id(headers, query_params)
            action = "lambda:InvokeFunction"
            denied = iam_evaluator.enforce(caller, action, "lambda", get_region(), resource_arn=function)
            if denied:
                message = iam_actions.identity_denial_message(action, denied.principal_arn, function, False)
                return error_response_json("AccessDeniedException", message, 400)
        return await handle_request(method, path, headers, body, query_params)

    secretsmanager.handle_request = asked_for_the_function


def time_passes_for_a_secret():
    """A tag `last-changed` with seconds since 1970 is none: it is when the secret last changed. No call of AWS's does that."""
    tag_resource = secretsmanager._tag_resource

    def corrected(data):
        dates = [int(tag["Value"]) for tag in data["Tags"] if tag["Key"] == "last-changed"]
        if not dates:
            return tag_resource(data)
        _, secret = secretsmanager._resolve(data["SecretId"])
        secret["LastChangedDate"] = dates[0]
        return json_response({})

    secretsmanager._tag_resource = corrected


def a_denial_names_the_resource():
    """As AWS's do: a user by its name, anything else by its ARN. ministack's does so for other services."""
    access_denied_response = iam_actions.access_denied_response

    def corrected(service, action, principal_arn, request_id, **details):
        resource = details.get("resource_arn", "*")
        if service in ("iam", "secretsmanager", "sts") and not details.get("error_code"):
            if service == "iam" and ":user/" in resource:
                resource = "user " + resource.rsplit("/", 1)[1]
            details["message"] = iam_actions.identity_denial_message(
                action, principal_arn, resource, details.get("explicit_deny", False)
            )
        return access_denied_response(service, action, principal_arn, request_id, **details)

    iam_actions.access_denied_response = corrected


def apply():
    an_empty_version_has_no_value()
    a_users_arn_has_its_path()
    a_request_for_a_value_has_its_version_stage()
    a_secret_under_a_kms_key_needs_the_key()
    a_secrets_ref_is_its_arn()
    rotate_secret_begins_a_rotation()
    time_passes_for_a_secret()
    a_denial_names_the_resource()
