"""A secret that somebody pasted into a team file is refused, and stays nowhere in the process."""

import gc
from collections.abc import Iterator

import pytest

from awsprof.team.model import TeamFileError
from awsprof.team.reader import load
from awsprof.team.secret_finder import SecretFinder
from tests.standins.team_source import MemorySource

MARK = "XUtnFEMI+K7MDENG+bPxRfiCY"  # most of a made-up secret of forty characters


def _secret() -> str:
    return f"wJalr{MARK}" + "EXAMPLEKEY"


def _holders() -> Iterator[object]:
    """What still refers to a text with the secret, other than this module's constant."""
    for holder in gc.get_objects():
        for text in gc.get_referents(holder):
            if isinstance(text, str) and MARK in text and text is not MARK:
                yield type(holder)


@pytest.mark.parametrize(
    "line",
    [
        "[profile.a]\nregion = '{0}'",
        "# aws_secret_access_key = {0}",
        "[profile.a]\nmfa_process = 'login {{user}} --password {0}'",
        "[profile.a]\naws_secret_access_key = '{0}'",
        "[variables.user]\nquestion = 'password={0}'\npattern = '{0}'",
        '[profile.a]\naws_secret_access_key = "{1}"',  # no line shows these two
        '[profile.a]\nmfa_process = "login {{user}} --password {1}"',
    ],
)
def test_a_secret_is_remembered_by_nothing_once_the_file_was_refused(line: str) -> None:
    escaped = "".join(f"\\u{ord(char):04x}" for char in _secret())
    data = f"version = 1\n{line.format(_secret(), escaped)}\n".encode()
    with pytest.raises(TeamFileError) as caught:
        load(MemorySource({"team.toml": data}))
    assert "what looks like a secret" in caught.value.message + str(caught.value.problems)
    del caught
    gc.collect()
    assert list(_holders()) == []


def test_each_line_and_value_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = SecretFinder()
    assert finder.in_value(_secret(), "aws_secret_access_key")
    assert finder.in_line(f"aws_secret_access_key = {_secret()}")
    assert not finder.in_line("region = 'eu-west-1'")
    for name in ("is_secret", "find_secrets", "looks_secret"):
        monkeypatch.delattr(f"awsprof.team.secret_finder.{name}")
    assert finder.in_value(_secret(), "aws_secret_access_key")
    assert finder.in_line(f"aws_secret_access_key = {_secret()}")
    assert not finder.in_line("region = 'eu-west-1'")
