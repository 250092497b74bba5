"""What must hold of a fault that mends itself, and of one that is left to a person."""

from awsprof.doctor.findings import Finding
from tests.unit.doctor.conftest import Visit


def auto_fixable(visit: Visit, id: str, text: str, mended: str) -> Finding:
    """The first finding in a config file that the repair makes ``mended``, byte for byte."""
    visit.config(text)
    finding = visit.found(id)[0]
    assert finding.fault.fix == f"awsprof doctor --fix {id}"
    assert visit.repaired(id) == (mended.encode(), b"")
    assert visit.found(id) == []
    assert visit.taken_back() == text.encode()
    return finding


def is_left(visit: Visit, id: str, text: str) -> Finding:
    """The first finding in a config file that only a person can mend."""
    visit.config(text)
    finding = visit.found(id)[0]
    assert finding.fault.fix
    assert "--fix" not in finding.fault.fix
    assert finding.fault.repair is None
    return finding


def line_of(finding: Finding) -> int | None:
    """The line where it stands."""
    return finding.fault.origin.line if finding.fault.origin else None
