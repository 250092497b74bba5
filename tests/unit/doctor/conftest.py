"""A visit of the doctor: two texts in a HOME of their own, and what one check makes of them."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof.doctor import checks
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.findings import Check, Finding
from awsprof.doctor.runner import run_offline
from awsprof.editing.apply import apply
from awsprof.editing.change import Change
from awsprof.editing.undo import plan_undo, undo
from awsprof.profiles.catalog import Catalog
from tests.standins.memory_vault import MemoryVault


class Visit:
    """The two files of a HOME, and the checks, each by its ID.

    ``environment`` are the variables that the checks see; ``vault`` is what opens at their asking.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = MemoryVault()
        self.environment = dict(os.environ)
        self.now = datetime(2026, 7, 1, 12, tzinfo=UTC)
        self.key_age = timedelta(days=90)

    def config(self, text: str | bytes) -> None:
        """Write the config file."""
        self._write("config", text)

    def credentials(self, text: str | bytes) -> None:
        """Write the credentials file."""
        self._write("credentials", text)

    def _write(self, name: str, text: str | bytes) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)

    def context(self, *names: str) -> CheckContext:
        """What the checks look at now: all profiles, or those of these names."""
        catalog = Catalog.load()
        return CheckContext(
            catalog,
            names or catalog.names_to_check,
            self.environment,
            lambda: self.vault,
            self.now,
            self.key_age,
        )

    def found(self, id: str, *names: str) -> list[Finding]:
        """What the check of that id finds, in all profiles or in those of these names."""
        check = check_of(id)
        return [Finding(id, check.severity, fault) for fault in check.run(self.context(*names))]

    def repaired(self, id: str) -> tuple[bytes, bytes]:
        """Do all repairs that the check of that id offers; the bytes of both files after that."""
        assert check_of(id).fixes
        return self._repaired(self.found(id))

    def all_repaired(self) -> tuple[bytes, bytes]:
        """Do all repairs that there are; the bytes of both files after that."""
        return self._repaired(run_offline(self.context()))

    def _repaired(self, findings: Iterable[Finding]) -> tuple[bytes, bytes]:
        repairs = [f.fault.repair for f in findings if f.fault.repair]
        assert repairs, "no repair is offered"
        changes = [repair.change for repair in repairs if repair.change]
        if changes:
            apply(joined(changes), lambda: self.vault)
        for act in (act for repair in repairs for act in repair.acts):
            act.do()
        return self.bytes("config"), self.bytes("credentials")

    def taken_back(self) -> bytes:
        """Undo the last change; what the config file holds after that."""
        undo(plan_undo(), lambda: self.vault)
        return self.bytes("config")

    def bytes(self, name: str) -> bytes:
        """What that file holds; nothing where there is none."""
        path = self.folder / name
        return path.read_bytes() if path.exists() else b""


def check_of(id: str) -> Check:
    """The check of that id."""
    return next(check for check in checks.all_checks() if check.id == id)


def joined(changes: list[Change]) -> Change:
    """All repairs of one visit as one change, in the order in which they were found."""
    return Change(
        "mended",
        tuple(edit for change in changes for edit in change.edits),
        tuple(secret for change in changes for secret in change.secrets),
        tuple(key_id for change in changes for key_id in change.forget),
        tuple(mend for change in changes for mend in change.repairs),
    )


@pytest.fixture
def visit(home: Path) -> Visit:
    """A visit to a HOME without any file of AWS's yet."""
    return Visit(home / ".aws")
