"""`sam deploy` as infra/README.md shows it, with the real sam and the template as far as ministack's CloudFormation goes."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest

from emulator import ACCOUNT, REGION, REPOSITORY
from stack import NOT_ACCEPTED, template, without

SAM = REPOSITORY / "target/tools/sam/bin/sam"
PAGE = (REPOSITORY / "infra/README.md").read_text()
AT_ONCE, GUIDED = re.findall(r"^\$ (sam deploy .*)", PAGE, re.MULTILINE)


class Checkout:
    """A copy of infra/ under git, in which sam is run against the emulator."""

    def __init__(self, emulator, directory):
        self.emulator = emulator
        self.infra = directory / "infra"
        self.infra.mkdir()
        for name in ("samconfig.toml", ".gitignore"):
            shutil.copy(REPOSITORY / "infra" / name, self.infra)
        deployable = without(template(), NOT_ACCEPTED)
        (self.infra / "template.yaml").write_text(json.dumps(deployable))
        # What `Code: ..` means where nothing was built.
        (directory / "bootstrap").write_text("no program")
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=test", "-c", "user.email=test", "commit", "--quiet", "--message", "as it is")

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], cwd=self.infra, check=True, capture_output=True, text=True).stdout

    def run(self, command, answers=""):
        """What sam says to the page's command."""
        program, *arguments = shlex.split(command.replace("eu-west-1", REGION))
        assert program == "sam"
        done = subprocess.run(
            [SAM, *arguments],
            cwd=self.infra,
            input=answers,
            capture_output=True,
            text=True,
            timeout=300,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.infra.parent),
                "AWS_ENDPOINT_URL": self.emulator.endpoint,
                "AWS_ACCESS_KEY_ID": ACCOUNT,
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": REGION,
                "AWS_EC2_METADATA_DISABLED": "true",
                "SAM_CLI_TELEMETRY": "0",
                "SAM_CLI_POLL_DELAY": "1",
            },
        )
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        return done.returncode, said

    def parameters(self, stack):
        stack = self.emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


@pytest.fixture
def checkout(emulator, tmp_path):
    return Checkout(emulator, tmp_path)


def test_one_command_deploys_without_a_question_and_a_later_one_names_what_changes(checkout):
    code, said = checkout.run(AT_ONCE)
    assert code == 0, said
    made = checkout.parameters("rotate-alice")
    defaults = {name: str(one["Default"]) for name, one in template()["Parameters"].items() if "Default" in one}
    assert made == defaults | {"UserName": "alice"}

    before, _ = AT_ONCE.split(" --parameter-overrides ")
    code, said = checkout.run(before + """ --parameter-overrides InUseWindow=48h 'Schedule="rate(7 days)"'""")
    assert code == 0, said
    assert checkout.parameters("rotate-alice") == made | {"InUseWindow": "48h", "Schedule": "rate(7 days)"}
    assert checkout.git("status", "--porcelain") == ""


def test_the_guided_one_asks_for_every_parameter_and_saves_nothing_in_a_tracked_file(checkout):
    config = re.search(r"--config-file (\S+)", GUIDED)[1]
    assert f"$ cp samconfig.toml {config}\n$ {GUIDED}" in PAGE
    shutil.copy(checkout.infra / "samconfig.toml", checkout.infra / config)
    asked = list(template()["Parameters"])
    assert asked[0] == "UserName"

    # The stack's name, the Region, the user; the brackets for all else. The change set is declined.
    _, said = checkout.run(GUIDED, "\n".join(["rotate-bob", REGION, "bob", *[""] * (len(asked) + 10)]))

    assert re.findall(r"Parameter (\w+) \[", said) == asked, said
    saved = (checkout.infra / config).read_text()
    assert 'stack_name = "rotate-bob"' in saved and 'UserName=\\"bob\\"' in saved, said
    assert checkout.git("status", "--porcelain") == ""
