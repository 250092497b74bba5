"""Finds each endpoint_url of a service that boto3 ignores or rejects, for the doctor's checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsprof.configfile.document import FileKind
from awsprof.doctor import check_helpers
from awsprof.doctor.findings import Fault
from awsprof.profiles import value_rules
from awsprof.profiles.kinds.base import free_name, plain_name
from awsprof.profiles.model import Origin
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.configfile.document import Section
    from awsprof.configfile.storage import ConfigFile
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile


def invalid_service_endpoints(context: CheckContext) -> Iterator[Fault]:
    """Yields each endpoint_url of a services section that is no URL: boto3 makes no such client."""
    for section, stored in _selected_services(context):
        below = [(service, entry) for service in section.entries for entry in service.nested]
        for service, entry in below:
            found = value_rules.value_problem(entry.key, entry.value)
            if entry.key == "endpoint_url" and found is not None and found.refused:
                origin = Origin(FileKind.CONFIG, stored.path, entry.line)
                suggestion = f" Did you mean {sanitize(found.meant)}?" if found.meant else ""
                message = f"{sanitize(service.key)}: {found.says}{suggestion}"
                fix = f"write endpoint_url = {found.meant or 'a URL'} at {origin}, in an editor"
                yield Fault(message, fix, None, origin)


def nested_endpoints(context: CheckContext, profile: Profile) -> Iterator[Fault]:
    """Yields each endpoint_url in a profile's nested block: it belongs in a services section."""
    for parent, block in profile.nested.items():
        if "endpoint_url" in block:
            new = free_name(plain_name(profile.name), _services(context))
            yield Fault(
                f"boto3 ignores endpoint_url below {sanitize(parent)} in a profile: it reads it"
                " only in a [services] section.",
                f"move these lines below a header [services {new}] in the config file, in an"
                f" editor; then awsprof set {arguments(profile.name, 'services', new)}",
                profile.name,
                block["endpoint_url"].origin,
            )


def unnested_endpoints(context: CheckContext, *, stops: bool) -> Iterator[Fault]:
    """Yields each endpoint_url in a services section that is not indented below a service.

    ``stops``: those below an empty service, for which boto3 makes no client; else the others.
    """
    for section, stored in _selected_services(context):
        entry = section.get("endpoint_url")
        if entry is None or entry.nested:
            continue
        empty = [other for other in section.entries if not (other.value or other.nested)]
        above = [other.key for other in empty if other.line < entry.line]
        message = "boto3 ignores this endpoint_url: it is not indented below a service."
        fix = "write the service above it, such as s3 =, and indent this line by two spaces"
        if above:
            service = sanitize(above[-1])
            message = f"{message} It also makes no {service} client, because {service} is empty."
            fix = f"indent this line by two spaces, so that it belongs to {service}, in an editor"
        if bool(above) is stops:
            yield Fault(message, fix, None, Origin(FileKind.CONFIG, stored.path, entry.line))


def _selected_services(context: CheckContext) -> Iterator[tuple[Section, ConfigFile]]:
    used = {profile.get("services") for profile in context.profiles}
    everything = check_helpers.checks_everything(context)
    stored = context.catalog.stored(FileKind.CONFIG)
    for section in stored.document.sections:
        if section.id.type == "services" and (everything or section.id.name in used):
            yield section, stored


def _services(context: CheckContext) -> list[str]:
    sections = context.catalog.stored(FileKind.CONFIG).document.sections
    return [section.id.name for section in sections if section.id.type == "services"]
