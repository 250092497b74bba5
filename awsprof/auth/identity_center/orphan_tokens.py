"""Cached Identity Center tokens that no sso-session in the config refers to.

They remain if no profile was written after a sign-in, or if its profile was removed. Only files in
the AWS CLI's format count: with an access token, a start URL and a region.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from awsprof import atomic, parsing, paths
from awsprof.auth.identity_center import token_cache
from awsprof.configfile.document import FileKind
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Origin, SsoSession, Value


@dataclass(frozen=True)
class OrphanToken:
    """A token file and its session, which is named by its start URL."""

    path: Path
    session: SsoSession


def orphan_tokens(catalog: Catalog) -> tuple[OrphanToken, ...]:
    """Returns the token files of no session in the config, legacy sessions included."""
    known = (*catalog.sessions.values(), *catalog.legacy_sessions.values())
    theirs = {token_cache.token_path(session) for session in known}
    files = sorted(paths.sso_cache_dir().glob("*.json"))
    found = (_read(path) for path in files if path not in theirs)
    return tuple(leftover for leftover in found if leftover is not None)


def orphan_token_named(name: str, catalog: Catalog) -> OrphanToken | None:
    """Returns the orphan token of a session name or start URL, or None."""
    probe = SsoSession(name, {}, Origin(FileKind.CONFIG, paths.config_file(), 0))
    path = token_cache.token_path(probe)
    for found in orphan_tokens(catalog):
        if found.path == path or found.session.name == name:
            session = replace(found.session, name=name) if found.path == path else found.session
            return replace(found, session=session)
    return None


def _read(path: Path) -> OrphanToken | None:
    try:
        with parsing.wrap_parse_errors(path, ""):
            data = parsing.expect_table(parsing.parse_json(atomic.read_file(path) or b"{}"))
            texts = {key: parsing.expect_text(data[key], key) for key in ("startUrl", "region")}
            parsing.expect_text(data["accessToken"], "accessToken")
    except AwsprofError:
        return None  # a client registration, or a file in another format
    origin = Origin(FileKind.CONFIG, path, 1)
    keys = {"sso_start_url": texts["startUrl"], "sso_region": texts["region"]}
    values = {key: Value(text, origin) for key, text in keys.items()}
    return OrphanToken(path, SsoSession(texts["startUrl"], values, origin))
