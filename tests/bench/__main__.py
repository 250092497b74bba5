"""Each claim beside what it is compared with, in one run, as a ratio (`make bench`).

The machines that this runs on are noisy: no figure here fails anything, and seconds mean little.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from botocore.session import Session

from awsprof.configfile.document import Document, FileKind, SectionId, SetValue
from awsprof.profiles.catalog import Catalog
from tests.bench.credentials import credentials
from tests.bench.doctor import doctor
from tests.bench.many_profiles import many_profiles
from tests.bench.measuring import run, tell, took
from tests.bench.page import write_page
from tests.bench.scripts import second_run
from tests.bench.team import team_file
from tests.standins.aws import Aws, serving
from tests.standins.cli_runner import AWSPROF

PROFILES = 1000
EMPTY = "import sys; sys.exit(0)"


def files(home: Path) -> None:
    """Reading and editing a config of many profiles, beside botocore's own reading."""
    config = home / ".aws" / "config"
    role = "role_arn = arn:aws:iam::123456789012:role/R\nsource_profile = p0\nregion = eu-west-1\n"
    data = "".join(f"[profile p{i}]\n{role}# a comment\n\n" for i in range(PROFILES)).encode()
    config.write_bytes(data)
    edit = SetValue(SectionId.profile(f"p{PROFILES // 2}"), "region", "us-east-1")
    reading = took(lambda: Session().full_config)
    than = f"botocore reads {PROFILES} profiles"
    tell(f"the catalog of {PROFILES} profiles", took(Catalog.load), than, reading)
    editing = took(lambda: Document.parse(data, FileKind.CONFIG).edit(edit).render())
    tell("one edit in it, checked against both dialects", editing, than, reading)
    config.unlink()


def signing_in(home: Path, aws: Aws) -> None:
    """credential-process beside an empty program, and beside the AWS CLI's own."""
    key = aws.user("alice")
    add = (AWSPROF, "add", "keys", "base", "--access-key-id", key.id, "--secret-stdin", "--yes")
    run(*add, "--region", "eu-west-1", stdin=key.secret)
    empty = took(lambda: run(sys.executable, "-c", EMPTY))
    process = took(lambda: run(AWSPROF, "credential-process", "base"))
    tell("credential-process of a key in the vault", process, "an empty Python program", empty)
    aws.role("Audit")
    audit = ("add", "role", "audit", "--role-arn", "arn:aws:iam::210987654321:role/Audit")
    run(AWSPROF, *audit, "--source", "base", "--region", "eu-west-1", "--yes")
    run(AWSPROF, "credential-process", "audit")  # from now on it is in hand
    hit = took(lambda: run(AWSPROF, "credential-process", "audit"), 30)
    wrapper = took(lambda: run(str(_wrapper(home))), 30)
    tell("credential-process of a session in hand", hit, "an empty console script", wrapper)
    export = ("configure", "export-credentials", "--profile", "audit")
    aws_cli = shutil.which("aws")
    if aws_cli is not None and _does(aws_cli, *export):  # version 2 has it; its cache is warm too
        theirs = took(lambda: run(aws_cli, *export))
        tell("  the same", hit, "aws configure export-credentials", theirs)


def _does(*words: str) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _wrapper(folder: Path) -> Path:
    """Our own console script, around an empty function."""
    (folder / "empty.py").write_text("def main() -> int:\n    return 0\n")
    script = folder / "empty"
    ours = Path(AWSPROF).read_text().replace("awsprof.__main__", "empty")
    head, rest = ours.split("\n", 1)
    script.write_text(f"{head}\nimport sys; sys.path.insert(0, {str(folder)!r})\n{rest}")
    script.chmod(0o755)
    return script


def main() -> None:
    """Measure all of it in a HOME of its own, against the stand-in."""
    with tempfile.TemporaryDirectory() as folder, serving(Aws()) as aws:
        for name in [name for name in os.environ if name.startswith(("AWS_", "XDG_", "DBUS_"))]:
            del os.environ[name]
        os.environ.update(
            aws.environment,
            HOME=folder,
            AWSPROF_PASSPHRASE="only for the bench",
            AWS_EC2_METADATA_DISABLED="true",
        )
        home = Path(folder)
        (home / ".aws").mkdir(mode=0o700)
        rows = [*many_profiles(home), *team_file(home / "team")]
        files(home)
        write_page([*rows, *credentials(home, aws)])  # the rest below is printed alone
        signing_in(home, aws)
        second_run(home, aws)
        doctor(home)


if __name__ == "__main__":
    main()
