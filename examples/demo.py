"""The main job, as a person would do it: from nothing to three proven profiles (`make demo`).

Every command runs as a program of its own, in a terminal; what is typed into it is shown.
"""

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pexpect

from examples.sandbox import ADMIN, sandbox
from tests.standins.cli_runner import AWSPROF

WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"


class Demo:
    """Commands run one after the other in the sandbox's environment."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = {**env, "TERM": env.get("TERM", "xterm-256color")}

    def awsprof(self, *words: str, answers: Sequence[tuple[str, str]] = ()) -> None:
        """Run ``awsprof`` with these words, answering each prompt; stop where it fails."""
        print(f"\n\033[1m$ awsprof {shlex.join(words)}\033[0m", flush=True)
        child = pexpect.spawn(AWSPROF, list(words), env=self._env, timeout=60, encoding="utf-8")
        child.logfile_read = sys.stdout
        for prompt, answer in answers:
            child.expect(prompt)
            child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        if child.exitstatus != 0:
            sys.exit(f"that should have worked (exit code {child.exitstatus})")

    def boto3(self, profile: str) -> None:
        """What a script without awsprof sees under the profile."""
        print(f'\n\033[1m$ AWS_PROFILE={profile} python -c "{WHO}"\033[0m', flush=True)
        env = {**self._env, "AWS_PROFILE": profile}
        subprocess.run([sys.executable, "-c", WHO], env=env, check=True)  # noqa: S603  # our own line


def main() -> None:
    """Run the demo."""
    with sandbox() as (aws, env, home):
        demo = Demo(env)
        key, device = aws.user("alice"), aws.device("alice")
        csv = home / "alice_accessKeys.csv"
        csv.write_text(f"Access key ID,Secret access key\r\n{key.id},{key.secret}\r\n")
        print("A sandbox: a HOME of its own, and an AWS of its own on loopback.")

        print("\nAn IAM user's key, with MFA: its secret goes into the vault.")
        region = ("--region", "eu-west-1")
        mfa = ("--mfa-serial", device.serial)
        demo.awsprof(
            *("add", "keys", "base", "--csv", str(csv), *region, *mfa),
            answers=[("Write this.*:", "y"), ("MFA code .*: ", device.code())],
        )
        csv.unlink()

        print("\nA role on top of it, in another account; the code was asked already.")
        role = ("add", "role", "admin", "--role-arn", ADMIN, "--source", "base", *region)
        demo.awsprof(*role, answers=[("Write this.*:", "y")])

        print("\nA role from IAM Identity Center; its browser is played by the stand-in.")
        start = ("--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
        account = ("--account", "345678901234", "--role", "ReadOnlyAccess")
        demo.awsprof("add", "sso", "prod", "--session", "corp", *start, *account, *region, "--yes")

        print("\nWhat there is now, and who AWS says that is:")
        demo.awsprof("list", "--tree")
        demo.awsprof("doctor")
        demo.boto3("admin")

        found = _holding(home, key.secret)
        if found:
            sys.exit(f"the secret lies in plain text: {found}")
        print(f"\nThe secret of {key.id} is in no file below {home} in plain text.")


def _holding(folder: Path, secret: str) -> list[str]:
    """The files that hold the secret."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [str(path) for path in files if secret.encode() in path.read_bytes()]


if __name__ == "__main__":
    main()
