"""What the second user of a machine may try while the first works, tried: a table of attacks.

Each is what somebody without rights could do: prepare files where a name can be guessed, links and
folders above the data, a working directory full of Python modules, look into processes and lists of
them, and ask a server of the first's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsprof.vault import kernel_keyring
from tests.e2e.test_two_users import First, aws, first
from tests.requirements import need
from tests.standins.cli_runner import AWSPROF, ROOT
from tests.standins.users import FIRST, SECOND, python_as

__all__ = ["aws", "first"]
pytestmark = pytest.mark.timeout(300)
ADD = ("add", "keys", "base", "--access-key-id")
FLAGS = ("--secret-stdin", "--no-verify", "--yes")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder as /tmp is one: everybody may add to it."""
    folder = Path(tempfile.mkdtemp(prefix="attack-", dir="/tmp"))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def alone(first: First) -> Iterator[First]:
    """The first user with a home of their own for this test."""
    home = Path(tempfile.mkdtemp(prefix="alone-", dir="/tmp"))
    os.chown(home, FIRST, FIRST)
    home.chmod(0o755)
    environment = {**first.environment, "HOME": str(home)}
    yield First(home, environment, first.id, first.secret, first.url)
    shutil.rmtree(home)


def added(user: First, **more: str) -> subprocess.CompletedProcess[str]:
    changed = {**user.environment, **more}
    return First(user.home, changed, user.id, user.secret, user.url).run(*ADD, user.id, *FLAGS)


def test_nothing_is_created_where_a_name_can_be_guessed(alone: First, shared: Path) -> None:
    need(shutil.which("strace") is not None, "strace")
    log = shared / "log"
    words = alone.words(*ADD, alone.id, *FLAGS)
    calls = "trace=open,openat,creat,mkdir,mkdirat,symlink,link,linkat,rename,renameat,bind"
    subprocess.run(
        ["strace", "-f", "-qq", "-s", "300", "-e", calls, "-o", str(log), *words],
        env=alone.environment,
        input=alone.secret,
        text=True,
        capture_output=True,
        cwd=alone.home,
        timeout=120,
        check=False,
    )
    traced = log.read_text().splitlines()
    made = [
        line for line in traced if re.search(r"O_CREAT|O_TMPFILE|mkdir|symlink|link|bind", line)
    ]
    assert len(made) > 3
    own = (str(alone.home), str(ROOT))  # the project may be in /tmp, with Python's .pyc files
    outside = [line for line in made if "ENOENT" not in line and not any(o in line for o in own)]
    # A descriptor's name, or a memory file, is nobody's place.
    assert [line for line in outside if re.search(r'"/(?:tmp|var/tmp|dev/shm|run)', line)] == []
    assert alone.secret not in log.read_text()


@pytest.mark.parametrize("planted", ["folder", "link", "dangling"])
def test_a_data_folder_that_the_second_prepared(planted: str, alone: First, shared: Path) -> None:
    data, theirs = shared / "data", shared / "theirs"
    theirs.mkdir(mode=0o777)
    os.chown(theirs, SECOND, SECOND)
    if planted == "folder":
        data.mkdir()
        (data / "awsprof").mkdir(mode=0o777)
        for path in (data, data / "awsprof"):
            os.chown(path, SECOND, SECOND)
            path.chmod(0o777)
    else:
        data.symlink_to(theirs if planted == "link" else shared / "not there")
        os.lchown(data, SECOND, SECOND)
    done = added(alone, XDG_DATA_HOME=str(data))
    assert alone.secret not in done.stdout + done.stderr
    if planted == "folder":
        assert done.returncode == 3
        assert "awsprof does not use it.\n  check its content, then run: sudo chown " in done.stderr
    read = (
        "import os, sys\nfor root, _, files in os.walk(sys.argv[1]):\n"
        "    for name in files:\n        try: print(open(os.path.join(root, name), 'rb').read())\n"
        "        except OSError: pass\n"
    )
    # The second may own the folder, and still reads nothing that awsprof has put into it.
    assert python_as(SECOND, read, str(shared)) == ""


def test_a_link_in_place_of_a_file_leads_no_write_elsewhere(alone: First, shared: Path) -> None:
    victim = alone.home / "victim"
    victim.write_text("mine\n")
    os.chown(victim, FIRST, FIRST)
    folder = shared / "data" / "awsprof"
    folder.mkdir(parents=True)
    for path in (folder.parent, folder):
        os.chown(path, SECOND, SECOND)
        path.chmod(0o777)
    for name in ("vault.bin", "index.toml", "vault.lock", "index.lock", "history", "files.lock"):
        (folder / name).symlink_to(victim)
        os.lchown(folder / name, SECOND, SECOND)
    added(alone, XDG_DATA_HOME=str(folder.parent))
    assert victim.read_text() == "mine\n"


@pytest.mark.parametrize("name", ["credential-process", "list", "exec", "doctor"])
def test_modules_in_the_working_directory_are_not_imported(
    name: str, alone: First, shared: Path
) -> None:
    mark = shared / "ran"
    evil = f"open({str(mark)!r}, 'w')\n"
    for module in ("sitecustomize", "usercustomize", "boto3", "botocore", "click", "json", "rich"):
        (shared / f"{module}.py").write_text(evil)
    (shared / "awsprof").mkdir()
    (shared / "awsprof" / "__init__.py").write_text(evil)
    rest = {"credential-process": ("base",), "exec": ("base", "--", "true")}.get(name, ())
    subprocess.run(
        alone.words(name, *rest),
        env=alone.environment,
        cwd=shared,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert not mark.exists()


LOOK = """
import os, sys, time
until = time.monotonic() + float(sys.argv[2])
found = set()
MARK = bytes([61, 62])  # this text is in a list of processes, too
while time.monotonic() < until:
    for pid in filter(str.isdigit, os.listdir('/proc')):
        for name in ('cmdline', 'environ', 'mem', 'auxv', 'maps', 'stack', 'syscall'):
            try:
                if name != 'cmdline' and os.stat('/proc/' + pid).st_uid != int(sys.argv[1]):
                    continue
                data = open('/proc/' + pid + '/' + name, 'rb').read(1 << 16)
            except OSError:
                continue
            if name == 'cmdline':
                found.add(data)
            elif data:
                found.add(MARK + name.encode())
        try:
            if os.stat('/proc/' + pid).st_uid == int(sys.argv[1]):
                if os.listdir('/proc/' + pid + '/fd'):
                    found.add(MARK + b'fd')
        except OSError:
            pass
print(found)
"""


def test_lists_of_processes_show_no_secret(alone: First) -> None:
    look = [
        "setpriv",
        f"--reuid={SECOND}",
        f"--regid={SECOND}",
        "--clear-groups",
        "--inh-caps=-all",
    ]
    words = [*look, "--", "/usr/bin/env", "python3", "-I", "-c", LOOK, str(FIRST), "20"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as looking:
        time.sleep(1)
        assert added(alone).returncode == 0
        alone.run("exec", "base", "--", "sleep", "1")
        alone.run("env", "base")
        alone.run("console", "base", "--print")
        seen = looking.communicate(timeout=120)[0]
    assert "awsprof" in seen  # it did look while awsprof ran
    assert alone.secret not in seen
    assert alone.environment["AWSPROF_PASSPHRASE"] not in seen
    assert re.findall(r"=>\w+", seen) == []


def test_keys_of_the_kernel_are_not_listed_for_the_second(alone: First) -> None:
    assert added(alone).returncode == 0
    alone.run("env", "base")
    # A login of the second user has a session keyring of its own; setpriv alone keeps root's.
    keyctl = kernel_keyring._CALLS[os.uname().machine, True][1]
    join = f"import ctypes; ctypes.CDLL(None).syscall({keyctl}, 1, None)\n"
    keys = python_as(SECOND, join + "print(open('/proc/keys').read())")
    assert "awsprof" not in keys


def test_a_server_of_credentials_refuses_another_user_and_who_has_no_token(alone: First) -> None:
    assert added(alone).returncode == 0
    tell = "import os, time; print(os.environ, flush=True); time.sleep(8)"
    words = alone.words("exec", "base", "--serve", "--", "/usr/bin/python3", "-c", tell)
    ask = (
        "import sys, urllib.request\n"
        "for token in (None, sys.argv[2][:-1], 'x', *sys.argv[2:]):\n"
        "    headers = {'Authorization': token} if token else {}\n"
        "    try:\n        asked = urllib.request.Request(sys.argv[1], headers=headers)\n"
        "        print('got', urllib.request.urlopen(asked, timeout=3).read()[:9])\n"
        "    except Exception: pass\n"
    )
    with subprocess.Popen(
        words, env=alone.environment, cwd=alone.home, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = child.stdout.readline()
        url = re.search(r"AWS_CONTAINER_CREDENTIALS_FULL_URI': '([^']+)'", said)
        token = re.search(r"AWS_CONTAINER_AUTHORIZATION_TOKEN': '([^']+)'", said)
        assert url is not None
        assert token is not None
        first, second = (python_as(user, ask, url[1], token[1]) for user in (FIRST, SECOND))
        child.kill()
    assert first.count("got") == 1  # with the token alone
    assert "got" not in second  # even with the token


def test_the_program_is_where_only_root_writes() -> None:
    """Else the second would not attack awsprof, but replace it: the tests' own is looked at."""
    need(Path(AWSPROF).stat().st_uid == 0, "an awsprof of root's")
    assert not Path(AWSPROF).stat().st_mode & 0o022
