"""Limits on the time and size of AWS calls, and whether AWS itself answered.

botocore limits the wait for each byte, not the whole call. And test doubles (moto, Stubber, vcr)
answer before anything is sent, which the caller cannot see. So ``limit_client`` wraps a client: a
call ends after 30 seconds even if bytes trickle in, a response has a maximum size, and a call
counts as answered by AWS only if the response came over a connected socket from the host that
botocore chose.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from awsprof import logs
from awsprof.awsapi.errors import clock
from awsprof.errors import CredentialsError

if TYPE_CHECKING:
    from botocore.config import Config

LIMIT_S: Final = 30.0  # for a whole call, retries included
LARGEST: Final = 16 * 2**20  # bytes of one response; IAM's largest page has about 3 MB
MOST_PAGES: Final = 1000  # of one list: 100,000 accounts or IAM users
_TELL_AFTER_S: Final = 2.0
_T = TypeVar("_T")
_log = logs.get_logger(__name__)

Tell = Callable[[str], object]
"""Shows a message: what awsprof is waiting for, or what a program printed to stderr."""


def client_limits(*, fail_fast: bool = False, connections: int = 10) -> Config:
    """Returns the timeouts and retries of a client that keeps at most ``connections`` open."""
    from botocore.config import Config

    connect, read, tries = (5, 10, 2) if fail_fast else (10, 20, 3)
    return Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"total_max_attempts": tries},
        max_pool_connections=connections,
    )


class ApiCall:
    """A call in progress in this thread."""

    def __init__(self, limit_s: float, host: str, tell: Tell | None) -> None:
        self.started = time.monotonic()
        self.deadline = self.started + limit_s
        self.limit_s = limit_s
        self.host = host
        self.operation = ""  # "sts.AssumeRole in eu-west-1"
        self.answered = False
        self.cut_off = False
        self.connection: Any = None
        self._socket: Any = None
        self._tell = tell
        self._done = threading.Event()

    def watch(self) -> None:
        """Starts a thread that reports a long wait and cuts the call off at its deadline."""
        self._done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(self._done,), daemon=True)
        watcher.start()

    def unwatch(self) -> None:
        """Stops watching: the request was answered or failed."""
        self._done.set()

    def log_end(self, outcome: object) -> None:
        """Logs the operation, its HTTP status or the type of its error, and its duration."""
        took = time.monotonic() - self.started
        _log.debug("%s: %s after %.3f s", self.operation, outcome, took)

    def _watch(self, done: threading.Event) -> None:
        left = self.deadline - time.monotonic()
        if self._tell is not None and left > _TELL_AFTER_S:
            if done.wait(_TELL_AFTER_S):
                return
            with suppress(Exception):
                self._tell(f"Waiting for {self.host} ...")
            self._tell = None
            left = self.deadline - time.monotonic()
        if not done.wait(max(left, 0)):
            self.cut_off = True
            self._cut()

    def _cut(self) -> None:
        """Shuts the socket down, which wakes a blocked reader; closing it would not."""
        for place in (getattr(self.connection, "sock", None), self._socket):
            with suppress(Exception):
                _shut(place)

    def record_peer(self, sock: Any, *, connected: bool) -> None:
        """Records that the response headers came from ``sock``, and whether that had a peer."""
        self._socket = sock
        self.answered = connected


class _Local(threading.local):
    call: ApiCall | None = None
    calls: list[ApiCall] | None = None


_here: Final = _Local()


@contextmanager
def record_calls() -> Iterator[list[ApiCall]]:
    """Collects the calls that this thread starts within the block, in a growing list."""
    before, _here.calls = _here.calls, []
    calls = _here.calls
    try:
        yield calls
    finally:
        _here.calls = before
        if before is not None:
            before.extend(calls)


def answered_by_network(calls: list[ApiCall]) -> bool:
    """Returns True if there were calls, and the host of each answered over a real socket."""
    return bool(calls) and all(call.answered for call in calls)


def limit_client(client: Any, *, tell: Tell | None = None, limit_s: float = LIMIT_S) -> Any:
    """Limits each call of a botocore client and records who answers it; returns the client.

    Calls raise CredentialsError if the response is not complete after ``limit_s`` seconds or is
    larger than 16 MiB. ``tell`` is called if a call takes more than two seconds.
    """

    def begin(params: dict[str, Any], model: Any, **_: Any) -> None:
        own.call = ApiCall(limit_s, urlsplit(params["url"]).netloc, tell)
        own.call.operation = (
            f"{model.service_model.service_name}.{model.name} in {client.meta.region_name}"
        )
        if _here.calls is not None:
            _here.calls.append(own.call)

    def send(**_: Any) -> None:
        _here.call = own.call  # signing may have made other calls since

    def answered(http_response: Any, **_: Any) -> None:
        if own.call is not None:
            own.call.log_end(f"HTTP {http_response.status_code}")

    def failed(exception: Exception, **_: Any) -> None:
        if own.call is not None:
            own.call.log_end(type(exception).__name__)

    own = _Local()
    client.meta.events.register_first("before-call", begin)
    client.meta.events.register_first("before-send", send)
    client.meta.events.register_first("after-call", answered)
    client.meta.events.register_first("after-call-error", failed)
    # botocore has no public way to set the HTTP session.
    client._endpoint.http_session = limited_http_session(client._endpoint.http_session)
    return client


def limited_http_session(http: Any) -> Any:
    """Applies the same limits to a botocore HTTP session, for requests sent without a client."""
    pools = getattr(http, "_pool_classes_by_scheme", None)
    if isinstance(pools, dict):  # otherwise a test or a plugin replaced it
        for scheme, pool in pools.items():
            pools[scheme] = _watched(pool)
    return _Guarded(http)


class _Guarded:
    def __init__(self, http: Any) -> None:
        self._http = http

    def __getattr__(self, name: str) -> Any:
        return getattr(self._http, name)

    def send(self, request: Any) -> Any:
        """Sends as botocore does, within the limits of the call in progress."""
        host = urlsplit(request.url).netloc
        call = _here.call or ApiCall(LIMIT_S, host, None)
        if time.monotonic() >= call.deadline:
            _here.call = None
            raise _too_slow(host, call.limit_s)
        call.answered = False
        whole = not request.stream_output
        request.stream_output = True  # otherwise botocore reads all of it before we can count
        _here.call = call
        call.watch()
        try:
            answer = self._http.send(request)
            clock.stamp(answer.headers)
            if whole and getattr(answer, "_content", b"") is None:
                answer._content = _body(answer, host)
        except Exception as exc:
            if call.cut_off:
                raise _too_slow(host, call.limit_s) from exc
            raise
        finally:
            _here.call = None
            call.unwatch()
            request.stream_output = not whole
        if call.cut_off:
            raise _too_slow(host, call.limit_s)
        call.answered = call.answered and host == call.host
        return answer


def _body(answer: Any, host: str) -> bytes:
    from botocore import exceptions as bc
    from urllib3 import exceptions as u3

    parts, size = [], 0
    try:
        for part in answer.raw.stream():
            size += len(part)
            if size > LARGEST:
                answer.raw.close()  # it would hold its socket
                raise CredentialsError(
                    f"The response of {host} is larger than {LARGEST // 2**20} MB, so it is not"
                    " AWS's.",
                    "look for a proxy or a sign-in page of the network, and run it again",
                    code="no-answer",
                )
            parts.append(part)
    except u3.ReadTimeoutError as exc:
        raise bc.ReadTimeoutError(endpoint_url=answer.url, error=exc) from exc
    except u3.ProtocolError as exc:
        raise bc.ConnectionClosedError(endpoint_url=answer.url, error=exc) from exc
    except u3.HTTPError as exc:
        raise bc.HTTPClientError(error=exc) from exc
    return b"".join(parts)


def _too_slow(host: str, limit_s: float) -> CredentialsError:
    return CredentialsError(
        f"{host} did not answer in full within {limit_s:.0f} seconds.",
        "run it again; if that does not help, check the network and its proxy",
        code="too-slow",
    )


def _watched(pool: Any) -> Any:
    """Subclasses a urllib3 connection pool so that the current call learns which socket answers."""

    class Watched(pool):  # type: ignore[misc]  # botocore and urllib3 have no types here
        def _make_request(self, connection: Any, *arguments: Any, **named: Any) -> Any:
            call = _here.call
            if call is not None:
                call.connection = connection
            if "getresponse" not in vars(connection):
                connection.getresponse = _telling(connection)
            return super()._make_request(connection, *arguments, **named)

    return Watched


def _telling(connection: Any) -> Callable[..., Any]:
    original = connection.getresponse

    def getresponse(*arguments: Any, **named: Any) -> Any:
        sock = connection.sock  # unset afterwards if the server closes the connection
        connected = _connected(sock)  # and the peer is gone if it hangs up at once
        answer = original(*arguments, **named)
        if _here.call is not None:
            _here.call.record_peer(sock, connected=connected)
        return answer

    return getresponse


def _descriptor(sock: Any) -> int:
    inner = getattr(sock, "socket", sock)  # urllib3's TLS in TLS wraps the socket
    return int(inner.fileno())


def _connected(sock: Any) -> bool:
    """Returns True if the kernel has, or had, a peer for it: a fake socket has none."""
    import _socket

    try:
        probe = _socket.socket(fileno=_socket.dup(_descriptor(sock)))
    except (OSError, AttributeError, TypeError, ValueError):
        return False
    try:
        probe.getpeername()
    except OSError:  # a peer that hung up is none any more; a port was given for it all the same
        return _has_port(probe)
    finally:
        probe.close()
    return True


def _has_port(probe: Any) -> bool:
    try:
        name = probe.getsockname()
    except OSError:
        return False
    return isinstance(name, tuple) and name[1] != 0


def _shut(sock: Any) -> None:
    import _socket

    probe = _socket.socket(fileno=_socket.dup(_descriptor(sock)))
    try:
        probe.shutdown(_socket.SHUT_RDWR)
    finally:
        probe.close()


def limit_pages(pages: Iterable[_T], list_name: str) -> Iterator[_T]:
    """Yields ``pages``. Raises CredentialsError, which names the list, after 1000."""
    for number, page in enumerate(pages):
        if number == MOST_PAGES:
            raise CredentialsError(
                f"{list_name} has more than {MOST_PAGES} pages, which no list of AWS has.",
                "look for a proxy, or an endpoint_url, that answers instead of AWS",
                code="no-answer",
            )
        yield page
