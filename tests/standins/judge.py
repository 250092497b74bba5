"""Who each profile of two files is, as botocore's own loader and providers have it.

Written from botocore.credentials (the order of its providers), and from nothing of awsprof's but
the reader of the SDK dialect, which no Python package has.
"""

import re
from collections.abc import Mapping
from typing import Any

from awsprof.awsfiles.dialects import as_sdk
from awsprof.awsfiles.document import FileKind
from tests.standins.botocore_files import botocore_reads

Profiles = dict[str, dict[str, str]]
_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token")
_OWN = re.compile(r"(?:\S+ -EP )?\S*awsprof credential-process (\S+)(?: --key (\S+))?")


class Judged:
    """The profiles to one of the readers; none where it cannot read a file."""

    def __init__(self, config: Mapping[str, Any], credentials: Profiles) -> None:
        self.credentials = credentials
        self.config: Profiles = config["profiles"]
        self.sessions: Profiles = config["sso_sessions"]
        names = [*self.config, *credentials]
        self.merged = {n: {**self.config.get(n, {}), **credentials.get(n, {})} for n in names}

    def who(self, name: str, seen: tuple[str, ...] = ()) -> Any:
        """Where its credentials come from; None where botocore would find none."""
        profile = self.merged.get(name)
        if profile is None:
            return None
        role = "role_arn" in profile and "web_identity_token_file" not in profile
        if role and not (seen and "aws_access_key_id" in profile):
            return self._role(name, profile, seen)
        return self._chain(name, profile)

    def _role(self, name: str, profile: dict[str, str], seen: tuple[str, ...]) -> Any:
        source, elsewhere = profile.get("source_profile"), profile.get("credential_source")
        if (source is None) == (elsewhere is None):
            return None
        if source is None:
            return ("role", plain(profile["role_arn"]), plain(elsewhere or ""))
        if source in (name, *seen) and (source != name or "aws_access_key_id" not in profile):
            return None
        found = self.who(source, (*seen, name))
        return found and ("role", plain(profile["role_arn"]), found)

    def _chain(self, name: str, profile: dict[str, str]) -> Any:
        if "web_identity_token_file" in profile:
            return ("web", plain(profile.get("role_arn", "")))
        if "sso_account_id" in profile or "sso_role_name" in profile:
            session = self.sessions.get(profile.get("sso_session", ""), {})
            url = session.get("sso_start_url", profile.get("sso_start_url"))
            parts = (url, profile.get("sso_account_id"), profile.get("sso_role_name"))
            return ("sso", *(plain(part or "") for part in parts)) if all(parts) else None
        if "aws_access_key_id" in self.credentials.get(name, {}):
            return self._keys(self.credentials[name])
        if "credential_process" in profile:
            return self._process(plain(profile["credential_process"]))
        return self._keys(self.config.get(name, {}))

    def _process(self, command: str) -> Any:
        own = _OWN.fullmatch(command)
        if own is None:
            return ("process", command)
        return ("key", own[2]) if own[2] else ("asks", own[1])

    @staticmethod
    def _keys(values: Mapping[str, str]) -> Any:
        if "aws_access_key_id" not in values or "aws_secret_access_key" not in values:
            return None
        return ("key", plain(values["aws_access_key_id"]))

    def chain(self, name: str) -> set[str]:
        """The profile, and all that it stands on."""
        names, todo = set[str](), [name]
        while todo:
            one = todo.pop()
            if one in names:
                continue
            names.add(one)
            profile = self.merged.get(one, {})
            own = _OWN.fullmatch(plain(profile.get("credential_process", "")))
            todo += [profile["source_profile"]] if "source_profile" in profile else []
            todo += [own[1]] if own else []
        return names


def plain(value: str) -> str:
    """A value without what a repair may take off it."""
    line = re.split(r"[ \t][#;]", value.strip().split("\n")[0])[0].strip(" \t\u00a0\u200b")
    return line[1:-1].strip() if len(line) > 1 and line[0] == line[-1] in "\"'" else line


def judged(config: bytes, credentials: bytes) -> tuple[Judged | None, Judged | None]:
    """To botocore, and to the other SDKs; None where it cannot read one of the files."""
    read = botocore_reads(config, FileKind.CONFIG)
    other = botocore_reads(credentials, FileKind.CREDENTIALS)
    boto = None
    if read is not None and other is not None:
        flat = {n: _texts(v) for n, v in other.items()}
        sections = {key: {n: _texts(v) for n, v in read[key].items()} for key in _PLACES}
        boto = Judged(sections, flat)
    first, second = as_sdk(config, FileKind.CONFIG), as_sdk(credentials, FileKind.CREDENTIALS)
    if first.error or second.error:
        return boto, None
    places: dict[str, Profiles] = {key: {} for key in _PLACES}
    for section, values in first.sections.items():
        where = {"profile": "profiles", "sso-session": "sso_sessions"}.get(section.type)
        if where:
            places[where][section.name] = _texts(values)
    return boto, Judged(places, {s.name: _texts(v) for s, v in second.sections.items()})


_PLACES = ("profiles", "sso_sessions")


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in values.items() if isinstance(value, str) and value}
