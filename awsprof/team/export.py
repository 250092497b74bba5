"""Your own profiles as a team file: without secrets, and with personal values as variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

import tomlkit
from tomlkit.items import Table

from awsprof import paths
from awsprof.configfile.document import SectionId
from awsprof.errors import UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.known_keys import SESSION_KEYS
from awsprof.profiles.model import Profile, Value
from awsprof.profiles.provider_order import key_in_process_line
from awsprof.team.answer_checks import compile_pattern
from awsprof.team.answers import KEY_ID, USER
from awsprof.team.drift import current_values
from awsprof.team.model import FORMAT_VERSION
from awsprof.team.nested_keys import NESTED_KEYS, SERVICE_KEYS, SERVICE_NAME, split_key
from awsprof.team.tables import PLAIN_KEYS, SECRET_KEYS, VAULT_KEY, name_problem
from awsprof.team.value_checks import profile_faults, session_faults, value_fault
from awsprof.text import sanitize

# Values that differ from person to person, and the question for each.
_QUESTIONS: Final[Mapping[str, str]] = {
    "mfa_serial": "ARN of your MFA device (arn:aws:iam::ACCOUNT:mfa/NAME)?",
    "role_session_name": "Your name in CloudTrail (role_session_name)?",
    "login_session": "ARN of your aws login session?",
    KEY_ID: "ID of your access key?",
    USER: "Your user name on your machine?",
}
# The form of an answer, if your own has it, too.
_PATTERNS: Final[Mapping[str, str]] = {
    "mfa_serial": r"arn:aws[a-z-]*:iam::\d{12}:mfa/[\w+=,.@/-]+",
    "role_session_name": r"[\w+=,.@-]{2,64}",
    KEY_ID: "AKIA[A-Z0-9]{16}",
}
_PATHS: Final = frozenset(
    {"credential_process", "mfa_process", "ca_bundle", "web_identity_token_file", "data_path"}
)
_Sections = Mapping[str, Mapping[str, str]]
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")


@dataclass
class TeamExport:
    """A team file as text, and a sentence for each thing that was left out.

    ``answers`` are your own answers to its questions, by variable.
    """

    text: str = ""
    left_out: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)


def export_team_file(catalog: Catalog, only: str = "*") -> TeamExport:
    """Returns the profiles whose name matches, with the sources and sessions they depend on.

    Raises UsageError if there is none.
    """
    exported = _Export(catalog)
    chosen = _with_sources((n for n in catalog.profiles if fnmatchcase(n, only)), catalog)
    if not catalog.profiles:
        raise UsageError("There is no profile to export.", "awsprof setup sso adds one")
    if not chosen:
        raise UsageError(f"No profile matches {sanitize(only)!r}.", "awsprof list shows them all")
    return exported.run(chosen)


def _with_sources(names: Iterable[str], catalog: Catalog) -> list[str]:
    """Returns the profiles and all their sources, in the catalog's order."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in catalog.profiles and name not in found:
            found.add(name)
            todo += filter(None, [catalog.profiles[name].get("source_profile")])
    return [name for name in catalog.profiles if name in found]


class _Export:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._result = TeamExport()

    def run(self, names: Iterable[str]) -> TeamExport:
        profiles = {name: lines for name in names if (lines := self._profile(name))}
        while gone := [
            n for n, lines in profiles.items() if not self._has_sources(lines, profiles)
        ]:
            for name in gone:
                self._leave_out(name, "its source or session is left out")
                del profiles[name]
        self._result.text = self._text(
            {
                "sso-session": self._named("sso_session", profiles, self._session),
                "services": self._named("services", profiles, self._services),
                "profile": profiles,
            }
        )
        return self._result

    def _named(
        self, key: str, profiles: _Sections, find: Callable[[str], dict[str, str]]
    ) -> _Sections:
        """Returns the sections that profiles name by a key."""
        names = dict.fromkeys(lines.get(key, "") for lines in profiles.values())
        return {name: lines for name in names if name and (lines := find(name))}

    def _has_sources(self, lines: Mapping[str, str], profiles: Mapping[str, object]) -> bool:
        source, session = lines.get("source_profile"), lines.get("sso_session")
        return (source is None or source in profiles) and (
            session is None or bool(self._session(session))
        )

    def _leave_out(self, what: str, why: str) -> None:
        says = f"{sanitize(what)} is left out: {why}."
        if says not in self._result.left_out:
            self._result.left_out.append(says)

    def _session(self, name: str) -> dict[str, str]:
        session = self._catalog.sessions.get(name)
        values = {k: v.text for k, v in session.values.items()} if session else {}
        lines = {k: v for k, v in values.items() if k in SESSION_KEYS and not value_fault(k, v)}
        return {} if name_problem(name) or any(session_faults(lines)) else lines

    def _services(self, name: str) -> dict[str, str]:
        if name_problem(name):
            return {}
        lines = {}
        for key, text in (current_values(self._catalog, SectionId("services", name)) or {}).items():
            service, below = split_key(key)
            fits = SERVICE_NAME.fullmatch(service) and below in SERVICE_KEYS
            fault = value_fault(key, text) if fits else ("no SDK knows it", "")
            if fault:
                self._leave_out(f"{key} of services {name}", fault[0].rstrip("."))
            else:
                lines[key] = _literal(text)
        return lines

    def _profile(self, name: str) -> dict[str, str]:
        problem = name_problem(name)
        if problem:
            self._leave_out(name, problem[0].rstrip("."))
            return {}
        profile = self._catalog.profiles[name]
        lines = dict(self._lines(profile))
        fault = next(iter(profile_faults(lines)), None)
        if not lines or fault:
            self._leave_out(
                name, fault[1][0].rstrip(".") if fault else "nothing in it can be shared"
            )
            return {}
        return lines

    def _lines(self, profile: Profile) -> Iterable[tuple[str, str]]:
        key_id = key_in_process_line(profile) or profile.get("aws_access_key_id")
        role = bool(profile.get("role_arn"))
        for key, value in profile.values.items():
            where = f"{key} of {profile.name}"
            if key in SECRET_KEYS or (key == "credential_process" and key_in_process_line(profile)):
                continue
            if key not in PLAIN_KEYS:
                self._leave_out(where, "no SDK knows it")
            elif key == "services" and not self._services(value.text):
                self._leave_out(where, "the section that it names sets no endpoint")
            elif fault := value_fault(key, value.text, role=role):
                self._leave_out(where, fault[0].rstrip("."))
            else:
                yield key, self._shared(key, value.text)
        for key, block in profile.nested.items():
            yield from self._block(profile.name, key, block)
        if key_id:
            yield VAULT_KEY, self._variable(KEY_ID, key_id)

    def _block(self, name: str, key: str, block: Mapping[str, Value]) -> Iterable[tuple[str, str]]:
        known = NESTED_KEYS.get(key, frozenset())
        for below, value in block.items():
            whole = f"{key}.{below}"
            fits = below in known if known is not None else SERVICE_NAME.fullmatch(below)
            fault = value_fault(whole, value.text) if fits else ("no SDK knows it", "")
            if fault:
                self._leave_out(f"{whole} of {name}", fault[0].rstrip("."))
            else:
                yield whole, _literal(value.text)

    def _shared(self, key: str, value: str) -> str:
        if key in _QUESTIONS:
            return self._variable(key, value)
        folder = paths.home()
        before, found, after = value.partition(f"{folder}/")
        if key in _PATHS and found and _PLAIN_NAME.fullmatch(folder.name):
            user = self._variable(USER, folder.name)
            return f"{_literal(before + str(folder.parent))}/{user}/{_literal(after)}"
        return _literal(value)

    def _variable(self, name: str, value: str) -> str:
        """Returns the placeholder for a personal value: a variable for each value of that kind."""
        answers, number, free = self._result.answers, 1, name
        while answers.setdefault(free, value) != value:
            number += 1
            free = f"{name}_{number}"
        return f"{{{free}}}"

    def _text(self, kinds: Mapping[str, _Sections]) -> str:
        document = tomlkit.document()
        document["version"] = FORMAT_VERSION
        if self._result.answers:
            document["variables"] = variables = tomlkit.table(is_super_table=True)
            for name, answer in self._result.answers.items():
                variables[name] = _table(dict(_variable_lines(name, answer)))
        for kind, sections in kinds.items():
            if sections:
                document[kind] = tables = tomlkit.table(is_super_table=True)
                for name, lines in sections.items():
                    tables[name] = _table(lines)
        return tomlkit.dumps(document)


def _variable_lines(name: str, answer: str) -> Iterator[tuple[str, str]]:
    base, _, number = name.rpartition("_")
    again = f" ({number})" if number.isdecimal() else ""
    kind = base if again else name
    yield "question", f"{_QUESTIONS[kind]}{again}"
    pattern = _PATTERNS.get(kind)
    if pattern and compile_pattern(pattern).fullmatch(answer):
        yield "pattern", pattern


def _table(lines: Mapping[str, str]) -> Table:
    """Returns the lines as a table, those of nested blocks in tables of their own below."""
    table = tomlkit.table()
    blocks: dict[str, Table] = {}
    for key, text in lines.items():
        parent, below = split_key(key)
        if below is None:
            table[key] = text
        else:
            blocks.setdefault(parent, tomlkit.table())[below] = text
    table.update(blocks)
    return table


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
