"""What is left to do when a leaked key is stopped: a sentence each, and the commands, filled in."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.policies import older_sessions
from awsprof.accesskeys.stop import POLICY, Case
from awsprof.accesskeys.words import in_a_row
from awsprof.clean import clean
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.keys import key_in_vault
from awsprof.signin import sts

_LONGEST: Final = timedelta(hours=36)  # of a session (STS API reference, GetSessionToken)


@dataclass(frozen=True)
class Task:
    """One thing to do, and the commands that do it, ready for a shell, if there are any."""

    what: str
    commands: str = ""


def remaining(case: Case, catalog: Catalog, signer: str | None) -> tuple[Task, ...]:
    """What remains, the most urgent first; ``signer`` is the profile that signed it, if any."""
    name = next(iter(case.profiles), "") if case.new else signer
    profile = f" --profile {shlex.quote(name)}" if name else ""
    return tuple(_tasks(case, catalog, profile, signer))


def _tasks(case: Case, catalog: Catalog, profile: str, signer: str | None) -> Iterator[Task]:
    if case.failed:
        yield Task(
            "Have what could not be done be done by somebody who may:",
            f"awsprof keys stop {case.key_id} --using PROFILE",
        )
    if case.profiles and case.new is None:
        names = in_a_row(case.profiles)
        one = clean(case.profiles[0])
        yield Task(f"{names}: no key that works. Bring in another:", f"awsprof keys import {one}")
    yield Task("Take the key out of where it leaked: history, logs, images, chats, tickets.")
    yield Task("See what was done with it, in every region:", _trail(case, catalog, profile))
    yield from _roles(case, catalog, profile)
    yield Task(
        "Look for users, keys and roles that were made with it:",
        f"awsprof keys audit --report{profile.replace('--profile', '--using')}",
    )
    others = _others(case, catalog)
    if others:
        yield Task(
            "Rotate what lay in the same place:",
            "\n".join(f"awsprof keys rotate {shlex.quote(other)}" for other in others),
        )
    by = f" --using {shlex.quote(signer)}" if signer else ""
    yield Task("When nothing misses it, delete it:", f"awsprof keys delete {case.key_id}{by}")
    yield from _policies(case, profile)


def _trail(case: Case, catalog: Catalog, profile: str) -> str:
    held = catalog.profiles.get(next(iter(case.profiles), ""))
    first = sts.region_for(held)
    return (
        f"for region in $(aws ec2 describe-regions --region {first}{profile}"
        " --query 'Regions[].RegionName' --output text); do\n"
        f'  aws cloudtrail lookup-events --region "$region"{profile} --output text'
        f" --lookup-attributes AttributeKey=AccessKeyId,AttributeValue={case.key_id}"
        " --query 'Events[].[EventTime,EventName,EventSource,Username]'\n"
        "done"
    )


def _roles(case: Case, catalog: Catalog, profile: str) -> Iterator[Task]:
    """Sessions of roles are no sessions of the user, and live on."""
    policy = json.dumps(older_sessions(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"))
    arns = [catalog.get(name).get("role_arn") for name in case.above]
    names = dict.fromkeys(arn.rsplit("/", 1)[-1] for arn in arns if arn)
    commands = "\n".join(
        f"aws iam put-role-policy --role-name {shlex.quote(role)}"
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


def _others(case: Case, catalog: Catalog) -> tuple[str, ...]:
    keys: dict[str, str] = {}
    for profile in catalog.profiles.values():
        key = key_in_vault(profile) or profile.get("aws_access_key_id")
        if key and key.startswith("AKIA") and key not in {case.key_id, case.new}:
            keys.setdefault(key, profile.name)
    return tuple(keys.values())


def _policies(case: Case, profile: str) -> Iterator[Task]:
    partition, user = case.hand.who.arn.split(":")[1], shlex.quote(case.user)
    for name in case.quarantine:
        yield Task(
            "When all of that is done, take off what AWS put on the user:",
            f"aws iam detach-user-policy --user-name {user}{profile}"
            f" --policy-arn arn:{partition}:iam::aws:policy/{name}",
        )
    if case.denied:
        until = datetime.now().astimezone() + _LONGEST
        yield Task(
            f"From {until:%Y-%m-%d %H:%M} on no such session lives, and the denial may go:",
            f"aws iam delete-user-policy --user-name {user}{profile} --policy-name {POLICY}",
        )


def tell_remaining(desk: Desk, case: Case, using: str | None) -> None:
    """Tell what is left to do, each with the commands for it."""
    desk.terminal.say()
    desk.terminal.heading("What is left to do")
    for task in remaining(case, desk.catalog(), using):
        desk.terminal.todo(task.what)
        desk.terminal.command(task.commands)
