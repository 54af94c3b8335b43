// The least of a Lambda runtime: asks for an event, has the function handle it, and answers.

import { Agent, request } from "node:http";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true });

function call(method, path, body) {
    return new Promise((resolve, reject) => {
        const options = { host, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}` };
        const sent = request(options, async (answer) => {
            let text = "";
            for await (const part of answer.setEncoding("utf8")) {
                text += part;
            }
            resolve([answer.headers, text]);
        });
        sent.on("error", reject);
        sent.end(body);
    });
}

export async function serve(handler) {
    for (;;) {
        const [headers, event] = await call("GET", "next");
        const id = headers["lambda-runtime-aws-request-id"];
        try {
            const result = await handler(JSON.parse(event));
            await call("POST", `${id}/response`, JSON.stringify(result));
        } catch (error) {
            const failure = { errorType: error.name, errorMessage: error.message };
            await call("POST", `${id}/error`, JSON.stringify(failure));
        }
    }
}
