"""Every mend that the doctor prints is typed as it stands, and the finding is gone after that.

A person sits at the terminal and agrees; where a command asks for more than that (a secret, a
browser, a device), it says so, which is the documented outcome of a run without anybody.
"""

import io
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout

import click
import pytest

from awsprof import settings
from awsprof.cli.main import run_command
from awsprof.cli.root import awsprof_command as cli
from awsprof.doctor.findings import Finding
from awsprof.doctor.runner import run_offline
from awsprof.errors import InteractionRequired, UsageError
from tests.standins.aws import Aws
from tests.unit.doctor import test_profiles, test_sso
from tests.unit.doctor.conftest import Visit
from tests.unit.doctor.test_process import NOT_STARTED
from tests.unit.doctor.test_process import A as LINE
from tests.unit.doctor.test_profiles import KEY, SECRET

STEP = re.compile(r" && |[,;] then (?=awsprof)| then (?=awsprof)")
OTHER = re.compile(r"; (?!then)|,? or (?=awsprof)|, and (?=awsprof)")
# What needs somebody who knows a secret, signs in, or is asked what to set up.
ASKS = {"add", "setup", "login", "mfa", "sso"}
# What shows something, after which a person decides.
SHOWS = {"show", "doctor", "list"}


def ways(fix: str) -> list[list[list[str]]]:
    """The ways out that a mend names: each one command or several, each command its words."""
    found = []
    for alternative in OTHER.split(fix):
        steps = [list(command(step)) for step in STEP.split(alternative) if "awsprof " in step]
        if steps:
            found.append(steps)
    return found


def command(text: str) -> list[str]:
    """The words of a command, up to where the sentence goes on."""
    start = re.search(r"\bawsprof (?=[a-z])", text)
    assert start is not None, text
    words = shlex.split(text[start.end() :].replace("'s ", "s "))
    for end in range(len(words), 0, -1):
        if parses(words[:end]):
            return words[:end]
    pytest.fail(f"no command: {text}")


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the first words name, and the others."""
    at: click.Command = cli
    while isinstance(at, click.Group) and words and words[0] in at.commands:
        at, words = at.commands[words[0]], words[1:]
    return at, words


def parses(words: list[str]) -> bool:
    """Whether click takes these words."""
    found, rest = resolved(words)
    if isinstance(found, click.Group) and (rest or not found.invoke_without_command):
        return False
    try:
        found.make_context("awsprof", rest)
    except click.exceptions.Exit:  # --help
        return True
    except (click.UsageError, UsageError):
        return False
    return True


def agreeing(words: list[str]) -> list[str]:
    """The command as somebody types it who then agrees to the diff."""
    agrees = any("--yes" in option.opts for option in resolved(words)[0].params)
    agrees = agrees and (words[0] != "doctor" or "--fix" in words)
    return [*words, "--yes"] if agrees else words


def typed(words: list[str]) -> tuple[int, str]:
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run_command(agreeing(words))
    return code, said.getvalue()


@pytest.fixture
def key_context(visit: Visit, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A machine with a vault, and an AWS that knows AWS's example key."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    settings.put_setting("vault", "file")
    aws.approve_at_once = True
    return visit


def check(key_context: Visit, finding: Finding, before: Sequence[Finding]) -> None:
    """Type each way out that the finding names, on the files as they were."""
    config, credentials = key_context.bytes("config"), key_context.bytes("credentials")
    for steps in ways(finding.fix):
        key_context.config(config)
        key_context.credentials(credentials)
        asked = any(words[0] in ASKS for words in steps)
        shown = all(words[0] in SHOWS and "--fix" not in words for words in steps)
        for words in steps:
            code, said = typed(words)
            assert "Traceback" not in said, said
            if code == InteractionRequired.exit_code or (code and asked):
                assert words[0] in ASKS, (finding.id, finding.fix, said)
            else:  # the doctor's 1: there are other errors
                assert code == 0 or (code, words[0]) == (1, "doctor"), (finding.fix, said)
        if not (asked or shown):
            left = [f for f in run_offline(key_context.context()) if f.id == finding.id]
            were = [f for f in before if f.id == finding.id]
            assert len(left) < len(were), (finding.id, finding.fix, steps)


def cases() -> Iterator[tuple[str, str]]:
    seen = set()
    processes = [("process-missing", f"{LINE}{command}\n") for command, _ in NOT_STARTED]
    found = [row[:2] for row in test_profiles.FIRES]
    found += [(str(id), str(text)) for id, text, *_ in test_sso.FIRES]
    for id, text in (*found, *processes):
        if (id, text) not in seen:
            seen.add((id, text))
            yield id, text


@pytest.mark.parametrize(("id", "text"), [*cases()], ids=[id for id, _ in cases()])
def test_the_mends_of_each_check(key_context: Visit, aws: Aws, id: str, text: str) -> None:
    key = aws.user("alice")
    key_context.config(text.replace(KEY, key.id).replace(SECRET, key.secret))
    before = run_offline(key_context.context())
    for finding in [f for f in before if f.id == id]:
        check(key_context, finding, before)
