"""The options of sessions, validated without any call."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal, TypedDict

from awsprof.auth.session_options import PLAIN, SessionOptions
from awsprof.errors import UsageError

Code = Callable[[str, str], str] | str
"""A function of profile and MFA device that returns six digits; or six digits, used once."""

Duration = int | timedelta
"""How long a session lasts: whole seconds or a timedelta."""

Tags = Mapping[str, str] | Sequence[Mapping[str, str]]
"""Session tags: a mapping, or AWS's own list of ``{"Key": ..., "Value": ...}``."""

Missing = Literal["error", "default"]
"""If a profile is missing: raise ProfileNotFound, or use boto3's own search."""

_ACCOUNT: Final = re.compile(r"\d{12}\Z", re.ASCII)
_SHORTEST, _LONGEST = 900, 129_600  # seconds, of GetSessionToken; AssumeRole allows up to 43,200


class RoleSessionArguments(TypedDict, total=False):
    """The keyword arguments that become parameters of AssumeRole."""

    duration: Duration | None
    session_policy: Mapping[str, Any] | str | None
    policy_arns: Sequence[str] | None
    tags: Tags | None
    transitive_tag_keys: Sequence[str] | None
    source_identity: str | None


class SessionArguments(RoleSessionArguments, total=False):
    """The keyword arguments of ``awsprof.session`` that a fan-out passes on."""

    region: str | None
    mfa: Code | None
    mfa_serial: str | None
    interactive: bool
    account: str | None


class AssumeArguments(RoleSessionArguments, total=False):
    """The keyword arguments of ``awsprof.assume``."""

    region: str | None
    role_session_name: str | None
    external_id: str | None
    mfa: Code | None
    mfa_serial: str | None
    interactive: bool


class SessionConfig:
    """Validated options: MFA, prompts, the expected account, and the STS session's parameters.

    ``mfa_serial`` is the device to ask, in place of the profile's own. Raises UsageError.
    """

    __slots__ = ("account", "interactive", "mfa", "mfa_serial", "session_options")

    def __init__(
        self,
        mfa: Code | None = None,
        interactive: bool = True,
        account: str | None = None,
        session_options: SessionOptions = PLAIN,
        mfa_serial: str | None = None,
    ) -> None:
        value: object = account  # untyped scripts pass numbers
        if value is not None and not (isinstance(value, str) and _ACCOUNT.match(value)):
            raise UsageError(
                f"{account!r} is not an account ID.",
                'give account= as a string of 12 digits: "012345678901" (numbers lose zeros)',
            )
        if mfa is not None:
            _require_code(mfa)
        self.mfa: Final = mfa
        self.interactive: Final = interactive
        self.account: Final = account
        self.session_options: Final = session_options
        self.mfa_serial: Final = mfa_serial

    @property
    def shapes_session(self) -> bool:
        """True if keys in the environment cannot satisfy the options: they need the profile."""
        return bool(self.session_options or self.mfa_serial)


def _require_code(mfa: object) -> None:
    from awsprof.prompting import parse_mfa_code

    if not (callable(mfa) or (isinstance(mfa, str) and parse_mfa_code(mfa))):
        raise UsageError(
            "mfa is not an MFA code of six digits.",
            "give mfa= as a string of six digits, or a function that returns one",
        )


def require_known(function: Callable[..., Any], arguments: Any, options: Mapping[str, Any]) -> None:
    """Raises TypeError, as Python does, for a keyword argument that the function does not have.

    ``arguments`` is the TypedDict of its ``**options``. A misspelled ``account`` would be no guard.
    """
    for name in options:
        if name not in arguments.__optional_keys__:
            from inspect import signature

            from awsprof.near_names import nearest_name

            near = nearest_name(
                name, [*signature(function).parameters, *arguments.__optional_keys__]
            )
            hint = f". Did you mean {near!r}?" if near else ""
            raise TypeError(
                f"{function.__name__}() got an unexpected keyword argument {name!r}{hint}"
            )


def session_config(options: SessionArguments) -> SessionConfig:
    """Validates the arguments. Raises UsageError for one that is invalid."""
    return SessionConfig(
        mfa=options.get("mfa"),
        interactive=options.get("interactive", True),
        account=options.get("account"),
        session_options=build_session_options(options),
        mfa_serial=options.get("mfa_serial"),
    )


def build_session_options(options: RoleSessionArguments) -> SessionOptions:
    """Builds STS session options. Raises UsageError for an argument that is invalid."""
    policy = options.get("session_policy")
    if policy is not None and not isinstance(policy, str):
        policy = json.dumps(policy, separators=(",", ":"))
    if policy == "":  # of an empty file: the session would have the role's full permissions
        raise UsageError("session_policy is empty.", "give a policy, or leave session_policy out")
    tags = _tags(options.get("tags"))
    passed_on = _strings("transitive_tag_keys", options.get("transitive_tag_keys"))
    return SessionOptions(
        _seconds(options.get("duration")),
        policy,
        tags,
        options.get("source_identity"),
        _strings("policy_arns", options.get("policy_arns")),
        passed_on,
    )


def _strings(name: str, given: Sequence[str] | None) -> tuple[str, ...]:
    values: object = given  # untyped scripts pass one string, or AWS's own shape
    if values is None:
        return ()
    if isinstance(values, list | tuple) and all(isinstance(value, str) for value in values):
        return tuple(values)
    raise UsageError(f"{name} must be a list of strings.", f'give {name}=["…"]')


def _seconds(duration: Duration | None) -> int | None:
    seconds: object = duration
    if isinstance(duration, timedelta):
        seconds = int(duration.total_seconds())
    if seconds is None:
        return None
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise UsageError(
            f"{duration!r} is not a duration.", "give duration= as whole seconds or a timedelta"
        )
    if not _SHORTEST <= seconds <= _LONGEST:
        raise UsageError(
            f"A session cannot last {seconds} seconds.",
            f"give duration= between {_SHORTEST} and {_LONGEST}, within the role's maximum",
        )
    return seconds


def _tags(tags: Tags | None) -> tuple[tuple[str, str], ...]:
    value: object = tags
    try:
        pairs = value.items() if isinstance(value, Mapping) else _pairs(value or ())
        found = [(key, value) for key, value in pairs if isinstance(value, str)]
        if len(found) == len(pairs) and all(isinstance(key, str) for key, _ in found):
            return tuple(sorted(found))
    except (TypeError, KeyError):
        pass  # raises below
    raise UsageError(
        "Session tags must map strings to strings.",
        'give tags={"team": "data"}, or AWS\'s list [{"Key": "team", "Value": "data"}]',
    )


def _pairs(tags: Any) -> list[tuple[Any, Any]]:
    return [(tag["Key"], tag["Value"]) for tag in tags]
