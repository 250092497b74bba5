"""The credential source of one set of session options, and sessions from the kernel keyring."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from awsprof import paths
from awsprof.factory.options import SessionConfig
from awsprof.fork_safety import ForkSafeLock, lazy_attribute

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.factory.credential_source import CredentialSource


class SharedSource:
    """A session config and its credential source, created on first use and shared by sessions."""

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self._loaded: dict[str, Any] = {}
        self._lock = ForkSafeLock()

    @lazy_attribute
    def source(self) -> CredentialSource:
        """The credential source; its modules are imported here, on first use."""
        from awsprof.factory.credential_source import CredentialSource

        return CredentialSource(self.config, self._loaded)

    @lazy_attribute
    def full_config(self) -> dict[str, Any]:
        """Both files as Session.full_config has them, parsed once. Raises FileProblem."""
        from botocore.exceptions import ConfigParseError
        from botocore.session import get_session

        session = get_session()
        paths.reveal_files_to_session(session)
        try:
            parsed: dict[str, Any] = session.full_config
        except ConfigParseError as exc:
            from awsprof.factory.exceptions import unreadable_file_error

            raise unreadable_file_error(exc) from exc
        return parsed

    def share_config(self, session: Any, name: str) -> None:
        """Gives a session of this profile both files as parsed; else it would parse them itself.

        It gets copies of what a script may change: the tables of sections, and the profile's own.
        """
        config = {section: dict(values) for section, values in self.full_config.items()}
        config["profiles"][name] = deepcopy(config["profiles"][name])
        session._config = config  # where Session.full_config keeps what it parsed

    def can_retry(self, loaded: Any, rejected: Credentials) -> bool:
        """True if new credentials may work where AWS rejected these."""
        return self.source.can_retry(loaded, rejected)

    def cached_session(self, name: str) -> Any:
        """Returns renewable credentials of a session in the kernel keyring; None if there is none.

        It does not import the source's modules, which take a third of the time of a script's first
        call; a renewal does.
        """
        if self.config.shapes_session or self.config.account:
            return None
        from awsprof.auth import fast_path
        from awsprof.awsapi.credentials import credentials_from_json
        from awsprof.factory.refreshable import RefreshableCredentials
        from awsprof.session_margins import LEAST_USABLE_S

        with self._lock:
            if name not in self._loaded:
                answer = fast_path.cached_output(fast_path.request_fingerprint([name]))
                found = credentials_from_json(answer) if answer else None
                if found is None or found.expires is None:
                    return None
                if (found.expires - datetime.now(UTC)).total_seconds() <= LEAST_USABLE_S:
                    return None
                self._loaded[name] = RefreshableCredentials(
                    lambda beyond: self.source.credentials(name, beyond),
                    lambda: self.source.cache_key(name),
                    found,
                )
            return self._loaded[name]
