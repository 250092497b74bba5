"""The doctor's report on the terminal: 80 columns, the worst first, nothing lost."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from awsprof.cli.doctor_output import print_report
from awsprof.doctor.findings import Severity
from awsprof.doctor.html_report import render_page
from awsprof.doctor.report import Health, Report
from awsprof.terminal import Terminal
from tests.standins.doctor_reports import ERROR, INFO, WARNING, finding, profile, report

Told = Callable[..., list[str]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """The lines that a terminal of 80 columns shows."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")

    def lines(what: Report, *, quiet: bool = False, least: Severity = INFO) -> list[str]:
        print_report(Terminal(), what, quiet=quiet, least=least)
        out, err = capsys.readouterr()
        assert err == ""
        return re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines()

    return lines


def staging() -> Report:
    """A healthy profile, one to look at, and one that is broken twice over."""
    missing = finding(
        ERROR,
        "source_profile = bsae names no profile. Did you mean base?",
        "awsprof set staging source_profile base",
        id="source-missing",
        profile="staging",
        line=44,
        repairable=True,
    )
    region = finding(WARNING, "No region.", id="region-missing", profile="staging", line=43)
    plain = finding(WARNING, "In plain text.", id="plaintext", profile="old", repairable=True)
    return report(
        [profile("base"), profile("old", plain), profile("staging", region, missing)],
        finding(INFO, "Copies of credentials lie about.", id="aws-cli-cache"),
    )


def test_it_reads_like_this(told: Told) -> None:
    assert told(staging()) == [
        "3 profiles   1 healthy   1 broken   1 with warnings                        2.1 s",
        "next: awsprof set staging source_profile base",
        "",
        "x  staging  source-missing" + "/home/alice/.aws/config:44".rjust(54),
        "   source_profile = bsae names no profile. Did you mean base?",
        "   fix: awsprof set staging source_profile base                    --fix does it",
        "",
        "!  old      plaintext",
        "   In plain text.",
        "                                                                   --fix does it",
        "",
        "!  staging  region-missing" + "/home/alice/.aws/config:43".rjust(54),
        "   No region.",
        "",
        "i  aws-cli-cache",
        "   Copies of credentials lie about.",
        "",
        "ok base     arn:aws:sts::210987654321:assumed-role/Admin/alice",
        "ok old      arn:aws:sts::210987654321:assumed-role/Admin/alice",
        "",
        "1 error, 2 warnings, 1 note in 3 profiles; `awsprof doctor --fix` fixes 2",
    ]


def test_the_least_severity_hides_what_is_below_and_says_so(told: Told) -> None:
    lines = told(staging(), least=ERROR)
    assert "region-missing" not in "".join(lines)
    assert "ok old      arn:aws:sts::210987654321:assumed-role/Admin/alice" in lines
    assert lines[-2:] == [
        "1 error in 3 profiles; `awsprof doctor --fix` fixes it",
        "3 less severe findings hidden (--severity info shows all)",
    ]


def test_quiet_leaves_out_who_is_well_alone(told: Told) -> None:
    loud, quiet = told(staging()), told(staging(), quiet=True)
    assert [line for line in loud if line not in quiet] == [
        "ok base     arn:aws:sts::210987654321:assumed-role/Admin/alice",
        "ok old      arn:aws:sts::210987654321:assumed-role/Admin/alice",
    ]


def test_every_line_fits_but_for_words_and_commands_that_are_copied(told: Told) -> None:
    name = "a-name-of-some-length-" * 3
    url = "https://example.com/" + "x" * 90
    command = f"awsprof set {name} source_profile {name}"
    long = finding(ERROR, "word " * 60 + url, command, profile=name, line=7, repairable=True)
    lines = told(report([profile(name, long), profile(name + "2"), profile("b", source=name)]))
    wide = [line for line in lines if len(line) > 80]
    assert wide == [f"next: {command}", f"   {url}", f"   fix: {command}"]
    text = "\n".join(lines)
    assert "/home/alice/.aws/config:7\n" in text
    assert "a-check" in text
    assert [line for line in lines if line != line.rstrip()] == []


def test_what_is_said_of_many_is_said_once_with_their_names(told: Told) -> None:
    names = [f"team-{number}" for number in range(25)]
    many = [
        profile(
            name,
            finding(
                WARNING, f"{name} has no region.", f"awsprof set {name} region R", profile=name
            ),
        )
        for name in names
    ]
    broken = profile("gone", finding(ERROR, "It is gone.", profile="gone"))
    lines = told(report([*many, broken]))
    text = " ".join(" ".join(lines).split())
    assert text.count("has no region") == 1
    assert "! 25 profiles a-check" in text
    assert "team-0 has no region. fix: awsprof set team-0 region R" in text
    assert f"The same for {', '.join(names[1:])}: put their names into the fix." in text
    assert text.index("It is gone.") < text.index("has no region")
    assert lines[-1] == "1 error, 25 warnings in 26 profiles"


@pytest.mark.parametrize(("line", "times"), [(7, 1), (None, 2)])
def test_one_line_that_two_profiles_have_is_told_once(
    told: Told, line: int | None, times: int
) -> None:
    fix = "move it from [DEFAULT]"
    some = [
        profile(name, finding(WARNING, "It is short.", fix, profile=name, line=line))
        for name in ("a", "DEFAULT")
    ]
    lines = told(report(some))
    assert sum("It is short." in each for each in lines) == times
    assert any("a, DEFAULT" in each and "config:7" in each for each in lines) is (times == 1)


def test_what_differs_in_more_than_the_name_is_not_folded(told: Told) -> None:
    some = [
        profile(name, finding(WARNING, f"{name} hangs on {other}.", profile=name))
        for name, other in (("a", "b"), ("c", "d"), ("e", "f"))
    ]
    text = "\n".join(told(report(some)))
    assert all(f"{name} hangs on {other}." in text for name, other in ("ab", "cd", "ef"))


def test_a_name_within_another_word_is_not_the_profile(told: Told) -> None:
    names = ("dev", "prod", "test")
    some = [
        profile(
            name,
            finding(WARNING, f"{name} reads ~/.{name}/x, {name}-a and {name}.b.", profile=name),
        )
        for name in names
    ]
    text = "\n".join(told(report(some)))
    assert all(f"{name} reads ~/.{name}/x, {name}-a and {name}.b." in text for name in names)


def test_names_of_hundreds_are_counted(told: Told) -> None:
    names = [f"team-{number}" for number in range(200)]
    many = [profile(n, finding(WARNING, "No region.", profile=n)) for n in names]
    text = " ".join(" ".join(told(report(many))).split())
    assert "team-0, team-1," in text
    assert "and 180 more (for all: awsprof doctor --json)" in text


def test_many_healthy_ones_are_counted_and_many_who_wait(told: Told) -> None:
    well = [profile(f"well-{number}") for number in range(21)]
    waiting = [profile(f"late-{number}", health=Health.WAITING) for number in range(21)]
    lines = told(report([*well, *waiting]))
    assert "ok 21 profiles work  awsprof doctor --json lists their identities" in lines
    assert [line for line in lines if "21 need an MFA code" in line]
    assert not [line for line in lines if "well-3" in line or "late-3" in line]


def test_who_waits_is_told_what_to_type(told: Told) -> None:
    lines = told(report([profile("admin", health=Health.WAITING)]))
    assert lines[0].startswith("1 profile   0 healthy   1 waiting")
    assert "-  admin  needs an MFA code  awsprof login admin" in lines
    assert lines[-1] == "no problems in 1 profile"


def test_who_must_only_sign_in_is_not_called_broken(told: Told) -> None:
    token = finding(
        ERROR, "corp: not signed in.", "awsprof login --session corp", id="sso-token-expired"
    )
    token = replace(token, fault=replace(token.fault, sign_in=True, affects=("dev", "prod")))
    names = ("dev", "prod")
    out = [replace(profile(n, health=Health.BROKEN), sign_in=token.fix) for n in names]
    what = report([*out, profile("base")], token)
    lines = told(what)
    assert lines[0].startswith("3 profiles   1 healthy   2 signed out ")
    assert lines[1] == "next: awsprof login --session corp"
    assert "-  sso-token-expired" in lines
    assert lines[-1] == "1 sign-in in 3 profiles"
    assert not [line for line in lines if line.startswith("x") or "broken" in line]
    page = render_page(what)
    assert "<b>2</b> signed out" in page
    assert "broken</span>" not in page


def test_those_that_wait_for_one_code_are_one_line(told: Told) -> None:
    roles = [profile(name, health=Health.WAITING, source="base") for name in ("a", "b", "c")]
    base, other = (profile(name, health=Health.WAITING) for name in ("base", "other"))
    lines = told(report([*roles, base, other]))
    assert "next: awsprof login base" in lines
    assert "-  a, b, c and 1 more  need an MFA code  awsprof login base" in lines
    assert [line for line in lines if line.startswith("-  other  needs an MFA code")]


def test_an_interrupted_visit_says_how_far_it_came(told: Told) -> None:
    some = [profile("a"), *(profile(name, health=Health.UNASKED) for name in ("b", "c"))]
    lines = told(report(some, complete=False))
    assert "!  interrupted: 1 of 3 were asked" in lines
    assert lines[lines.index("-  not asked") + 1] == "   b, c"
    assert lines[-1] == "no problems in 3 profiles so far; to ask again: awsprof doctor"


@pytest.mark.parametrize(
    ("what", "last"),
    [
        (
            report([profile("a")]),
            "no problems in 1 profile; to use one: awsprof exec a -- COMMAND",
        ),
        (
            report([profile("a", health=Health.UNASKED)], live=False),
            "no problems in 1 profile; without --offline, awsprof doctor also asks AWS",
        ),
        (report([]), "There are no profiles yet. Run awsprof to set up the first one."),
        (
            report([], finding(WARNING, "Calls go elsewhere.")),
            "There are no profiles yet. Run awsprof to set up the first one.",
        ),
        (
            report([profile("a", finding(ERROR, "Bad.", profile="a", repairable=True))]),
            "1 error in 1 profile; `awsprof doctor --fix` fixes it",
        ),
    ],
)
def test_it_ends_with_what_to_do_next(told: Told, what: Report, last: str) -> None:
    assert told(what)[-1] == last


def test_names_from_outside_move_no_cursor(told: Told) -> None:
    name = "a\x1b[2Jb\u202e"
    bad = finding(ERROR, f"{name} is bad.\nForged line", "do\x07 it", profile=name)
    text = "\n".join(told(report([profile(name, bad)])))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    assert "a[2Jb is bad. Forged line" in text


def test_it_reads_without_colour_and_a_pipe_wraps_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = finding(WARNING, "word " * 40, "do it", profile="a", line=3, repairable=True)
    print_report(Terminal(), report([profile("a", long)]), quiet=False, least=INFO)
    assert capsys.readouterr().out.splitlines()[2:5] == [
        "!  a  a-check   /home/alice/.aws/config:3",
        "   " + ("word " * 40).rstrip(),
        "   fix: do it   --fix does it",
    ]


def test_what_stops_most_profiles_comes_first_and_is_the_next_step(told: Told) -> None:
    names = tuple(f"r{number}" for number in range(9))
    unreadable = finding(ERROR, "No SDK reads it.", "awsprof doctor --fix duplicate-key", line=9)
    unreadable = replace(unreadable, fault=replace(unreadable.fault, affects=names))
    own = finding(ERROR, "It is gone.", "awsprof unset r0 x", profile="r0")
    lines = told(report([profile("r0", own), *map(profile, names[1:])], unreadable))
    assert lines[1:3] == [
        "next: awsprof doctor --fix duplicate-key",
        "      9 profiles fail until then.",
    ]
    text = "\n".join(lines)
    assert text.index("No SDK reads it.") < text.index("It is gone.")


def test_what_one_fix_repairs_is_one_block(told: Told) -> None:
    fix = "awsprof doctor --fix quoted"
    quoted = [
        profile(n, finding(WARNING, f"{n} quotes.", fix, id="quoted", profile=n, repairable=True))
        for n in "ab"
    ]
    lines = told(report(quoted))
    assert lines[3:7] == [
        "!  a, b  quoted",
        "   a: a quotes.",
        "   b: b quotes.",
        "   fix: awsprof doctor --fix quoted                                --fix does it",
    ]


def test_a_consequence_is_told_with_its_root(told: Told) -> None:
    value = finding(
        ERROR, "'eu # x' is no region.", "awsprof doctor --fix comment", profile="a", line=2
    )
    comment = finding(
        WARNING,
        "A comment.",
        "awsprof doctor --fix comment",
        id="comment",
        profile="a",
        line=2,
        repairable=True,
    )
    text = "\n".join(told(report([profile("a", value, comment)])))
    assert "is no region" in text
    assert "A comment." not in text
    assert "--fix does it" in text


def test_a_loop_is_one_finding(told: Told) -> None:
    loops = [
        profile(
            a,
            finding(ERROR, f"A loop: {a} -> {b} -> {a}.", f"set {a}", id="source-cycle", profile=a),
        )
        for a, b in ("xy", "yx")
    ]
    lines = told(report(loops))
    assert [line for line in lines if "source-cycle" in line] == ["x  x, y  source-cycle"]
    assert len([line for line in lines if "A loop" in line]) == 1
