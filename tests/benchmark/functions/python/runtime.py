"""The least of a Lambda runtime: asks for an event, has the function handle it, and answers."""

import http.client
import json
import os

import function

PATH = "/2018-06-01/runtime/invocation/"

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    connection.request(method, PATH + path, body)
    answer = connection.getresponse()
    return answer.headers, answer.read()


while True:
    headers, event = call("GET", "next")
    request = headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        result = function.handler(json.loads(event), None)
    except Exception as error:
        failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
        call("POST", request + "/error", json.dumps(failure))
    else:
        call("POST", request + "/response", json.dumps(result))
