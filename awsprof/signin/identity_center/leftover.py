"""Tokens in the cache that no sso-session of the config leads to: signed in, and not signed out.

They stay behind where a sign-in was not followed by a profile, or where the profile was taken back.
Only the AWS CLI's own form is looked at: a file with an access token, its start URL and its region.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from awsprof import atomic, parsing, paths
from awsprof.awsfiles.document import FileKind
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Origin, SsoSession, Value
from awsprof.signin.identity_center import token_cache


@dataclass(frozen=True)
class Leftover:
    """A token file, as the session that it was signed in to; that is named by its start URL."""

    path: Path
    session: SsoSession


def every(catalog: Catalog) -> tuple[Leftover, ...]:
    """The token files that belong to no session of the config, legacy ones included."""
    known = (*catalog.sessions.values(), *catalog.legacy_sessions.values())
    theirs = {token_cache.file_of(session) for session in known}
    files = sorted(paths.sso_cache_dir().glob("*.json"))
    found = (_read(path) for path in files if path not in theirs)
    return tuple(leftover for leftover in found if leftover is not None)


def named(name: str, catalog: Catalog) -> Leftover | None:
    """What was signed in to under that name of a session; None where nothing was."""
    probe = SsoSession(name, {}, Origin(FileKind.CONFIG, paths.config_file(), 0))
    path = token_cache.file_of(probe)
    for found in every(catalog):
        if found.path == path or found.session.name == name:
            session = replace(found.session, name=name) if found.path == path else found.session
            return replace(found, session=session)
    return None


def _read(path: Path) -> Leftover | None:
    try:
        with parsing.expecting(path, ""):
            data = parsing.table(parsing.json_of(atomic.read(path) or b"{}"))
            texts = {key: parsing.text(data[key], key) for key in ("startUrl", "region")}
            parsing.text(data["accessToken"], "accessToken")
    except AwsprofError:
        return None  # a registration, or nothing of the AWS CLI's
    origin = Origin(FileKind.CONFIG, path, 1)
    keys = {"sso_start_url": texts["startUrl"], "sso_region": texts["region"]}
    values = {key: Value(text, origin) for key, text in keys.items()}
    return Leftover(path, SsoSession(texts["startUrl"], values, origin))
