"""A virtual MFA device by the program itself: a QR code, two codes, and a profile that asks."""

import base64
import io
import json
import time
from pathlib import Path

import pytest
import segno

from tests.standins.aws import STEP, Aws, Device
from tests.standins.cli_runner import AWSPROF, add_vault_key, run
from tests.standins.secret_service import SecretService
from tests.standins.tmux_screen import CTRL_C, ENTER, PATIENCE, Screen, screen

SERIAL = "arn:aws:iam::123456789012:mfa/alice"


@pytest.fixture(autouse=True)
def base(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alice's key in the vault."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    add_vault_key(key, "--region", "eu-west-1")


def two_codes(device: Device) -> tuple[str, str]:
    """The last one and the one of now, as somebody types them who waited for the second."""
    step = int(time.time()) // STEP
    return device.at(step - 1), device.at(step)


def type_codes(shown: Screen, *codes: str) -> None:
    """Each at a prompt of its own: one that has an answer behind it is the last one's."""
    prompt = f"({SERIAL}):"
    for code in codes:
        deadline = time.monotonic() + PATIENCE
        while not shown.shown.endswith(prompt):
            assert time.monotonic() < deadline, shown.text
        before = shown.text.count(prompt)
        shown.press(code, ENTER)
        while shown.shown.endswith(prompt) and shown.text.count(prompt) == before:
            assert time.monotonic() < deadline, shown.text
        assert code not in shown.text  # it is typed unseen


def begun(shown: Screen, aws: Aws) -> Device:
    """The device is made, and its QR code stands on the screen."""
    shown.prompt("Create a virtual MFA device for this user? [Y/n]:")
    shown.press(ENTER)
    shown.prompt(f"MFA code for base ({SERIAL}):")
    return aws.virtual.unassigned[SERIAL]


def test_a_name_that_is_taken_is_answered_with_the_whole_command(aws: Aws) -> None:
    run("mfa", "enable", "base", "--keep-seed", "--yes")
    said = run("mfa", "enable", "base", "--keep-seed", "--yes", code=3).stderr
    assert "alice already has a device of that name" in said
    assert "awsprof mfa enable base --device-name phone;" in " ".join(said.split())


def test_a_device_is_scanned_confirmed_and_asked_for_from_then_on(aws: Aws, home: Path) -> None:
    with screen(AWSPROF, "mfa", "enable", "base", rows=60) as shown:
        device = begun(shown, aws)
        wrong = two_codes(Device("made-up"))
        type_codes(shown, *wrong, *two_codes(device))
        shown.see("Now the next code", "These are not two consecutive codes")
        shown.prompt("Write this? [Y/n]:")
        text = shown.text
        shown.press(ENTER)
        assert shown.ended() == 0
    assert f"mfa_serial = {SERIAL}" in (home / ".aws" / "config").read_text()
    assert aws.devices[SERIAL] is device
    assert qr_of(aws, device) in text
    seed = base64.b32encode(device.seed).decode()
    assert f"{seed[:4]} {seed[4:8]} {seed[8:12]}" in text  # for where it cannot be scanned
    listed = json.loads(run("mfa", "list", "base", "--json").stdout)["devices"]
    assert [(d["device"], d["kind"], d["profiles"]) for d in listed] == [
        (SERIAL, "virtual", ["base"])
    ]
    run("credential-process", "base", code=4)  # a code is wanted, and nobody is there


def qr_of(aws: Aws, device: Device) -> str:
    """The middle lines of the QR code that says what an app must know."""

    seed = base64.b32encode(device.seed).decode()
    uri = f"otpauth://totp/AWS%3Aalice%40123456789012?secret={seed}&issuer=AWS"
    drawn = io.StringIO()
    segno.make_qr(uri, error="l").terminal(drawn, border=1, compact=True)
    assert len(drawn.getvalue().splitlines()) <= 22
    return drawn.getvalue().strip().splitlines()[10]


def test_broken_off_nothing_is_left_over(aws: Aws, home: Path) -> None:
    before = (home / ".aws" / "config").read_bytes()
    with screen(AWSPROF, "mfa", "enable", "base", rows=60) as shown:
        begun(shown, aws)
        shown.press(CTRL_C)
        shown.see("The new device was deleted again.")
        assert shown.ended() == 130
    assert not aws.virtual.unassigned and not aws.devices
    assert (home / ".aws" / "config").read_bytes() == before


def test_a_kept_secret_signs_in_without_anyone(aws: Aws, home: Path) -> None:
    refused = run("mfa", "enable", "base", "--yes", code=4).stderr
    assert "You must scan the QR code" in refused
    said = run("mfa", "enable", "base", "--keep-seed", "--yes")
    assert "has both the key" in " ".join(said.stderr.split())
    device = aws.devices[SERIAL]

    seed = base64.b32encode(device.seed).decode()
    assert seed not in said.stdout + said.stderr and "█" not in said.stderr
    assert not [f for f in home.rglob("*") if f.is_file() and seed.encode() in f.read_bytes()]
    given = json.loads(run("credential-process", "base").stdout)
    assert aws.keys[given["AccessKeyId"]].mfa
    run("mfa", "forget-seed", "base")
    run("logout", "base")
    run("credential-process", "base", code=4)
    run("mfa", "keep-seed", "base", "--yes", stdin=seed.lower())
    run("unset", "base", "mfa_serial", "--yes")
    assert "from the vault" in run("mfa", "list").stdout
    run("mfa", "forget-seed", SERIAL)
    assert "No MFA device" in run("mfa", "list").stderr
    run("set", "base", "mfa_serial", SERIAL, "--yes")
    assert seed not in run("mfa", "keep-seed", "base", "--yes", stdin=seed + "1", code=2).stderr


def test_a_kept_secret_moves_to_another_vault_along_with_the_key(
    aws: Aws, home: Path, secret_service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("settings", "vault", "file")
    run("mfa", "enable", "base", "--keep-seed", "--yes")
    assert not secret_service.locked
    run("settings", "vault", "keyring")
    monkeypatch.delenv("AWSPROF_PASSPHRASE")
    assert aws.keys[json.loads(run("credential-process", "base").stdout)["AccessKeyId"]].mfa


def test_a_device_out_of_step_is_set_right(aws: Aws) -> None:
    device = aws.device("alice")
    run("set", "base", "mfa_serial", device.serial, "--yes")
    with screen(AWSPROF, "mfa", "resync", "base") as shown:
        type_codes(shown, *two_codes(device))
        shown.see("in sync again")
        assert shown.ended() == 0
    assert "ResyncMFADevice" in aws.calls


def test_who_may_not_is_told_which_policy_to_ask_for(aws: Aws) -> None:
    aws.temper.denied = {"CreateVirtualMFADevice", "ListMFADevices"}
    for words in (("enable", "base", "--keep-seed", "--yes"), ("list", "base")):
        assert "awsprof policy manage-own-mfa" in run("mfa", *words, code=3).stderr
