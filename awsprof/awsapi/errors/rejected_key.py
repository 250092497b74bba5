"""Explains why AWS rejects a key: from its form, where it is stored, and the endpoint.

InvalidClientTokenId has a dozen causes; a deleted key is only one. This tells them apart without
any call, so that no fix discards a valid key. It shows no secret, and no ID that does not look like
one.

Sources: IAM User Guide, "IAM identifiers" (prefixes), "Manage access keys for IAM users" (40
characters), "Managing AWS STS in an AWS Region"; STS API reference, "Common errors".
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from awsprof import key_ids, regions
from awsprof.errors import CredentialsError
from awsprof.masking.secret_shapes import SECRET_LENGTH
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import (
    ProviderType,
    is_own_source,
    key_in_vault,
    provider_type,
    secret_of_key,
)
from awsprof.shells import arguments, set_variable
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials

REJECTED_KEY_CODES: Final = frozenset(
    {
        *("InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSignatureException"),
        *("UnrecognizedClientException", "IncompleteSignature", "InvalidAccessKeyId"),
    }
)
_SIGNATURE: Final = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException"})
# Regions that every account has. Source: Account Management Reference Guide, "Enable or disable
# AWS Regions in your account": later ones than 20 March 2019 are off until you enable them.
_ON_BY_DEFAULT: Final = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1"),
        *("ap-southeast-1", "ap-southeast-2"),
    }
)
_SECRET: Final = re.compile(r"[A-Za-z0-9/+]+\Z")
_VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")  # as sts_region prefers them
_TOKENS: Final = ("aws_security_token", "aws_session_token")  # as botocore prefers them


@dataclass(frozen=True)
class KeyInUse:
    """The key that signed, and the profile it belongs to; a field that is None is not known.

    ``kept`` is where it comes from: "file", "vault", "program" or "session". ``requested`` is the
    profile that was requested.
    """

    holder: Profile | None
    kept: str
    requested: str
    id: str | None = field(default=None, repr=False)  # a secret may stand in its place
    secret: str | None = field(default=None, repr=False)
    has_token: bool | None = None


class CallPlace(NamedTuple):
    """The endpoint and the region of a call; None if not known."""

    endpoint: str | None = None
    region: str | None = None


_UNKNOWN_PLACE: Final = CallPlace()


def key_in_use(links: Sequence[Profile], used: Credentials | None, requested: str) -> KeyInUse:
    """Returns the key behind a call: that of ``used``, else of the last profile of the chain."""
    if not links:
        return _without_profile(used, requested)
    holder = links[-1]
    found = provider_type(holder, as_source=len(links) > 1 or is_own_source(holder))
    if used is not None and len(links) == 1:
        found = provider_type(holder)
    if found is ProviderType.KEYS:
        token = any(holder.get(key) for key in _TOKENS)
        key_id, secret = holder.get("aws_access_key_id"), secret_of_key(holder)
        return KeyInUse(holder, "file", requested, key_id, secret, token)
    if used is not None and used.token is not None and found is not ProviderType.PROCESS:
        return KeyInUse(holder, "session", requested, has_token=True)
    if found is ProviderType.PROCESS:
        key_id = key_in_vault(holder, as_source=len(links) > 1)
        if used is not None and used.token is not None:
            return KeyInUse(holder, "session" if key_id else "program", requested, has_token=True)
        return KeyInUse(holder, "vault" if key_id else "program", requested, key_id)
    return KeyInUse(holder, "session", requested, has_token=True)


def _without_profile(used: Credentials | None, requested: str) -> KeyInUse:
    if used is None:
        return KeyInUse(None, "file", requested)
    token = used.token is not None
    return KeyInUse(None, "given", requested, used.access_key_id, used.secret.reveal(), token)


def rejected_key_error(
    code: str,
    profile: str,
    links: Sequence[Profile],
    used: Credentials | None = None,
    where: CallPlace = _UNKNOWN_PLACE,
) -> CredentialsError:
    """Returns the error for a rejected key, with a fix that discards no valid key.

    ``profile`` is the requested profile, ``links`` its chain, ``where`` the place of the call.
    """
    key = key_in_use(links, used, profile)
    what, fix = (
        _by_looks(key)
        or _by_place(key)
        or _by_region(key, links, where.region)
        or _unknown(code, key, profile)
    )
    host = _own_endpoint(where.endpoint)
    if host is not None:
        what = f"{what}. {host} answered, not AWS itself"
        fix = f"{fix}; to use AWS itself, unset the endpoint: awsprof doctor shows where it is set"
    return CredentialsError(f"{what} ({code}).", fix, code=code)


def visible_key_problem(
    profile: str, links: Sequence[Profile], used: Credentials | None
) -> tuple[str, str] | None:
    """Returns what is visibly wrong with the key, and the fix; None if it looks valid."""
    return _by_looks(key_in_use(links, used, profile))


def _name(key: KeyInUse) -> str:
    return arguments(_holder(key))


def _holder(key: KeyInUse) -> str:
    return key.holder.name if key.holder is not None else key.requested


def _at(key: KeyInUse, value: str) -> str:
    """Returns "at FILE:LINE", the place of the value; without a profile, where it was given."""
    found = key.holder.values.get(value) if key.holder is not None else None
    return f"at {found.origin}" if found is not None else "where you gave the key"


def _by_looks(key: KeyInUse) -> tuple[str, str] | None:
    if key.id is None or key.kept not in {"file", "given"}:
        return None
    return _misplaced(key) or _with_strange_characters(key) or _wrong_token(key) or _no_key(key)


def _misplaced(key: KeyInUse) -> tuple[str, str] | None:
    """Detects an ID and a secret that are swapped."""
    if key.secret and key_ids.is_access_key_id(key.secret.strip()) and not _is_id(key.id):
        return (
            "The key's ID and its secret are swapped",
            f"swap the two values {_at(key, 'aws_access_key_id')}",
        )
    return None


def _is_id(text: str | None) -> bool:
    return key_ids.is_access_key_id(text or "")


def _with_strange_characters(key: KeyInUse) -> tuple[str, str] | None:
    """Detects quotes, commas and invisible characters pasted with a value."""
    for value, text, allowed in (
        ("aws_access_key_id", key.id or "", r"[A-Za-z0-9]"),
        ("aws_secret_access_key", key.secret or "", r"[A-Za-z0-9/+=]"),
    ):
        strange = [char for char in text if not re.match(allowed, char)]
        bare = "".join(char for char in text if re.match(allowed, char))
        whole = _is_id(bare.upper()) if value == "aws_access_key_id" else len(bare) >= SECRET_LENGTH
        if strange and whole:
            names = ", ".join(dict.fromkeys(map(_char, strange)))
            editor = "in an editor, " if key.holder is not None else ""
            return (
                f"{value} has characters that do not belong to it: {names}",
                f"remove them {editor}{_at(key, value)}, and keep the rest",
            )
    return None


def _char(char: str) -> str:
    name = unicodedata.name(char, "an unnamed character").lower()
    seen = f" ({char})" if char.isprintable() and not char.isspace() else ""
    return f"{name}{seen}"


def _wrong_token(key: KeyInUse) -> tuple[str, str] | None:
    """Detects a superfluous or missing session token."""
    id = key.id or ""
    if key_ids.is_long_term(id) and key.has_token:
        token = next((t for t in _TOKENS if key.holder and key.holder.get(t)), _TOKENS[-1])
        shown = key_ids.display_id(id)
        return (
            f"{shown} is a long-term key, which has no session token, and {token} was sent with it",
            f"awsprof unset {_name(key)} {token} keeps the key and removes the token"
            if key.holder is not None
            else "give the key without a session token",
        )
    if key_ids.is_temporary(id) and key.has_token is False:
        return (
            f"{key_ids.display_id(id)} is a temporary key, and its session token is missing",
            f"add aws_session_token {_at(key, 'aws_access_key_id')}; or let awsprof setup create a"
            " profile that renews its credentials",
        )
    return None


def _no_key(key: KeyInUse) -> tuple[str, str] | None:
    """Detects a value that is not an AWS key, or is incomplete."""
    id, at = key.id or "", _at(key, "aws_access_key_id")
    if not _is_id(id):
        if _is_id(id.upper()):
            return "The key's ID is in lower case, but AWS's are in capitals", f"correct it {at}"
        if key_ids.is_unique_id(id):
            return (
                f"{id} is the ID of an IAM user or role, not of an access key",
                f"replace it with the access key's ID (AKIA…), {at}",
            )
        return (
            "The aws_access_key_id is not an ID of AWS's, which begin with AKIA or ASIA: it may be"
            " for LocalStack, or for another service with an S3-compatible API",
            f"for AWS put an AWS key {at}; for another service set its endpoint_url in the same"
            " profile",
        )
    if key.secret is not None and len(key.secret) != SECRET_LENGTH:
        return (
            f"The secret of {key_ids.display_id(id)} has {len(key.secret)} characters, but AWS's"
            f" have {SECRET_LENGTH}",
            f"put the whole secret {_at(key, 'aws_secret_access_key')}"
            + (
                f"; or awsprof add keys {_name(key)} keeps it in the vault"
                if key.holder is not None
                else ""
            ),
        )
    return None


def _by_place(key: KeyInUse) -> tuple[str, str] | None:
    if key.kept == "session":
        return (
            "AWS rejects this session: it was revoked, or the key that it came from was deleted",
            f"awsprof logout {_name(key)} deletes it; the next use signs in again",
        )
    if key.kept == "program":
        return (
            f"AWS does not know the key that the program of {sanitize(_holder(key))} prints",
            f"check that program: awsprof show {_name(key)}",
        )
    return None


def _by_region(
    key: KeyInUse, links: Sequence[Profile], called: str | None
) -> tuple[str, str] | None:
    """Detects a region in another partition, or one that may not be enabled.

    ``called`` is the region of the call, if it is known.
    """
    region = called or next((found for link in links if (found := link.get("region"))), None)
    if region is None or region in _ON_BY_DEFAULT or not regions.looks_like_region(region):
        return None
    of_arns = next((link.partition for link in links if link.partition), None)
    of_region = regions.partition_of(region)
    better = regions.default_region(of_arns or regions.DEFAULT_PARTITION)
    if region == better:
        return None
    fix, change = _other_region(region, better, links)
    if of_arns and of_region and of_arns != of_region:
        return (
            f"The region {sanitize(region)} is in the partition {of_region}, but the key's ARNs are"
            f" in {sanitize(of_arns)}: keys of one partition do not work in another",
            fix,
        )
    return (
        f"AWS does not know this key in {sanitize(region)}: the region is not enabled in its"
        " account, or is in another partition, or the key was deleted or is inactive",
        f"{change}; otherwise create a new key, then awsprof add keys {_name(key)}",
    )


def _other_region(region: str, better: str, links: Sequence[Profile]) -> tuple[str, str]:
    """Returns how to call the region ``better``: as a command, and for who uses that region.

    It changes the place that chose ``region``: a profile, a variable, or an argument.
    """
    chosen_in = next((link for link in links if link.get("region") == region), None)
    if chosen_in is not None:
        command = f"awsprof set {arguments(chosen_in.name)} region {better}"
        return command, f"{command}, if you use that region"
    variable = next((name for name in _VARIABLES if os.environ.get(name)), "")
    if os.environ.get(variable) == region:
        command = set_variable(variable, better)
        return command, f"{command}, if {variable} need not be {sanitize(region)}"
    command = f"name another region, such as {better}"
    return command, command


def _unknown(code: str, key: KeyInUse, profile: str) -> tuple[str, str]:
    again = f"awsprof add keys {_name(key)}"
    if code in _SIGNATURE:
        return (
            "The secret is not this key's, or this machine's clock is wrong",
            f"add the key again with its own secret ({again}); check the clock",
        )
    alone = key.holder is None or sanitize(key.holder.name) == profile
    whose = "this key" if alone else f"the key of {sanitize(_holder(key))}, which {profile} uses"
    if key_ids.is_temporary(key.id or ""):
        put = f"put the new key and its token {_at(key, 'aws_access_key_id')}"
        return (
            f"AWS does not know {whose}, which is temporary: it has expired or was revoked",
            f"{put if key.holder else 'give a new one'}, or let awsprof setup create a profile that"
            " renews its own",
        )
    remove = f"; or awsprof remove {_name(key)}" if alone and key.holder is not None else ""
    return (
        f"AWS does not know {whose}: it was deleted or is inactive",
        f"make a new key, then {again}{remove}",
    )


def _own_endpoint(endpoint: str | None) -> str | None:
    """Returns the host of a custom endpoint; None for AWS's own or an unknown one."""
    if endpoint is None:
        return None
    try:
        host = urlsplit(endpoint).hostname or endpoint
    except ValueError:  # an unclosed bracket
        host = endpoint
    suffixes = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")
    return None if host.endswith(suffixes) or "amazonaws" in host else sanitize(endpoint)
