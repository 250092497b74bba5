"""AWS partitions, from botocore's own data."""

from __future__ import annotations

from awsprof.awsapi import sts
from awsprof.errors import UsageError
from awsprof.profiles.model import Profile
from awsprof.text import sanitize


def choose_partition(partition: str | None, region: str | None, profile: Profile | None) -> str:
    """Return ``partition``, else the partition of ``region``, else that of the profile.

    Raises UsageError if botocore does not know the partition or the region.
    """
    if partition is not None:
        known = sts.botocore_session(None).get_available_partitions()
        if partition not in known:
            raise UsageError(
                f"There is no partition {sanitize(partition)!r}.", f"they are: {', '.join(known)}"
            )
        return partition
    arn = (profile.get("role_arn") or profile.get("mfa_serial") or "") if profile else ""
    if region is None and arn.count(":") > 1:
        return arn.split(":")[1]
    return require_partition(region or sts.sts_region(profile))


def require_partition(region: str) -> str:
    """Return the partition of a region. Raises UsageError if botocore does not know the region."""
    from botocore.exceptions import UnknownRegionError

    try:
        return str(sts.botocore_session(None).get_partition_for_region(region))
    except UnknownRegionError as exc:
        raise UsageError(
            f"No partition has a region {sanitize(region)!r}.", "name one: --region us-east-1"
        ) from exc
