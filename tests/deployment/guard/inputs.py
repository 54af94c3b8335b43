"""Sees that the template's parameters take good input and refuse bad input, with the error that says why, and that
infra/README.md has each of them with its default: inputs.py TEMPLATE..."""

import itertools
import pathlib
import re
import sys
import tomllib

from cfnlint.decode import decode

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:iam/admin-AbCdEf"
ROLE = "arn:aws:iam::444455556666:role/rotator"
TOPIC = "alarms"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
EXISTING = {"CreateFirstKey": "false", "RotateAtOnce": "false"}
FIELDS = {
    "UsernameField": "UserName",
    "AccessKeyField": "AWS_ACCESS_KEY_ID",
    "SecretKeyField": "Secret Access Key",
    "SourceSecretField": "administrator",
    "RoleField": "role-arn",
    "ExternalIdField": "external.id",
    "SmtpPasswordField": "smtp_password",
}
NETWORK = {"SubnetIds": "subnet-0123456789abcdef0,subnet-01234567", "SecurityGroupIds": "sg-0123456789abcdef0"}
PROXY = {"HttpsProxy": "http://proxy.example.com:3128"}

TAKEN = [
    {},
    {"UserPath": "/team/blue/"},
    {"SecretPath": ""},
    {"SecretArn": SECRET, "SecretName": "iam/{username}", "CredentialSource": "own-key"},
    {"SecretArn": SECRET, "SecretName": "{username}"},
    {"SecretArn": SECRET, "SecretName": "Team_1/{username}-a+b=c.d@e", "Fleet": "blue"},
    {"Fleet": "blue", "KmsKeyArn": KEY},
    EXISTING,
    EXISTING | {"CredentialSource": "own-key"},
    {"CredentialSource": "administrator", "AdministratorSecretArn": SECRET},
    {"CredentialSource": "another-account", "RoleArn": ROLE, "ExternalId": "rotator:1"},
    {"CreateFirstKey": "false", "FirstValueStored": "true"},
    {"KmsKeyArn": KEY, "PreviousKmsKeyArn": KEY.replace("1234abcd", "5678efab")},
    {"PreviousKmsKeyArn": KEY, "CredentialSource": "administrator", "AdministratorSecretArn": SECRET, "AdministratorKmsKeyArn": KEY},
    {"KmsKeyArn": "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"},
    {"OverdueCheck": "aws-config", "AlarmTopic": TOPIC},
    FIELDS,
    FIELDS | EXISTING,
    PROXY | {"NoProxy": ".vpce.amazonaws.com, 10.0.0.0/8,[fd00::1]", "CaBundle": "/opt/ca.pem"},
    NETWORK,
    NETWORK | PROXY | {"RetireAfter": ""},
    {"HttpsProxy": "https://[fd00::1]:8443/"},
    {"HttpsProxy": "http://10.0.0.1"},
    {"SmtpPasswordField": "smtp_password", "SmtpRegion": "us-gov-west-1", "VerifySmtp": "off"},
    {"VerifySuccesses": "1"},
    {"VerifySuccesses": "20"},
    # Without the keeper, nothing hears of exposed keys: what is the default needs no change.
    {"RetireAfter": ""},
    {"RetireAfter": "", "RevokeExposedKeys": "no"},
    {"RevokeExposedKeys": "no", "Revoke": "at-once"},
    {"RevokeExposedKeys": "revoke", "Fleet": "blue"},
] + [
    {"RetireAfter": duration}
    for duration in ("60m", "90m", "90min", "120minutes", "1h", "12h", "36hours", "1d", "1day", "7days", "30d", "1week", "2weeks", "2w")
] + [
    {"Schedule": schedule}
    for schedule in (
        "rate(4 hours)",
        "rate(12 hours)",
        "rate(1 day)",
        "rate(90 days)",
        "cron(0 16 1,15 * ? *)",
        "cron(0 /8 * * ? *)",
        "cron(0 8/4 ? * MON#1 *)",
    )
] + [
    {"Schedule": schedule, "Window": window}
    for schedule, window in (
        ("rate(4 hours)", "4h"),
        ("rate(23 hours)", "23h"),
        ("rate(24 hours)", "24h"),
        ("rate(1 day)", "24h"),
        ("cron(0 22 * * ? *)", "2h"),
        ("cron(0 /5 * * ? *)", "4h"),
    )
]

# Which parameter, or which rule, refuses it.
REFUSED = [
    (name, {name: value})
    for name, values in {
        "UserName": ("", "team/alice", "arn:aws:iam::123456789012:user/alice", "a" * 65),
        "UserPath": ("", "team", "/team"),
        "SecretPath": ("iam", "/"),
        "SecretArn": ("iam/alice", SECRET[:-7]),
        "SecretName": ("iam/alice", "iam/{user}", "iam/${username}", "{username}{username}", "iam:{username}", "{username} "),
        "AdministratorSecretArn": (SECRET[:-7],),
        "KmsKeyArn": ("arn:aws:kms:eu-west-1:123456789012:alias/secrets", "1234abcd"),
        "PreviousKmsKeyArn": ("alias/secrets",),
        "FirstValueStored": ("yes",),
        "RoleArn": ("arn:aws:iam:eu-west-1:444455556666:role/rotator", "rotator"),
        "ExternalId": ("x", "two words"),
        "CreateFirstKey": ("yes",),
        "CredentialSource": ("admin",),
        "Schedule": (
            "30",
            "rate(1 hour)",
            "rate(2 hours)",
            "rate(3 hours)",
            "rate(60 minutes)",
            "rate(0 days)",
            "cron(0 * * * ? *)",
            "cron(0 /2 * * ? *)",
            "cron(30 4 * * ? *)",
            "cron(0 4 * *)",
            "cron(0 24 * * ? *)",
            "cron(0 4 1 * ? 2027)",
        ),
        "Window": ("3", "0h", "25h", "90m"),
        "Architecture": ("amd64",),
        "MemorySize": ("64",),
        "Timeout": ("5", "901"),
        "DeleteKeyInUse": ("always",),
        "InUseWindow": ("1 week", "24"),
        "VerifyTimeout": ("0s",),
        "RetireAfter": ("0h", "59m", "30m", "3600s", "7", "1 week", "7 days", "1month", "week", "1h30m", "-1h", "1.5h"),
        "RevokeExposedKeys": ("", "yes", "true", "delete"),
        "Revoke": ("", "now", "at once"),
        "LogRetentionDays": ("2",),
        "AlarmTopic": ("arn:aws:sns:eu-west-1:123456789012:alarms", "alarms.fifo", "a" * 257),
        **dict.fromkeys(FIELDS, (" ", "name ", 'na"me', "na\\me", "a/b", "a=b", "aws:name", "${UserName}", "a" * 65)),
        "SmtpRegion": ("Ireland", "eu-west-1a", "eu-west"),
        "VerifySmtp": ("", "true"),
        "VerifySuccesses": ("", "0", "21", "2.5", "03"),
        "SubnetIds": ("vpc-01234567", "subnet-01234567, subnet-01234567", "subnet-01234567,", "sg-01234567"),
        "SecurityGroupIds": ("subnet-01234567", ",".join(["sg-01234567"] * 6)),
        "HttpsProxy": (
            "proxy.example.com:3128",
            "socks5://proxy.example.com:1080",
            "http://user:password@proxy.example.com:3128",
            "http://user@proxy.example.com",
            "http://proxy.example.com:3128/path",
            "http://",
        ),
        "NoProxy": (",", "a b", "http://user:password@host", "a,"),
        "CaBundle": ("ca.pem", "opt/ca.pem", "/opt/", "/", "/opt/c a.pem"),
    }.items()
    for value in values
] + [
    ("AdministratorHasASecret", {"CredentialSource": "administrator"}),
    ("OnlyTheAdministratorHasASecret", {"AdministratorSecretArn": SECRET}),
    ("AnotherAccountHasARole", {"CredentialSource": "another-account"}),
    ("OnlyAnotherAccountHasARole", {"RoleArn": ROLE}),
    ("OwnKeyCannotMakeTheFirst", {"CredentialSource": "own-key"}),
    ("NothingToRotateYet", {"CreateFirstKey": "false"}),
    *(
        ("FleetIsManagedByTheExecutionRole", {"Fleet": "blue"} | source)
        for source in (
            {"CredentialSource": "administrator", "AdministratorSecretArn": SECRET},
            {"CredentialSource": "another-account", "RoleArn": ROLE},
            EXISTING | {"CredentialSource": "own-key"},
        )
    ),
    ("AnExistingSecretHasAName", {"SecretArn": SECRET}),
    ("OnlyAnExistingSecretHasAName", {"SecretName": "iam/{username}"}),
    ("OverdueNeedsATopic", {"OverdueCheck": "aws-config"}),
    ("RevokingNeedsTheKeeper", {"RetireAfter": "", "RevokeExposedKeys": "revoke"}),
    ("RevokingNeedsTheKeeper", {"RetireAfter": "", "Revoke": "at-once"}),
    *(
        ("TheWindowFitsTheSchedule", {"Schedule": f"rate({hours} hours)", "Window": window})
        for hours, window in [(4, "6h"), *((hours, f"{hours + 1}h") for hours in range(4, 24))]
    ),
    *(("ANetworkHasSubnetsAndSecurityGroups", {name: value}) for name, value in NETWORK.items()),
    ("NoProxyNeedsAProxy", {"NoProxy": "10.0.0.0/8"}),
    *(("NoFieldIsNamedTwice", dict.fromkeys(pair, "one")) for pair in itertools.combinations(FIELDS, 2)),
]

FUNCTIONS = {
    "Fn::Equals": lambda values: values[0] == values[1],
    "Fn::Not": lambda values: not values[0],
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Contains": lambda values: values[1] in values[0],
}


def value_of(node, inputs):
    """What CloudFormation makes of a condition."""
    if isinstance(node, list):
        return [value_of(one, inputs) for one in node]
    if not isinstance(node, dict):
        return node
    ((name, argument),) = node.items()
    if name == "Ref":
        return inputs[argument]
    return FUNCTIONS[name](value_of(argument, inputs))


def refusals(template, given):
    """The parameters and rules that refuse an input."""
    parameters = template["Parameters"]
    inputs = {name: str(one.get("Default", "alice")) for name, one in parameters.items()} | given
    for name, one in parameters.items():
        value = inputs[name]
        # CloudFormation's pattern has to match the whole value.
        if not (
            re.fullmatch(one.get("AllowedPattern", ".*"), value)
            and value in map(str, one.get("AllowedValues", [value]))
            and len(value) <= one.get("MaxLength", 4096)
            and (one["Type"] != "Number" or one.get("MinValue", 0) <= int(value) <= one.get("MaxValue", 10**9))
        ):
            yield name
    for name, rule in template["Rules"].items():
        if value_of(rule.get("RuleCondition", True), inputs):
            for assertion in rule["Assertions"]:
                if not value_of(assertion["Assert"], inputs):
                    yield name


def told(page):
    """Each parameter of the page's table, and its default."""
    for row in re.findall(r"^\| (`[A-Z]\w+`.*?) \| (.*?) \|", page, re.MULTILINE):
        names, defaults = (cell.split(", ") for cell in row)
        # One default may be that of all.
        yield from zip(names, defaults if len(defaults) > 1 else defaults * len(names), strict=True)


def mistakes(template):
    for given in TAKEN:
        if found := list(refusals(template, given)):
            yield f"{given} is refused by {', '.join(found)}"
    for expected, given in REFUSED:
        # A value that its parameter refuses may break a rule too.
        if expected not in (found := list(refusals(template, given))):
            yield f"{given} is not refused by {expected}, but by {', '.join(found) or 'nothing'}"
    for name in sorted(template["Rules"].keys() - {name for name, _ in REFUSED}):
        yield f"no input breaks the rule {name}"
    for name, one in template["Parameters"].items():
        if not one.get("Description"):
            yield f"{name} has no description"
        default = {None: "none", "": "empty"}.get(one.get("Default"), str(one.get("Default")))
        if (found := TOLD.get(f"`{name}`", "").strip("`")) != default:
            yield f"infra/README.md says {found or 'nothing'} of {name}'s default, which is {default}"
    for name in sorted(TOLD.keys() - {f"`{name}`" for name in template["Parameters"]}):
        yield f"infra/README.md has {name}, which is no parameter"
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    if sorted(name for group in groups for name in group["Parameters"]) != sorted(template["Parameters"]):
        yield "not every parameter is in one of the groups"


TOLD = dict(told((pathlib.Path(__file__).parents[3] / "infra/README.md").read_text()))
failed = False
for path in sys.argv[1:]:
    template, errors = decode(path)
    if errors:
        sys.exit(f"{path}: {errors[0]}")
    for environment in tomllib.loads(pathlib.Path(path).with_name("samconfig.toml").read_text()).values():
        if isinstance(environment, dict) and "stack_name" in environment.get("deploy", {}).get("parameters", {}):
            print(f"{path}: samconfig.toml names a stack, which a second user would change")
            failed = True
    for line in mistakes(template):
        print(f"{path}: {line}")
        failed = True
if failed:
    sys.exit(1)
print(f"inputs: {len(TAKEN)} taken, {len(REFUSED)} refused, each by the parameter or rule that it breaks")
