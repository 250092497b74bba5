"""The partition that a command is about."""

from __future__ import annotations

from awsprof import regions
from awsprof.awsapi import sts
from awsprof.errors import UsageError
from awsprof.profiles.model import Profile
from awsprof.text import sanitize


def choose_partition(partition: str | None, region: str | None, profile: Profile | None) -> str:
    """Return ``partition``, else the partition of ``region``, else that of the profile.

    Raises UsageError if botocore does not know the partition or the region.
    """
    if partition is not None:
        known = regions.partition_names()
        if partition not in known:
            raise UsageError(
                f"There is no partition {sanitize(partition)!r}.", f"use one of: {', '.join(known)}"
            )
        return partition
    if region is None and profile is not None and profile.partition:
        return profile.partition
    region = region or sts.sts_region(profile)
    found = regions.partition_of(region)
    if found is None:
        raise UsageError(
            f"No partition has a region {sanitize(region)!r}.", "name one: --region us-east-1"
        )
    return found
