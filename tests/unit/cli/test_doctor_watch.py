"""awsprof doctor --watch: what each save fixes and breaks, until no error is left."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from awsprof.cli import doctor_watch
from awsprof.doctor.report import Report
from awsprof.terminal import Terminal
from tests.standins.doctor_reports import ERROR, INFO, finding, profile, report

LINE = finding(ERROR, "Line 3.", "awsprof doctor --fix x", id="line", profile="a")
KEY = finding(ERROR, "A key.", "awsprof unset a k", id="key", profile="a")


def test_each_save_tells_the_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saves = iter(range(9))
    monkeypatch.setattr(doctor_watch, "_next_save", lambda _: next(saves))
    reports: Iterator[Report] = iter(
        report([profile("a", *findings)], live=False) for findings in ([LINE], [KEY], [])
    )
    assert doctor_watch.watch(Terminal(), lambda: next(reports), INFO) == 0
    out, err = capsys.readouterr()
    assert err == ""
    _, _, after = out.partition("to be saved")
    assert after.index("ok fixed: a: line") < after.index("x  a  key") < after.index("1 error is")
    assert after.index("ok fixed: a: key") < after.index("No errors are left in the files.")


def test_a_sign_in_is_nothing_that_a_save_could_mend(capsys: pytest.CaptureFixture[str]) -> None:
    token = finding(ERROR, "not signed in.", "awsprof login", id="sso-token-expired")
    token = replace(token, fault=replace(token.fault, sign_in=True))
    only = report([profile("a")], token, live=False)
    assert doctor_watch.watch(Terminal(), lambda: only, INFO) == 0
    out = capsys.readouterr().out
    assert "Waiting for" not in out
    assert "fix: awsprof login" in out


def test_a_save_is_seen_in_a_file_that_was_missing(
    home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    before = doctor_watch._state()
    (Path.home() / ".aws").mkdir()
    (Path.home() / ".aws" / "config").write_text("[default]\n")
    monkeypatch.setattr(doctor_watch, "_INTERVAL", 0)
    assert doctor_watch._next_save(before) == doctor_watch._state() != before
