"""Policies as AWS reads them: what is denied wins, and a condition means what it says.

moto knows no condition keys and no variables, so that what is allowed is decided here. Whatever a
policy holds that is not known here fails the test, instead of being passed over.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import iam_backends

from tests.standins.loopback import Refused

FREE = frozenset({"GetCallerIdentity", "GetSessionToken"})  # no policy is asked (STS reference)
_OF_DEVICES = frozenset({"CreateVirtualMFADevice", "DeleteVirtualMFADevice"})
_OF_NOTHING = frozenset({"GenerateCredentialReport", "GetCredentialReport", "GetAccessKeyInfo"})
# Service Authorization Reference: for all others of IAM that are called here it is the user.


class Context(dict[str, str]):
    """The condition keys of a request; one that is absent is absent."""


def context(name: str, *, token: str | None, made: datetime | None, mfa: bool) -> Context:
    """What AWS knows of a call of the user ``name``; a long-term key has no word on MFA."""
    found = Context({"aws:username": name})
    if mfa or token is not None:
        found["aws:MultiFactorAuthPresent"] = str(mfa).lower()
    if token is not None and made is not None:
        found["aws:TokenIssueTime"] = f"{made:%Y-%m-%dT%H:%M:%SZ}"
    return found


def check(arn: str, action: str, parameters: Mapping[str, str], given: Context) -> None:
    """Refuse what the policies of the user ``arn`` do not allow."""
    _, partition, _, _, account, name = arn.split(":", 5)
    documents = list(of_user(name.rsplit("/", 1)[-1], account, partition))
    service = "sts" if action in {"AssumeRole", "GetAccessKeyInfo"} else "iam"
    resource = _resource(action, parameters, arn, given)
    if not allows(documents, f"{service}:{action}", resource, given):
        raise Refused(
            "AccessDenied", f"User: {arn} is not authorized to perform: {service}:{action}"
        )


def of_user(name: str, account: str, partition: str = "aws") -> Iterable[dict[str, Any]]:
    """The documents that say what the user may do."""
    iam = iam_backends[account][partition]
    user = iam.get_user(name)
    for text in user.policies.values():
        yield json.loads(text)
    for policy in user.managed_policies.values():
        yield json.loads(next(v.document for v in policy.versions if v.is_default))


def allows(documents: Iterable[dict[str, Any]], action: str, resource: str, given: Context) -> bool:
    """Whether something allows it, and nothing denies it."""
    allowed = False
    for document in documents:
        assert document["Version"] == "2012-10-17"
        for statement in document["Statement"]:
            if _meant(statement, action, resource, given):
                if statement["Effect"] == "Deny":
                    return False
                allowed = True
    return allowed


def _meant(statement: dict[str, Any], action: str, resource: str, given: Context) -> bool:
    known = {"Sid", "Effect", "Action", "NotAction", "Resource", "Condition", "Principal"}
    assert not set(statement) - known, statement
    if "NotAction" in statement:
        if _matches(statement["NotAction"], action.lower(), given, lower=True):
            return False
    elif not _matches(statement["Action"], action.lower(), given, lower=True):
        return False
    if not _matches(statement.get("Resource", "*"), resource, given):
        return False
    return all(
        _holds(operator, key, value, given)
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    )


def _matches(patterns: Any, text: str, given: Context, *, lower: bool = False) -> bool:
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        whole = re.sub(r"\$\{([^}]+)\}", lambda m: given.get(m[1], "\0"), pattern)
        parts = re.split(r"([*?])", whole.lower() if lower else whole)
        regex = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
        if re.fullmatch(regex, text):
            return True
    return False


def _holds(operator: str, key: str, value: str, given: Context) -> bool:
    found = given.get(key)
    if found is None:
        return operator.endswith("IfExists")
    match operator.removesuffix("IfExists"):
        case "Bool" | "StringEquals":
            return found == value
        case "DateLessThan":
            return _time(found) < _time(value)
    raise AssertionError(f"the stand-in does not know {operator}")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _resource(action: str, parameters: Mapping[str, str], arn: str, given: Context) -> str:
    head = arn.rpartition(":")[0]
    if action in _OF_NOTHING:
        return "*"
    if action == "AssumeRole":
        return parameters["RoleArn"]
    if action in _OF_DEVICES:
        path, name = parameters.get("Path", "/"), parameters.get("VirtualMFADeviceName")
        return parameters.get("SerialNumber") or f"{head}:mfa{path}{name}"
    if action == "GetAccessKeyLastUsed":
        key = iam_backends[arn.split(":")[4]]["aws"].access_keys.get(parameters["AccessKeyId"])
        return f"{head}:user/{key.user_name if key else ''}"
    return f"{head}:user/{parameters.get('UserName') or given['aws:username']}"
