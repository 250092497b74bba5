"""Two keys in one profile: the one in the file hides the vault's, and a person is told which works.

Whatever of the two is dead, the mend that is printed keeps the other, and boto3 agrees.
"""

import re
import shlex
from pathlib import Path

import pytest
from botocore.session import Session

from awsprof.auth.resolver import Resolver
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.findings import Fault, Finding, Severity
from awsprof.doctor.live_probe import LiveProbe
from awsprof.doctor.root_causes import with_comments_first
from awsprof.doctor.runner import run_checks, run_offline
from awsprof.editing import profile_operations
from awsprof.editing.apply import apply
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF
from tests.standins.memory_vault import MemoryVault

DEAD = ("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
TOKEN = "\naws_session_token = left-over"


class Two:
    """The profile base, with alice's key in the vault and bob's in the credentials file."""

    def __init__(self, aws: Aws, home: Path) -> None:
        alice, bob = aws.user("alice"), aws.user("bob")
        self.alice, self.bob = (alice.id, alice.secret), (bob.id, bob.secret)
        self.vault = MemoryVault()
        self.folder = home / ".aws"
        self.folder.mkdir(mode=0o700)

    def write(self, vault: tuple[str, str], file: tuple[str, str], more: str = "") -> None:
        self.vault.put(vault[0], Secret(vault[1]))
        line = f"{AWSPROF} credential-process base --key {vault[0]}"
        self._file(
            "config", f"[profile base]\ncredential_process = {line}\nregion = eu-west-1\n{more}"
        )
        keys = f"aws_access_key_id = {file[0]}\naws_secret_access_key = {file[1]}\n"
        self._file("credentials", f"[base]\n{keys}")

    def _file(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o600)

    def context(self) -> CheckContext:
        catalog = Catalog.load()
        context = CheckContext.of(catalog, tuple(catalog.profiles))
        return CheckContext(
            catalog,
            context.names,
            context.environment,
            lambda: self.vault,
            context.now,
            context.key_age,
        )

    def errors(self) -> list[Finding]:
        """The errors of the profile, once AWS was asked."""
        context = self.context()
        resolver = Resolver(
            context.catalog, context.vault, NonInteractive(), cache=None, many=True, ask=False
        )
        report = run_checks(context, LiveProbe(resolver, 60))
        (base,) = (profile for profile in report.profiles if profile.name == "base")
        return [f for f in base.findings if f.severity is Severity.ERROR]

    def found(self) -> Finding:
        """The one error of the profile, once AWS was asked."""
        (finding,) = self.errors()
        assert finding.id == "vault-key-hidden"
        return finding

    def do(self, commands: str) -> None:
        """Do what is printed."""
        for command in commands.split(" && "):
            program, verb, name, key = shlex.split(command)
            assert (program, verb) == ("awsprof", "unset")
            apply(
                profile_operations.unset_profile_value(name, key, Catalog.load()),
                lambda: self.vault,
            )


@pytest.fixture
def two(aws: Aws, home: Path) -> Two:
    return Two(aws, home)


def test_where_the_vault_s_key_is_dead_the_file_s_is_kept(two: Two) -> None:
    two.write(vault=DEAD, file=two.bob)
    finding = two.found()
    assert "AWS accepts only the first" in finding.message
    two.do(finding.fix)
    assert Session(profile="base").get_credentials().access_key == two.bob[0]
    assert Catalog.load().get("base").get("credential_process") is None


def test_where_the_file_s_key_is_dead_the_vault_s_is_kept(two: Two) -> None:
    two.write(vault=two.alice, file=DEAD)
    finding = two.found()
    assert "AWS accepts only the second" in finding.message
    two.do(finding.fix)
    (link,) = Catalog.load().chain("base").links
    resolver = Resolver(Catalog.load(), lambda: two.vault, NonInteractive(), cache=None)
    assert resolver.credentials("base").access_key_id == two.alice[0]
    assert not any(key in link.values for key in ("aws_access_key_id", "aws_secret_access_key"))


@pytest.mark.parametrize(
    ("behind_id", "behind_secret"), [(" # mine", ""), ("", " # mine"), ("", TOKEN)]
)
def test_a_key_that_is_refused_for_how_it_is_written_is_not_called_dead(
    two: Two, behind_id: str, behind_secret: str
) -> None:
    """The vault's works, and nobody is told to delete the file's, which is good by itself."""
    two.write(two.alice, (two.bob[0] + behind_id, two.bob[1] + behind_secret))
    (finding,) = (f for f in two.errors() if f.id == "vault-key-hidden")
    assert "AWS accepts" not in finding.message
    offline = [f for f in run_offline(two.context()) if f.id == "vault-key-hidden"]
    assert [f.fix for f in offline] == [finding.fix]
    assert (finding.fix == "awsprof doctor --fix inline-comment") is bool(behind_id)


def test_no_answer_takes_the_place_of_moving_a_comment_first(two: Two) -> None:
    two.write(two.alice, (two.bob[0] + " # mine", two.bob[1]))
    (comment,) = (f for f in run_offline(two.context()) if f.id == "inline-comment")
    other = Fault(
        "It is refused.", "x", None, comment.fault.origin, refined_by_answer=lambda _: comment.fault
    )
    _, told = with_comments_first([comment, Finding("refused", Severity.ERROR, other)])
    assert (told.fix, told.fault.refined_by_answer) == ("awsprof doctor --fix inline-comment", None)


@pytest.mark.parametrize("alive", [True, False])
def test_where_both_are_alike_both_ways_are_told(two: Two, alive: bool) -> None:
    two.write(two.alice, two.bob) if alive else two.write(DEAD, (DEAD[0][:-1] + "X", DEAD[1]))
    finding = two.found()
    assert f"AWS accepts {'both' if alive else 'neither'}" in finding.message
    assert "awsprof unset base credential_process" in finding.fix
    assert "awsprof unset base aws_access_key_id" in finding.fix
    assert finding.fault.repair is None


def test_without_aws_both_ways_are_told_and_nothing_mends_itself(two: Two) -> None:
    two.write(two.alice, two.bob)
    of_base = [f for f in run_offline(two.context()) if f.profile == "base"]
    (finding,) = (f for f in of_base if f.id == "vault-key-hidden")
    assert re.findall(r"awsprof unset base \w+", finding.fix) == [
        "awsprof unset base credential_process",
        "awsprof unset base aws_access_key_id",
        "awsprof unset base aws_secret_access_key",
    ]
    assert not [f.id for f in of_base if f.fault.repair is not None]
    told = {f.id for f in of_base}
    assert not told & {"credentials-shadow-config", "plaintext-long-term-key"}  # one finding


def test_a_vault_that_cannot_be_opened_decides_nothing(two: Two) -> None:
    two.write(two.alice, two.bob)
    two.vault.broken = True
    context = two.context()
    resolver = Resolver(
        context.catalog, context.vault, NonInteractive(), cache=None, many=True, ask=False
    )
    report = run_checks(context, LiveProbe(resolver, 60))
    (finding,) = (f for p in report.profiles for f in p.findings if f.id == "vault-key-hidden")
    assert "AWS takes" not in finding.message
    assert "credential_process" in finding.fix
    assert "aws_access_key_id" in finding.fix


def test_the_same_key_in_both_places_hides_nothing(two: Two) -> None:
    two.write(two.alice, two.alice)
    assert not [f for f in run_offline(two.context()) if f.id == "vault-key-hidden"]
