"""ministack as a process of its own, and AWS clients that it answers."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.config import Config

REGION = "eu-central-1"
ACCOUNT = "123456789012"
ANOTHER_ACCOUNT = "111122223333"

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
OUTPUT = REPOSITORY / "target/emulator"


class Emulator:
    """ministack on a free port of 127.0.0.1, with every request's policies enforced."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        OUTPUT.mkdir(parents=True, exist_ok=True)
        # Also holds the unpacked binary.
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="state-", dir=OUTPUT))
        # Several processes have one each.
        process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        self.log = open(OUTPUT / f"ministack-{process}.log", "w")
        self.process = subprocess.Popen(
            [sys.executable, HERE / "server.py"],
            stdout=self.log,
            stderr=self.log,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.state),
                "TMPDIR": str(self.state),
                "STATE_DIR": str(self.state / "state"),
                "S3_DATA_DIR": str(self.state / "s3"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "AUTH": "true",
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(self.port),
                # What the functions that it runs call.
                "AWS_ENDPOINT_URL": self.endpoint,
                "SFTP_ENABLED": "0",
                "IOT_MTLS_ENABLED": "0",
            },
        )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"ministack ended: see {self.log.name}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"ministack does not listen: see {self.log.name}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.state)

    def client(self, service, account=ACCOUNT, key=None):
        """As the root user of an account, whose access key is the account's id; or with a key of IAM's or a session's."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=key["accesskey"] if key else account,
            aws_secret_access_key=key["secretkey"] if key else "test",
            aws_session_token=key.get("token") if key else None,
            config=Config(retries={"max_attempts": 0}, read_timeout=150),
        )
