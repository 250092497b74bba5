"""The persistent state of rotating an access key, and of stopping a leaked one.

The vault's index keeps these records, so that a command that was interrupted is resumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awsprof import parsing
from awsprof.arn import Arn


@dataclass(frozen=True)
class RotationRecord:
    """The persistent state of a key rotation.

    ``known`` are the user's key IDs before it began: any other key was created since.
    ``switched`` is when the profiles switched to ``new``; ``waiting`` is when ``old`` was
    deactivated, to be deleted later. ``creating`` is when CreateAccessKey was called, until its
    response is here.
    """

    old: str
    profile: str
    arn: str
    began: datetime
    known: tuple[str, ...] = ()
    new: str | None = None
    switched: datetime | None = None
    waiting: datetime | None = None
    creating: datetime | None = None

    @property
    def user(self) -> str:
        """The name of the IAM user."""
        return _parse_arn(self.arn).name


@dataclass(frozen=True)
class StopRecord:
    """The persistent state of stopping a leaked key.

    ``known`` are the user's key IDs before a new one was created: any other key was created since.
    ``new`` is the key that replaces the leaked one, if ``new_key``. ``denied`` is True once older
    sessions are denied; ``finished`` is when nothing was left to do. A finished record stays until
    the leaked key is deleted: until then the profile's name could mean either key. ``creating`` is
    when CreateAccessKey was called, until its response is here.
    """

    leaked: str
    arn: str
    began: datetime
    known: tuple[str, ...] = ()
    new_key: bool = False
    new: str | None = None
    denied: bool = False
    finished: datetime | None = None
    creating: datetime | None = None

    @property
    def user(self) -> str:
        """The name of the IAM user."""
        return _parse_arn(self.arn).name

    @property
    def account(self) -> str:
        """The user's account ID."""
        return _parse_arn(self.arn).account


def parse_rotation(old: str, table: Mapping[str, Any]) -> RotationRecord:
    """Parses the record of rotating ``old``. Raises InvalidValue if the table is malformed."""
    table = parsing.expect_table(table, old)
    return RotationRecord(
        old,
        profile=parsing.expect_text(table["profile"], "profile"),
        arn=parsing.expect_text(table["arn"], "arn"),
        known=parsing.expect_texts(table["known"], "known"),
        new=parsing.optional_text(table, "new"),
        **_times(table, "began", "switched", "waiting", "creating"),
    )


def parse_stop(leaked: str, table: Mapping[str, Any]) -> StopRecord:
    """Parses the record of stopping ``leaked``. Raises InvalidValue if the table is malformed."""
    table = parsing.expect_table(table, leaked)
    arn = parsing.expect_text(table["arn"], "arn")
    if arn.count(":") < 5:
        raise parsing.InvalidValue("arn is not an ARN")
    return StopRecord(
        leaked,
        arn,
        known=parsing.expect_texts(table["known"], "known"),
        new_key=parsing.expect_bool(table["new_key"], "new_key"),
        new=parsing.optional_text(table, "new"),
        denied=parsing.expect_bool(table["denied"], "denied"),
        **_times(table, "began", "finished", "creating"),
    )


def _times(table: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: parsing.require_timezone(table[name], name) for name in names if name in table}


def _parse_arn(text: str) -> Arn:
    """Parses an ARN; text that is not an ARN becomes the resource of an otherwise empty one."""
    return Arn.parse(text) or Arn("", "", "", "", text)
