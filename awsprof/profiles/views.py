"""What boto3 and the other SDKs each see of a profile, side by side."""

from collections.abc import Iterable
from dataclasses import dataclass

from awsprof.awsfiles.dialects import Values, as_botocore, as_sdk
from awsprof.awsfiles.document import SectionId
from awsprof.awsfiles.storage import Stored
from awsprof.paths import short
from awsprof.profiles.model import holds_secret


@dataclass(frozen=True)
class Difference:
    """One thing that they see differently, and in words; a secret is told as ``***``.

    ``what`` is a key, or empty where it is the whole profile.
    """

    path: str
    what: str
    boto3: str
    others: str
    sentence: str


def differences(files: Iterable[Stored], name: str) -> tuple[Difference, ...]:
    """What boto3 and the other SDKs read differently in a profile.

    A file that boto3 cannot read is left out: nothing in it works, and that is told elsewhere.
    """
    found: list[Difference] = []
    for file in files:
        if file.data is None:
            continue
        boto, sdk = as_botocore(file.data, file.kind), as_sdk(file.data, file.kind)
        path, section = short(file.path), SectionId.profile(name)
        if boto.error is None and sdk.error is not None:
            where = f"{path}:{sdk.error_line}"
            told = f"SDKs other than boto3 cannot read {where}: {sdk.error}."
            found.append(Difference(path, "", "the file is read", f"cannot read {where}", told))
        elif boto.error is None:
            found += _compared(path, boto.sections.get(section), sdk.sections.get(section))
    return tuple(found)


def _compared(path: str, boto: Values | None, sdk: Values | None) -> list[Difference]:
    if boto is not None and sdk is None:
        told = f"SDKs other than boto3 do not see this profile in {path}."
        return [Difference(path, "", "the profile is there", "no such profile", told)]
    if boto is None and sdk is not None:
        told = f"boto3 does not see this profile in {path}; the other SDKs do."
        return [Difference(path, "", "no such profile", "the profile is there", told)]
    found = []
    for key in sorted({*(boto or {}), *(sdk or {})}):
        ours, theirs = (boto or {}).get(key), (sdk or {}).get(key)
        if ours != theirs:
            left, right = _shown(key, ours), _shown(key, theirs)
            told = f"{path}: {key} is {left} to boto3, {right} to the other SDKs."
            found.append(Difference(path, key, left, right, told))
    return found


def _shown(key: str, value: object) -> str:
    text = repr(value)
    return "***" if holds_secret(key, text) else text
