"""What people are told: a sentence and a mend for each code, and nothing that moves a terminal."""

from pathlib import Path

import pytest
from botocore import exceptions as be

from awsprof.auth.caller_identities import check_identities
from awsprof.awsapi.errors.translate import translate_error
from awsprof.errors import AwsprofError, InteractionRequired
from awsprof.prompting import NonInteractive
from tests.unit.auth.conftest import Bench
from tests.unit.auth.test_translate_errors import aws


@pytest.mark.parametrize(
    ("error", "told", "mend", "code"),
    [
        (aws("ExpiredTokenException"), "have expired", "awsprof login p", 4),
        (aws("UnauthorizedException"), "has ended", "awsprof login p", 4),
        (aws("ResourceNotFoundException"), "does not know that account", "awsprof show p", 3),
        (aws("ValidationError", "roleArn is odd"), "roleArn is odd", "awsprof show p", 3),
        (aws("", "words"), "(no code): words", "awsprof show p", 3),
        (aws("Throttling", "Rate exceeded", ""), "throttles", "wait a minute", 3),
        (aws("Strange", "words", ""), "refused the call", "awsprof show p", 3),
        (be.TokenRetrievalError(provider="sso", error_msg="x"), "renewed", "awsprof login p", 4),
        (be.ReadTimeoutError(endpoint_url="x"), "does not answer", "network", 3),
        (be.ConnectionClosedError(endpoint_url="x"), "closed", "again", 3),
        (be.InvalidConfigError(error_msg="no source"), "no source", "awsprof show p", 3),
        (
            be.InfiniteLoopConfigError(source_profile="a", visited_profiles=["a"]),
            "cycle",
            "awsprof show p",
            3,
        ),
        (
            be.CredentialRetrievalError(provider="custom-process", error_msg="exit 1"),
            "exit 1",
            "run that yourself",
            3,
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_other_errors_have_their_sentence_too(
    error: Exception, told: str, mend: str, code: int
) -> None:
    said = translate_error(error, profile="p")
    assert told in said.message
    assert mend in said.fix
    assert said.exit_code == code
    assert said.code or "(no code)" in told
    assert said.message.isprintable()


HOSTILE = "a\x1b[2J\rb\nc\u202ed\u2066e\x07"


@pytest.mark.parametrize(
    "error",
    [
        aws(HOSTILE, "words"),
        aws("Strange", HOSTILE),
        aws("AccessDenied", HOSTILE, "ListUsers"),
        aws("AccessDenied", f"MultiFactorAuthentication {HOSTILE}", "AssumeRole"),
        aws("ValidationError", f"DurationSeconds {HOSTILE}"),
        be.InvalidConfigError(error_msg=HOSTILE),
        be.CredentialRetrievalError(provider="x", error_msg=HOSTILE),
        RuntimeError(HOSTILE),
    ],
    ids=lambda error: ascii(str(error))[:40],
)
def test_nothing_from_outside_moves_the_terminal(error: Exception) -> None:
    said = translate_error(error, profile="p")
    assert said.message.isprintable()
    assert said.fix.isprintable()
    assert said.code.isprintable()


def test_a_long_answer_is_cut() -> None:
    assert len(translate_error(aws("Strange", "word " * 1000), profile="p").message) < 600


ODD = "a\u202eb\x07"


@pytest.mark.parametrize(
    "lines",
    [
        "region = eu-west-1",
        "mfa_process = /nowhere/code",
        "mfa_process = 'half",
        "credential_process = /nowhere/give",
        f"credential_process = awsprof credential-process {ODD}",
        "role_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = gone",
    ],
)
def test_the_name_of_a_profile_moves_nothing_either(bench: Bench, lines: str) -> None:
    if "mfa_process" in lines:
        lines += f"\nmfa_serial = {bench.device.serial}\ncredential_process = {bench.line}"
    (checked,) = check_identities(bench.resolver(f"[profile {ODD}]\n{lines}\n"), [ODD])
    assert checked.error is not None
    assert checked.error.message.isprintable()
    assert checked.error.fix.isprintable()


def test_half_a_quote_in_mfa_process_says_how_to_mend_it(bench: Bench) -> None:
    line = f"mfa_serial = {bench.device.serial}\nmfa_process = ykman 'my key\n"
    with pytest.raises(AwsprofError, match="cannot be read: No closing quotation") as error:
        bench.resolver(bench.base(line)).credentials("base")
    assert error.value.fix == "awsprof show base shows it; close its quotes"


def test_a_folder_further_up_that_others_can_write_counts_too(bench: Bench, tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    program = tmp_path / "open" / "bin" / "code"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\necho 123456\n")
    program.chmod(0o755)
    (tmp_path / "open").chmod(0o777)
    line = f"mfa_serial = {bench.device.serial}\nmfa_process = {program}\n"
    with pytest.raises(AwsprofError, match="is writable by every user") as error:
        bench.resolver(bench.base(line)).credentials("base")
    assert str(tmp_path / "open") in error.value.fix
    assert not mark.exists()


def test_nobody_at_the_terminal_is_told_what_to_run() -> None:
    with pytest.raises(InteractionRequired) as error:
        NonInteractive("awsprof login base").code(profile="base", device="made-up")
    assert (error.value.code, error.value.fix) == ("mfa-needed", "awsprof login base")
