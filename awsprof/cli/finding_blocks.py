"""Findings as a report shows them: those with one root as one block, what breaks most first.

Nothing is decided here: the report has each finding, its severity and its fix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from configparser import DEFAULTSECT
from dataclasses import dataclass
from typing import Final

from awsprof.doctor.findings import Finding, Severity
from awsprof.paths import display_path
from awsprof.profiles.model import Origin
from awsprof.terminal import Terminal
from awsprof.text import sanitize, show_hidden

_MARK: Final = {Severity.ERROR: "x", Severity.WARNING: "!", Severity.INFO: "i"}
_ANYONE: Final = "PROFILE"  # in place of the name, where findings of several are compared
_MANY: Final = 3  # this many equal findings are printed as one
MOST_NAMED: Final = 20
"""More profiles or places than this are counted instead of named."""
_LONGEST: Final = 2000  # characters of a message
# What follows a command in a sentence.
_PROSE: Final = re.compile(r"[,;]| or | then | (?:makes|creates|explains|shows|skips|waits|adds) ")
# Whole words only: "dev-admin" and "~/.dev" do not name the profile "dev".
_WORD_STARTS: Final = re.compile(r"(?<![\w./:@-])")
_WORD_ENDS: Final = re.compile(r"(?![\w/:@-]|\.\w)")
_CYCLE: Final = "source-cycle"
_FIX_OF: Final = re.compile(r"awsprof doctor --fix ([a-z0-9-]+)")


@dataclass(frozen=True)
class FindingBlock:
    """Findings printed as one: of one profile, of several, or of no profile.

    ``message`` is None if the findings have a message each; one ``fix`` is for all of them, and
    ``fixes_itself`` is True if ``--fix`` makes it.
    """

    findings: tuple[Finding, ...]
    message: str | None
    fix: str
    fixes_itself: bool

    @property
    def first(self) -> Finding:
        """The finding that represents all of them."""
        return self.findings[0]

    @property
    def fix_is_command(self) -> bool:
        """True if the fix is a single command, which must stay on one line to be copied."""
        return self.fix.startswith("awsprof ") and not _PROSE.search(self.fix)

    @property
    def reach(self) -> int:
        """The number of profiles that it is about, or that fail because of it."""
        affected = (name for f in self.findings for name in f.fault.affects)
        return len({*affected, *(f.profile for f in self.findings if f.profile is not None)})

    def print(self, terminal: Terminal, room: int) -> None:
        """Prints the profiles, what is wrong, and how to fix it."""
        names, id = _names(self.findings), self.first.id
        cells = [id]
        if len(names) >= _MANY:
            cells = [f"{len(names)} profiles", id]
        elif names:
            cells = [", ".join(names), id]
        mark = "-" if self.first.fault.sign_in else _MARK[self.first.severity]
        terminal.entry(mark, cells, _where(self.findings), room=room)
        if self.message is None:
            self._print_each(terminal, named=len(names) > 1)
        else:
            terminal.detail(self.message)
        by_itself = "--fix does it" if self.fixes_itself else ""
        if self.fix:
            terminal.detail(f"fix: {self.fix}", by_itself, whole=self.fix_is_command)
        elif by_itself:
            terminal.detail("", by_itself)
        if self.message is not None and len(names) >= _MANY:
            terminal.detail(self._others(names))
        terminal.say()

    def _others(self, names: Sequence[str]) -> str:
        """Returns the profiles that it is about too; the fix, if it names one, names the first."""
        if _wording(self.first, _ANYONE)[1] == self.fix:
            return f"Profiles: {_listed(names)}"
        return f"The same for {_listed(names[1:])}: put their names into the fix."

    def _print_each(self, terminal: Terminal, *, named: bool) -> None:
        for finding in self.findings[:MOST_NAMED]:
            name = f"{sanitize(finding.profile)}: " if named and finding.profile else ""
            message, place = _wording(finding, "")[0], _where([finding])
            path = place.rpartition(":")[0]
            terminal.detail(name + message, "" if path and path in message else place)
        more = len(self.findings) - MOST_NAMED
        if more > 0:
            terminal.detail(f"and {more} more (for all: awsprof doctor --json)")


def finding_blocks(findings: Iterable[Finding], names: Sequence[str]) -> list[FindingBlock]:
    """Returns the findings as blocks: errors first, and among them what most profiles depend on.

    Equal findings of several profiles are one block; so are those that one ``--fix ID`` repairs.
    Blocks that break equally much are in the order of ``names``, the profiles.
    """
    order = {name: number for number, name in enumerate(names)}

    def place(block: FindingBlock) -> tuple[int, int, int]:
        error = block.first.severity is Severity.ERROR
        whose = order.get(block.first.profile or "", -1)
        return block.first.severity.rank, -block.reach if error else 0, whose

    return sorted(_folded(findings), key=place)


def _folded(findings: Iterable[Finding]) -> Iterator[FindingBlock]:
    findings = [*findings]
    named = {key for f in findings if (key := _fixed_with(f)) is not None}
    roots = {(f.id, f.fault.origin): f.auto_fixable for f in findings}
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        if (finding.id, finding.fault.origin) not in named:
            groups.setdefault(_grouping_key(finding), []).append(finding)
    for group in groups.values():
        first, (message, fix) = group[0], _wording(group[0], _ANYONE)
        root = _fixed_with(first)
        itself = first.auto_fixable or (root is not None and roots.get(root, False))
        alike = all(_wording(f, _ANYONE)[0] == message for f in group)
        as_one = alike and (len(_names(group)) >= _MANY or _is_one_line(group))
        if as_one or (len(group) > 1 and first.id == _CYCLE):
            yield FindingBlock(tuple(group), *_wording(first, ""), itself)
        elif len(group) > 1 and _is_fixed_by_id(first):
            yield FindingBlock(tuple(group), None, fix, itself)
        else:
            yield from (FindingBlock((f,), *_wording(f, ""), itself) for f in group)


def _is_one_line(group: Sequence[Finding]) -> bool:
    """True if several profiles have one line in common, as they do one of [DEFAULT]."""
    several, fixes = len(group) > 1, {finding.fix for finding in group}
    return several and len(fixes) == 1 and len(_origins(group) - {None}) == 1


def _grouping_key(finding: Finding) -> object:
    if _is_fixed_by_id(finding):
        return finding.id, finding.severity
    if finding.profile is None:
        return id(finding)
    if finding.id == _CYCLE:  # the same cycle, as each of its profiles sees it
        return finding.id, frozenset(finding.message.rstrip(".").split())
    fixable = finding.auto_fixable
    return finding.id, finding.severity, fixable, _wording(finding, _ANYONE)


def _is_fixed_by_id(finding: Finding) -> bool:
    return finding.auto_fixable and finding.fix == f"awsprof doctor --fix {finding.id}"


def _fixed_with(finding: Finding) -> tuple[str, Origin | None] | None:
    """Returns the check and place of the finding that this one is a consequence of, if any.

    An invalid region such as ``eu-west-1 # Ireland`` is a consequence of its inline comment.
    """
    found = _FIX_OF.fullmatch(finding.fix)
    if found is None or found[1] == finding.id:
        return None
    return found[1], finding.fault.origin


def _wording(finding: Finding, name: str) -> tuple[str, str]:
    """Returns the message and the fix, with ``name`` in place of the profile's name."""
    fault = finding.fault
    texts = sanitize(fault.message, _LONGEST), sanitize(fault.fix, _LONGEST)
    # [DEFAULT] in a text is the section, which no command names.
    if finding.profile in {None, DEFAULTSECT} or name != _ANYONE:
        return texts
    profile = sanitize(finding.profile or "")
    message, fix = (_with_other_name(text, profile, name) for text in texts)
    return message, fix


def _with_other_name(text: str, profile: str, name: str) -> str:
    """Returns the text with ``name`` wherever it names the profile.

    A pattern with the profile's name in it would have to be compiled for each profile.
    """
    parts, done, start = [], 0, 0
    while profile and (found := text.find(profile, start)) >= 0:
        end = found + len(profile)
        if _WORD_STARTS.match(text, found) and _WORD_ENDS.match(text, end):
            parts += [text[done:found], name]
            done = start = end
        else:
            start = found + 1
    return "".join((*parts, text[done:]))


def _names(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(show_hidden(f.profile) for f in findings if f.profile is not None))


def _origins(findings: Iterable[Finding]) -> set[Origin | None]:
    return {finding.fault.origin for finding in findings}


def _listed(names: Sequence[str]) -> str:
    if len(names) <= 2 * MOST_NAMED:
        return ", ".join(names)
    left = len(names) - MOST_NAMED
    return f"{', '.join(names[:MOST_NAMED])} and {left} more (for all: awsprof doctor --json)"


def _where(findings: Sequence[Finding]) -> str:
    """Returns the file and line of one finding, or the file that several share, or ""."""
    origins = [f.fault.origin for f in findings if f.fault.origin is not None]
    if not origins:
        return ""
    if len(_origins(findings)) == 1:
        return str(origins[0])
    files = {origin.path for origin in origins}
    return display_path(files.pop()) if len(files) == 1 and len(origins) == len(findings) else ""
