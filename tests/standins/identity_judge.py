"""Who each profile of two files is: botocore's own providers are run on them, without a network.

They get an STS, an Identity Center and programs that answer at once, and whose answer says who
asked and for what. The other SDKs' reading of the files is given to the same providers.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from types import SimpleNamespace
from typing import Any

from botocore import credentials as bc

from awsprof.configfile.dialects import as_sdk
from awsprof.configfile.document import FileKind
from tests.standins.botocore_files import botocore_reads

Profiles = dict[str, dict[str, str]]
Who = tuple[Any, ...]
_MACHINE = ("Environment", "Ec2InstanceMetadata", "EcsContainer")
_LATER = timedelta(hours=12)


class Judged:
    """The profiles to one of the readers; ``vault`` has the secrets that awsprof would hand out."""

    def __init__(
        self, config: Mapping[str, Any], credentials: Profiles, vault: Mapping[str, str]
    ) -> None:
        self.credentials = credentials
        self.config: Profiles = config["profiles"]
        self.sessions: Profiles = config["sso_sessions"]
        names = [*self.config, *credentials]
        self.merged = {n: {**self.config.get(n, {}), **credentials.get(n, {})} for n in names}
        self._vault = vault
        self._issued: dict[str, Who] = {}
        self._known: dict[str, Who | None] = {}
        self._session = SimpleNamespace(
            full_config={"profiles": self.merged, "sso_sessions": self.sessions},
            get_config_variable=lambda name, **_: None,
            create_client=self._client,
        )

    def who(self, name: str) -> Who | None:
        """Where its credentials come from; None where botocore finds none, or fails."""
        if name not in self._known:
            self._known[name] = None  # who asks for itself gets nothing
            self._known[name] = self._found(name) if name in self.merged else None
        return self._known[name]

    def _found(self, name: str) -> Who | None:
        builder = _Builder(self)
        role = bc.AssumeRoleProvider(
            load_config=lambda: self._session.full_config,
            client_creator=self._client,
            cache={},
            profile_name=name,
            credential_sourcer=bc.CanonicalNameCredentialSourcer(
                [_Machine(where, self) for where in _MACHINE]
            ),
            profile_provider_builder=builder,
        )
        try:
            resolver = bc.CredentialResolver([role, *builder.providers(name, True)])
            found = resolver.load_credentials()
            frozen = found and found.get_frozen_credentials()
        except Exception:  # raw ones too: a process line that cannot be split
            return None
        return frozen and self._owner(frozen.access_key, frozen.secret_key, frozen.token)

    def issue(self, *who: Any) -> str:
        """An access key's ID that stands for somebody."""
        issued = f"<{who!r}>"
        self._issued[issued] = who
        return issued

    def _owner(self, key_id: str, secret: str, token: str | None) -> Who:
        if key_id in self._issued:
            return self._issued[key_id]
        return own_key(plain(key_id), plain(secret), plain(token or ""))

    def _client(self, service: str, config: Any = None, **given: Any) -> Any:
        keys = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        return _Service(self, [given.get(key) for key in keys], config)

    def source(self, keys: list[Any]) -> Who:
        """Who signs a call."""
        return self._owner(*keys)

    def run(self, words: list[str], **_: Any) -> Any:
        """A program that answers at once; awsprof with the key of the vault, or of a profile."""
        words = _without_comment(words)
        who: Who | None = ("process", *words)
        own = _own(words)
        if own is not None:
            profile, key_id = own
            secret = self._vault.get(key_id or "")
            if key_id is None:
                who = self.who(profile)
            else:
                who = own_key(key_id, secret) if secret else None
        answer = {"Version": 1, "SecretAccessKey": "s"}
        answer["AccessKeyId"] = self.issue(*who) if who else ""
        text = json.dumps(answer).encode()
        return SimpleNamespace(returncode=0 if who else 1, communicate=lambda: (text, b""))

    def chain(self, name: str) -> set[str]:
        """The profile, and all that it stands on."""
        names, todo = set[str](), [name]
        while todo:
            one = todo.pop()
            if one in names:
                continue
            names.add(one)
            profile = self.merged.get(one, {})
            own = _own(_words(profile.get("credential_process", "")))
            todo += [profile["source_profile"]] if "source_profile" in profile else []
            todo += [own[0]] if own else []
        return names


def own_key(key_id: str, secret: str, token: str = "") -> Who:
    """A key; AWS wants a token with those that begin with ASIA alone."""
    return ("key", key_id, secret, token if key_id.startswith("ASIA") else "")


class _Builder(bc.ProfileProviderBuilder):  # type: ignore[misc]
    """botocore's providers of a profile, with programs, files and sign-ins of the judge's."""

    def __init__(self, judged: Judged) -> None:
        super().__init__(judged._session, cache={}, sso_token_cache=_SignedIn(judged))
        self._judged = judged

    def _create_process_provider(self, profile_name: str) -> Any:
        load = lambda: self._session.full_config  # noqa: E731
        return bc.ProcessProvider(profile_name, load, popen=self._judged.run)

    def _create_shared_credential_provider(self, profile_name: str) -> Any:
        there = self._judged.credentials
        return bc.SharedCredentialProvider("", profile_name, ini_parser=lambda _: there)

    def _create_config_provider(self, profile_name: str) -> Any:
        there = {"profiles": self._judged.config}
        return bc.ConfigProvider("", profile_name, config_parser=lambda _: there)

    def _create_web_identity_provider(self, profile_name: str, disable_env_vars: bool) -> Any:
        return bc.AssumeRoleWithWebIdentityProvider(
            load_config=lambda: self._session.full_config,
            client_creator=self._judged._client,
            profile_name=profile_name,
            cache={},
            disable_env_vars=disable_env_vars,
            token_loader_cls=lambda path: lambda: path,
        )


class _Machine(bc.CredentialProvider):  # type: ignore[misc]
    """What a credential_source names."""

    def __init__(self, where: str, judged: Judged) -> None:
        super().__init__()
        self.CANONICAL_NAME = where
        self._judged = judged

    def load(self) -> Any:
        return bc.Credentials(self._judged.issue("machine", self.CANONICAL_NAME), "s")


class _SignedIn(dict[str, Any]):
    """A cache of Identity Center's tokens that has one for whatever is asked for."""

    def __init__(self, judged: Judged) -> None:
        super().__init__()
        urls = {name: s.get("sso_start_url", "") for name, s in judged.sessions.items()}
        own = (profile.get("sso_start_url") for profile in judged.merged.values())
        urls |= {url: url for url in own if url}
        self._urls = {_hashed(name): url for name, url in urls.items()}

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> Any:
        return {"accessToken": self._urls[key], "expiresAt": _later("%Y-%m-%dT%H:%M:%SZ")}


class _Service:
    """STS and Identity Center: whose answer is who asked, and for what."""

    exceptions = SimpleNamespace(UnauthorizedException=PermissionError)

    def __init__(self, judged: Judged, keys: list[Any], config: Any) -> None:
        self._judged, self._keys, self._config = judged, keys, config

    def assume_role(self, *, RoleArn: str, **_: Any) -> Any:
        return self._given("role", plain(RoleArn), self._judged.source(self._keys))

    def assume_role_with_web_identity(
        self, *, RoleArn: str, WebIdentityToken: str, **_: Any
    ) -> Any:
        return self._given("web", plain(RoleArn), plain(WebIdentityToken))

    def get_role_credentials(self, *, roleName: str, accountId: str, accessToken: str) -> Any:
        parts = (accessToken, self._config.region_name, accountId, roleName)
        issued = self._judged.issue("sso", *map(plain, parts))
        ends = (datetime.now(UTC) + _LATER).timestamp() * 1000
        given = {"accessKeyId": issued, "secretAccessKey": "s", "sessionToken": "t"}
        return {"roleCredentials": {**given, "expiration": ends}}

    def _given(self, *who: Any) -> Any:
        issued = {"AccessKeyId": self._judged.issue(*who), "SecretAccessKey": "s"}
        issued |= {"SessionToken": "t", "Expiration": _later("%Y-%m-%dT%H:%M:%SZ")}
        arn = "arn:aws:sts::123456789012:assumed-role/R/s"
        return {"Credentials": issued, "AssumedRoleUser": {"Arn": arn}}


def _later(form: str) -> str:
    return f"{datetime.now(UTC) + _LATER:{form}}"


def _hashed(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _words(command: str) -> list[str]:
    try:
        return _without_comment(shlex.split(command))
    except ValueError:
        return []


def _without_comment(words: list[str]) -> list[str]:
    """The words above an indented comment, which SDKs take for a part of the command."""
    return [*takewhile(lambda word: word[:1] not in {"#", ";"}, words)]


def _own(words: list[str]) -> tuple[str, str | None] | None:
    """The profile and the key that a line of awsprof asks for; None for any other program."""
    if "credential-process" not in words:
        return None
    at = words.index("credential-process")
    program, rest = words[:at], words[at + 1 :]
    if not program or not program[-1].endswith("awsprof"):
        return None
    match rest:
        case [profile]:
            return profile, None
        case [profile, "--key", key_id]:
            return profile, key_id
        case _:
            return None


def plain(value: str) -> str:
    """A value without what a repair may take off it."""
    line = re.split(r"[ \t][#;]", value.strip().split("\n")[0])[0].strip(" \t\u00a0\u200b")
    return line[1:-1].strip() if len(line) > 1 and line[0] == line[-1] in "\"'" else line


def judged(
    config: bytes, credentials: bytes, vault: Mapping[str, str]
) -> tuple[Judged | None, Judged | None]:
    """To botocore, and to the other SDKs; None where it cannot read one of the files."""
    read = botocore_reads(config, FileKind.CONFIG)
    other = botocore_reads(credentials, FileKind.CREDENTIALS)
    boto = None
    if read is not None and other is not None:
        flat = {n: _texts(v) for n, v in other.items()}
        sections = {key: {n: _texts(v) for n, v in read[key].items()} for key in _PLACES}
        boto = Judged(sections, flat, vault)
    first, second = as_sdk(config, FileKind.CONFIG), as_sdk(credentials, FileKind.CREDENTIALS)
    if first.error or second.error:
        return boto, None
    places: dict[str, Profiles] = {key: {} for key in _PLACES}
    for section, values in first.sections.items():
        where = {"profile": "profiles", "sso-session": "sso_sessions"}.get(section.type)
        if where:
            places[where][section.name] = _texts(values)
    flat = {s.name: _texts(v) for s, v in second.sections.items()}
    return boto, Judged(places, flat, vault)


_PLACES = ("profiles", "sso_sessions")


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    found = {key: value for key, value in values.items() if isinstance(value, str)}
    if "credential_process" in found:
        found["credential_process"] = _command(found["credential_process"])
    return found


def _command(value: str) -> str:
    """A command without the headers and keys that it has absorbed by their indent.

    A repair gives them lines of their own.
    """
    own = takewhile(lambda line: not re.match(r"\[|[a-z0-9_]+\s*=", line), value.split("\n"))
    return "\n".join(own)
