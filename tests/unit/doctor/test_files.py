"""Checks of the two files as files: bytes, rights, repositories, sections in the wrong one."""

import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from awsprof.configfile.document import FileKind
from awsprof.doctor.findings import Severity
from awsprof.doctor.runner import run_offline
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.pasted_key import find_pasted_keys
from tests.requirements import need
from tests.unit.doctor.conftest import Visit

SOUND = "# c\n[default]\nregion = x\ns3 =\n  k = v\n\n[profile b]\r\nregion = y\r\n"


def line(visit: Visit, id: str) -> int | None:
    (finding,) = visit.found(id)
    assert finding.severity is Severity.ERROR
    return finding.fault.origin.line if finding.fault.origin else None


@pytest.mark.parametrize("id", ["encoding", "lone-cr", "line-without-equals", "misplaced-section"])
def test_sound_files_and_none_at_all_are_passed_over(id: str, visit: Visit) -> None:
    assert visit.found(id) == []
    visit.config(SOUND)
    visit.credentials("[default]\naws_access_key_id = x\n")
    assert visit.found(id) == []


def test_one_file_for_both_is_told_once(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 lists "profile a" too; what is wrong with it, also in a conflict, is told of a."""
    key = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    visit.config(
        f"[base]\n{key}aws_secret_access_key = {'x' * 40}\n"
        "[profile a]\nrole_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = base\n"
    )
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(visit.folder / "config"))
    assert {"a", "profile a", "base"} <= visit.context().catalog.profiles.keys()
    found = [(f.id, f.profile) for f in run_offline(visit.context())]
    assert found.count(("region-missing", "a")) == 1
    assert ("region-missing", "profile a") not in found
    (both,) = visit.found("one-file-for-both")
    assert "1 profile of it twice, as a and as 'profile a'" in both.message
    visit.config("[profile a]\n<<<<<<< x\nregion = nowhere\n=======\n>>>>>>> y\n")
    assert {f.id for f in run_offline(visit.context())} == {
        "line-without-equals",
        "one-file-for-both",
    }


def test_a_byte_order_mark_is_taken_off(visit: Visit) -> None:
    text = b"\xef\xbb\xbf[default]\r\nregion = \xc3\xa9\r\n"
    visit.config(text)
    assert line(visit, "encoding") == 1
    assert visit.repaired("encoding") == (text[3:], b"")
    assert visit.found("encoding") == []
    assert visit.taken_back() == text


def test_below_a_mark_all_else_is_found_and_mended_too(visit: Visit) -> None:
    visit.config('\ufeff[profile "a"]\nregion = "x"\n')
    assert [finding.profile for finding in visit.found("quoted-value")] == ["a"]
    assert visit.all_repaired()[0] == b"[profile a]\nregion = x\n"


def test_bytes_that_are_no_utf_8(visit: Visit) -> None:
    visit.config(b"[default]\n# fine \xc3\xa9\noutput = \xe9\n[profile a]\nregion = 'x'\n")
    assert line(visit, "encoding") == 3
    assert visit.found("encoding")[0].fault.repair is None
    mended = b"[default]\n# fine \xc3\xa9\noutput = \xe9\n[profile a]\nregion = x\n"
    assert visit.repaired("quoted-value")[0] == mended


def test_a_lone_carriage_return(visit: Visit) -> None:
    visit.config("[default]\nregion = x\rsource_profile = y\n[profile a]\nregion = 'x'\n")
    assert line(visit, "lone-cr") == 2
    mended = b"[default]\nregion = x\rsource_profile = y\n[profile a]\nregion = x\n"
    assert visit.repaired("quoted-value")[0] == mended


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("# c\nregion = x\nhalf\n[default]\n", 2, "above the first section (and 1 more)"),
        ("[default]\nregion = x\nhalf\n", 3, "no key followed by '='"),
        ("[default]\n= x\n", 2, "no key followed by '='"),
        ("[default]\ns3 =\n  k = v\n  half\nhalf\n", 4, "(and 1 more)"),
        ("[default]\ns3 =\n  k = v\u2028half\n", 3, "no key followed by '='"),
    ],
)
def test_a_line_without_an_equals_sign(text: str, at: int, says: str, visit: Visit) -> None:
    visit.config(text)
    assert line(visit, "line-without-equals") == at
    assert says in visit.found("line-without-equals")[0].fault.message
    assert "half" not in repr(visit.found("line-without-equals"))  # it may be a secret


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        (
            "User name,Password,Access key ID,Secret access key\nalice,,{id},{secret}\n",
            "This is the CSV of an access key, so no SDK",
            "awsprof keys import default --csv key.csv",
        ),
        (
            '"Access key ID";"Secret access key"\n"{id}";"{secret}"\n[b]\nregion = x\n',
            "This is the CSV of an access key, so no SDK",
            "awsprof keys import default --csv key.csv",
        ),
        (
            '{{\n "AccessKey": {{\n "AccessKeyId": "{id}",\n "SecretAccessKey": "{secret}"}}}}\n',
            "This is the JSON of an access key, so no SDK",
            "awsprof keys import default --stdin",
        ),
        (
            '{{"Credentials": {{"AccessKeyId": "{id}", "SessionToken": "t"}}}}\n',
            "temporary credentials, which expire",
            "remove it in an editor",
        ),
        ('{{"a": 1}}\n', "This is JSON, so no SDK can read the file", "remove it in an editor"),
        (
            "junk\n# access key id, see wiki\n[default]\nregion = x\n",
            "A line is above the first section",
            "move it below a header",
        ),
        ("{{{{ template }}}}\n", "A line is above the first section", "move it below a header"),
    ],
)
def test_a_pasted_key_is_called_what_it_is(text: str, what: str, fix: str, visit: Visit) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    visit.credentials(text.format(id="AKIAIOSFODNN7EXAMPLE", secret=secret))
    (found,) = visit.found("line-without-equals")
    assert what in found.fault.message
    assert fix in found.fault.fix
    assert secret not in repr(found)


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        (
            "[a]\nregion = eu-west-1\nAccess key ID,Secret access key\n{id},{secret}\n",
            "This is the CSV of an access key, so no SDK can read the file",
            "awsprof keys import a --csv key.csv",
        ),
        (
            '[a]\n{{"AccessKeyId":"{id}","SecretAccessKey":"{secret}"}}\noutput = json\n',
            "This is the JSON of an access key, which no SDK reads",
            "awsprof keys import a --stdin",
        ),
        (
            '[a]\noutput = json\n{{\n  "AccessKey": {{\n    "AccessKeyId": "{id}",\n'
            '    "SecretAccessKey": "{secret}"\n  }}\n}}\n\n[b]\noutput = json\n',
            "This is the JSON of an access key, so no SDK can read the file",
            "awsprof keys import a --stdin",
        ),
        (
            "[a]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = b\n"
            '{{ "AccessKeyId": "{id}",\n"SecretAccessKey": "{secret}",\n[b]\noutput = json\n',
            "This is the JSON of an access key, which no SDK reads",
            "awsprof keys import a-key --stdin",
        ),
        (
            "[a]\noutput = json\n\n{id}\n{secret}\n",
            "This is an access key without the names that SDKs read, so no SDK can read the file",
            "awsprof keys import a --stdin",
        ),
        (
            "[a]\nid: '{id}'\nsecret: '{secret}'\n",
            "This is an access key without the names that SDKs read, which no SDK reads",
            "awsprof keys import a --stdin",
        ),
        (
            "[a]\nACCESSKEY\t2024-11-28T10:00:00Z\t{id}\t{secret}\tActive\tbob\n",  # as text
            "This is an access key without the names that SDKs read, which no SDK reads",
            "awsprof keys import a --stdin",
        ),
        (
            "[a]\n{id} {secret}\n",
            "This is an access key without the names that SDKs read, so no SDK can read the file",
            "awsprof keys import a --stdin",
        ),
        (
            "AWSAccessKeyId={id}\nAWSSecretKey={secret}\n",  # as AWS gave keys of root users
            "This is an access key without the names that SDKs read, so no SDK can read the file",
            "awsprof keys import default --stdin",
        ),
    ],
)
def test_a_pasted_key_is_told_once(text: str, what: str, fix: str, visit: Visit) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    visit.credentials(text.format(id="AKIAIOSFODNN7EXAMPLE", secret=secret))
    (found,) = visit.found("line-without-equals")
    assert what in found.fault.message
    assert fix in found.fault.fix
    others = ("stray-secret", "unknown-key", "colon-delimiter", "indented-key")
    assert [each for id in others for each in visit.found(id)] == []


def test_a_key_pasted_into_an_sso_session_becomes_no_option_of_it(visit: Visit) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    pasted = f'{{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"{secret}"}}'
    visit.config(f"[sso-session s]\nsso_region = eu-west-1\n{pasted}\n")
    (found,) = visit.found("line-without-equals")
    assert found.fault.fix.endswith("awsprof keys import s-key --stdin")
    others = ("stray-secret", "unknown-key", "colon-delimiter")
    assert [each for id in others for each in visit.found(id)] == []


@pytest.mark.parametrize(
    "text",
    [
        "[a]\nAccess key ID: {id}\nSecret access key: {secret}\n",
        "[a]\nAWSAccessKeyId={id}\nAWSSecretKey={secret}\n",
        "[a]\naccess-key = '{id}'\nsecret-key = '{secret}'\n",
        '[a]\n"aws_access_key_id" = "{id}"\n"aws_secret_access_key" = "{secret}"\n',
    ],
)
def test_a_key_with_nearly_the_right_names_is_renamed_not_removed(text: str, visit: Visit) -> None:
    id, secret = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    visit.credentials(text.format(id=id, secret=secret))
    assert visit.found("line-without-equals") == []
    assert all("remove it" not in f.fault.fix for f in visit.found("stray-secret"))
    for check in ("quoted-value", "colon-delimiter", "unknown-key"):
        if any(f.fault.repair for f in visit.found(check)):
            visit.credentials(visit.repaired(check)[1].decode())
    parsed = Catalog.from_bytes(b"", visit.bytes("credentials") or b"").get("a")
    assert parsed.values.keys() == {"aws_access_key_id", "aws_secret_access_key"}
    assert parsed.get("aws_secret_access_key") == secret


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line",
    [
        "region = eu-west-1 # Access key ID, x",
        'credential_process = report --columns "Access key ID,Secret"',
        "note = console: Access key ID, Secret",
        "Access key ID, x = y",
        '{"AccessKeyId":' + "[" * 3000,
        *('{"a": 1,\n' * 4000,),
        "user: AKIAIOSFODNN7EXAMPLE\nother: text",
    ],
)
def test_other_text_is_no_pasted_key(line: str, visit: Visit) -> None:
    visit.config(f"[profile a]\n{line}\noutput = json\n[profile b]\nnote = AKIAIOSFODNN7EXAMPLE\n")
    stored = Catalog.load().stored(FileKind.CONFIG)
    assert [found for found in find_pasted_keys(stored) if found.is_key] == []
    assert all("This is" not in found.fault.message for found in visit.found("line-without-equals"))


def test_a_pasted_key_ends_where_its_json_does(visit: Visit) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    id = '"UserName":"a\u2028b","AccessKeyId":"AKIAIOSFODNN7EXAMPLE"'
    text = f'{{{id},"SecretAccessKey":"{secret}"}}'
    visit.credentials(f"[a]\n{text}\nregion = nowhere\n")
    (found,) = find_pasted_keys(Catalog.load().stored(FileKind.CREDENTIALS))
    assert found.lines == range(2, 3)


def test_a_misplaced_section_is_moved(visit: Visit) -> None:
    visit.config("[default]\nregion = x")
    visit.credentials(
        "[sso-session corp] # ours\nsso_region = y\nsso_start_url = https://x/start/#/\n\n"
        "# of a\n[a]\naws_access_key_id = x\n"
    )
    assert line(visit, "misplaced-section") == 1
    assert visit.repaired("misplaced-section") == (
        b"[default]\nregion = x\n\n[sso-session corp]\nsso_region = y\n"
        b"sso_start_url = https://x/start/#/\n",
        b"# of a\n[a]\naws_access_key_id = x\n",
    )
    assert visit.found("misplaced-section") == []


def test_a_misplaced_section_makes_the_config_file(visit: Visit) -> None:
    visit.credentials("[a]\nk = v\n\n[services s]\ns3 =\n  endpoint_url = x\n")
    moved = b"[services s]\ns3 =\n  endpoint_url = x\n"
    assert visit.repaired("misplaced-section") == (moved, b"[a]\nk = v\n")


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        ("[sso-session corp]\nsso_region = z\n", "[sso-session corp]\nsso_region = y\n"),
        ("", "[sso-session corp]\nk = v\n[sso-session 'corp']\nk = v\n"),
        ("", "[sso-session corp]\nhalf\n"),
        ("", "[sso-session a b]\n"),
    ],
)
def test_a_misplaced_section_that_has_no_place_is_left(
    config: str, credentials: str, visit: Visit
) -> None:
    visit.config(config)
    visit.credentials(credentials)
    found = visit.found("misplaced-section")
    assert found
    assert all(finding.fault.repair is None for finding in found)


def test_rights_of_others_are_found_and_taken_away(visit: Visit) -> None:
    visit.config(SOUND)
    visit.credentials("[a]\n")
    assert visit.found("file-mode") == []
    (visit.folder / "config").chmod(0o640)
    (visit.folder / "credentials").chmod(0o604)
    visit.folder.chmod(0o755)
    found = visit.found("file-mode")
    assert [finding.fault.message.split()[0] for finding in found] == [
        "~/.aws",
        "~/.aws/config",
        "~/.aws/credentials",
    ]
    assert {finding.severity for finding in found} == {Severity.WARNING}
    assert "0640" in found[1].fault.message
    says = [act.says for f in found if f.fault.repair for act in f.fault.repair.acts]
    assert says[0] == "~/.aws is set to mode 0700"
    assert visit.repaired("file-mode") == (SOUND.encode(), b"[a]\n")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (visit.folder, *visit.folder.iterdir())]
    assert modes[0] == 0o700
    assert set(modes[1:]) == {0o600}
    assert visit.found("file-mode") == []


def test_the_folder_of_a_file_that_was_moved_is_not_ours(
    visit: Visit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = home / "shared"
    shared.mkdir(mode=0o755)
    (shared / "config").write_text(SOUND)
    (shared / "config").chmod(0o644)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(shared / "config"))
    (finding,) = visit.found("file-mode")
    assert finding.fault.message.startswith("~/shared/config ")


@pytest.fixture
def tree(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git work tree of dotfiles."""
    need(shutil.which("git") is not None, "git")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "none"))
    folder = home / "dotfiles"
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def test_credentials_in_a_repository(
    visit: Visit, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.config(SOUND)
    visit.credentials("[a]\naws_access_key_id = x\naws_secret_access_key = y\n")
    assert visit.found("file-in-git-repository") == []
    (visit.folder / "credentials").rename(tree / "aws")
    (visit.folder / "credentials").symlink_to(tree / "aws")
    (finding,) = visit.found("file-in-git-repository")
    assert "~/dotfiles" in finding.fault.message
    assert finding.fault.fix == "add /aws to ~/dotfiles/.gitignore"
    (tree / ".gitignore").write_text("/aws\n")
    assert visit.found("file-in-git-repository") == []
    subprocess.run(["git", "-C", str(tree), "add", "-f", "aws"], check=True)
    (finding,) = visit.found("file-in-git-repository")
    assert "is tracked in the git work tree ~/dotfiles" in finding.message
    command = shlex.split(finding.fix.partition(": ")[2].partition(";")[0])
    subprocess.run(command, check=True, capture_output=True)
    assert visit.found("file-in-git-repository") == []
    (tree / ".gitignore").unlink()
    monkeypatch.setenv("PATH", "/nowhere")
    assert visit.found("file-in-git-repository") == []  # nobody to ask


def test_a_config_file_in_a_repository_is_well_without_secrets(
    visit: Visit, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tree / "config"))
    (tree / "config").write_text(SOUND)
    assert visit.found("file-in-git-repository") == []
    (tree / "config").write_text("[default]\naws_secret_access_key = y\n")
    (finding,) = visit.found("file-in-git-repository")
    assert finding.fault.origin is not None
    assert finding.fault.origin.path == tree / "config"
