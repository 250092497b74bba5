"""The check of the variables that name a container's credentials, as in ECS and EKS."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from awsprof.doctor.check_helpers import variable_fault
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.profiles.current import VARIABLES
from awsprof.profiles.provider_order import ProviderType, provider_type
from awsprof.shells import unset_variables
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext

_PATH: Final = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
_URL: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_TOKEN_FILE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105  # a variable's name
_TOKEN: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105  # as above
# Hosts that may be asked by HTTP. Source: botocore's ContainerMetadataFetcher.
_HOSTS: Final = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"})


@offline_check(Severity.ERROR)
def env_container_refused(context: CheckContext) -> Iterator[Fault]:
    """A variable of the container credentials, as in ECS or EKS, names a wrong host or no file.

    Without other credentials, boto3 asks the address in AWS_CONTAINER_CREDENTIALS_FULL_URI, and
    stops with ValueError or FileNotFoundError if the host is not one of a container's, or if the
    file in AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE does not exist.

    Outside the container that they are for, unset these variables.
    """
    env = context.environment
    if not (_PATH in env or _URL in env) or not _is_asked(context):
        return
    fix = unset_variables(*(name for name in (_PATH, _URL, _TOKEN_FILE, _TOKEN) if name in env))
    host = None if _PATH in env else _refused_host(env[_URL])
    if host is not None:
        named = f"the host {sanitize(host)}" if host else "no host"
        message = f"{_URL} names {named}: boto3 asks only this machine or a container's own address"
        yield variable_fault(f"{message}, and stops.", fix, _URL)
    elif (path := env.get(_TOKEN_FILE)) is not None and not _is_file(path):
        message = f"{_TOKEN_FILE}={sanitize(path)} names a missing file, so boto3 stops."
        yield variable_fault(message, fix, _TOKEN_FILE)


def _is_file(path: str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  # "" names none; is_file raises for some names


def _is_asked(context: CheckContext) -> bool:
    """True if boto3 gets as far as the container for a profile: no credentials come first."""
    env, profiles = context.environment, context.catalog.profiles
    if any(each.get("credential_source") == "EcsContainer" for each in context.profiles):
        return True
    if env.get("AWS_ACCESS_KEY_ID") or env.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return False
    in_use = next(filter(None, map(env.get, VARIABLES)), "default")
    return in_use not in profiles or any(
        provider_type(each) is ProviderType.NONE for each in context.profiles
    )


def _refused_host(url: str) -> str | None:
    """Returns the host that boto3 refuses to ask; None for one that it asks."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # an unclosed bracket
        return ""
    if parts.scheme == "https" or host in _HOSTS:
        return None
    try:
        return None if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host
