"""Change one's own access key: python -m examples.rotate_my_key PROFILE

In the order that locks nobody out: the new key is made, proved and kept in the vault; only then
the old one is switched off, and not yet deleted: it can be switched on again. PROFILE is one that
hands out a key.
"""

import subprocess
import sys
import time
from typing import Any

import awsprof

PATIENCE = 60  # seconds until IAM knows a new key everywhere


def prove(key: dict[str, Any], account: str) -> None:
    """Wait until AWS takes the key."""
    deadline = time.monotonic() + PATIENCE
    while True:
        fresh = awsprof.session(
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            region="us-east-1",
        )
        try:
            found = awsprof.whoami(fresh)
        except awsprof.CredentialsRejected:
            if time.monotonic() > deadline:
                raise
            time.sleep(2)
        else:
            if found.account != account:
                raise SystemExit(f"the new key is of account {found.account}")
            return


def keep(profile: str, key: dict[str, Any]) -> None:
    """Put it into the vault, and its id into the profile; the secret goes by stdin."""
    words = ["awsprof", "add", "keys", profile, "--access-key-id", key["AccessKeyId"]]
    subprocess.run(  # noqa: S603  # awsprof itself
        [*words, "--secret-stdin", "--yes", "--no-verify"],
        input=key["SecretAccessKey"],
        text=True,
        check=True,
    )


def main(profile: str) -> int:
    """Rotate; 1 where there is no room for a second key."""
    session = awsprof.session(profile)
    who = awsprof.whoami(session)
    user = who.arn.rsplit("/", 1)[-1]
    iam = session.client("iam")
    old = [k["AccessKeyId"] for k in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]
    if len(old) != 1:
        print(f"{user} has {len(old)} keys: delete the one that is not used first")
        return 1
    key = iam.create_access_key(UserName=user)["AccessKey"]
    try:
        prove(key, who.account)
        keep(profile, key)
    except BaseException:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        raise
    iam.update_access_key(UserName=user, AccessKeyId=old[0], Status="Inactive")
    print(f"{profile} has {key['AccessKeyId']} now; {old[0]} is inactive.")
    print(f"When nothing misses it: aws iam delete-access-key --access-key-id {old[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
