"""A real Secret Service without a desktop: gnome-keyring on a bus and in a home of its own.

The bus starts nothing by itself (its configuration has no servicedir), so no prompter appears and
no keyring of the person who runs the tests is met. When the test process dies, all of it goes.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pytest

from tests.requirements import need

PASSWORD: Final = "login password"
_LOGIN: Final = "/org/freedesktop/secrets/collection/login"
_MARK: Final = "org.example.Mark"  # nobody has this name on the bus, and `monitored` asks for it
_BUS: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
# The daemon lives until our end of stdin closes, however that comes about.
_SESSION: Final = """
printf %s "$KEYRING_PASSWORD" |
  gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
echo "$DBUS_SESSION_BUS_ADDRESS"
echo $!
cat >/dev/null
kill -9 $! 2>/dev/null
"""


class SecretService:
    """The service, up from ``__enter__`` on and unlocked; ``environment`` leads a client to it."""

    def __init__(self) -> None:
        # Sockets have short paths, which pytest's own folders are too deep for.
        self._folder = Path(tempfile.mkdtemp(prefix="secrets-"))
        self._session: subprocess.Popen[str] | None = None
        self._daemon = 0
        self._address = ""

    def __enter__(self) -> "SecretService":
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a client's environment must hold to meet this service, and no other."""
        return {
            "DBUS_SESSION_BUS_ADDRESS": self._address,
            "XDG_RUNTIME_DIR": str(self._folder / "run"),
        }

    def lock(self) -> None:
        """Lock the default collection, as a screen that is left alone does."""
        self._call("Lock", "ao", [_LOGIN])
        assert self.locked

    def unlock(self) -> None:
        """Unlock it with the password, as signing in does; no prompt."""
        password = PASSWORD.encode()
        message = struct.pack(">III", 12 + len(password), 1, len(password)) + password
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self._folder / "run/keyring/control"))
            control.sendall(b"\0" + message)
            assert struct.unpack(">II", control.recv(8))[1] == 0
        assert not self.locked

    @property
    def locked(self) -> bool:
        """Whether the default collection is locked."""
        from jeepney import DBusAddress, Properties

        login = DBusAddress(_LOGIN, "org.freedesktop.secrets", "org.freedesktop.Secret.Collection")
        ((_, value),) = self._sent(Properties(login).get("Locked"))
        return bool(value)

    def names(self) -> set[str]:
        """The names of all that it holds for awsprof."""
        import secretstorage
        from jeepney.io.blocking import open_dbus_connection

        with open_dbus_connection(self._address) as connection:
            found = secretstorage.search_items(connection, {"service": "awsprof"})
            return {item.get_attributes()["username"] for item in found}

    def freeze(self) -> None:
        """The daemon answers nothing any more, and its name stays on the bus."""
        os.kill(self._daemon, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        os.kill(self._daemon, signal.SIGCONT)

    def kill(self) -> None:
        """It is gone, as after a crash; nothing on this bus starts it again."""
        os.kill(self._daemon, signal.SIGKILL)
        _wait_for(lambda: not self._has_owner(), "the daemon's name to leave the bus")

    @contextmanager
    def monitored(self) -> Iterator[Callable[[], str]]:
        """A function that returns what was said on the bus since this began or its last call.

        The bus keeps the order of messages: what was said before the mark has been heard with it.
        """
        from jeepney.bus_messages import message_bus

        command = ["dbus-monitor", "--address", self._address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as monitor:
            output = monitor.stdout
            assert output is not None
            while "member=NameLost" not in output.readline():
                pass  # the connection is a monitor from here on

            def heard() -> str:
                self._sent(message_bus.NameHasOwner(_MARK))
                lines: list[str] = []
                while _MARK not in (line := output.readline()):
                    assert line, lines
                    lines.append(line)
                return "".join(lines)

            try:
                yield heard
            finally:
                monitor.terminate()

    def close(self) -> None:
        """End all of it. May be called again."""
        session, self._session = self._session, None
        if session is not None:
            with session:
                if session.stdin is not None:
                    session.stdin.close()
                session.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        for name in ("home", "run", "data", "config", "cache"):
            (self._folder / name).mkdir(mode=0o700)
        (self._folder / "bus.conf").write_text(_BUS.format(folder=self._folder / "run"))
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._folder / "home"),
            "XDG_RUNTIME_DIR": str(self._folder / "run"),
            "XDG_DATA_HOME": str(self._folder / "data"),
            "XDG_CONFIG_HOME": str(self._folder / "config"),
            "XDG_CACHE_HOME": str(self._folder / "cache"),
            "KEYRING_PASSWORD": PASSWORD,
        }
        configuration = f"--config-file={self._folder / 'bus.conf'}"
        self._session = subprocess.Popen(
            ["dbus-run-session", configuration, "--", "sh", "-c", _SESSION],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
        )
        assert self._session.stdout is not None
        self._address = self._session.stdout.readline().strip()
        self._daemon = int(self._session.stdout.readline())
        _wait_for(lambda: self._has_owner() and not self.locked, "gnome-keyring to be up")

    def _has_owner(self) -> bool:
        from jeepney.bus_messages import message_bus

        (owned,) = self._sent(message_bus.NameHasOwner("org.freedesktop.secrets"))
        return bool(owned)

    def _call(self, method: str, signature: str, *body: Any) -> None:
        from jeepney import DBusAddress, new_method_call

        service = DBusAddress(
            "/org/freedesktop/secrets", "org.freedesktop.secrets", "org.freedesktop.Secret.Service"
        )
        self._sent(new_method_call(service, method, signature, body))

    def _sent(self, message: Any) -> Any:
        from jeepney.io.blocking import open_dbus_connection
        from jeepney.wrappers import unwrap_msg

        with open_dbus_connection(self._address) as connection:
            return unwrap_msg(connection.send_and_get_reply(message, timeout=10))


def installed() -> bool:
    """Whether this machine has the programs for it."""
    return all(shutil.which(p) for p in ("gnome-keyring-daemon", "dbus-run-session"))


def need_secret_service() -> None:
    """Skip the test loudly where it cannot run (under CI: fail it)."""
    need(installed(), "gnome-keyring-daemon and dbus-run-session (Debian: gnome-keyring, dbus)")


@contextmanager
def running() -> Iterator[SecretService]:
    """A service for the length of a block; skips the test where the machine has none."""
    need_secret_service()
    with SecretService() as service:
        yield service


@pytest.fixture
def secret_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """A service for one test, which the environment of the test leads to."""
    with running() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


def _wait_for(ready: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    from jeepney import DBusErrorResponse

    deadline = time.monotonic() + seconds
    while True:
        try:
            if ready():
                return
        except (DBusErrorResponse, OSError):
            pass  # not there yet
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.02)
