"""A secret given where the ID belongs is never shown; that the two look swapped is said."""

import traceback
from collections.abc import Callable

import pytest

from awsprof.accesskeys import key_sources
from awsprof.errors import UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds import fields

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"


def from_csv(id: str, secret: str) -> object:
    return key_sources.parse_csv(f"Access key ID,Secret access key\n{id},{secret}\n", "the file")


def from_stdin(id: str, secret: str) -> object:
    return key_sources.key_from_stdin(f"{id}\n{secret}\n")


def from_csv_on_stdin(id: str, secret: str) -> object:
    return key_sources.key_from_stdin(f"Access key ID,Secret access key\r\n{id},{secret}\r\n")


def from_environment(id: str, secret: str) -> object:
    return key_sources.key_from_environment(
        {"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret}
    )


def from_profile(id: str, secret: str) -> object:
    text = f"[a]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
    return key_sources.key_from_profile(Catalog.from_bytes(b"", text.encode()).get("a"))


ways = pytest.mark.parametrize(
    "read_key", [from_csv, from_stdin, from_csv_on_stdin, from_environment, from_profile]
)


@ways
@pytest.mark.parametrize("other", ["hunter2", SECRET, KEY_ID])
@pytest.mark.parametrize("secret", ["hunter2+hunter2", SECRET])
def test_what_is_no_id_is_not_shown(
    read_key: Callable[[str, str], object], secret: str, other: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read_key(secret, other)
    told = "".join(traceback.format_exception(refused.value))
    assert secret not in told
    assert other not in told or other == KEY_ID
    if other == KEY_ID:
        assert refused.value.message == "The ID and the secret look swapped."


@ways
def test_the_right_way_round_it_is_taken(read_key: Callable[[str, str], object]) -> None:
    key = read_key(KEY_ID, SECRET)
    assert isinstance(key, key_sources.KeyFile)
    assert (key.key_id, key.secret.reveal()) == (KEY_ID, SECRET)
    assert SECRET not in repr(key)


def test_where_each_is_asked_for_the_other_is_known() -> None:
    with pytest.raises(UsageError, match="swapped") as refused:
        fields.validate_access_key_id(SECRET)
    assert SECRET not in str(refused.value)
    with pytest.raises(UsageError, match="swapped"):
        fields.validate_secret_access_key(KEY_ID)
    with pytest.raises(UsageError) as refused:
        fields.validate_access_key_id(f"{KEY_ID}\n{SECRET}")
    assert SECRET not in str(refused.value)
