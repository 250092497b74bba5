"""The file that ``awsprof team generate`` keeps up to date: a list of accounts with their roles.

It changes the text only where AWS lists something else. Names, keys of your own, comments and
everything else in the file stay.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from awsprof.errors import UsageError
from awsprof.profiles.kinds.base import slug
from awsprof.team.model import FORMAT_VERSION, TeamAccount
from awsprof.team.problems import Problems
from awsprof.team.tables import GENERATED, name_problem, read_accounts
from awsprof.team.toml_file import TomlFile
from awsprof.team.toml_lines import Path, find_table_headers
from awsprof.text import sanitize

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_VERSION: Final = re.compile(r"(?m)^[ \t]*version[ \t]*=[^\n]*(?:\n|\Z)")
_LONGEST_NAME: Final = 64
_WIDTH: Final = 88  # characters of a list, beyond which it has a line for each item
_HEAD: Final = """\
# Accounts for the team file: `awsprof team generate` brings them up to date with AWS.
# Names, keys of your own and comments stay as you write them.
version = {version}
"""


@dataclass(frozen=True)
class ListedAccount:
    """An account as AWS lists it. ``roles`` is None if that list has no roles."""

    id: str
    title: str
    roles: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Generated:
    """The new text of the file, and the names of the accounts that are new, changed and gone."""

    text: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass
class _Section:
    """Lines of the file: one account with the comments above it, or anything else."""

    text: str
    account: TeamAccount | None = None
    name: str = ""  # the account's


class AccountsFile:
    """A file of accounts. ``source`` is where they are listed; empty if the file does not say."""

    def __init__(self, name: str, text: str) -> None:
        """Reads a file; an empty text is a new one.

        Raises TeamFileError if it is invalid, UsageError if its accounts were written by hand.
        """
        self.source = ""
        self._end = "\r\n" if "\r\n" in text else "\n"
        if not text.strip():
            self._sections = [_Section(_HEAD.format(version=FORMAT_VERSION))]
            return
        problems = Problems()
        file = TomlFile(name, text.encode(), problems)
        accounts = read_accounts(file, file.tables.get("accounts", []))
        problems.raise_if_any(name)
        self.source = str(file.tables.get(GENERATED, ""))
        headers = find_table_headers(text.removeprefix("\ufeff"))
        self._sections = list(_split(text, headers, accounts))
        if accounts and not self.source:
            says = f"The accounts in {sanitize(name)} were written by hand."
            raise UsageError(says, "name another file, or remove these accounts from it")
        if len([each for each in self._sections if each.account]) != len(accounts):
            says = f"The accounts in {sanitize(name)} are not all below lines [[accounts]]."
            raise UsageError(says, "write each account as a table [[accounts]]")

    def update(self, listed: Sequence[ListedAccount], source: str) -> Generated:
        """Returns the file with the accounts as AWS lists them; ``source`` is kept in it.

        Accounts are matched by ID. The same list gives the same text again.
        """
        by_id = {each.id: each for each in listed}
        known = {each.account.attributes["id"]: each for each in self._sections if each.account}
        self._note_source(source)
        changed = [
            section.name
            for id, section in known.items()
            if id in by_id and _bring_up_to_date(section, by_id[id])
        ]
        removed = [section.name for id, section in known.items() if id not in by_id]
        self._sections = [
            each
            for each in self._sections
            if each.account is None or each.account.attributes["id"] in by_id
        ]
        new = [each for id, each in by_id.items() if id not in known]
        names = _new_names(new, (each.name for each in known.values()))
        for each in sorted(new, key=lambda account: names[account.id]):
            self._insert(names[each.id], each)
        text = "".join(each.text for each in self._sections).rstrip("\r\n") + self._end
        return Generated(text, tuple(sorted(names.values())), tuple(changed), tuple(removed))

    def _note_source(self, source: str) -> None:
        if self.source:
            return
        head = self._sections[0].text
        line = _VERSION.search(head)
        at = line.end() if line else 0
        above = head[:at] if head[:at].endswith("\n") or not at else head[:at] + self._end
        self._sections[0].text = f"{above}{GENERATED} = {_string(source)}{self._end}{head[at:]}"

    def _insert(self, name: str, listed: ListedAccount) -> None:
        """Adds an account before the first whose name is greater, else at the end."""
        lines = ["[[accounts]]", f"name = {_string(name)}", f"id = {_string(listed.id)}"]
        if listed.title not in ("", name):
            lines.append(f"title = {_string(listed.title)}")
        if listed.roles is not None:
            lines.append(f"roles = {_list(listed.roles)}")
        text = "\n".join(lines).replace("\n", self._end) + self._end * 2
        greater = (n for n, each in enumerate(self._sections) if each.name > name)
        at = next(greater, len(self._sections))
        if at:
            above = self._sections[at - 1]
            above.text = above.text.rstrip("\r\n") + self._end * 2
        self._sections.insert(at, _Section(text, name=name))


def _split(
    text: str, headers: Iterable[tuple[Path, int]], accounts: Sequence[TeamAccount]
) -> Iterator[_Section]:
    """Splits a text at the comments above each header of an account, and at what follows it."""
    lines = _LINE.findall(text)
    by_line = {account.place.line: account for account in accounts}
    starts: list[tuple[int, TeamAccount | None]] = [(0, None)]
    for path, line in headers:
        at = line - 1
        while at > starts[-1][0] and lines[at - 1].lstrip(" \t").startswith("#"):
            at -= 1
        is_account = path[:1] == ("accounts",) and len(path) == 2
        if is_account or starts[-1][1] is not None:
            starts.append((at, by_line.get(line) if is_account else None))
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    for (start, account), end in zip(starts, ends, strict=True):
        yield _Section("".join(lines[start:end]), account, account.name if account else "")


def _bring_up_to_date(section: _Section, listed: ListedAccount) -> bool:
    """Changes the title and the roles of an account where AWS has others; True if it did."""
    import tomlkit

    account = section.account
    title = account.attributes.get("title", section.name) if account else ""
    roles = account.roles if account else ()
    new_title = listed.title not in ("", title)
    new_roles = listed.roles is not None and sorted(listed.roles) != sorted(roles)
    if not new_title and not new_roles:
        return False
    body = section.text.rstrip("\r\n")
    below = section.text[len(body) :]
    document = tomlkit.parse(body)
    table = document["accounts"][0]
    if new_title:
        table["title"] = listed.title
    if new_roles:
        table["roles"] = tomlkit.parse(f"x = {_list(listed.roles or ())}")["x"]
    section.text = tomlkit.dumps(document).rstrip("\r\n") + below
    return True


def _new_names(new: Sequence[ListedAccount], taken: Iterable[str]) -> dict[str, str]:
    """Returns a name for each new account, by ID: its title, with its ID where that is taken."""
    plain = {each.id: slug(each.title)[:_LONGEST_NAME].strip("-.") for each in new}
    times = Counter([*plain.values(), *(name.lower() for name in taken)])
    return {
        id: name
        if name and times[name] == 1 and not name_problem(name)
        else f"{name}-{id}"
        if name and not name_problem(f"{name}-{id}")
        else id
        for id, name in plain.items()
    }


def _string(text: str) -> str:
    import tomlkit

    return tomlkit.string(text).as_string()


def _list(texts: Sequence[str]) -> str:
    items = [_string(text) for text in sorted(texts)]
    line = f"[{', '.join(items)}]"
    return line if len(line) <= _WIDTH else "[\n" + "".join(f"  {each},\n" for each in items) + "]"
