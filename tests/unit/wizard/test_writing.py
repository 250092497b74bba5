"""What the wizard writes is taken back if you interrupt it before you keep it."""

from pathlib import Path

import pytest

from awsprof.cli.app_context import AppContext
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.editing.change import Change
from awsprof.errors import CredentialsError
from awsprof.wizard import prompts, writing


def test_an_interrupt_of_what_now_undoes_the_change(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".aws").mkdir(mode=0o700)
    config = home / ".aws" / "config"
    config.write_text("[profile a]\nregion = eu-west-1\n")
    before, asked = config.read_text(), []

    def interrupted(question: str, *_: object, **__: object) -> str:
        asked.append((question, "[profile b]" in config.read_text()))
        raise KeyboardInterrupt

    failed = {"b": CredentialsError("AWS rejects the key.")}
    monkeypatch.setattr(writing, "verify_profiles", lambda *_, **__: failed)
    monkeypatch.setattr(prompts, "select", interrupted)
    put = PutSection(SectionId.profile("b"), (("region", "eu-west-1"),))
    change = Change("added b", (FileEdit(FileKind.CONFIG, put),))
    with pytest.raises(KeyboardInterrupt):
        writing.ProfileWriter(AppContext(), ["b"]).write(change)
    assert asked == [("What now?", True)]
    assert config.read_text() == before
