"""Caches what ``awsprof exec`` and ``env`` need of a profile: its session or key, and its region.

Both run before other programs, maybe in every step of a script. A hit imports neither click nor
botocore. It is found by the same fingerprint as an answer of credential-process (``fast_path``),
and a session is used only while its proof is cached: AWS accepted it within the last minutes.
"""

from __future__ import annotations

import os
import time

from awsprof.auth import fast_path
from awsprof.awsapi.child_environment import variables_of
from awsprof.session_margins import LEAST_USABLE_S

TYPE_CHECKING = False  # as in fast_path
if TYPE_CHECKING:
    from awsprof.auth.resolver import Resolver
    from awsprof.awsapi.credentials import Credentials
    from awsprof.profiles.model import Profile


def cached_variables(profile: str) -> dict[str, str] | None:
    """Returns the variables of the profile's credentials and region; None if nothing is cached."""
    fingerprint = fast_path.profile_fingerprint(profile)
    found = _session(fingerprint) or _key(fingerprint)
    if found is None:
        return None
    answer, region = found
    fields = _fields(answer.decode())
    if "Expiration" in fields and fields["Expiration"] <= _time(time.time() + LEAST_USABLE_S):
        return None
    return variables_of(fields, os.fsdecode(region))


def _time(seconds: float) -> str:
    """Returns a time as ``Credentials.process_fields`` has it: a text that sorts by time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _fields(answer: str) -> dict[str, str]:
    """Returns the texts of an output of ``Credentials.process_json`` by name."""
    if "\\" not in answer:
        version, *rest = answer.split('"')[1::2]  # every quotation mark begins or ends a text
        if version == "Version" and len(rest) % 2 == 0:
            return dict(zip(rest[::2], rest[1::2], strict=True))
    import json  # whose import takes a third of the time of a hit

    return {name: text for name, text in json.loads(answer).items() if name != "Version"}


def _session(fingerprint: str) -> tuple[bytes, bytes] | None:
    """Returns the profile's session and region; None if AWS has not accepted the session lately."""
    own_key = fast_path.kernel_reader()
    entry = own_key(b"machine:variables/" + fingerprint.encode()) if own_key else None
    if own_key is None or entry is None:
        return None
    cache_key, _, rest = entry[fast_path.STAMP :].partition(b"\n")
    proof, _, region = rest.partition(b"\n")
    session = fast_path.cached_session(own_key, cache_key)
    if session is None or own_key(b"machine:" + proof) is None:
        return None
    return session[fast_path.STAMP :], region


def _key(fingerprint: str) -> tuple[bytes, bytes] | None:
    """Returns the profile's cached key of the vault, without MFA, and its region."""
    cache_key = fast_path.vault_cache_key(fingerprint)
    kept = fast_path.cached_key(cache_key) if cache_key else None
    if kept is None:
        return None
    answer, _, region = kept.partition(b"\n")
    return answer, region


class VariablesCache:
    """Caches the variables of one profile. Create it before the profile's files are read."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._fingerprint = fast_path.profile_fingerprint(profile)
        self._key = fast_path.vault_cache_key(self._fingerprint)

    def put(self, resolver: Resolver, profile: Profile, credentials: Credentials) -> None:
        """Caches the credentials of ``profile``, unless its files have changed in between."""
        from datetime import UTC, datetime

        from awsprof.auth.session_fetcher import PROVEN, proof_key
        from awsprof.profiles.provider_order import key_in_vault

        if (
            profile.name != self._profile
            or fast_path.profile_fingerprint(profile.name) != self._fingerprint
        ):
            return
        region = os.fsencode(profile.get("region") or "")
        key_id = credentials.access_key_id
        session = resolver.recipe(profile).key
        if credentials.expires is not None and session is not None:
            from awsprof.vault.session_cache import SessionCache

            if resolver.needs_proof(credentials):
                return  # its proof has just expired, and without one there is no hit
            if not resolver.is_proven(credentials):  # AWS has just issued them
                resolver.note_proven(credentials)
            entry = b"\n".join([session.encode(), proof_key(key_id).encode(), region])
            name = f"variables/{self._fingerprint}"
            until = datetime.now(UTC) + PROVEN  # without a proof there is no hit
            SessionCache().put(name, entry, until, needs_person=False)
        elif self._key and credentials.token is None and key_id == key_in_vault(profile):
            from awsprof import settings
            from awsprof.vault import key_answers

            answer = credentials.process_json().encode() + b"\n" + region
            key_answers.keep_answer(self._key, answer, settings.key_cache_minutes())
