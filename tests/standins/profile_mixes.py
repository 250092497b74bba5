"""Profiles of every mix of what botocore takes credentials from, and who botocore says each is.

``Mixes`` is a machine on which any such profile can be written; ``profiles`` draws them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
from botocore import exceptions as bc
from hypothesis import strategies as st

from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.errors import AwsprofError, InteractionRequired
from awsprof.secret import Secret
from tests.standins.aws import Aws
from tests.standins.memory_vault import MemoryVault

NAMES = tuple("abcdefgh")
ADMIN = "arn:aws:iam::210987654321:role/Admin"
OTHER = "arn:aws:iam::210987654321:role/Other"
CLOSED = "arn:aws:iam::210987654321:role/Closed"  # trusts nobody here
URL = "https://corp.awsapps.com/start"
# A program that stands where awsprof does, and hands out the key that its line names.
OURS = """#!/bin/sh
cat "{folder}/keys/$4"
"""


@dataclass
class Parts:
    """One profile: what each of the two files says of it."""

    config: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)


class Mixes:
    """The users, their keys in files, vault and programs, and the two files."""

    def __init__(self, aws: Aws, home: Path) -> None:
        self.aws, self.folder = aws, home / "bin"
        self.keys = {name: aws.user(name) for name in ("alice", "carol", "dave", "erin")}
        self.keys["bob"] = aws.user("bob", "210987654321")
        trusted = tuple(key.arn for key in self.keys.values())
        for name in ("Admin", "Other"):
            aws.role(name, trusted=(*trusted, "arn:aws:iam::210987654321:root"))
        aws.role("Closed", trusted=("arn:aws:iam::999999999999:root",))
        aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
        self.vault = MemoryVault()
        for name in ("alice", "dave"):
            self.vault.put(self.keys[name].id, Secret(self.keys[name].secret))
        self.session = aws.temporary(
            "arn:aws:sts::210987654321:assumed-role/Paste/x", "2" * 12, 3600
        )
        self.aws_folder = home / ".aws"
        self.aws_folder.mkdir(mode=0o700)
        self._programs()
        self._sign_in(home)
        (home / "token").write_text(aws.web_identity)
        self.token_file = home / "token"
        self._clients = Clients()
        self._known: dict[tuple[str, str, str | None], str] = {}
        self._loader = botocore.session.Session().get_component("data_loader")

    def _programs(self) -> None:
        (self.folder / "keys").mkdir(parents=True)
        for name, key in self.keys.items():
            made = Credentials(key.id, Secret(key.secret)).process_json()
            (self.folder / "keys" / key.id).write_text(made)
            self._program(name, f"#!/bin/sh\ncat {self.folder}/keys/{key.id}\n")
        self._program("awsprof", OURS.format(folder=self.folder))
        self._program("fails", "#!/bin/sh\necho no >&2\nexit 1\n")
        self._program("chats", "#!/bin/sh\necho hello\n")

    def _program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def _sign_in(self, home: Path) -> None:
        """What a sign-in to Identity Center leaves: for the session ``live`` and the legacy URL."""
        cache = home / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True, mode=0o700)
        self.aws.tokens.add("a token")
        ends = datetime.now(UTC) + timedelta(hours=8)
        token = {
            "startUrl": URL,
            "region": "eu-west-1",
            "accessToken": "a token",
            "expiresAt": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        }
        for called in ("live", URL):
            name = hashlib.sha1(called.encode(), usedforsecurity=False).hexdigest()
            (cache / f"{name}.json").write_text(json.dumps(token))

    def write(self, parts: Mapping[str, Parts]) -> None:
        """Both files."""
        sessions = "".join(
            f"[sso-session {name}]\nsso_start_url = {URL}\nsso_region = eu-west-1\n\n"
            for name in ("live", "ended")
        )
        config = "".join(_section(f"profile {n}", p.config) for n, p in parts.items() if p.config)
        credentials = "".join(_section(n, p.credentials) for n, p in parts.items() if p.credentials)
        for name, text in (("config", sessions + config), ("credentials", credentials)):
            path = self.aws_folder / name
            path.write_text(text)
            path.chmod(0o600)

    def line(self, name: str, user: str) -> str:
        """Our line, that hands out the user's key of the vault."""
        return f"{self.folder}/awsprof credential-process {name} --key {self.keys[user].id}"

    def who(self, made: Any) -> str:
        """Who credentials are, as AWS says, or its code; each is asked about once."""
        frozen = (made.access_key_id, made.secret.reveal(), made.token and made.token.reveal())
        if frozen not in self._known:
            self._known[frozen] = self._asked(made)
        return self._known[frozen]

    def _asked(self, made: Credentials) -> str:
        client = self._clients.client("sts", made, None, "eu-west-1")
        try:
            arn: str = client.get_caller_identity()["Arn"]
        except bc.ClientError as exc:
            return f"refused {exc.response['Error']['Code']}"
        except Exception as exc:  # what cannot be sent, as an ID with a line break
            return f"unsendable {type(exc).__name__}"
        return arn.rsplit("/", 1)[0] if ":assumed-role/" in arn else arn  # its session is random

    def boto3(self, name: str | None) -> str:
        """Who the profile is to botocore; None: without naming any."""
        session = botocore.session.Session(profile=name)
        session.register_component("data_loader", self._loader)
        return self.of_session(session)

    def of(self, make: Callable[[], Any]) -> str:
        """Who a session is that ``make`` makes, be it boto3's or awsprof's."""
        try:
            return self.of_session(make())
        except Exception as exc:  # no profile of that name, where a variable names it
            return kind_of(exc)

    def of_session(self, session: Any) -> str:
        """The same of a session, be it boto3's, botocore's or awsprof's."""
        try:
            found = session.get_credentials()
            if found is None:
                return "none"
            frozen = found.get_frozen_credentials()
        except Exception as exc:  # each is a kind of failure, told apart
            return kind_of(exc)
        token = Secret(frozen.token) if frozen.token else None
        return self.who(Credentials(frozen.access_key, Secret(frozen.secret_key), token))

    def of_credentials(self, give: Any) -> str:
        """Who those are that ``give`` gives, or the kind of its failure."""
        try:
            made = give()
        except Exception as exc:
            return kind_of(exc)
        return self.who(made)


_CONFIG = {"InvalidConfigError", "InfiniteLoopConfigError", "source-missing"}
_PROCESS = {"process-output", "process-missing", "CredentialRetrievalError", "file-not-read"}
# What botocore raises raw where a line cannot be run, or says nothing of the protocol.
_CRASHES = (FileNotFoundError, IndexError, json.JSONDecodeError, PermissionError)


def kind_of(exc: BaseException) -> str:
    """The kind of a failure, the same word for botocore's error and for ours."""
    code = _code_of(exc)
    if isinstance(exc, bc.ClientError) and not isinstance(exc, AwsprofError):
        return f"refused {exc.response['Error']['Code']}"
    if isinstance(exc, InteractionRequired) or code in {
        "UnauthorizedSSOTokenError",
        "SSOTokenLoadError",
    }:
        return "a person must sign in"
    if code in _CONFIG:
        return "config"
    if code in _PROCESS or isinstance(exc, _CRASHES):
        return "process"
    if isinstance(exc, bc.ProfileNotFound):
        return "no such profile"
    if code == "source-without-credentials":
        return "none"
    if code == "PartialCredentialsError":
        return "partial"
    caused = exc.__cause__
    while caused is not None:
        if isinstance(caused, bc.ClientError):
            return f"refused {caused.response['Error']['Code']}"
        caused = caused.__cause__
    return code


def _code_of(exc: BaseException) -> str:
    """Our code, or the class of botocore's; that of a machine without credentials as ours."""
    provider = getattr(exc, "kwargs", {}).get("provider")
    theirs = isinstance(exc, bc.CredentialRetrievalError) and not isinstance(exc, AwsprofError)
    if theirs and provider != "custom-process":
        return "machine-credentials"
    return getattr(exc, "aws_code", "") or getattr(exc, "code", "") or type(exc).__name__


def _section(name: str, values: Mapping[str, str]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items()) + "\n"


def keys(mixes: Mixes, user: str, shape: str) -> dict[str, str]:
    """Keys of a user as a file has them."""
    key = mixes.keys[user]
    whole = {"aws_access_key_id": key.id, "aws_secret_access_key": key.secret}
    pasted = mixes.session
    return {
        "none": {},
        "whole": whole,
        "id": {"aws_access_key_id": key.id},
        "secret": {"aws_secret_access_key": key.secret},
        "stale token": {**whole, "aws_session_token": "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPT"},
        "temporary": {
            "aws_access_key_id": pasted.id,
            "aws_secret_access_key": pasted.secret,
            "aws_session_token": pasted.token or "",
        },
        "legacy token": {
            "aws_access_key_id": pasted.id,
            "aws_secret_access_key": pasted.secret,
            "aws_security_token": pasted.token or "",
            "aws_session_token": "another",
        },
        "dead": {"aws_access_key_id": "AKIAI44QH8DHBEXAMPLE", "aws_secret_access_key": "x" * 40},
        "empty": {"aws_access_key_id": "", "aws_secret_access_key": ""},
        "token alone": {"aws_session_token": pasted.token or ""},
    }[shape]


_KEYS = st.sampled_from(
    ["none"] * 12
    + ["whole"] * 5
    + ["id", "secret", "stale token", "temporary", "legacy token", "dead", "empty", "token alone"]
)
_OFTEN_NOT = st.sampled_from([False, False, True])


@st.composite
def profile(draw: st.DrawFn, mixes: Mixes, name: str) -> Parts:
    """One profile, of any mix."""
    parts = Parts({"region": "eu-west-1"}, {})
    parts.config |= keys(mixes, "carol", draw(_KEYS))
    parts.credentials |= keys(mixes, "bob", draw(_KEYS))

    def other() -> dict[str, str]:
        """The file that a value stands in: the config as a rule."""
        in_config: bool = draw(st.sampled_from([True] * 4 + [False]))
        return parts.config if in_config else parts.credentials

    if draw(_OFTEN_NOT):
        lines = [mixes.line(name, "alice")] * 4 + [
            mixes.line(name, "dave"),
            f"{mixes.folder}/erin",
            f"{mixes.folder}/fails",
            f"{mixes.folder}/chats",
            f"{mixes.folder}/nowhere",
            "",
        ]
        other()["credential_process"] = draw(st.sampled_from(lines))
    if draw(_OFTEN_NOT):
        other()["role_arn"] = draw(st.sampled_from([ADMIN, ADMIN, ADMIN, OTHER, CLOSED, ""]))
    if draw(_OFTEN_NOT) or "role_arn" in parts.config:
        source = draw(st.sampled_from([*NAMES, *NAMES, name, "nobody", None]))
        if source is not None:
            other()["source_profile"] = source
    if draw(st.sampled_from([True] + [False] * 6)):
        parts.config["credential_source"] = draw(st.sampled_from(["Environment", "environment"]))
    if draw(st.sampled_from([True] + [False] * 8)):
        there = [str(mixes.token_file)] * 2 + [str(mixes.token_file) + ".none", ""]
        parts.config["web_identity_token_file"] = draw(st.sampled_from(there))
    if draw(st.sampled_from([True] + [False] * 5)):
        parts.config |= draw(st.sampled_from(_SSO))
    if draw(st.sampled_from([True] + [False] * 12)):
        parts.config["login_session"] = "arn:aws:iam::123456789012:user/nobody"
    return parts


_ACCOUNT = {"sso_account_id": "345678901234", "sso_role_name": "ReadOnly"}
_LEGACY = {"sso_start_url": URL, "sso_region": "eu-west-1"}
_SSO: list[dict[str, str]] = [
    {"sso_session": "live", **_ACCOUNT},
    {"sso_session": "live", **_ACCOUNT},
    {"sso_session": "ended", **_ACCOUNT},
    {"sso_session": "undefined", **_ACCOUNT},
    {"sso_session": "live"},
    {"sso_session": "live", "sso_account_id": "345678901234"},
    {"sso_session": "live", "sso_region": "us-east-1", **_ACCOUNT},
    {**_LEGACY, **_ACCOUNT},
    _LEGACY,
    {**_LEGACY, "sso_role_name": "ReadOnly"},
    _ACCOUNT,
]


def profiles(mixes: Mixes) -> st.SearchStrategy[dict[str, Parts]]:
    """Eight profiles, that may stand on each other."""
    return st.fixed_dictionaries({name: profile(mixes, name) for name in NAMES})


@st.composite
def environment(draw: st.DrawFn, mixes: Mixes) -> dict[str, str]:
    """Variables that say who one is, each there or not."""
    key = mixes.keys["erin"]
    given: dict[str, str] = {}
    if draw(st.booleans()):
        given["AWS_ACCESS_KEY_ID"] = draw(st.sampled_from([key.id, key.id, ""]))
        if draw(st.sampled_from([True, True, False])):
            given["AWS_SECRET_ACCESS_KEY"] = key.secret
    if draw(st.booleans()):
        given["AWS_WEB_IDENTITY_TOKEN_FILE"] = draw(st.sampled_from([str(mixes.token_file), ""]))
        if draw(st.sampled_from([True, True, False])):
            given["AWS_ROLE_ARN"] = OTHER
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        if draw(st.booleans()):
            given[name] = draw(st.sampled_from([*NAMES, *NAMES, "nobody", ""]))
    return given


def set_variables(given: Mapping[str, str]) -> None:
    """Those, and no other of the kind."""
    for name in (
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        *("AWS_ROLE_ARN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    ):
        os.environ.pop(name, None)
    os.environ.update(given)
