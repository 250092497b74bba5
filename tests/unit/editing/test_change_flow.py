"""The flow of a change: shown, agreed to, written, and undone if what follows fails."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import click
import pytest

from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.diff import Preview
from awsprof.editing.change import Change
from awsprof.editing.change_flow import ChangeFlow
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.terminal import Terminal
from tests.standins.memory_vault import MemoryVault

OpenVault = Callable[[], MemoryVault]
BEFORE = "[profile a]\nregion = eu-west-1\n"
AFTER = f"{BEFORE}\n[profile b]\nregion = eu-west-1\n"
ADDED = Change(
    "added b",
    (FileEdit(FileKind.CONFIG, PutSection(SectionId.profile("b"), (("region", "eu-west-1"),))),),
)


def flow_of(vault: OpenVault, *, agrees: bool = True, dry_run: bool = False) -> ChangeFlow:
    return ChangeFlow(Terminal(), vault, lambda _: agrees, dry_run)


def test_a_change_is_shown_before_the_question(
    config: Path, vault: OpenVault, capfd: pytest.CaptureFixture[str]
) -> None:
    config.write_text(BEFORE)
    seen = []

    def agree(preview: Preview) -> bool:
        seen.append((preview.empty, "+ [profile b]" in capfd.readouterr().err, config.read_text()))
        return True

    assert ChangeFlow(Terminal(), vault, agree).write(ADDED) is not None
    assert seen == [(False, True, BEFORE)]
    assert config.read_text() == AFTER


@pytest.mark.parametrize(
    ("agrees", "dry_run", "says"),
    [(False, False, "Nothing was written."), (True, True, "Nothing was written (--dry-run).")],
)
def test_nothing_is_written_without_an_agreement(
    config: Path,
    vault: OpenVault,
    capfd: pytest.CaptureFixture[str],
    agrees: bool,
    dry_run: bool,
    says: str,
) -> None:
    config.write_text(BEFORE)
    assert flow_of(vault, agrees=agrees, dry_run=dry_run).write(ADDED) is None
    assert says in capfd.readouterr().err
    assert config.read_text() == BEFORE


def test_a_proof_that_fails_leaves_the_files(config: Path, vault: OpenVault) -> None:
    config.write_text(BEFORE)

    def proof() -> None:
        raise CredentialsError("AWS rejects the key.")

    with pytest.raises(CredentialsError):
        flow_of(vault).write(ADDED, proof=proof)
    assert config.read_text() == BEFORE


@pytest.mark.parametrize(
    "error", [CredentialsError("AWS rejects the key."), KeyboardInterrupt(), click.Abort()]
)
def test_an_error_or_an_interrupt_undoes_the_change(
    config: Path, vault: OpenVault, capfd: pytest.CaptureFixture[str], error: BaseException
) -> None:
    config.write_text(BEFORE)
    flow = flow_of(vault)
    applied = flow.write(ADDED)
    with pytest.raises(type(error)), flow.undone_on_error(applied, "Rolled back: b."):
        assert config.read_text() == AFTER
        raise error
    assert config.read_text() == BEFORE
    assert "Rolled back: b." in capfd.readouterr().err


@pytest.mark.parametrize("keeps", [True, False])
def test_a_change_that_you_keep_stays(config: Path, vault: OpenVault, keeps: bool) -> None:
    config.write_text(BEFORE)
    flow, asked = flow_of(vault), []

    def keep(error: AwsprofError) -> bool:
        asked.append(error.message)
        return keeps

    ends = nullcontext() if keeps else pytest.raises(CredentialsError)
    with ends, flow.undone_on_error(flow.write(ADDED), keep=keep):
        raise CredentialsError("AWS rejects the key.")
    assert asked == ["AWS rejects the key."]
    assert config.read_text() == (AFTER if keeps else BEFORE)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_of_the_question_undoes_the_change(
    config: Path, vault: OpenVault, interrupt: type[BaseException]
) -> None:
    config.write_text(BEFORE)
    flow = flow_of(vault)

    def keep(_: AwsprofError) -> bool:
        raise interrupt

    with pytest.raises(interrupt), flow.undone_on_error(flow.write(ADDED), keep=keep):
        raise CredentialsError("AWS rejects the key.")
    assert config.read_text() == BEFORE


def test_without_a_change_the_error_passes_through(config: Path, vault: OpenVault) -> None:
    config.write_text(AFTER)
    flow = flow_of(vault)
    applied = flow.write(ADDED)
    assert applied is None
    with pytest.raises(CredentialsError), flow.undone_on_error(applied, keep=lambda _: True):
        raise CredentialsError("AWS rejects the key.")
    assert config.read_text() == AFTER


def test_a_file_that_botocore_cannot_parse_is_named_after_the_write(
    config: Path, vault: OpenVault, capfd: pytest.CaptureFixture[str]
) -> None:
    config.write_text(f"{BEFORE}this is no line\n")
    flow_of(vault).write(ADDED)
    assert "boto3 and the AWS CLI cannot read this file" in capfd.readouterr().err
