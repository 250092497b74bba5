"""What is left to do after a leaked key was stopped, with commands that are ready to run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from awsprof.accesskeys.describe_keys import join_names
from awsprof.accesskeys.iam_policies import older_sessions
from awsprof.accesskeys.incident import Incident
from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_users import long_term_key_of
from awsprof.accesskeys.stop import POLICY
from awsprof.arn import Arn
from awsprof.awsapi import sts
from awsprof.key_ids import is_long_term
from awsprof.profiles.catalog import Catalog
from awsprof.regions import DEFAULT_PARTITION
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize
from awsprof.vault.rotation_records import StopRecord

_LONGEST: Final = timedelta(hours=36)  # of a session (STS API reference, GetSessionToken)


@dataclass(frozen=True)
class FollowUp:
    """Something to do, with the shell commands for it, if there are any."""

    what: str
    commands: str = ""


def remaining_tasks(
    incident: Incident, catalog: Catalog, signer: str | None
) -> tuple[FollowUp, ...]:
    """Returns what is left to do, most urgent first; ``signer`` is the profile that signed."""
    name = next(iter(incident.profiles), "") if incident.new else signer
    profile = f" --profile={shell_word(name)}" if name else ""
    return tuple(_tasks(incident, catalog, profile, signer))


def _tasks(
    incident: Incident, catalog: Catalog, profile: str, signer: str | None
) -> Iterator[FollowUp]:
    if incident.failed:
        yield FollowUp(
            "Run the steps that failed again; where AWS denied one, add --using and a profile that"
            " has the permission:",
            f"awsprof keys stop {incident.key_id}",
        )
    if incident.profiles and incident.new is None:
        names = join_names(incident.profiles)
        first = arguments(incident.profiles[0])
        yield FollowUp(f"{names}: no working key. Import another:", f"awsprof keys import {first}")
    yield FollowUp("Remove the key from where it leaked: history, logs, images, chats, tickets.")
    yield FollowUp(
        "Check what was done with it, in every region:", _trail(incident, catalog, profile)
    )
    yield from _role_tasks(incident, catalog)
    yield FollowUp(
        "Look for users, keys and roles that were created with it:",
        f"awsprof keys audit --report{profile.replace('--profile', '--using')}",
    )
    others = _other_keys(incident, catalog)
    if others:
        yield FollowUp(
            "Rotate the other keys that were in the same place:",
            "\n".join(f"awsprof keys rotate {arguments(other)}" for other in others),
        )
    using = f" --using {shell_word(signer)}" if signer else ""
    yield FollowUp(
        "Once nothing needs it, delete it:", f"awsprof keys delete {incident.key_id}{using}"
    )
    yield from _policy_tasks(incident, profile)


def _trail(incident: Incident, catalog: Catalog, profile: str) -> str:
    """Returns the commands that look the key up in CloudTrail."""
    first = sts.sts_region(catalog.profiles.get(next(iter(incident.profiles), "")))
    return (
        f"for region in $(aws ec2 describe-regions --region {first}{profile}"
        " --query 'Regions[].RegionName' --output text); do\n"
        f'  aws cloudtrail lookup-events --region "$region"{profile} --output text'
        f" --lookup-attributes AttributeKey=AccessKeyId,AttributeValue={incident.key_id}"
        " --query 'Events[].[EventTime,EventName,EventSource,Username]'\n"
        "done"
    )


def _role_tasks(incident: Incident, catalog: Catalog) -> Iterator[FollowUp]:
    """Yields what is left to do about roles: their sessions are not the user's, and stay valid."""
    policy = json.dumps(older_sessions(datetime.now(UTC)))
    roles = (Arn.parse(catalog.get(name).get("role_arn")) for name in incident.dependents)
    names = dict.fromkeys(role.name for role in roles if role)
    commands = "\n".join(
        f"aws iam put-role-policy --role-name={shell_word(role)}"
        f" --policy-name AWSRevokeOlderSessions --policy-document '{policy}'"
        for role in names
    )
    if commands:
        yield FollowUp(
            "Revoke the sessions of the roles that it could assume, each in its account; the"
            " AssumeRole events above name any others:",
            commands,
        )
    else:
        yield FollowUp(
            "Sessions of roles that it assumed stay valid: the AssumeRole events name the roles."
        )


def _other_keys(incident: Incident, catalog: Catalog) -> tuple[str, ...]:
    """Returns a profile for each other long-term key."""
    keys: dict[str, str] = {}
    for profile in catalog.profiles.values():
        key = long_term_key_of(profile.name, catalog)
        if key and is_long_term(key) and key not in {incident.key_id, incident.new}:
            keys.setdefault(key, profile.name)
    return tuple(keys.values())


def _policy_tasks(incident: Incident, profile: str) -> Iterator[FollowUp]:
    arn, user = Arn.parse(incident.stop.arn), shell_word(incident.user)
    partition = arn.partition if arn else DEFAULT_PARTITION
    for name in incident.quarantine:
        yield FollowUp(
            "When all of that is done, detach the policy that AWS attached to the user:",
            f"aws iam detach-user-policy --user-name={user}{profile}"
            f" --policy-arn arn:{partition}:iam::aws:policy/{name}",
        )
    if incident.stop.denied:
        until = datetime.now().astimezone() + _LONGEST
        yield FollowUp(
            f"After {until:%Y-%m-%d %H:%M} all these sessions have expired; delete the policy that"
            " denies them:",
            f"aws iam delete-user-policy --user-name={user}{profile} --policy-name {POLICY}",
        )


def tell_remaining(key_context: KeyContext, incident: Incident, using: str | None) -> None:
    """Shows what is left to do, with the commands for it."""
    key_context.terminal.say()
    key_context.terminal.heading("What is left to do")
    for task in remaining_tasks(incident, key_context.catalog(), using):
        key_context.terminal.todo(task.what)
        key_context.terminal.command(task.commands)


def tell_finished(key_context: KeyContext, name: str, stop: StopRecord) -> None:
    """Shows what was stopped, and how to stop the new key, which the profile's name now means."""
    when = f"{(stop.finished or stop.began).astimezone():%Y-%m-%d %H:%M}"
    key_context.terminal.ok(f"{stop.leaked} of {sanitize(name)} was stopped at {when}")
    key_context.terminal.say(f"{sanitize(name)} has {stop.new} now. If that has leaked too:")
    key_context.terminal.command(f"awsprof keys stop {stop.new}")
    key_context.terminal.say(f"Once nothing needs {stop.leaked}, delete it:")
    key_context.terminal.command(f"awsprof keys delete {stop.leaked}")
