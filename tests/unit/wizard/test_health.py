"""The wizard's list of repairs: each check and profile once, with all that it found."""

from types import SimpleNamespace
from typing import Any

import pytest

from awsprof.doctor.findings import Fault, Finding, Repair, Severity
from awsprof.wizard import health, prompts


def finding(id: str, message: str, profile: str | None = None) -> Finding:
    fault = Fault(message, "fix", profile, repair=Repair())
    return Finding(id, Severity.WARNING, fault)


def test_findings_of_one_check_are_fixed_together_and_all_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [finding("file-mode", "config is open"), finding("file-mode", "credentials is open")]
    asked: list[tuple[str, list[str]]] = []
    said: list[str] = []
    fixed: list[tuple[str, str | None]] = []

    def first(question: str, options: list[prompts.Option], *, explain: str, **_: Any) -> str:
        asked.append((explain, [option.value for option in options]))
        return "0"

    def fix(id: str, profile: str | None) -> None:
        fixed.append((id, profile))
        found[:] = [each for each in found if each.id != id]

    monkeypatch.setattr(prompts, "select", first)
    terminal = SimpleNamespace(heading=said.append, say=lambda text="": said.append(text))
    commands = SimpleNamespace(
        check_health=lambda: SimpleNamespace(findings=tuple(found)), fix_finding=fix
    )
    wizard: Any = SimpleNamespace(context=SimpleNamespace(terminal=terminal), commands=commands)
    health.health_screen(wizard)
    assert asked == [("2 can be fixed here; each is explained and shown first", ["0", "no"])]
    assert {"config is open", "credentials is open"} <= set(said)
    assert fixed == [("file-mode", None)]


def test_several_profiles_of_one_check_can_be_fixed_in_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [finding("half-key", "no secret", name) for name in ("a", "b")]
    options: list[str] = []

    def last(question: str, rows: list[prompts.Option], **_: Any) -> str:
        options.extend(row.value for row in rows)
        return "no"

    monkeypatch.setattr(prompts, "select", last)
    commands = SimpleNamespace(check_health=lambda: SimpleNamespace(findings=tuple(found)))
    wizard: Any = SimpleNamespace(commands=commands)
    health.health_screen(wizard)
    assert options == ["all", "0", "1", "no"]
