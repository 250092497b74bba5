"""The lock files: every package by its hash, no address to download from."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    *(f"tests/foreign/{name}.lock" for name in ("aiobotocore", "awscli", "oldest")),
)
# Of other ecosystems: Go, npm, Cargo, Maven.
OTHERS = ("go/go.sum", "package-lock.json", "rust/Cargo.lock", "java/checksums.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_each_package_is_pinned_by_hash(name: str) -> None:
    entries = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in entries if line.strip() and not line.startswith("#")]
    assert packages
    assert not [line for line in packages if "==" not in line or "--hash=sha256:" not in line]


@pytest.mark.parametrize("name", [*LOCKS, *(f"tests/foreign/{name}" for name in OTHERS)])
def test_no_lock_names_a_place_to_download_from(name: str) -> None:
    text = (ROOT / name).read_text()
    assert text
    assert "resolved" not in text
    assert "registry+" not in text
    assert "index-url" not in text
    assert "://" not in "".join(line for line in text.splitlines() if '"url"' not in line)


def test_what_runs_is_what_was_tested() -> None:
    runtime, tested = ((ROOT / name).read_text() for name in LOCKS[:2])
    pins = [line.split(" ")[0] for line in runtime.splitlines() if "==" in line]
    assert pins
    assert not [pin for pin in pins if pin not in tested]
