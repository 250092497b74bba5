"""Finds each secret in a place that no SDK reads once, and no others."""

from pathlib import Path

import pytest

from awsprof.configfile.document import FileKind
from awsprof.configfile.storage import ConfigFile
from awsprof.profiles.stray_secrets import StraySecret, find_stray_secrets

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
ID = "AKIAIOSFODNN7EXAMPLE"
KEY = f"aws_access_key_id = {ID}\n"
JSON_OF_IT = f'''{{
 "AccessKey": {{
  "AccessKeyId": "{ID}",
  "SecretAccessKey": "{SECRET}"
}}}}
'''


def found(text: str) -> list[tuple[int, str]]:
    return [(stray.line, stray.place) for stray in strays(text)]


def strays(text: str) -> list[StraySecret]:
    return [
        *find_stray_secrets(ConfigFile(FileKind.CREDENTIALS, Path("credentials"), text.encode()))
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (f"[a]\n{KEY}aws_secret_access_key = {SECRET}\naws_session_token = x\n", []),
        (f"[a]\n#aws_secret_access_key = {SECRET}\n", [(2, "a comment")]),
        (f"[a]\nsecret_key = {SECRET}\npassword = x\n", [(2, "no SDK"), (3, "no SDK")]),
        (f'[a]\ncredential_process = echo \'{{"SecretAccessKey":"{SECRET}"}}\'', [(2, "process")]),
        (f"{KEY}aws_secret_access_key={SECRET}\n", [(2, "cannot read")]),
        (f"[a]\nexport AWS_SECRET_ACCESS_KEY='{SECRET}'\n", [(2, "no SDK")]),
        (f"[{SECRET}]\nregion = x\n", [(1, "a header")]),
        (f"[a]\naws_secret_access_key={SECRET}\nregion = x\nregion = y\n", []),
        ("[a]\naws_access_key_id = x\nregion = eu-west-1\n", []),
        (f"  [a]\n  {KEY}  aws_secret_access_key = {SECRET}\n", []),  # boto3 reads it
        (f"[a]\ns3 =\n  aws_secret_access_key = {SECRET}\n", [(3, "no SDK")]),
        ("", []),
    ],
)
def test_each_is_told_with_its_place(text: str, places: list[tuple[int, str]]) -> None:
    told = found(text)
    assert [line for line, _ in told] == [line for line, _ in places]
    assert all(part in what for (_, what), (_, part) in zip(told, places, strict=True))


def test_one_of_more_lines_is_one() -> None:
    token = "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT+FvwqnKwRcOIfrRh3c/"
    text = f"[a]\n# a note\naws_session_token = {token}\n{token[::-1]}\nTk6SECRETPART9xwXyz==\n"
    assert [line for line, _ in found(text)] == []  # in its proper place: truncated, not stray
    assert [line for line, _ in found(text.replace("aws_session_token =", "#"))] == [3]


@pytest.mark.parametrize("line", ["mfa_token = 1", "mfa_token = 123456", "# otp: 12345678"])
def test_a_one_time_code_is_no_secret(line: str) -> None:
    assert found(f"[a]\n{line}\n") == []


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        (f"aws_secret_access_key = {SECRET}\n", ["line-without-equals"]),
        (f"[a]\nexport AWS_SECRET_ACCESS_KEY={SECRET}\n", ["shell-line-in-file"]),
        (f"[a]\naws_secret_key = {SECRET}\nsecret_key = {SECRET}\n", ["unknown-key", ""]),
        (f"[a]\naws_secret_access_key = {SECRET}\naws_secret_key = {SECRET}\n", [""]),
        (f"[a]\n# aws_secret_access_key = {SECRET}\n", [""]),
    ],
)
def test_one_that_a_repair_brings_into_place_is_not_to_be_removed(
    text: str, checks: list[str]
) -> None:
    told = strays(text)
    assert [stray.check for stray in told] == checks
    for stray in told:
        assert ("remove it" in stray.fix) == (not stray.check)


@pytest.mark.parametrize(
    ("pasted", "way"),
    [
        (f"Access key ID,Secret access key\n{ID},{SECRET}\n", "keys import default --csv"),
        (JSON_OF_IT, "keys import default --stdin"),
    ],
)
def test_a_pasted_key_is_told_once_with_its_way_into_the_vault(pasted: str, way: str) -> None:
    below = f"# aws_secret_access_key = {SECRET}\n[a]\nregion = eu-west-1\n"
    first, comment = strays(f"# from the console\n{pasted}{below}")
    assert (first.line, first.check) == (2, "line-without-equals")
    assert way in first.fix
    assert "remove it" not in first.fix
    assert comment.place == "a comment"
    assert "remove it" in comment.fix


def test_pasted_json_that_is_no_key_of_aws_is_removed_by_hand() -> None:
    (told,) = strays(f'{{"secret": "{SECRET}"}}\n[a]\nregion = eu-west-1\n')
    assert (told.check, "remove it" in told.fix) == ("", True)


def test_a_key_pasted_into_a_profile_is_told_once_and_what_is_below_it_too() -> None:
    comment = f"# aws_secret_access_key = {SECRET}\n"
    first, second = strays(f"[a]\nregion = eu-west-1\n{JSON_OF_IT}\n{comment}[b]\noutput = json\n")
    assert (first.line, first.check) == (3, "line-without-equals")
    assert "keys import a --stdin" in first.fix
    assert second.place == "a comment" or "boto3 cannot read" in second.place
