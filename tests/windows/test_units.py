"""The unit tests of documents and of the vault, run by one pytest within Windows."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

from tests.windows.wine import DRIVE_C, FOLDER, Wine

_UNIT: Final = FOLDER.parent / "unit"
_PLACE: Final = DRIVE_C / "brought" / "units"
_LIMIT_S: Final = 300
_CRYPTOGRAPHY: Final = "Wine 8.0 lacks a library that cryptography needs"
_ENCODING: Final = "botocore reads cp1252 there: test_files.py says what then holds"
_LINUX: Final = "its subject is a part of Linux"
_MODES: Final = "Windows has no file modes"
_OPEN: Final = "Windows refuses to replace a file that is open for writing, and Wine does not"
_SECRET_SERVICE: Final = "secretstorage, whose error it is, is for Linux alone"
_USERS: Final = "users have no numbers there, to give files to"
# What cannot run there, and why: whole files, and the tests whose ids begin so.
_FILES_LEFT_OUT: Final = {
    "configfile/test_dialects_at_scale.py": "it reads thousands of files; test_dialects.py runs",
    "vault/test_backends.py": "it chooses among Linux's keyrings and the encrypted file",
    "vault/test_encrypted_file.py": _CRYPTOGRAPHY,
    "vault/test_file_format.py": _CRYPTOGRAPHY,
    "vault/test_foreign_data.py": _USERS,
    "vault/test_hardening.py": _LINUX,
    "vault/test_kernel_keyring.py": _LINUX,
    "vault/test_macos_keychain.py": "its subject is a part of macOS",
    "vault/test_fast_secret_service.py": _LINUX,
    "vault/test_secret_service.py": _LINUX,
    "vault/test_session_cache.py": "its subject is Linux's keyring; test_backend_sessions.py runs",
}
_TESTS_LEFT_OUT: Final = {
    "configfile/test_dialects.py::test_invalid_utf_8": _ENCODING,
    "configfile/test_dialect_table.py::test_what_botocore_reads[key of other letters": _ENCODING,
    "configfile/test_dialect_table.py::test_what_botocore_reads[letters of every": _ENCODING,
    "configfile/test_dialect_table.py::test_what_botocore_reads[line separator": _ENCODING,
    "configfile/test_dialect_table.py::test_what_botocore_reads[next line (NEL)": _ENCODING,
    "configfile/test_dialect_table.py::test_what_botocore_reads[no-break space around": _ENCODING,
    "configfile/test_refusals.py::test_a_refusal_leaves_the_file_untouched[a line sep": _ENCODING,
    "configfile/test_refusals.py::test_signs_of_a_comment_within_a_value_survive[\\xe9": _ENCODING,
    "configfile/test_storage.py::test_a_device_is_read_and_never_replaced": "it needs /dev/null",
    "configfile/test_storage.py::test_a_file_that_is_being_written_is_read_once": _LINUX,
    "configfile/test_storage.py::test_a_folder_that_cannot_be_written_is_told": _USERS,
    "configfile/test_storage.py::test_a_late_text_that_cannot_be_changed_is_told": _OPEN,
    "configfile/test_storage.py::test_a_read_only_file_is_changed_and_that_is_told": _MODES,
    "configfile/test_storage.py::test_an_ordinary_user_writes": _USERS,
    "configfile/test_storage.py::test_killed_at_each_step_the_next_change_mends_it": "it forks",
    "configfile/test_storage.py::test_one_file_of_another_does_not_close_the_other": _USERS,
    "configfile/test_storage.py::test_the_files_of_another_are_left_alone": _USERS,
    "configfile/test_storage.py::test_two_paths_to_one_file": "Wine makes no symbolic links",
    "configfile/test_storage.py::test_under_sudo_the_home_of_another_is_left_alone": _USERS,
    "configfile/test_storage.py::test_what_a_late_writer_wrote_is_kept": _OPEN,
    "configfile/test_storage.py::test_what_is_made_is_private": _MODES,
    "configfile/test_storage.py::test_what_sudo_left_is_given_back_from_its_topmost_folder": _USERS,
    "vault/test_index.py::test_what_is_recorded_is_there_for_the_next_one": _MODES,
    "vault/test_vault.py::test_moving_notes_the_new_place": _CRYPTOGRAPHY,
    **dict.fromkeys(
        (
            "vault/test_vault.py::test_whatever_a_keyring_raises_is_one_sentence_and"
            f"_the_mend[{name}"
            for name in ("Dismissed", "ItemLost", "Unavailable")
        ),
        _SECRET_SERVICE,
    ),
}
_FILES: Final = sorted(
    name
    for folder in ("configfile", "vault")
    for file in (_UNIT / folder).glob("test_*.py")
    if (name := f"{folder}/{file.name}") not in _FILES_LEFT_OUT
)


@dataclass
class Outcome:
    """What became of a file's tests: how many passed, and what the others said."""

    passed: int = 0
    others: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def outcomes(wine: Wine) -> Mapping[str, Outcome]:
    """All of them, by one process; by file."""
    _bring()
    words = ["-q", "-p", "no:cacheprovider", "--tb=short", "--junitxml=done.xml"]
    for name in _TESTS_LEFT_OUT:
        words += ["--deselect", f"tests/unit/{name}"]
    files = [f"tests/unit/{name}" for name in _FILES]
    done = wine.python("-m", "pytest", *words, *files, folder=_PLACE, timeout=_LIMIT_S, code=None)
    assert (_PLACE / "done.xml").is_file(), done.stdout + done.stderr
    found: dict[str, Outcome] = defaultdict(Outcome)
    # Our own pytest wrote it.
    for case in ElementTree.parse(_PLACE / "done.xml").iter("testcase"):  # noqa: S314
        folder, file = case.attrib["classname"].split(".")[2:4]
        outcome = found[f"{folder}/{file}.py"]
        if len(case) == 0:
            outcome.passed += 1
        outcome.others += [f"{case.attrib['name']}: {each.text}" for each in case]
    return found


def _bring() -> None:
    """Copy the tests, and what they import of ours, to drive C."""
    shutil.rmtree(_PLACE, ignore_errors=True)
    tests, project = _UNIT.parent, _UNIT.parents[1]
    (_PLACE / "tests" / "unit").mkdir(parents=True)
    shutil.copy(project / "pyproject.toml", _PLACE)
    shutil.copy(FOLDER / "conftest_inside.py", _PLACE / "tests" / "conftest.py")
    for name in ("budgets.py", "requirements.py", "syscall_faults.py"):
        shutil.copy(tests / name, _PLACE / "tests")
    for name in ("standins", "unit/configfile", "unit/vault"):
        unneeded = shutil.ignore_patterns("__pycache__")
        shutil.copytree(tests / name, _PLACE / "tests" / name, ignore=unneeded)


@pytest.mark.parametrize("file", _FILES)
def test_they_pass_there(outcomes: Mapping[str, Outcome], file: str) -> None:
    assert file in outcomes, sorted(outcomes)
    assert outcomes[file].others == []
    assert outcomes[file].passed


def test_what_is_left_out_is_there_to_be_left_out() -> None:
    for name in (*_FILES_LEFT_OUT, *_TESTS_LEFT_OUT):
        file, _, test = name.partition("::")
        text = Path(_UNIT, file).read_text()
        assert f"def {test.partition('[')[0]}" in text or not test, name
