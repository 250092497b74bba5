"""Checks of credential_process and of the vault."""

import os
import shlex
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.awsapi.credentials import Credentials
from awsprof.cli.main import run_command
from awsprof.doctor.check_context import LiveResult
from awsprof.doctor.findings import Finding
from awsprof.doctor.runner import run_offline
from awsprof.errors import CredentialsError, InteractionRequired
from awsprof.profiles import process_command
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.index import Index
from awsprof.vault.vault import open_vault
from tests.requirements import need, need_kernel_keyring
from tests.standins import subprocess_helpers
from tests.unit.doctor.conftest import Visit, check_of

KEY = "AKIAIOSFODNN7EXAMPLE"
OTHER = "AKIAI44QH8DHBEXAMPLE"
SECRET = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")  # AWS's documented example
ALICE = "arn:aws:iam::123456789012:user/alice"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
A = "[profile a]\ncredential_process = "
THERE = f"{sys.executable} -m awsprof credential-process"  # a line of ours that starts


# A command that cannot start, and what is said of it.
NOT_STARTED = [
    ("", "is empty"),
    ('/bin/echo "x', "an unclosed quote"),
    ("~/bin/tool x", "a shell for ~/bin/tool"),
    ("$HOME/bin/tool", "a shell for $HOME/bin/tool"),
    ("/bin/cat $(pwd)/x", "a shell for $(pwd)/x"),
    ("/bin/cat x | /bin/cat", "a shell for |"),
    ("/bin/cat x 2>/dev/null", "a shell for >"),
    ("/bin/true && /bin/cat x", "a shell for &&"),
    ("/nowhere/tool --x", "/nowhere/tool was not found"),
    ("no-such-tool-here", "no-such-tool-here was not found"),
    ("/etc/passwd", "is not executable"),
    ("/bin", "/bin was not found"),
    ("FOO=bar /bin/echo x", "FOO=bar sets a variable for a shell"),
    (r"C:\Users\alice\helper.exe --json", r"C:\Users\alice\helper.exe --json is a path of Windows"),
    ('"C:\\Program Files\\x.exe" -f', r"C:\Program Files\x.exe is a path of Windows"),
    ("/nowhere/awsprof credential-process a --key " + KEY, "no longer at /nowhere/awsprof"),
    (f"{THERE} gone --key {KEY}", "the profile gone, which does not exist"),
    ("/bin/cat export-credentials --profile gone", "the profile gone, which does not exist"),
]


@pytest.mark.parametrize(("command", "says"), NOT_STARTED)
def test_a_process_that_cannot_start(visit: Visit, command: str, says: str) -> None:
    visit.config(f"[profile b]\n{A}{command}\n")
    (finding,) = visit.found("process-missing")
    assert says in finding.fault.message
    assert (finding.profile, str(finding.fault.origin)) == ("a", "~/.aws/config:3")
    assert finding.fault.fix


def test_a_misspelt_profile_in_a_line_of_the_aws_cli_is_corrected(visit: Visit) -> None:
    line = "/bin/cat export-credentials --profile"
    visit.config(f"{A}{line} prodution\n[profile production]\nregion = x\n")
    (finding,) = visit.found("process-missing")
    assert "Did you mean production?" in finding.fault.message
    assert finding.fault.fix == f"awsprof set a credential_process '{line} production'"


@pytest.mark.parametrize(
    "command",
    [
        "/bin/echo 'a $HOME | b'",
        '/bin/echo "https://example.com/?a=1&b=2"',
        "sh -c 'cat x | cat'",
        f"{THERE} a --key {KEY}",
    ],
)
def test_a_process_that_starts_is_well(visit: Visit, command: str) -> None:
    visit.config(f"{A}{command}\n")
    visit.environment["PATH"] = "/usr/bin:/bin"
    assert visit.found("process-missing") == []


@pytest.mark.parametrize("asked", ["a", "gone"])
def test_our_own_line_is_written_anew(visit: Visit, asked: str) -> None:
    rest = "# kept\nregion=eu-west-1\n"
    visit.config(f"{A}/nowhere/awsprof credential-process {asked} --key {KEY}\n{rest}")
    config, _ = visit.repaired("process-missing")
    assert config.decode() == f"{A}{process_command.build_command('a', KEY)}\n{rest}"
    assert visit.found("process-missing") == []


@pytest.fixture
def shim(home: Path) -> str:
    """An awsprof as pipx installs it, which the line that is written now is about."""
    path = home / ".local" / "bin" / "awsprof"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!{sys.executable}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    "started",
    ["SHIM", "PYTHON -m awsprof", "PYTHON -E -m awsprof", "PYTHON -s SHIM", "PYTHON SHIM"],
)
@pytest.mark.parametrize("rest", [f"a --key {KEY}", "b"])
def test_a_line_that_heeds_its_surroundings_is_written_anew(
    visit: Visit, shim: str, started: str, rest: str
) -> None:
    words = started.replace("SHIM", shim).replace("PYTHON", sys.executable)
    kept = "# kept\nregion=eu-west-1\n[profile b]\ncredential_process = /bin/true\n"
    visit.config(f"{A}{words} credential-process {rest}\n{kept}")
    (finding,) = visit.found("process-not-isolated")
    assert (finding.severity.name, finding.profile) == ("WARNING", "a")
    config, _ = visit.repaired("process-not-isolated")
    name, _, key = rest.partition(" --key ")
    assert config.decode() == f"{A}{process_command.build_command(name, key or None)}\n{kept}"
    line = process_command.parse_command(config.decode().splitlines()[1].partition(" = ")[2])
    assert line is not None
    assert (line.profile, line.key_id, line.isolated) == (name, key or None, True)
    assert visit.found("process-not-isolated") == []


@pytest.mark.parametrize(
    "line",
    [
        "PYTHON -EP SHIM credential-process a --key " + KEY,
        "PYTHON -I -m awsprof credential-process a --key " + KEY,
        "PYTHON -m awsprof credential-process a",  # it asks for itself
        "PYTHON -m awsprof credential-process gone --key " + KEY,
        "/nowhere/awsprof credential-process a --key " + KEY,  # process-missing tells of it
        "PYTHON /opt/corp/credentials.py",
    ],
)
def test_any_other_line_stays(visit: Visit, shim: str, line: str) -> None:
    visit.config(f"{A}{line.replace('SHIM', shim).replace('PYTHON', sys.executable)}\n")
    assert visit.found("process-not-isolated") == []


def test_where_no_line_would_be_isolated_none_is_told_of(visit: Visit, shim: str) -> None:
    Path(shim).write_text("#!/bin/sh\n")  # as an .exe is on Windows: no Python starts it
    visit.config(f"{A}{shim} credential-process a --key {KEY}\n")
    assert visit.found("process-not-isolated") == []


def test_a_script_that_a_python_is_given_need_not_be_executable(visit: Visit, shim: str) -> None:
    Path(shim).chmod(0o600)
    visit.config(f"{A}{sys.executable} -EP {shim} credential-process a --key {KEY}\n")
    assert visit.found("process-missing") == []
    Path(shim).unlink()
    (finding,) = visit.found("process-missing")
    assert f"no longer at {shim}" in finding.fault.message


def test_another_s_program_is_left_to_a_person(visit: Visit) -> None:
    visit.config(f"{A}/nowhere/tool\n")
    (finding,) = visit.found("process-missing")
    assert finding.fault.repair is None


EXPORT = "aws configure export-credentials --profile"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{A}{THERE} a\n", ["a"]),
        (f"{A}{EXPORT} a\n", ["a"]),
        (f"{A}{EXPORT}=a\n", ["a"]),
        (f"{A}{THERE} b\n[profile b]\n{ROLE}source_profile = a\n", ["a"]),
        (f"{A}{THERE} b\n[profile b]\ncredential_process = {EXPORT} a\n", ["a", "b"]),
        (f"{A}{THERE} a --key {KEY}\n", []),
        (f"{A}{THERE} b\n[profile b]\ncredential_process = /bin/true\n", []),
        (f"{A}{EXPORT} b\n[profile b]\nsso_session = x\n", []),
        (f"{A}/bin/tool --profile a\n", []),
    ],
)
def test_a_process_that_asks_for_itself(visit: Visit, text: str, told: list[str]) -> None:
    visit.config(text)
    found = visit.found("process-calls-itself")
    assert [finding.profile for finding in found] == told
    assert all("leads back to this profile" in finding.fault.message for finding in found)
    error = CredentialsError("It printed nothing.", "run it", code="process-output")
    assert "a" not in told or answered(visit, "process-output", error=error) == []


@pytest.mark.parametrize(
    ("folder", "program", "writable"),
    [(0o755, 0o755, False), (0o755, 0o757, True), (0o757, 0o755, True), (0o1757, 0o755, False)],
)
def test_a_program_that_others_can_replace(
    visit: Visit, tmp_path: Path, folder: int, program: int, writable: bool
) -> None:
    tool = tmp_path / "bin" / "tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(program)
    tool.parent.chmod(folder)
    visit.config(f"{A}{tool}\n")
    found = visit.found("process-in-writable-place")
    place = tool.parent if folder == 0o757 else tool
    assert [f.fault.fix for f in found] == ([f"chmod o-w {place}"] if writable else [])


def answered(visit: Visit, id: str, **more: object) -> list[Finding]:
    """What the check finds in the answer for the profile a."""
    one, context = check_of(id), visit.context()
    given = LiveResult(context.catalog.get("a"), **more)  # type: ignore[arg-type]  # as told
    return [Finding(id, one.severity, fault) for fault in one.run(context, given)]


def test_a_process_that_prints_something_else(visit: Visit) -> None:
    above = f"[profile a]\n{ROLE}source_profile = b\n[profile b]\n"
    error = CredentialsError("It printed nothing.", "run it", code="process-output")
    visit.config(f"{above}credential_process = /bin/echo x | cat\n")
    assert answered(visit, "process-output", error=error) == []  # process-missing says why
    visit.config(f"{above}credential_process = /bin/echo x\n")
    (finding,) = answered(visit, "process-output", error=error)
    assert finding.fault.message == "It printed nothing."
    assert (finding.profile, str(finding.fault.origin)) == ("a", "~/.aws/config:5")
    assert answered(visit, "process-output", error=CredentialsError("x", "y", code="other")) == []
    assert answered(visit, "process-output") == []


def test_a_process_whose_credentials_end_at_once(visit: Visit) -> None:
    visit.config(f"{A}/bin/tool\n")

    def found(minutes: int) -> list[Finding]:
        ends = visit.now + timedelta(minutes=minutes)
        made = Credentials("ASIAIOSFODNN7EXAMPLE", SECRET, SECRET, ends)
        return answered(visit, "process-short-lived", credentials=made)

    (finding,) = found(9)
    assert "expire in 9 min" in finding.fault.message
    assert found(60) == []
    visit.config(f"{A}{THERE} a --key {KEY}\n")  # ours renews in time
    assert found(9) == []


VAULT = f"{A}{THERE} a --key {KEY}\n"


def test_a_key_that_the_vault_lost_and_whose_it_was(visit: Visit) -> None:
    visit.config(VAULT)
    Index.load().record(KEY, "123456789012", ALICE, backend="memory")
    (finding,) = visit.found("vault-entry-missing")
    assert (finding.profile, str(finding.fault.origin)) == ("a", "~/.aws/config:2")
    assert f"no secret of {KEY}" in finding.fault.message
    assert ALICE in finding.fault.message
    assert finding.fault.fix.startswith("awsprof add keys a;")
    visit.vault.put(KEY, SECRET)
    assert visit.found("vault-entry-missing") == []


def test_an_index_that_cannot_be_read_is_told(visit: Visit) -> None:
    assert visit.found("index-unreadable") == []
    Index.load().record(KEY, backend="x")
    assert visit.found("index-unreadable") == []
    for text in ("[keys\n", "keys = 3\n", f"[keys.{KEY}]\nbackend = 'x'\nsince = 'today'\n"):
        paths.index_file().write_text(text)
        (finding,) = visit.found("index-unreadable")
        assert "the index of the vault, cannot be read" in finding.message
        assert finding.fix.startswith("correct it, or move it away")
    paths.index_file().unlink()
    assert visit.found("index-unreadable") == []


def test_a_vault_that_cannot_be_used_is_told_once(visit: Visit) -> None:
    visit.config(f"{VAULT}[profile b]\ncredential_process = {THERE} b --key {OTHER}\n")
    assert visit.found("keyring-unusable") == []
    visit.vault.broken = True
    assert visit.found("vault-entry-missing") == []
    (finding,) = visit.found("keyring-unusable")
    assert finding.fault.message == "a vault in memory cannot be used."
    assert finding.fault.fix == "mend it"


def test_a_keyring_that_keeps_nothing_is_told_with_the_way_out(visit: Visit) -> None:
    visit.config(VAULT)
    null = "keyring.backends.null.Keyring"
    context = replace(visit.context(), vault=lambda: open_vault(NonInteractive(), null))
    (fault,) = check_of("keyring-unusable").run(context)
    assert "keeps nothing" in fault.message
    assert "awsprof settings vault auto" in fault.fix
    assert list(check_of("vault-entry-missing").run(context)) == []


def test_a_vault_that_nobody_uses_need_not_work(visit: Visit) -> None:
    visit.config("[profile a]\nregion = eu-west-1\n")
    visit.vault.broken = True
    assert visit.found("keyring-unusable") == []
    Index.load().record(KEY, backend="memory")
    assert len(visit.found("keyring-unusable")) == 1


def test_a_vault_that_waits_for_its_passphrase_is_well(visit: Visit) -> None:
    class Waiting(type(visit.vault)):  # type: ignore[misc]  # a class that is not known by name
        def holds(self, key_id: str) -> bool:
            NonInteractive().passphrase(purpose="the encrypted file")
            raise AssertionError

    visit.config(VAULT)
    visit.vault = Waiting()
    with pytest.raises(InteractionRequired):
        visit.vault.holds(KEY)
    assert visit.found("keyring-unusable") == []
    assert visit.found("vault-entry-missing") == []


def test_an_orphan_of_the_vault_is_forgotten(visit: Visit) -> None:
    text = VAULT
    visit.config(text)
    for key_id in (KEY, OTHER):
        visit.vault.put(key_id, SECRET)
        Index.load().record(key_id, backend="memory")
    (finding,) = visit.found("vault-entry-orphan")
    assert finding.profile is None
    assert OTHER in finding.fault.message
    assert visit.repaired("vault-entry-orphan") == (text.encode(), b"")
    assert list(visit.vault.secrets) == [KEY]
    assert [entry.key_id for entry in Index.load().entries()] == [KEY]
    assert visit.found("vault-entry-orphan") == []


def test_an_orphan_is_offered_to_the_profile_that_may_have_lost_its_line(visit: Visit) -> None:
    bare = "[profile base]\nregion = eu-west-1\n"
    role = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = base\n"
    visit.config(bare + role + bare.replace("base", "other"))
    visit.vault.put(OTHER, SECRET)
    Index.load().record(OTHER, backend="memory")
    (finding,) = visit.found("vault-entry-orphan")
    assert finding.fix.startswith("awsprof set base credential_process ")
    assert finding.fix.endswith("to delete it: awsprof doctor --fix vault-entry-orphan")
    command = shlex.split(finding.fix.partition(", if")[0])
    parsed = process_command.parse_command(command[-1])
    assert parsed is not None
    assert (parsed.profile, parsed.key_id) == ("base", OTHER)
    visit.config(bare.replace("base", "default"))
    assert visit.found("vault-entry-orphan")[0].fix == "awsprof doctor --fix vault-entry-orphan"


def test_a_key_that_may_be_part_of_a_rotation_is_no_orphan(visit: Visit) -> None:
    visit.config(VAULT)
    for key_id in (KEY, OTHER):
        Index.load().record(key_id, arn=ALICE, backend="memory")
    assert visit.found("vault-entry-orphan") == []


@pytest.mark.parametrize(
    "text",
    [
        f"[other]\ncredential_process = {THERE} other --key {OTHER}\n",  # a header to be mended
        f"# credential_process = {THERE} other --key {OTHER}\n",
        f"[default]\naws_access_key_id = {OTHER}\n",  # a key to be moved
    ],
)
def test_a_key_that_the_files_name_anywhere_is_no_orphan(visit: Visit, text: str) -> None:
    visit.config(text)
    Index.load().record(OTHER, backend="memory")
    assert visit.found("vault-entry-orphan") == []


def test_a_key_that_other_files_may_name_is_no_orphan(visit: Visit) -> None:
    Index.load().record(OTHER, backend="memory")
    visit.environment["AWS_CONFIG_FILE"] = "/elsewhere"
    assert visit.found("vault-entry-orphan") == []


def test_an_orphan_in_another_keyring_is_left_there(visit: Visit) -> None:
    Index.load().record(OTHER, backend="keyring.backends.SecretService.Keyring")
    (finding,) = visit.found("vault-entry-orphan")
    assert finding.fault.repair is None


def test_a_kernel_that_keeps_keys_is_nothing_to_tell(visit: Visit) -> None:
    need_kernel_keyring()
    assert visit.found("kernel-keyring-refused") == []


def test_a_kernel_that_keeps_no_keys_is_told() -> None:
    need(sys.platform == "linux", "Linux")
    told = subprocess_helpers.where_the_kernel_refuses(
        """
        from datetime import UTC, datetime, timedelta
        from awsprof.doctor.checks.vault import kernel_keyring_refused as check
        from awsprof.doctor.check_context import CheckContext
        from awsprof.profiles.catalog import Catalog
        context = CheckContext(
            Catalog.load(), (), os.environ, lambda: None, datetime.now(UTC), timedelta(90)
        )
        print(*[fault.message for fault in check.run(context)])
        """
    )
    assert told == "The kernel keyring is not available; awsprof keeps sessions in the vault.\n"
    assert os.environ["HOME"]


def test_a_command_over_several_lines_is_offered_on_one(visit: Visit, home: Path) -> None:
    visit.config(
        "[profile a]\ncredential_process = /bin/true credential-process \\\n"
        "  --certificate ~/client.crt \\\n  --region eu-west-1\n"
    )
    (found,) = visit.found("process-missing")
    assert "does not join lines" in found.message
    whole = f"/bin/true credential-process --certificate {home}/client.crt --region eu-west-1"
    assert found.fix == f"awsprof set a credential_process '{whole}'"


def test_a_home_that_no_shell_expands_is_written_out(visit: Visit, home: Path) -> None:
    visit.config("[profile a]\ncredential_process = ~/helper --json\n")
    (found,) = visit.found("process-missing")
    assert f"{home}/helper was not found either" in found.message
    assert "full path" in found.fix
    (home / "helper").write_text("#!/bin/sh\n")
    (home / "helper").chmod(0o700)
    (found,) = visit.found("process-missing")
    assert found.fix == f"awsprof set a credential_process '{home}/helper --json'"


def test_what_other_sdks_refuse_of_an_answer_is_a_warning(visit: Visit) -> None:
    visit.config("[profile a]\ncredential_process = /bin/echo x\n")
    (finding,) = answered(visit, "process-output-odd", oddities=("gives x, which Go refuses",))
    assert finding.message == "Its program gives x, which Go refuses."
    assert answered(visit, "process-output-odd") == []


def test_a_line_too_long_to_be_printed_is_left_to_an_editor(visit: Visit, home: Path) -> None:
    for more, typed in (("x" * 700, True), ("x" * 1100, False)):
        visit.config(f"[profile a]\ncredential_process = /bin/true \\\n  --for {more}\n")
        (found,) = visit.found("process-missing")
        assert ("…" in found.fix) is False
        assert found.fix.startswith("awsprof set a credential_process") == typed
        assert (more in found.fix) == typed


@pytest.mark.parametrize(
    ("asked", "fix"),
    [
        ("admn", "awsprof add process a --command 'awsprof credential-process admin'"),
        ("zz", "name a profile that exists at ~/.aws/config:5; awsprof list shows them"),
        ("aa", "name a profile that exists at ~/.aws/config:5; awsprof list shows them"),
    ],
)
def test_a_line_in_front_of_a_profile_that_is_not_there(visit: Visit, asked: str, fix: str) -> None:
    role = "role_arn = arn:aws:iam::123456789012:role/R\ncredential_source = Environment\n"
    visit.config(f"[profile admin]\n{role}{A}{THERE} {asked}\n")
    (finding,) = visit.found("process-missing")
    assert finding.fix == fix
    if "add process" in fix:
        assert run_command([*shlex.split(fix)[1:], "--no-verify", "--yes"]) == 0
        assert visit.found("process-missing") == []


def test_such_a_line_is_told_where_the_file_refuses_its_repair(visit: Visit, shim: str) -> None:
    visit.config(f"{A}{shim} credential-process a --key {KEY}\n[DEFAULT]\noutput = json\n")
    (finding,) = visit.found("process-not-isolated")
    assert not finding.auto_fixable
    assert "[DEFAULT] leaks into every profile" in finding.fix


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{tool} --x", "'{tool}' --x"),
        ("{tool}", "'{tool}'"),
        ('"/bin/echo --x" y', "/bin/echo --x y"),
    ],
)
def test_a_path_with_a_blank_gets_its_quotes(
    visit: Visit, tmp_path: Path, written: str, meant: str
) -> None:
    tool = tmp_path / "my tools" / "x"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    visit.config(A + written.format(tool=tool) + "\n")
    (found,) = visit.found("process-missing")
    assert "A program's path with a blank needs quotes" in found.message
    command = shlex.split(found.fix)
    assert command[:4] == ["awsprof", "set", "a", "credential_process"]
    assert shlex.split(command[4]) == shlex.split(meant.format(tool=tool))
    assert run_command([*command[1:], "--yes"]) == 0
    assert visit.found("process-missing") == []


def test_a_command_with_a_password_is_quoted_in_an_editor(visit: Visit) -> None:
    visit.config(f'{A}"/bin/echo --password hunter2hunter2"\n')
    (found,) = (f for f in run_offline(visit.context()) if f.id == "process-missing")
    assert found.fix.startswith("put only the program's path in quotes at ")
    assert "***" not in found.fix and "hunter2" not in f"{found.message} {found.fix}"


def test_a_command_with_a_password_is_joined_in_an_editor(visit: Visit) -> None:
    visit.config(f"{A}/bin/echo --password hunter2hunter2 \\\n  --json\n")
    (found,) = (f for f in run_offline(visit.context()) if f.id == "process-missing")
    assert found.fix.startswith("write it on one line, with full paths at ")
    assert "***" not in found.fix and "hunter2" not in f"{found.message} {found.fix}"
