"""Key files of the AWS console, as they come."""

from pathlib import Path

import pytest

from awsprof.accesskeys import key_sources
from awsprof.errors import FileError, UsageError
from awsprof.secret import Secret

ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("data", "user"),
    [
        (f"Access key ID,Secret access key\n{ID},{SECRET}\n".encode(), None),
        (f"\ufeffAccess key ID,Secret access key\r\n{ID},{SECRET}".encode(), None),
        (f'"Access key ID","Secret access key"\n"{ID}","{SECRET}"\n'.encode(), None),
        (f"User Name,Access key ID,Secret access key\nalice,{ID},{SECRET}\n".encode(), "alice"),
        (
            "User name,Password,Access key ID,Secret access key,Console login link\r\n"
            f"alice,,{ID},{SECRET},https://example.com\r\n".encode(),
            "alice",
        ),
        (f"Access key ID,Secret access key\n{ID},{SECRET}\n".encode("utf-16"), None),
        (f"\ufeffAccess key ID,Secret access key\n{ID},{SECRET}\n".encode("utf-16"), None),
        (f"User name;Access key ID;Secret access key\r\nbob;{ID};{SECRET}\r\n".encode(), "bob"),
        (f"Access key ID\tSecret access key\n{ID}\t{SECRET}\n".encode("utf-16"), None),
        (f" Access Key Id , Secret Access Key \n{ID} , {SECRET} \n\n".encode(), None),
    ],
)
def test_every_form_the_console_has_had(tmp_path: Path, data: bytes, user: str | None) -> None:
    file = tmp_path / "key.csv"
    file.write_bytes(data)
    assert key_sources.read_csv(file) == key_sources.KeyFile(ID, Secret(SECRET), user)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a key file"),
        (b"a,b\n1,2\n", "not a key file"),
        (b"Access key ID,Secret access key\n", "not a key file"),
        (f"Access key ID,Secret access key\n{ID},{SECRET}\n{ID},{SECRET}\n".encode(), "2 access"),
        (b"\xff\x00\x81", "not a text file"),
        (b"x" * 100_000, "too large"),
    ],
)
def test_what_is_no_key_file_is_said_without_its_contents(
    tmp_path: Path, data: bytes, said: str
) -> None:
    file = tmp_path / "key.csv"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=said) as caught:
        key_sources.read_csv(file)
    assert SECRET not in caught.value.message + caught.value.fix


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        key_sources.read_csv(tmp_path / "none.csv")
