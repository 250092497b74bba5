"""A HOME of its own and an AWS of its own, in which awsprof can be tried without an account."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.standins.aws import Aws, serving

ADMIN = "arn:aws:iam::210987654321:role/Admin"


@contextmanager
def sandbox() -> Iterator[tuple[Aws, Mapping[str, str], Path]]:
    """A stand-in for AWS with a user, a role and two accounts; the environment; the HOME.

    Nothing of the person's own is read or written: not their files, not their keyring.
    """
    with tempfile.TemporaryDirectory(prefix="awsprof-") as folder, serving(Aws()) as aws:
        aws.role("Admin", mfa=True)
        aws.accounts["345678901234"] = ("Prod", ("ReadOnlyAccess", "AdministratorAccess"))
        aws.accounts["567890123456"] = ("Dev", ("AdministratorAccess",))
        aws.approve_at_once = True
        home = Path(folder) / "alice"
        home.mkdir(mode=0o700)
        settings = home / ".config" / "awsprof" / "settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text('ignore = "endpoint-override"\n')  # it is so on purpose here
        kept = {name: os.environ[name] for name in ("PATH", "TERM", "LANG") if name in os.environ}
        yield (
            aws,
            {
                **kept,
                **aws.environment,
                "HOME": str(home),
                "AWSPROF_PASSPHRASE": "only for the sandbox",
                "AWS_EC2_METADATA_DISABLED": "true",
                "NO_PROXY": "127.0.0.1",
            },
            home,
        )
