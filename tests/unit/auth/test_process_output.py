"""What is wrong with the answer of a credential_process, as botocore takes it, told exactly."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from awsprof.auth.process_output import oddities, output_problem
from awsprof.errors import CredentialsError
from tests.unit.auth.conftest import Bench

KEY = {
    "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",  # AWS's documented example
}
GOOD: dict[str, Any] = {"Version": 1, **KEY}
SOON = datetime.now(UTC) + timedelta(hours=1)


def without(*names: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key not in names}


WRONG = [
    ("", "printed nothing"),
    ("not json", "printed something other than one JSON object"),
    (json.dumps(GOOD) * 2, "printed something other than one JSON object"),
    ("\ufeff" + json.dumps(GOOD), "a byte order mark"),
    ([GOOD], "JSON that is not an object"),
    ({"Credentials": KEY}, "its object inside another one"),
    (without("Version"), 'no "Version": 1'),
    ({"version": 1, **KEY}, "version instead of Version"),
    ({**GOOD, "Version": "1"}, '"Version" as text'),
    ({**GOOD, "Version": 2}, 'a "Version" other'),
    ({**GOOD, "Version": True}, 'a "Version" other'),
    (without("AccessKeyId"), "no AccessKeyId"),
    (without("SecretAccessKey"), "no SecretAccessKey"),
    ({**GOOD, "AccessKeyId": None}, "null as AccessKeyId"),
    ({**GOOD, "AccessKeyId": ""}, "an empty text as AccessKeyId"),
    ({**GOOD, "SecretAccessKey": " "}, "an empty text as SecretAccessKey"),
    ({**GOOD, "SessionToken": 5}, "a number as SessionToken"),
    ({**GOOD, "Expiration": ""}, "an empty Expiration"),
    ({**GOOD, "Expiration": 1893456000}, "a number as Expiration"),
    ({**GOOD, "Expiration": "1893456000"}, "an Expiration that is not a time"),
    ({**GOOD, "Expiration": "tomorrow"}, "an Expiration that is not a time"),
    ({**GOOD, "Expiration": f"{SOON:%Y-%m-%dT%H:%M:%S}"}, "an Expiration without its zone"),
    ({**GOOD, "Expiration": "2020-01-01T00:00:00Z"}, "credentials that had already expired"),
]
RIGHT = [
    GOOD,
    {**GOOD, "SessionToken": None},
    {**GOOD, "SessionToken": ""},
    {**GOOD, "SessionToken": "t", "Expiration": f"{SOON:%Y-%m-%dT%H:%M:%SZ}"},
    {**GOOD, "SessionToken": "t", "Expiration": f"{SOON:%Y-%m-%dT%H:%M:%S}+00:00"},
    {**GOOD, "Expiration": None, "Extra": [1]},
]


def printed(answer: Any) -> bytes:
    return (answer if isinstance(answer, str) else json.dumps(answer)).encode()


def profile(home: Path, answer: Any) -> str:
    kept = home / "answer"
    kept.write_bytes(printed(answer))
    return f"[profile p]\nregion = eu-west-1\ncredential_process = /bin/cat {kept}\n"


@pytest.mark.parametrize(("answer", "told"), WRONG)
def test_what_is_wrong_is_told_and_no_value_is(
    bench: Bench, home: Path, answer: Any, told: str
) -> None:
    with pytest.raises(CredentialsError) as failed:
        bench.resolver(profile(home, answer)).credentials("p")
    assert failed.value.code == "process-output"
    assert failed.value.message.startswith("The program of p ")
    assert told in failed.value.message
    assert KEY["SecretAccessKey"] not in failed.value.message
    assert failed.value.fix == "awsprof show p prints its command; run that yourself"


@pytest.mark.parametrize("answer", RIGHT)
def test_what_botocore_takes_is_taken(bench: Bench, home: Path, answer: Any) -> None:
    made = bench.resolver(profile(home, answer)).credentials("p")
    theirs = Session(profile="p").get_credentials().get_frozen_credentials()
    assert (made.access_key_id, made.secret.reveal()) == (theirs.access_key, theirs.secret_key)
    assert (made.token.reveal() if made.token else None) == (theirs.token or None)
    assert output_problem(printed(answer)) is None


def test_a_program_that_fails_is_told_by_its_own_words(bench: Bench, home: Path) -> None:
    script = home / "fails.py"
    script.write_text("import sys; print('token expired', file=sys.stderr); sys.exit(3)")
    line = f"[profile p]\ncredential_process = {sys.executable} {script}\n"
    with pytest.raises(CredentialsError) as failed:
        bench.resolver(line).credentials("p")
    assert failed.value.message == "The program of p ended with exit code 3: token expired."


ODD = [
    ({"SessionToken": ""}, "Java and Rust"),
    ({"AccountId": 123456789012}, "Go"),
    ({"Version": 1.0}, "Go"),
    ({"Expiration": "2035-01-31 12:00:00+00:00"}, "Go, Java and Rust"),
    ({"Expiration": "20350131T120000Z"}, "Go, Java and Rust"),
    ({"Expiration": "2035-01-31T12:00:00Z", "SessionToken": "x", "AccountId": "1" * 12}, None),
    ({"Expiration": "2035-01-31T12:00:00.5+02:00", "SessionToken": None}, None),
]


@pytest.mark.parametrize(("more", "who"), ODD)
def test_what_other_sdks_refuse_is_told_with_their_names(more: Any, who: str | None) -> None:
    stdout = json.dumps({**GOOD, **more}).encode()
    assert output_problem(stdout) is None
    found = oddities(stdout)
    assert (not found) if who is None else (len(found) == 1 and who in found[0])


def test_an_account_that_is_a_number_is_taken_as_text(bench: Bench, tmp_path: Path) -> None:
    key = {"AccessKeyId": bench.key.id, "SecretAccessKey": bench.key.secret}
    program = tmp_path / "give"
    text = json.dumps({"Version": 1, **key, "AccountId": 12345678901})
    program.write_text(f"#!/bin/sh\necho '{text}'\n")
    program.chmod(0o700)
    resolver = bench.resolver(f"[profile p]\ncredential_process = {program}\n")
    assert resolver.credentials("p").account == "012345678901"
    assert "Go" in resolver.process_lines.oddities["p"][0]
