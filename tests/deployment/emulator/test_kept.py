"""The keeper of infra/template.yaml, with the real binary and under the policies that the template gives it."""

import pytest

from deployment import Deployment
from keeping import ASKED, OUTCOMES, Keeping


@pytest.mark.parametrize("way", ["execution-role", "own-key", "another-account", "fleet"])
def test_it_reports_retires_undoes_and_revokes(emulator, accepted, way):
    deployment = Deployment(emulator, accepted, way, f"kept-{way}")
    deployment.finish()
    deployment.verify_once()
    rotation = deployment.rotation
    keeping = Keeping(rotation, deployment.stack.resources["Keeper"])
    keeping.attach(deployment.values["FUNCTION_ARN"])
    while len(rotation.keys()) < 2:
        rotation.token = rotation.secrets.rotate_secret(SecretId=rotation.secret)["VersionId"]
        assert rotation.rotate() is None
    exposed = deployment.value()["accesskey"]

    for asked in ASKED:
        keeping.wait()
        with keeping.rotations():
            answer, failed = keeping.ask(keeping.event(asked, exposed))
        assert not failed, answer
        assert answer["outcome"] == OUTCOMES[asked], answer

    assert rotation.keys() == {exposed: "Inactive", deployment.value()["accesskey"]: "Active"}
