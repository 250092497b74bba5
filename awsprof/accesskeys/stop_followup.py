"""What is left to do when a leaked key is stopped: a sentence each, and the commands, filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.format import join_names, long_term_key_of
from awsprof.accesskeys.iam_policies import older_sessions
from awsprof.accesskeys.incident import Incident
from awsprof.accesskeys.stop import POLICY
from awsprof.awsapi import sts
from awsprof.key_ids import is_long_term
from awsprof.profiles.catalog import Catalog
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize
from awsprof.vault.index import StopRecord

_LONGEST: Final = timedelta(hours=36)  # of a session (STS API reference, GetSessionToken)


@dataclass(frozen=True)
class Task:
    """One thing to do, and the commands that do it, ready for a shell, if there are any."""

    what: str
    commands: str = ""


def remaining_tasks(incident: Incident, catalog: Catalog, signer: str | None) -> tuple[Task, ...]:
    """What remains, the most urgent first; ``signer`` is the profile that signed it, if any."""
    name = next(iter(incident.profiles), "") if incident.new else signer
    profile = f" --profile={shell_word(name)}" if name else ""
    return tuple(_tasks(incident, catalog, profile, signer))


def _tasks(
    incident: Incident, catalog: Catalog, profile: str, signer: str | None
) -> Iterator[Task]:
    if incident.failed:
        yield Task(
            "Have what could not be done be done by somebody who may:",
            f"awsprof keys stop {incident.key_id} with --using and a profile that may",
        )
    if incident.profiles and incident.new is None:
        names = join_names(incident.profiles)
        one = arguments(incident.profiles[0])
        yield Task(f"{names}: no key that works. Bring in another:", f"awsprof keys import {one}")
    yield Task("Take the key out of where it leaked: history, logs, images, chats, tickets.")
    yield Task("See what was done with it, in every region:", _trail(incident, catalog, profile))
    yield from _roles(incident, catalog, profile)
    yield Task(
        "Look for users, keys and roles that were made with it:",
        f"awsprof keys audit --report{profile.replace('--profile', '--using')}",
    )
    others = _others(incident, catalog)
    if others:
        yield Task(
            "Rotate what lay in the same place:",
            "\n".join(f"awsprof keys rotate {arguments(other)}" for other in others),
        )
    by = f" --using {shell_word(signer)}" if signer else ""
    yield Task("When nothing misses it, delete it:", f"awsprof keys delete {incident.key_id}{by}")
    yield from _policies(incident, profile)


def _trail(incident: Incident, catalog: Catalog, profile: str) -> str:
    held = catalog.profiles.get(next(iter(incident.profiles), ""))
    first = sts.sts_region(held)
    return (
        f"for region in $(aws ec2 describe-regions --region {first}{profile}"
        " --query 'Regions[].RegionName' --output text); do\n"
        f'  aws cloudtrail lookup-events --region "$region"{profile} --output text'
        f" --lookup-attributes AttributeKey=AccessKeyId,AttributeValue={incident.key_id}"
        " --query 'Events[].[EventTime,EventName,EventSource,Username]'\n"
        "done"
    )


def _roles(incident: Incident, catalog: Catalog, profile: str) -> Iterator[Task]:
    """Sessions of roles are no sessions of the user, and live on."""
    policy = json.dumps(older_sessions(datetime.now(UTC)))
    arns = [catalog.get(name).get("role_arn") for name in incident.above]
    names = dict.fromkeys(arn.rsplit("/", 1)[-1] for arn in arns if arn)
    commands = "\n".join(
        f"aws iam put-role-policy --role-name={shell_word(role)}"
        f" --policy-name AWSRevokeOlderSessions --policy-document '{policy}'"
        for role in names
    )
    if commands:
        yield Task(
            "End the sessions of the roles it could assume, each in its own account; the AssumeRole"
            " events above name any others:",
            commands,
        )
    else:
        yield Task("Sessions of roles that it assumed live on: the AssumeRole events name them.")


def _others(incident: Incident, catalog: Catalog) -> tuple[str, ...]:
    keys: dict[str, str] = {}
    for profile in catalog.profiles.values():
        key = long_term_key_of(profile.name, catalog)
        if key and is_long_term(key) and key not in {incident.key_id, incident.new}:
            keys.setdefault(key, profile.name)
    return tuple(keys.values())


def _policies(incident: Incident, profile: str) -> Iterator[Task]:
    partition, user = incident.stop.arn.split(":")[1], shell_word(incident.user)
    for name in incident.quarantine:
        yield Task(
            "When all of that is done, take off what AWS put on the user:",
            f"aws iam detach-user-policy --user-name={user}{profile}"
            f" --policy-arn arn:{partition}:iam::aws:policy/{name}",
        )
    if incident.stop.denied:
        until = datetime.now().astimezone() + _LONGEST
        yield Task(
            f"From {until:%Y-%m-%d %H:%M} on no such session lives, and the denial may go:",
            f"aws iam delete-user-policy --user-name={user}{profile} --policy-name {POLICY}",
        )


def tell_remaining(key_context: KeyContext, incident: Incident, using: str | None) -> None:
    """Tell what is left to do, each with the commands for it."""
    key_context.terminal.say()
    key_context.terminal.heading("What is left to do")
    for task in remaining_tasks(incident, key_context.catalog(), using):
        key_context.terminal.todo(task.what)
        key_context.terminal.command(task.commands)


def tell_finished(key_context: KeyContext, name: str, stop: StopRecord) -> None:
    """A profile's name means the new key by now: what was stopped, and how to stop that one too."""
    called, when = sanitize(name), f"{(stop.finished or stop.began).astimezone():%Y-%m-%d %H:%M}"
    key_context.terminal.ok(f"{stop.leaked} of {called} was stopped at {when}")
    key_context.terminal.say(f"{called} has {stop.new} now. If that has leaked too:")
    key_context.terminal.command(f"awsprof keys stop {stop.new}")
    key_context.terminal.say(f"When nothing misses {stop.leaked}, delete it:")
    key_context.terminal.command(f"awsprof keys delete {stop.leaked}")
