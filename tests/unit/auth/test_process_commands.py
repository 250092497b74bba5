"""Lines of ours are answered in-process; those of others are run, and only where that is safe."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import CredentialsError, FileError
from tests.requirements import need
from tests.standins.users import SECOND
from tests.unit.auth.conftest import ADMIN, Bench


def tool(folder: Path, mark: Path, name: str = "awsprof") -> Path:
    """A program that leaves a mark where it is run, and gives nothing."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 9\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("folder", ["tools", "my tools"])
def test_awsprof_is_never_started_again(bench: Bench, tmp_path: Path, folder: str) -> None:
    mark = tmp_path / "it ran"
    program = tool(tmp_path / folder, mark)
    bench.line = f'"{program}" credential-process base --key {bench.key.id}'
    bench.aws.role("Admin")
    resolver = bench.resolver(bench.base(), bench.role())
    assert "assumed-role/Admin/" in get_caller_identity(resolver.credentials("admin")).arn
    assert get_caller_identity(resolver.credentials("base")).arn.endswith(":user/alice")
    assert not mark.exists()


def test_a_line_of_ours_may_lead_to_a_profile_of_any_kind(bench: Bench) -> None:
    bench.aws.role("Admin")
    line = "credential_process = /usr/bin/awsprof credential-process admin\n"
    resolver = bench.resolver(bench.base(), bench.role(), f"[profile tool]\n{line}")
    found = resolver.credentials("tool")
    assert "assumed-role/Admin/" in get_caller_identity(found).arn
    assert found.expires is not None


def test_two_lines_that_lead_to_each_other_are_refused(bench: Bench) -> None:
    line = "credential_process = /usr/bin/awsprof credential-process {}\n"
    a, b = (f"[profile {x}]\n{line.format(y)}" for x, y in (("a", "b"), ("b", "a")))
    with pytest.raises(CredentialsError, match="leads back to itself") as refused:
        bench.resolver(a, b).credentials("a")
    assert refused.value.code == "process-calls-itself"


def test_one_profile_may_be_asked_for_twice(bench: Bench) -> None:
    line = "credential_process = /usr/bin/awsprof credential-process base\n"
    resolver = bench.resolver(bench.base(), f"[profile a]\n{line}")
    assert resolver.credentials("a") == resolver.credentials("a")


@pytest.mark.parametrize("mode", [0o602, 0o620, 0o666])
def test_a_config_that_others_can_write_runs_nothing(
    bench: Bench, tmp_path: Path, mode: int
) -> None:
    mark = tmp_path / "it ran"
    program = tool(tmp_path / "tools", mark, "give")
    source = f"[profile p]\ncredential_process = {program}\n"
    bench.aws.role("Admin")
    resolver = bench.resolver(source, bench.role(source="p"), bench.base())
    need(mode & 0o020 == 0 or os.geteuid() == 0, "root, to give a file to a group of others")
    bench.config.chmod(mode)
    if mode & 0o020:
        os.chown(bench.config, -1, SECOND)
    for name in ("p", "admin"):
        with pytest.raises(FileError, match="is writable by") as refused:
            resolver.credentials(name)
        assert str(bench.config) in refused.value.fix
    assert not mark.exists()
    assert resolver.credentials("base").access_key_id == bench.key.id


def test_the_credentials_file_is_looked_at_where_the_line_stands_there(
    bench: Bench, tmp_path: Path
) -> None:
    mark = tmp_path / "it ran"
    program = tool(tmp_path / "tools", mark, "give")
    beside = bench.config.with_name("credentials")
    beside.write_text(f"[p]\ncredential_process = {program}\n")
    beside.chmod(0o666)
    resolver = bench.resolver("[profile p]\nregion = eu-west-1\n")
    with pytest.raises(FileError, match="credentials is writable by every user"):
        resolver.credentials("p")
    assert not mark.exists()


def test_what_another_program_says_is_shown_without_control_characters(
    bench: Bench, tmp_path: Path
) -> None:
    path = tmp_path / "give"
    path.write_text("#!/bin/sh\nprintf 'no\\033[31m\\nway\\342\\200\\256' >&2\nexit 1\n")
    path.chmod(0o755)
    with pytest.raises(CredentialsError) as refused:
        bench.resolver(f"[profile p]\ncredential_process = {path}\n").credentials("p")
    assert "no[31m way" in refused.value.message
    assert refused.value.message.isprintable()


@pytest.fixture
def full_stdin() -> Iterator[None]:
    """A stdin that has a line to read, as an SDK's may."""
    reader, writer = os.pipe()
    former = os.dup(0)
    os.write(writer, b"not for the program\n")
    os.dup2(reader, 0)
    yield
    os.dup2(former, 0)
    for descriptor in (reader, writer, former):
        os.close(descriptor)


def test_a_program_does_not_read_our_stdin(bench: Bench, tmp_path: Path, full_stdin: None) -> None:
    path = tmp_path / "give"
    path.write_text('#!/bin/sh\nread line && exit 7\necho "stdin ended" >&2\nexit 8\n')
    path.chmod(0o755)
    with pytest.raises(CredentialsError, match="stdin ended"):
        bench.resolver(f"[profile p]\ncredential_process = {path}\n").credentials("p")


def test_keys_of_the_environment_answer_where_the_profile_names_them_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.aws.role("Admin")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bench.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bench.key.secret)
    named = f"[profile named]\nrole_arn = {ADMIN}\ncredential_source = Environment\n"
    plain = "[profile plain]\nregion = eu-west-1\n"
    resolver = bench.resolver(named, plain, bench.role("other", source="plain"))
    assert "assumed-role/Admin/" in get_caller_identity(resolver.credentials("named")).arn
    for name in ("plain", "other"):
        with pytest.raises(CredentialsError):
            resolver.credentials(name)
