"""Files, locks and the Credential Locker as Windows has them."""

import json
from typing import Any

import pytest

from tests.windows.conftest import Person
from tests.windows.wine import SCRIPTS, Wine

_CRLF = b"[profile dev]\r\nregion = eu-west-1\r\n\r\n[profile ops]\r\nregion = eu-west-1\r\n"
_ACCENT = "\r\n# für Björn\r\n[profile accent]\r\nrole_session_name = Björn\r\n".encode()
_EXE = Wine.path(SCRIPTS / "awsprof.exe")


@pytest.fixture(scope="module")
def done(jane: Person) -> dict[str, Any]:
    """All of it, by two processes."""
    jane.config.write_bytes(_CRLF)
    tasks: dict[str, dict[str, Any]] = {
        "set": {"do": "awsprof", "words": ["set", "dev", "output", "json", "--yes"]},
        "line off PATH": {"do": "process_line", "path": [r"C:\windows"]},
        "line on PATH": {"do": "process_line", "path": [Wine.path(SCRIPTS)]},
        "long": {"do": "long_secret", "length": 20_000},
        "lock": {"do": "lock_of_a_killed_process"},
        "read for a second": _edit_while_read(jane, "text", 1.0),
        "read all the time": _edit_while_read(jane, "table", 600.0),
        "writers": {"do": "writers", "profiles": ["dev", "ops"], "edits": 3},
    }
    answers = dict(zip(tasks, jane.do(*tasks.values()), strict=True))
    answers["written"] = jane.config.read_bytes()
    jane.config.write_bytes(answers["written"] + _ACCENT)
    accents: dict[str, dict[str, Any]] = {
        "botocore": {"do": "botocore_profiles"},
        "ours": {"do": "awsprof", "words": ["show", "accent", "--json"]},
        "doctor": {"do": "awsprof", "words": ["doctor", "--offline", "--json"]},
        "refused": {
            "do": "awsprof",
            "words": ["set", "dev", "cli_pager", "Björn", "--yes"],
        },
        "kept": {"do": "awsprof", "words": ["set", "dev", "output", "text", "--yes"]},
    }
    return answers | dict(zip(accents, jane.do(*accents.values()), strict=True))


def _edit_while_read(jane: Person, output: str, seconds: float) -> dict[str, Any]:
    words = ["set", "ops", "output", output, "--yes"]
    file = Wine.path(jane.config)
    return {"do": "edit_while_read", "words": words, "file": file, "seconds": seconds}


def test_line_ends_of_windows_are_kept(done: dict[str, Any]) -> None:
    assert done["set"]["code"] == 0, done["set"]
    assert b"output = json\r\n" in done["written"]
    assert done["written"].count(b"\n") == done["written"].count(b"\r\n") == 7


@pytest.mark.parametrize("where", ["line off PATH", "line on PATH"])
def test_the_program_is_found_in_scripts(done: dict[str, Any], where: str) -> None:
    assert done[where] == f'"{_EXE}" credential-process dev'


def test_a_long_secret_is_kept_in_entries_that_windows_takes(done: dict[str, Any]) -> None:
    long = done["long"]
    assert long["same"]
    assert len(long["bytes"]) > 10
    assert max(long["bytes"]) <= 2560
    assert long["left"] == []


def test_a_lock_keeps_others_out_until_its_process_ends(done: dict[str, Any]) -> None:
    assert done["lock"] == [False, True]


def test_a_file_that_is_being_read_is_replaced_once_it_is_closed(done: dict[str, Any]) -> None:
    assert done["read for a second"]["code"] == 0, done["read for a second"]
    assert b"output = text\r\n" in done["written"]


def test_a_file_that_stays_open_is_told(done: dict[str, Any]) -> None:
    told = done["read all the time"]
    assert told["code"] == 3, told
    assert "close the programs that have it open" in " ".join(told["err"].split())
    assert b"table" not in done["written"]


def test_processes_that_write_at_once_lose_nothing(done: dict[str, Any]) -> None:
    assert done["writers"] == [0, 0]
    assert done["written"].count(b"region = eu-west-2\r\n") == 2


def test_letters_beyond_ascii_are_read_as_botocore_reads_them_there(done: dict[str, Any]) -> None:
    theirs = done["botocore"]["accent"]["role_session_name"]
    assert theirs != "Björn"  # cp1252, while the other SDKs read UTF-8
    shown = json.dumps(json.loads(done["ours"]["out"]), ensure_ascii=False)
    assert theirs in shown
    findings = json.loads(done["doctor"]["out"])["findings"]
    assert any("CP1252" in each["message"] for each in findings if each["id"] == "encoding")


def test_letters_beyond_ascii_are_not_written_there(done: dict[str, Any], jane: Person) -> None:
    assert done["refused"]["code"] != 0
    assert "boto3 on this machine reads the file as CP1252" in done["refused"]["err"]
    assert done["kept"]["code"] == 0
    expected = done["written"].replace(b"output = json", b"output = text") + _ACCENT
    assert jane.config.read_bytes() == expected
