"""The binary with AWS's own endpoints, and a proxy that answers in the place of AWS: so it is seen which hosts it calls, and for
which Region it signs. Nothing reaches AWS."""

import http.server
import json
import pathlib
import re
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time

TOKEN = "5d1e3f6a-0c1b-4f6e-9a55-2f0d6c1b7e01"
CURRENT = "00000000-0000-4000-8000-000000000001"
KEY = {"accesskey": "AKIAIOSFODNN7EXAMPLE", "secretkey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
SECONDS = 120


def certificates(directory, hosts):
    """A certificate for all these hosts, and the authority that vouches for it."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    request = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"]
    openssl(*request, "-x509", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2")
    openssl(*request, "-subj", "/CN=hosts", "-keyout", "host.key", "-out", "host.csr")
    (directory / "names").write_text("subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts) + "\n")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
    openssl("x509", "-req", "-in", "host.csr", "-out", "host.pem", *signed)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def at(self):
        return "127.0.0.1:%d" % self.server_address[1]


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, **headers):
        body = body.encode()
        self.send_response(status)
        for name, value in (headers | {"content-length": len(body)}).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0))).decode()

    def log_message(self, *_):
        pass


def proxy(directory, seen):
    """Opens a tunnel to no one, ends TLS itself, and answers as AWS would. `seen` gets pairs of host and signing scope."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "host.pem", directory / "host.key")
    context.set_alpn_protocols(["http/1.1"])

    class Aws(Answers):
        def do_HEAD(self):
            self.answer(404, "")

        def do_POST(self):
            scope = re.search(r"Credential=[A-Z0-9]+/\d+/([^/]+)/([^/]+)/aws4_request", self.headers["authorization"])
            seen.add((scope[2], self.server.host, scope[1]))
            service, asked = scope[2], self.body()
            if service != "secretsmanager":
                # Refused: neither step has to go on.
                error = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
                return self.answer(403, error, content_type="text/xml")
            arn = json.loads(asked)["SecretId"]
            if self.headers["x-amz-target"].endswith("DescribeSecret"):
                stages = {CURRENT: ["AWSCURRENT"], TOKEN: ["AWSPENDING"]}
                return self.answer(200, json.dumps({"ARN": arn, "Name": "iam/alice", "VersionIdsToStages": stages}))
            if json.loads(asked).get("VersionStage") == "AWSCURRENT":
                # With a role as the source STS is asked, and else IAM.
                role = {"rolearn": "arn:aws:iam::111122223333:role/rotator"} if "iam/bob" in arn else {}
                value = json.dumps({"username": "alice"} | KEY | role)
                version = {"VersionId": CURRENT, "VersionStages": ["AWSCURRENT"]}
                return self.answer(200, json.dumps({"ARN": arn, "Name": "iam/alice", "SecretString": value} | version))
            missing = {"__type": "ResourceNotFoundException", "message": "no value"}
            return self.answer(400, json.dumps(missing), x_amzn_errortype="ResourceNotFoundException")

    class Proxy(Answers):
        def do_CONNECT(self):
            self.send_response(200)
            self.end_headers()
            host, port = self.path.split(":")
            assert port == "443", self.path
            self.server.hosts.add(host)
            server = type("Host", (), {"host": host})()
            try:
                Aws(context.wrap_socket(self.connection, server_side=True), self.client_address, server)
            except OSError:
                pass
            self.close_connection = True

    server = Server(Proxy)
    server.hosts = set()
    return server


def lambdas(events):
    """Lambda's runtime API: each event once. `answered` of the server is set when each has its answer."""

    class Lambda(Answers):
        def do_GET(self):
            try:
                event = self.server.events.pop(0)
            except IndexError:
                self.server.answered.set()
                time.sleep(SECONDS)
                return
            headers = {
                "lambda_runtime_aws_request_id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "lambda_runtime_deadline_ms": int((time.time() + 60) * 1000),
                "lambda_runtime_invoked_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
            }
            self.answer(200, json.dumps(event), **headers)

        def do_POST(self):
            self.server.answers.append(self.body())
            self.answer(202, "")

    server = Server(Lambda)
    server.events, server.answers, server.answered = list(events), [], threading.Event()
    return server


def calls(binary, region, partition, hosts, **variables):
    """Triples of service, host and signing Region, of a createSecret that asks IAM and of one that asks STS; and the hosts to which
    a connection was opened."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        certificates(directory, hosts)
        seen = set()
        aws = proxy(directory, seen)
        arn = f"arn:{partition}:secretsmanager:{region}:123456789012:secret:iam"
        steps = [
            {"Step": "createSecret", "SecretId": f"{arn}/{name}-AbCdEf", "ClientRequestToken": TOKEN} for name in ("alice", "bob")
        ]
        runtime = lambdas(steps)
        process = subprocess.Popen(
            [binary],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                "AWS_LAMBDA_RUNTIME_API": runtime.at,
                "AWS_LAMBDA_FUNCTION_NAME": "f",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_LOG_GROUP_NAME": "g",
                "AWS_LAMBDA_LOG_STREAM_NAME": "s",
                "AWS_REGION": region,
                "AWS_ACCESS_KEY_ID": KEY["accesskey"],
                "AWS_SECRET_ACCESS_KEY": KEY["secretkey"],
                "AWS_SESSION_TOKEN": "none",
                "AWS_CA_BUNDLE": str(directory / "ca.pem"),
                "HTTPS_PROXY": f"http://{aws.at}",
                **variables,
            },
        )
        try:
            assert runtime.answered.wait(SECONDS), (region, variables, seen, aws.hosts, runtime.answers)
        finally:
            process.kill()
            process.wait()
            aws.shutdown()
            runtime.shutdown()
        return seen, aws.hosts
