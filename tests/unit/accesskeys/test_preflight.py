"""Before a key is made: where it could not be kept, AWS is not asked for one."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof import atomic, paths
from awsprof.accesskeys import stop
from awsprof.accesskeys.incident import find_incident
from awsprof.accesskeys.rotation.flows import rotate_key
from awsprof.errors import AwsprofError, FileError, VaultError
from awsprof.secret import Secret
from tests.standins.memory_vault import MemoryVault
from tests.unit.accesskeys.conftest import KeyRig


class Forgetful(MemoryVault):
    """Keeps what it has, and takes nothing new."""

    def put(self, key_id: str, secret: Secret) -> None:
        """Never."""
        raise VaultError("The keyring is full.", "make room")


def full(key_rig: KeyRig) -> None:
    forgetful = Forgetful()
    forgetful.secrets = key_rig.vault.secrets
    key_rig.vault = forgetful


def history_is_a_file(key_rig: KeyRig) -> None:
    paths.history_dir().parent.mkdir(parents=True, exist_ok=True)
    paths.history_dir().write_text("")


@pytest.mark.parametrize("break_it", [full, history_is_a_file])
@pytest.mark.parametrize("flow", ["rotate", "stop"])
def test_no_key_is_made_that_cannot_be_kept(
    key_rig: KeyRig, break_it: Callable[[KeyRig], None], flow: str
) -> None:
    break_it(key_rig)
    if flow == "rotate":
        with pytest.raises(AwsprofError) as refused:
            rotate_key(key_rig.key_context(), "base", now=True)
        assert refused.value.fix
    else:
        case = find_incident(key_rig.key_context(), "base", None)
        stop.stop_key(key_rig.key_context(), case, new_key=True)
        assert case.failed  # and the leaked key is off all the same
        assert key_rig.at_aws() == {key_rig.key.id: False}
    assert "CreateAccessKey" not in key_rig.aws.calls
    assert "probe" not in key_rig.vault.secrets


TRY = (
    "import sys; from pathlib import Path; from awsprof import atomic;"
    "from awsprof.errors import FileError\n"
    "try: atomic.require_replaceable(Path(sys.argv[1]))\n"
    "except FileError as exc: print(exc.message)\n"
    "else: print('yes')"
)


@pytest.mark.skipif(os.geteuid() != 0, reason="drops to an ordinary user, which root alone can")
@pytest.mark.parametrize(
    ("folder", "mode", "shared", "writable"),
    [
        (0o755, 0o644, False, False),  # nothing can be put beside it
        (0o777, 0o644, False, True),
        (0o777, 0o444, False, True),  # it is renamed over, and its own mode does not count
        (0o777, 0o444, True, False),  # it is written itself
        (0o777, 0o646, True, True),
    ],
)
def test_what_can_be_written_is_tried_as_it_will_be_done(
    folder: int, mode: int, shared: bool, writable: bool
) -> None:
    place = Path("/tmp") / f"trial-{os.getpid()}"  # noqa: S108  # pytest's own are root's alone
    place.mkdir()
    try:
        file = place / "config"
        file.write_text("as it was")
        if shared:
            os.link(file, place / "twin")
        else:
            os.chown(file, 65534, 65534)
        file.chmod(mode)
        place.chmod(folder)
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        done = subprocess.run(  # our own python, as another user
            [*drop, sys.executable, "-c", TRY, str(file)],
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        if done.returncode and "No such file" in done.stderr:
            pytest.skip("an ordinary user cannot start this Python")
        if done.returncode:
            pytest.skip(f"an ordinary user cannot run this: {done.stderr[-200:]}")
        assert (done.stdout.strip() == "yes") is writable, done.stdout
        assert file.read_text() == "as it was"
        assert sorted(f.name for f in place.iterdir() if f.name.startswith(".")) == []
    finally:
        for each in place.iterdir():
            each.unlink()
        place.rmdir()


def test_a_trial_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "config"
    atomic.require_replaceable(file)
    assert list(tmp_path.iterdir()) == []
    file.write_text("x")
    before = file.stat()
    atomic.require_replaceable(file)
    assert (file.read_text(), file.stat().st_mtime_ns) == ("x", before.st_mtime_ns)
    with pytest.raises(FileError):
        atomic.require_replaceable(tmp_path)
