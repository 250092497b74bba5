"""A system on which botocore reads the files in the locale's encoding, as it does on Windows."""

import locale
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from awsprof.configfile import dialects, document, encoding
from awsprof.configfile.document import Document, FileKind, SectionId, SetValue
from awsprof.errors import EditRefused
from tests.unit.doctor.conftest import Visit

_DEV = SectionId.profile("dev")


def _forget_readings() -> None:
    for cached in (dialects.as_botocore, dialects.as_sdk, dialects.read_plain, document._parsed):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Western Windows, for the module that asks for the encoding."""
    flags = SimpleNamespace(utf8_mode=0)
    monkeypatch.setattr(encoding, "sys", SimpleNamespace(platform="win32", flags=flags))
    monkeypatch.setattr(locale, "getencoding", lambda: "cp1252")
    _forget_readings()
    yield
    _forget_readings()


def test_python_is_asked_only_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert encoding.botocore_encoding() == "cp1252"
    monkeypatch.setattr(encoding, "sys", sys)
    assert encoding.botocore_encoding() == "utf-8"


def test_a_value_is_read_as_botocore_reads_it_there() -> None:
    data = "[profile dev]\nregion = é\n".encode()
    assert dialects.as_botocore(data, FileKind.CONFIG).sections[_DEV] == {"region": "Ã©"}
    assert dialects.as_sdk(data, FileKind.CONFIG).sections[_DEV] == {"region": "é"}


@pytest.mark.parametrize("line", ["region = é", "# für Björn\nregion = eu-west-1"])
def test_an_edit_leaves_other_lines_as_they_are(line: str) -> None:
    data = f"[profile dev]\n{line}\n".encode()
    edited = Document.parse(data, FileKind.CONFIG).edit(SetValue(_DEV, "output", "json"))
    assert edited.render() == data + b"output = json\n"


def test_a_value_that_sdks_would_read_differently_is_not_written() -> None:
    dev = Document.parse(b"[profile dev]\nregion = eu-west-1\n", FileKind.CONFIG)
    with pytest.raises(EditRefused, match="boto3 on this machine reads the file as CP1252") as no:
        dev.edit(SetValue(_DEV, "sso_role_name", "Björn"))
    assert "Björn" not in str(no.value)


def test_a_character_that_the_encoding_lacks_makes_the_file_unreadable(visit: Visit) -> None:
    text = "[profile dev]\n# Ávila\nregion = eu-west-1\n"  # its second byte is none in cp1252
    assert dialects.as_botocore(text.encode(), FileKind.CONFIG).error == "it is not CP1252"
    with pytest.raises(EditRefused, match="Line 2: The line is not CP1252"):
        Document.parse(text.encode(), FileKind.CONFIG).edit(SetValue(_DEV, "output", "json"))
    visit.config(text)
    (finding,) = visit.found("encoding")
    assert finding.fault.message.startswith("boto3 can't read this file here")
    assert finding.fault.origin is not None
    assert finding.fault.origin.line == 2


def test_the_doctor_names_the_line_that_is_read_in_two_ways(visit: Visit) -> None:
    visit.config("[profile dev]\nregion = eu-west-1\nrole_session_name = Björn\n")
    (finding,) = visit.found("encoding")
    assert "reads it as CP1252 here" in finding.fault.message
    assert finding.fault.origin is not None
    assert finding.fault.origin.line == 3
    visit.config("[profile dev]\nregion = eu-west-1\n")
    assert visit.found("encoding") == []
