"""awsprof console: whoever the profile is, in the console, by a link that nobody else sees."""

import os
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.standins.aws import Aws, Device
from tests.standins.cli_runner import add_vault_key, run, run_in_process

# A browser that notes how it was started, what every process here was, and where it was sent.
BROWSER = """#!{python}
import pathlib, sys, urllib.error, urllib.request
words = [p.read_bytes() for p in pathlib.Path("/proc").glob("[0-9]*/cmdline") if p.exists()]
class NoteRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        pathlib.Path("{notes}").write_text(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
try:
    urllib.request.build_opener(NoteRedirect).open(sys.argv[1])
except OSError:
    pass  # the console itself is not on loopback
pathlib.Path("{notes}.words").write_bytes(b"\\n".join(words))
"""


@pytest.fixture
def device(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    """A key with MFA in the vault, one without, a role, and one of Identity Center."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    aws.approve_at_once = True
    aws.role("Admin")
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    device = aws.device("alice")
    for name, more in (("plain", ()), ("base", ("--mfa-serial", device.serial))):
        key = aws.user("alice")
        add_vault_key(key, *more, "--no-verify", profile=name)
    role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "plain", "--yes")
    run_in_process("add", "role", "admin", *role, "--region", "eu-west-1")
    start = ("--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    mine = ("--account", "345678901234", "--role", "ReadOnly", "--yes")
    run_in_process(
        "add", "sso", "prod", "--session", "corp", *start, *mine, "--region", "eu-west-1"
    )
    return device


@pytest.mark.parametrize(
    ("profile", "who", "page"),
    [
        ("admin", "assumed-role/Admin/", "https://eu-west-1.console.aws.amazon.com/ec2/home"),
        ("prod", "AWSReservedSSO_ReadOnly", "https://eu-west-1.console.aws.amazon.com/ec2/home"),
        ("base", "federated-user/base", "https://us-east-1.console.aws.amazon.com/ec2/home"),
    ],
)
def test_the_browser_is_signed_in_once_and_the_link_is_in_no_list(
    profile: str,
    who: str,
    page: str,
    device: Device,
    aws: Aws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notes, program = tmp_path / "notes", tmp_path / "browser"
    program.write_text(BROWSER.format(python=sys.executable, notes=notes))
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    said = run("console", profile, "--service", "ec2")
    assert said.stdout == ""
    assert f"ok signed in to the console as {profile}" in said.stderr
    seen = Path(f"{notes}.words")
    deadline = time.monotonic() + 20
    while not seen.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert who in aws.signed_in[0]
    assert len(aws.signed_in) == 1
    token = parse_qs(urlsplit(aws.forwarded[0]).query)["SigninToken"][0]
    assert aws.forwarded[0].split("&")[2].startswith("Destination=")
    assert notes.read_text().startswith(page)
    words = seen.read_bytes()
    assert b"127.0.0.1" in words
    assert token.encode() not in words


def test_print_gives_the_link_and_nothing_else(device: Device, aws: Aws) -> None:
    link = run("console", "admin", "--print", "--region", "us-west-2").stdout.strip()
    asked = parse_qs(urlsplit(link).query)
    assert asked["Destination"] == [
        "https://us-west-2.console.aws.amazon.com/console/home?region=us-west-2"
    ]
    assert asked["Issuer"] == ["awsprof"]


def test_what_goes_wrong_is_one_sentence_without_the_link(device: Device, aws: Aws) -> None:
    aws.broken["/federation"] = (500, 1)
    assert "(HTTP 500)" in run("console", "admin", "--print", code=3).stderr
    said = run("console", "admin", code=4).stderr
    assert "no browser on this machine's screen" in said
    assert "--print" in said
    assert "SigninToken" not in said
    assert "not a service" in run("console", "admin", "--service", "../x", code=2).stderr
    assert "no profile 'nobody'" in run("console", "nobody", code=2).stderr


# Firefox, Chrome or the usual browser: each notes its words and follows the link it was given.
PROGRAM = """#!{python}
import pathlib, sys, urllib.parse, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        words = [*sys.argv[1:-1], sys.argv[-1].partition("&url=")[0].partition("127")[0], newurl]
        pathlib.Path("{notes}.new").write_text(chr(10).join(words))
        pathlib.Path("{notes}.new").rename("{notes}")
url = urllib.parse.unquote(sys.argv[-1].rpartition("url=")[2])
try:
    urllib.request.build_opener(Stay).open(url)
except OSError:
    pass
"""


@pytest.mark.parametrize(
    ("way", "program", "words"),
    [
        ("firefox-containers", "firefox", ["ext+container:name=admin&color=", "&icon=fingerprint"]),
        ("chrome-profiles", "google-chrome", ["--profile-directory=awsprof-admin"]),
        ("sign-out-first", "usual", ["/oauth?Action=logout&redirect_uri=http"]),
    ],
)
def test_each_profile_has_its_browser_session_or_the_former_one_is_signed_out(
    way: str,
    program: str,
    words: list[str],
    device: Device,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notes, path = tmp_path / "notes", tmp_path / program
    path.write_text(PROGRAM.format(python=sys.executable, notes=notes))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("BROWSER", f"{path} %s")
    run_in_process("settings", "console", way)
    run("console", "admin")
    deadline = time.monotonic() + 20
    while not notes.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    seen = notes.read_text()
    assert all(word in seen for word in words), seen
    assert "SigninToken" in seen.splitlines()[-1]
    assert "SigninToken" not in "".join(seen.splitlines()[:-1])


def test_several_consoles_open_at_once_where_each_has_a_session_of_its_own(
    device: Device, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for way in ("default", "sign-out-first"):
        run_in_process("settings", "console", way)
        refused = run("console", "admin", "prod", code=2).stderr
        assert "2 profiles, and the browser has one console session at a time" in refused
        assert "awsprof settings console firefox-containers" in refused
    assert aws.forwarded == []

    path, notes = tmp_path / "google-chrome", f'{tmp_path}/" + sys.argv[1] + "'
    path.write_text(PROGRAM.format(python=sys.executable, notes=notes))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    run_in_process("settings", "console", "chrome-profiles")
    monkeypatch.setenv("BROWSER", f"{path} %s")
    said = run("console", "prod", "a*").stderr
    links = set()
    for name in ("admin", "prod"):
        assert f"ok signed in to the console as {name}" in said
        seen = tmp_path / f"--profile-directory=awsprof-{name}"
        deadline = time.monotonic() + 20
        while not seen.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        links.add(seen.read_text().splitlines()[-1])
    assert len(links) == 2
    assert all("SigninToken" in link for link in links)


def test_links_of_several_profiles_have_a_line_each_and_one_that_fails_stops_no_other(
    device: Device, aws: Aws
) -> None:
    run_in_process("add", "process", "tool", "--command", "/bin/false", "--no-verify", "--yes")
    done = run("console", "tool", "prod", "admin", "--print", code=3)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [name for name, _ in lines] == ["admin", "prod"]
    assert all("SigninToken" in link for _, link in lines)
    assert done.stderr.startswith("x  tool: ")


def test_a_browser_that_is_not_here_is_no_setting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "there is no firefox" in run("settings", "console", "firefox-containers", code=2).stderr
