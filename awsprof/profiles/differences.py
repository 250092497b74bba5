"""What boto3 and the other SDKs read differently in one profile."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from awsprof.awsfiles.dialects import Values
from awsprof.awsfiles.document import FileKind, SectionId
from awsprof.awsfiles.storage import Stored
from awsprof.paths import short
from awsprof.profiles.model import SECRET_KEYS


@dataclass(frozen=True)
class Difference:
    """What two dialects read differently in one file: under ``key``, or in all of a profile."""

    kind: FileKind
    key: str | None
    says: str


def between(file: Stored, name: str) -> Iterator[Difference]:
    """The differences in ``file``; none where boto3 cannot read it, as all of it is different."""
    if file.data is None or file.botocore.error:
        return
    if file.sdk.error is not None:
        where = f"{short(file.path)}:{file.sdk.error_line}"
        says = f"SDKs other than boto3 cannot read {where}: {file.sdk.error}."
        yield Difference(file.kind, None, says)
        return
    section = SectionId.profile(name)
    boto, sdk = file.botocore.sections.get(section), file.sdk.sections.get(section)
    for key, says in _compared(short(file.path), boto, sdk):
        yield Difference(file.kind, key, says)


def _compared(
    path: str, boto: Values | None, sdk: Values | None
) -> Iterator[tuple[str | None, str]]:
    if boto == sdk:
        return
    if sdk is None:
        yield None, f"SDKs other than boto3 do not see this profile in {path}."
        return
    if boto is None:
        yield None, f"boto3 does not see this profile in {path}; the other SDKs do."
        return
    for key in sorted({*boto, *sdk}):
        ours, theirs = boto.get(key), sdk.get(key)
        if ours != theirs:
            says = f"{_shown(key, ours)} to boto3, {_shown(key, theirs)} to the other SDKs"
            yield key, f"{path}: {key} is {says}."


def _shown(key: str, value: str | Mapping[str, str] | None) -> str:
    if value is None:
        return "absent"
    return "***" if key in SECRET_KEYS else repr(value)
