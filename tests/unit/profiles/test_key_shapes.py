"""Shapes of pasted ids and secrets; no message shows the secret."""

import pytest

from awsprof.profiles.key_shapes import id_problem, is_swapped, secret_problem

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def test_a_key_of_aws_is_well() -> None:
    assert id_problem(ID) is None and secret_problem(SECRET) is None
    assert id_problem("ASIA" + ID[4:]) is None
    assert not is_swapped(ID, SECRET) and is_swapped(SECRET, ID)


@pytest.mark.parametrize(
    ("key_id", "says"),
    [
        (f'"{ID}"', "quotation mark"),
        (f"\u201c{ID}\u201d", "quotation mark"),
        (f"{ID}\u200b", "zero-width"),
        (f"AKIA\u00a0{ID[4:]}", "no-break"),
        (ID[:-1], "has 19"),
        (f"{ID}A", "has 21"),
        (ID.lower(), "lowercase letters"),
        ("AIDAIOSFODNN7EXAMPLE", "something else"),
        (SECRET, "shape of a secret"),
        ("minio", "not an AWS ID"),
        ("${AWS_ACCESS_KEY_ID}", "names a variable"),
        ("$KEY", "names a variable"),
        ("{{ key_id }}", "names a variable"),
    ],
)
def test_ids_that_are_none(key_id: str, says: str) -> None:
    assert says in (id_problem(key_id) or "")


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        (SECRET[:-1], "has 39"),
        (f"{SECRET}A", "has 41"),
        (f"'{SECRET}'", "quotation mark"),
        (f"{SECRET}\u2060", "U+2060"),
        (f"{SECRET[:20]} {SECRET[20:]}", "a space"),
        (f"{SECRET}%", "'%'"),
        (ID, "shape of an ID"),
        ("%AWS_SECRET_ACCESS_KEY%", "names a variable"),
    ],
)
def test_secrets_that_are_none(secret: str, says: str) -> None:
    told = secret_problem(secret) or ""
    assert says in told
    assert secret == ID or secret.strip("'%\u2060")[:20] not in told


def test_a_store_of_its_own_has_keys_as_it_likes() -> None:
    assert id_problem("minioadmin", of_aws=False) is None
    assert secret_problem("minioadmin", of_aws=False) is None
    assert "quotation" in (secret_problem('"minioadmin"', of_aws=False) or "")


@pytest.mark.parametrize("password", ["$ecretpass1", "%minio123%", "{minio123}", "$Secret_1"])
def test_a_password_of_another_service_may_look_like_a_variable(password: str) -> None:
    assert secret_problem(password, of_aws=False) is None
    assert id_problem(password, of_aws=False) is None
    assert "names a variable" in (secret_problem(password) or "")


@pytest.mark.parametrize("name", ["$MINIO_KEY", "${minio.key}", "{{ minio_key }}", "${{ KEY }}"])
def test_a_variable_is_told_for_another_service_too(name: str) -> None:
    assert "names a variable" in (secret_problem(name, of_aws=False) or "")
    assert "names a variable" in (id_problem(name, of_aws=False) or "")
