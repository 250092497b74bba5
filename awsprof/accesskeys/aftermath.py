"""What is left to do when a leaked key is stopped: a sentence each, and the commands, filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.incident import Incident
from awsprof.accesskeys.policies import older_sessions
from awsprof.accesskeys.stop import POLICY
from awsprof.accesskeys.words import in_a_row, key_of
from awsprof.clean import clean
from awsprof.key_ids import is_long_term
from awsprof.profiles.catalog import Catalog
from awsprof.shells import arguments, word
from awsprof.signin import sts
from awsprof.vault.index import Stop

_LONGEST: Final = timedelta(hours=36)  # of a session (STS API reference, GetSessionToken)


@dataclass(frozen=True)
class Task:
    """One thing to do, and the commands that do it, ready for a shell, if there are any."""

    what: str
    commands: str = ""


def remaining(incident: Incident, catalog: Catalog, signer: str | None) -> tuple[Task, ...]:
    """What remains, the most urgent first; ``signer`` is the profile that signed it, if any."""
    name = next(iter(incident.profiles), "") if incident.new else signer
    profile = f" --profile={word(name)}" if name else ""
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
        names = in_a_row(incident.profiles)
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
    by = f" --using {word(signer)}" if signer else ""
    yield Task("When nothing misses it, delete it:", f"awsprof keys delete {incident.key_id}{by}")
    yield from _policies(incident, profile)


def _trail(incident: Incident, catalog: Catalog, profile: str) -> str:
    held = catalog.profiles.get(next(iter(incident.profiles), ""))
    first = sts.region_for(held)
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
        f"aws iam put-role-policy --role-name={word(role)}"
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
        key = key_of(profile.name, catalog)
        if key and is_long_term(key) and key not in {incident.key_id, incident.new}:
            keys.setdefault(key, profile.name)
    return tuple(keys.values())


def _policies(incident: Incident, profile: str) -> Iterator[Task]:
    partition, user = incident.stop.arn.split(":")[1], word(incident.user)
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


def tell_remaining(desk: Desk, incident: Incident, using: str | None) -> None:
    """Tell what is left to do, each with the commands for it."""
    desk.terminal.say()
    desk.terminal.heading("What is left to do")
    for task in remaining(incident, desk.catalog(), using):
        desk.terminal.todo(task.what)
        desk.terminal.command(task.commands)


def tell_finished(desk: Desk, name: str, stop: Stop) -> None:
    """A profile's name means the new key by now: what was stopped, and how to stop that one too."""
    called, when = clean(name), f"{(stop.finished or stop.began).astimezone():%Y-%m-%d %H:%M}"
    desk.terminal.ok(f"{stop.leaked} of {called} was stopped at {when}")
    desk.terminal.say(f"{called} has {stop.new} now. If that has leaked too:")
    desk.terminal.command(f"awsprof keys stop {stop.new}")
    desk.terminal.say(f"When nothing misses {stop.leaked}, delete it:")
    desk.terminal.command(f"awsprof keys delete {stop.leaked}")
