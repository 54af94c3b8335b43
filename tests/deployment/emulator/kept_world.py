"""A world with a keeper, under the shipped policies."""

import json

import shipped
from emulator import ACCOUNT, REGION
from keeping import Keeping
from world import World

# Which documents the keeper's role carries, in each credential source.
KEEPERS = {
    "execution-role": ("keeper-role", "keeper-manages-keys"),
    "own-key": ("keeper-role", "keeper-deactivates-own-key"),
    "administrator": ("keeper-role-reads-administrator",),
    "another-account": ("keeper-role", "execution-role-assumes-role"),
    "fleet": ("fleet-keeper-role",),
    "kms-key": ("keeper-role", "keeper-manages-keys", "consumer-kms-key"),
}


class KeptWorld(World):
    """The secret was rotated, and Secrets Manager invokes the rotation function for it."""

    def __init__(self, emulator, functions, source):
        super().__init__(emulator, functions, source)
        keeper, self.keepers_role = functions.keeper_of(source)
        self.keeping = Keeping(self, keeper)
        self.values |= {
            "FUNCTION_ARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function}",
            "KEEPER_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/{self.keepers_role}",
        }
        for name in KEEPERS[source]:
            self.put("keeper", name, shipped.document(name, self.values))
        if source == "another-account":
            trust = shipped.document("role-in-another-account-trust-with-keeper", self.values)
            self.iam.update_assume_role_policy(RoleName=self.role, PolicyDocument=json.dumps(trust))
        watches = {"FLEET": self.values["FLEET"]} if source == "fleet" else {"SECRET_ARN": self.secret}
        emulator.client("lambda").update_function_configuration(
            FunctionName=keeper, Environment={"Variables": watches | {"RETIRE_AFTER": "7days"}}
        )
        self.keeping.attach(self.values["FUNCTION_ARN"])
