// Rotates an access key as rotation functions are usually written for Node: clients made once, at the top. It makes the
// calls that a rotation needs and decides as little as it can: to compare times with, and not to be used.

import {
    DescribeSecretCommand,
    GetSecretValueCommand,
    PutSecretValueCommand,
    SecretsManagerClient,
    UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient, ListAccessKeysCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "./runtime.mjs";

const SUCCESSES = Number(process.env.VERIFY_SUCCESSES ?? "3");

const secrets = new SecretsManagerClient();
const iam = new IAMClient();

const steps = { createSecret, setSecret: both, testSecret, finishSecret };

serve(async (event) => {
    const { VersionIdsToStages: stages } = await secrets.send(new DescribeSecretCommand({ SecretId: event.SecretId }));
    if (!stages[event.ClientRequestToken]?.includes("AWSPENDING")) {
        throw new Error("the version is not staged for rotation");
    }
    await steps[event.Step](event, stages);
    return { step: event.Step };
});

async function createSecret(event) {
    const current = await value(event, { VersionStage: "AWSCURRENT" });
    if (await find(event, { VersionId: event.ClientRequestToken, VersionStage: "AWSPENDING" })) {
        return;
    }
    const user = { UserName: current.username };
    const { AccessKeyMetadata: keys } = await iam.send(new ListAccessKeysCommand(user));
    await find(event, { VersionStage: "AWSPREVIOUS" });
    if (keys.length === 2) {
        const other = keys.find((key) => key.AccessKeyId !== current.accesskey);
        await iam.send(new DeleteAccessKeyCommand({ ...user, AccessKeyId: other.AccessKeyId }));
    }
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand(user));
    const pending = { ...current, accesskey: key.AccessKeyId, secretkey: key.SecretAccessKey };
    await secrets.send(
        new PutSecretValueCommand({
            SecretId: event.SecretId,
            ClientRequestToken: event.ClientRequestToken,
            SecretString: JSON.stringify(pending),
            VersionStages: ["AWSPENDING"],
            RotationToken: event.RotationToken,
        }),
    );
}

async function testSecret(event) {
    const [current, pending] = await both(event);
    const expected = await identity(current);
    for (let success = 0; success < SUCCESSES; success += 1) {
        if (success > 0) {
            await sleep(1000);
        }
        if ((await identity(pending)) !== expected) {
            throw new Error("the new key is another user's");
        }
    }
}

async function finishSecret(event, stages) {
    const [current, pending] = await both(event);
    if ((await identity(pending)) !== (await identity(current))) {
        throw new Error("the new key is another user's");
    }
    const [movedFrom] = Object.entries(stages).find(([, labels]) => labels.includes("AWSCURRENT"));
    await secrets.send(
        new UpdateSecretVersionStageCommand({
            SecretId: event.SecretId,
            VersionStage: "AWSCURRENT",
            MoveToVersionId: event.ClientRequestToken,
            RemoveFromVersionId: movedFrom,
        }),
    );
}

async function both(event) {
    return [
        await value(event, { VersionStage: "AWSCURRENT" }),
        await value(event, { VersionId: event.ClientRequestToken, VersionStage: "AWSPENDING" }),
    ];
}

async function value(event, version) {
    const answer = await secrets.send(new GetSecretValueCommand({ SecretId: event.SecretId, ...version }));
    return JSON.parse(answer.SecretString);
}

async function find(event, version) {
    try {
        return await value(event, version);
    } catch (error) {
        if (error.name === "ResourceNotFoundException") {
            return undefined;
        }
        throw error;
    }
}

async function identity(key) {
    const sts = new STSClient({ credentials: { accessKeyId: key.accesskey, secretAccessKey: key.secretkey } });
    const { UserId: id } = await sts.send(new GetCallerIdentityCommand());
    return id;
}
