"""Whatever the two files hold: the checks of text end with reasons, and the mends do no harm."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsprof.configfile.dialects import as_botocore
from awsprof.configfile.document import FileKind
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.checks import (
    dialects,
    duplicate_sections,
    files,
    headers,
    indents,
    lines_without_equals,
    syntax,
    unknown_keys,
)
from awsprof.doctor.findings import Check, Fault, Severity
from awsprof.editing.change import Change
from awsprof.profiles.catalog import Catalog
from tests.budgets import examples
from tests.standins.fuzz_files import hostile_files
from tests.unit.doctor.conftest import Visit, joined

SUBJECTS = (
    files,
    lines_without_equals,
    duplicate_sections,
    headers,
    indents,
    syntax,
    dialects,
    unknown_keys,
)
CHECKS = [c for subject in SUBJECTS for c in vars(subject).values() if isinstance(c, Check)]
MANY = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


def scene_of(visit: Visit, config: bytes | None, credentials: bytes | None) -> CheckContext:
    catalog = Catalog.from_bytes(config, credentials)
    vault = visit.vault
    return CheckContext(
        catalog,
        tuple(catalog.profiles),
        visit.environment,
        lambda: vault,
        visit.now,
        visit.key_age,
    )


def found(visit: Visit, kind: FileKind, data: bytes) -> Iterator[tuple[Check, Fault]]:
    config, credentials = (data, b"") if kind is FileKind.CONFIG else (b"", data)
    context = scene_of(visit, config, credentials)
    for check in CHECKS:
        for fault in check.run(context):
            assert fault.message
            assert fault.fix
            assert "\n" not in fault.message + fault.fix
            (fault.message + fault.fix + (fault.profile or "")).encode()  # it can be written
            yield check, fault


@MANY
@given(st.binary(max_size=200), st.sampled_from(FileKind))
def test_any_bytes_end_with_findings(visit: Visit, data: bytes, kind: FileKind) -> None:
    faults = list(found(visit, kind, data))
    if as_botocore(data, kind).error:
        assert any(check.severity is Severity.ERROR for check, _ in faults)


@pytest.mark.parametrize("kind", FileKind)
def test_what_boto3_cannot_read_has_its_reason_at_that_line(kind: FileKind, visit: Visit) -> None:
    failed = 0
    for text in hostile_files(500, seed=2):
        error = as_botocore(text.encode(), kind).error
        if error:
            failed += 1
            errors = [f for c, f in found(visit, kind, text.encode()) if c.severity == "error"]
            assert any(fault.origin for fault in errors), (text, error)
    assert failed > 50


@pytest.mark.parametrize("kind", FileKind)
def test_mends_break_nothing_and_leave_less(kind: FileKind, visit: Visit) -> None:
    """After a repair boto3 reads what it read before, or more; and one more round finds less."""
    mended = 0
    for text in hostile_files(500, seed=3):
        data = text.encode()
        faults = [fault for _, fault in found(visit, kind, data)]
        changes = [f.repair.change for f in faults if f.repair and f.repair.change]
        if not changes:
            continue
        mended += 1
        after = joined(changes).apply_to(kind, data) or b""
        before, now = as_botocore(data, kind), as_botocore(after, kind)
        assert before.error or not now.error, text
        assert comments(data) <= comments(after) | comments(moved(changes, kind)), text
        again = [f for _, f in found(visit, kind, after) if f.repair and f.repair.change]
        assert len(again) < len(changes), text
    assert mended > 200


@pytest.mark.parametrize("line", ["region = eu-west-1", "regoin : 'eu-west-1' # home"])
def test_the_time_grows_with_the_number_of_profiles(line: str, visit: Visit) -> None:
    """Ten times the profiles take about ten times as long: a square would take a hundred times."""
    role = "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base"

    def seconds(count: int) -> float:
        text = "".join(f"[profile p{number}]\n{role}\n{line}\n\n" for number in range(count))
        took = []
        for _ in range(3):  # the best of three: CPU seconds of a busy machine vary
            start = time.process_time()
            faults = list(found(visit, FileKind.CONFIG, text.encode()))
            took.append(time.process_time() - start)
            assert len(faults) in {0, 4 * count}
        return min(took)

    assert seconds(1000) < 35 * seconds(100)


def comments(data: bytes) -> set[str]:
    """The comments that have a line of their own."""
    texts = (line.strip() for line in data.decode().replace("\r", "\n").split("\n"))
    return {text for text in texts if text.startswith(("#", ";"))}


def moved(changes: list[Change], kind: FileKind) -> bytes:
    """What went into the config file."""
    other = FileKind.CONFIG if kind is FileKind.CREDENTIALS else FileKind.CREDENTIALS
    return joined(changes).apply_to(other, b"") or b""
