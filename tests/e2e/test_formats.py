"""Files as the first format of each was written (tests/formats), and files of a newer awsprof.

The first are read, used and written on. A newer one's are left as they are, and said so.
"""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awsprof import locks, paths
from awsprof.auth import session_cache_keys
from awsprof.auth.chain_lines import SHAPING_VARIABLES
from awsprof.auth.identity_center import token_cache
from awsprof.awsapi.credentials import credentials_from_json
from awsprof.editing import history, history_files, intents
from awsprof.profiles.catalog import Catalog
from awsprof.team import state
from awsprof.vault.session_cache import SessionCache
from tests.standins.cli_runner import run, run_unchecked

FIRST = Path(__file__).parents[1] / "formats" / "first"
SECRETS = {  # AWS's documented examples
    "AKIAIOSFODNN7EXAMPLE": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AKIAI44QH8DHBEXAMPLE": "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
}
MORE = ("--access-key-id", "AKIAI44QH8DHBEXAMPLE", "--secret-stdin", "--no-verify", "--yes")
SESSION = b"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n"


@pytest.fixture
def first(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with those files; the config file."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    shutil.copytree(FIRST / "aws", home / ".aws")
    locks.make_private_dir(paths.data_dir())
    shutil.copytree(FIRST / "share", paths.data_dir(), dirs_exist_ok=True)
    paths.settings_file().parent.mkdir(parents=True)
    shutil.copy(FIRST / "settings.toml", paths.settings_file())
    shutil.copy(FIRST / "team.toml", home / "team.toml")
    for path in paths.data_dir().rglob("*.json"):
        path.write_text(path.read_text().replace("@HOME@", str(home)))
    return home / ".aws" / "config"


def test_all_of_them_are_read(first: Path) -> None:
    listed = run("history").stdout.splitlines()[1:]
    assert [line.split()[0] for line in listed] == ["7", "6", "5", "4", "3", "2", "1"]
    assert "30" in run("settings", "key-age").stdout
    given = json.loads(run("credential-process", "base").stdout)
    assert SECRETS[given["AccessKeyId"]] == given["SecretAccessKey"]
    assert "AKIAIOSFODNN7EXAMPLE" in run("show", "base").stdout
    assert state.managed_profiles() == {"shop": str(first.parents[1] / "team.toml")}
    session = Catalog.from_bytes(SESSION + b"sso_region = eu-west-1\n", None).session("corp")
    token = token_cache.load_token(session)
    assert token is not None
    assert token.expires == datetime(2030, 1, 1, tzinfo=UTC)


def test_changes_made_then_are_undone_now(first: Path) -> None:
    run("undo", "5", "--yes")
    assert "region = eu-central-1" not in first.read_text()
    run("undo", "3", "--yes")
    assert SECRETS["AKIAI44QH8DHBEXAMPLE"] in first.with_name("credentials").read_text()
    run("undo", "4", "--yes")
    assert state.managed_profiles() == {}


def test_they_are_written_on(first: Path) -> None:
    run("add", "keys", "more", *MORE, stdin=SECRETS["AKIAI44QH8DHBEXAMPLE"])
    run("settings", "key-age", "60")
    team = first.parents[1] / "team.toml"
    team.write_text(team.read_text().replace("json", "yaml"))
    run("team", "apply", "--yes")
    for profile in ("base", "more"):
        given = json.loads(run("credential-process", profile).stdout)
        assert SECRETS[given["AccessKeyId"]] == given["SecretAccessKey"]
    assert "output = yaml" in first.read_text()
    assert [entry.id for entry in history.entries()][:3] == ["9", "8", "7"]


def test_a_session_is_found_under_the_name_that_it_had(
    first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in SHAPING_VARIABLES:  # of this machine, such as its certificates
        monkeypatch.delenv(variable, raising=False)
    catalog = Catalog.load()
    names = (
        session_cache_keys.chain_key(catalog, "admin"),
        session_cache_keys.mfa_session_key(
            catalog,
            catalog.get("base"),
            "AKIAIOSFODNN7EXAMPLE",
            "arn:aws:iam::123456789012:mfa/alice",
            None,
        ),
    )
    assert names == (
        "role/71aebb87736bb3cf213d12d378d44c9474216ac2668c6a57970cdac77b119d86.4f9f3484.abc6d3ce",
        "mfa/f626517f2318df296cc5769cd999130b4b66909927d2ca790b68a2717e1a5cb1.abc6d3ce",
    )
    kept = (
        b'{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "made/up",'
        b' "SessionToken": "made-up", "Expiration": "2030-01-01T00:00:00Z",'
        b' "AccountId": "210987654321"}'
    )
    cache = SessionCache()
    cache.put(names[0], kept, datetime(2030, 1, 1, tzinfo=UTC), needs_person=False)
    assert run("credential-process", "admin").stdout.encode().strip() == kept
    assert credentials_from_json(kept).account == "210987654321"


def test_a_change_that_was_interrupted_then_is_ended_now(first: Path) -> None:
    path = Path(paths.unfinished_text()) / "00000008.json"
    path.parent.mkdir()
    shutil.copy(history_files.entry_file("5"), path)  # all of it was written, but for the history
    assert '"set region of admin" is now finished' in run("list").stderr
    assert intents.pending_intents() == []
    assert history.find_entry("8").summary == "set region of admin"


def _newer_entry(data: bytes) -> bytes:
    return data.replace(b'"format": 2', b'"format": 3').replace(b'"files": [', b'"parts": [')


def _newer_state(data: bytes) -> bytes:
    return data.replace(b'"format":1', b'"format":2').replace(b'"sources"', b'"teams"')


def _newer_vault(data: bytes) -> bytes:
    return data[:8] + b"\x02" + data[9:]


@pytest.mark.parametrize(
    ("name", "newer", "command"),
    [
        ("history/00000005.json", _newer_entry, ("undo", "5", "--yes")),
        ("team.json", _newer_state, ("team", "apply", "--yes")),
        ("vault.bin", _newer_vault, ("credential-process", "base")),
        ("vault.bin", _newer_vault, ("add", "keys", "more", *MORE)),
    ],
    ids=["history", "team", "vault", "vault-written"],
)
def test_what_a_newer_one_wrote_is_said_and_left_alone(
    first: Path, name: str, newer: Callable[[bytes], bytes], command: tuple[str, ...]
) -> None:
    path = paths.data_dir() / name
    written = newer(path.read_bytes())
    path.write_bytes(written)
    before = first.read_bytes(), first.with_name("credentials").read_bytes()
    done = run_unchecked(*command, stdin=SECRETS["AKIAI44QH8DHBEXAMPLE"])
    assert done.returncode
    said = done.stderr
    assert "newer" in said
    assert "upgrade awsprof" in said
    assert path.read_bytes() == written
    assert before == (first.read_bytes(), first.with_name("credentials").read_bytes())
    run("set", "shop", "region", "eu-north-1", "--yes", "--no-verify")  # all else works
    assert path.read_bytes() == written


def test_an_interrupted_change_of_a_newer_one_waits_for_it(first: Path) -> None:
    told = history_files.read_json(history_files.entry_file("6"))
    path = Path(paths.unfinished_text()) / "00000008.json"
    path.parent.mkdir()
    path.write_text(json.dumps({**told, "format": 3}))
    written = path.read_bytes()
    assert "it was written by a newer version of awsprof" in run("list").stderr
    assert path.read_bytes() == written


def test_tables_of_a_newer_one_stay_in_the_index(first: Path) -> None:
    index = paths.index_file()
    more = '\n[labels.AKIAIOSFODNN7EXAMPLE]\ncolour = "red"\n'
    index.write_text(index.read_text() + more)
    run("add", "keys", "more", *MORE, stdin=SECRETS["AKIAI44QH8DHBEXAMPLE"])
    assert more.strip() in index.read_text()
    assert "keys.AKIAI44QH8DHBEXAMPLE" in index.read_text()


def test_a_setting_of_a_newer_one_is_said_with_its_file(first: Path) -> None:
    path = paths.settings_file()
    path.write_text(path.read_text() + 'colour = "red"\n')
    written = path.read_bytes()
    said = run("show", "base", code=2).stderr
    assert "settings.toml: There is no setting 'colour'." in said
    assert "upgrade awsprof" in said
    assert path.read_bytes() == written
