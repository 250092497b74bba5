"""Finds where boto3 and the other SDKs read a profile differently."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from awsprof.configfile.dialects import Reading, Values
from awsprof.configfile.document import FileKind, SectionId
from awsprof.configfile.storage import ConfigFile
from awsprof.masking.mask import mask_name, mask_value
from awsprof.paths import display_path

_THERE: Final = "the profile exists"
_NOT_THERE: Final = "no such profile"


@dataclass(frozen=True)
class Difference:
    """A difference between the dialects in one file, at ``key`` or, if None, in the whole profile.

    ``boto3`` and ``others`` are what each of them reads, ``says`` is the same as a sentence.
    Secrets are ``***``.
    """

    kind: FileKind
    path: str
    key: str | None
    boto3: str
    others: str
    says: str


def is_in_one_dialect(files: Iterable[ConfigFile], name: str) -> bool:
    """True if boto3 or the other SDKs, but not both, read the profile in one of the files.

    Of a file that boto3 cannot parse, all sections count as boto3's: they are once it is repaired,
    and awsprof edits them.
    """
    section = SectionId.profile(name)
    return any(
        (section in _boto3_sections(file)) != (section in file.sdk.sections)
        for file in files
        if file.data is not None and file.sdk.error is None
    )


def dialects_agree(files: Iterable[ConfigFile]) -> bool:
    """True if boto3 and the other SDKs read the same profiles and sso-sessions of the files."""
    return all(
        file.botocore.error is None
        and file.sdk.error is None
        and (
            file.botocore.sections == file.sdk.sections
            or _of_profiles(file.botocore) == _of_profiles(file.sdk)
        )
        for file in files
    )


def _of_profiles(reading: Reading) -> Mapping[SectionId, Values]:
    types = {"profile", "sso-session"}
    return {id: values for id, values in reading.sections.items() if id.type in types}


def _boto3_sections(file: ConfigFile) -> Collection[SectionId]:
    if file.botocore.error is None:
        return file.botocore.sections
    return {section.id for section in file.document.sections}


def differences_between(file: ConfigFile, name: str) -> Iterator[Difference]:
    """Yields the differences in ``file``; none if boto3 cannot read it: then all differs."""
    if file.data is None or file.botocore.error:
        return
    path = display_path(file.path)
    if file.sdk.error is not None:
        where = f"{path}:{file.sdk.error_line}"
        says = f"SDKs other than boto3 cannot read {where}: {file.sdk.error}."
        yield Difference(file.kind, path, None, "the file is read", f"cannot read {where}", says)
        return
    section = SectionId.profile(name)
    boto, sdk = file.botocore.sections.get(section), file.sdk.sections.get(section)
    if boto is not None and sdk is None:
        says = f"SDKs other than boto3 do not see this profile in {path}."
        yield Difference(file.kind, path, None, _THERE, _NOT_THERE, says)
    elif boto is None and sdk is not None:
        says = f"boto3 does not see this profile in {path}; the other SDKs do."
        yield Difference(file.kind, path, None, _NOT_THERE, _THERE, says)
    elif boto is not None and sdk is not None and boto != sdk:
        for key, ours, theirs in _compare(boto, sdk):
            says = f"{path}: {key} is {ours} to boto3, {theirs} to the other SDKs."
            if _only_around(boto.get(key), sdk.get(key)):
                says = (
                    f"{path}: {key} has invisible white space around it, such as a no-break space,"
                    " that only boto3 removes."
                )
            yield Difference(file.kind, path, key, ours, theirs, says)


def _compare(boto: Values, sdk: Values) -> Iterator[tuple[str, str, str]]:
    for key in sorted({*boto, *sdk}):
        ours, theirs = boto.get(key), sdk.get(key)
        if ours != theirs:
            yield _name(key, ours, theirs), _shown(key, ours), _shown(key, theirs)


def _name(key: str, *values: str | Mapping[str, str] | None) -> str:
    """Returns the key for display: part of a wrapped token may look like a key."""
    texts = (value for value in values if isinstance(value, str))
    return min((mask_name(key, text) for text in texts), key=len, default=mask_name(key, "x"))


def _only_around(
    ours: str | Mapping[str, str] | None, theirs: str | Mapping[str, str] | None
) -> bool:
    return isinstance(ours, str) and isinstance(theirs, str) and ours == theirs.strip()


def _shown(key: str, value: str | Mapping[str, str] | None) -> str:
    if value is None:
        return "absent"
    text = repr(value)
    return mask_value(key, text)
