"""Marked secrets, planted in every place and form in which secrets come in, and found again.

Each is of the shape that AWS gives it, or a word that only its key's name gives away; what is
looked for is the whole, its pieces, and what botocore makes of it as a key's name (small letters).
"""

import hashlib
import json
import os
import random
import string
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_BASE64 = string.ascii_letters + string.digits + "+/"
_PIECE = 20  # characters of a secret that nobody may see

# Each form stands in a profile of its own, and in both files.
FORMS = {
    "aws_secret_key": "aws_secret_key = {key}",
    "secret_key": "secret_key: {key}",
    "no-name": "my_thing = {key}",
    "id-place": "aws_access_key_id = {key}\naws_secret_access_key = AKIAIOSFODNN7EXAMPLE",
    "id-place-word": "aws_access_key_id = {word}",
    "password": "password = {word}",
    "api": "api_key = {word}",
    "place": "aws_session_token = {word}",
    "comment": "# aws_secret_access_key = {key}",
    "comment-word": "; aws_session_token={word}",
    "export": "export AWS_SECRET_ACCESS_KEY='{key}'",
    "export-word": 'export AWS_SESSION_TOKEN="{word}"',
    "json": 'credential_process = echo \'{{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE",'
    '"SecretAccessKey":"{key}","SessionToken":"{token}"}}\'',
    "argument": "credential_process = /bin/false --secret-key {word} --region x",
    "variable": "credential_process = env DB_PASSWORD={word} /bin/false",
    "address": "credential_process = /bin/false https://bob:{word}@example.com",
    "header": 'credential_process = /bin/false -H "Authorization: Bearer {word}"',
    "token": "aws_session_token = {token}",
    "refresh": "refresh_token = {token}",
    "absorbed": "output = json\n  aws_secret_access_key = {word}",
    "nested": "s3 =\n  secret_access_key = {word}",
    "glued": "output = json aws_secret_access_key={key}",
    "key-name": "{key} = x",
}
# Beside one of these, botocore reads none of the file.
BROKEN = {
    "pasted": '{{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE",\n"SecretAccessKey": "{key}",\n'
    '"SessionToken": "{token}"}}',
    "lines": "[default]\naws_session_token = {lines}\nregion = eu-west-1",
    "no-header": "aws_secret_access_key={key}",
    "setx": "[default]\nsetx AWS_SECRET_ACCESS_KEY {key}",
    "twice": "[default]\npassword = {word}\npassword = {word}",
}


@dataclass
class Canaries:
    """The secrets that were planted, by the place where each was."""

    seed: int = 1
    planted: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311
        self._searched: dict[bytes, tuple[int, list[str]]] = {}

    def key(self, place: str, size: int = 40) -> str:
        """A secret of the shape of an access key's."""
        secret = "".join(self._random.choices(_BASE64, k=size))
        return self.planted.setdefault(place, secret)

    def word(self, place: str) -> str:
        """A secret that looks like nothing: its name or its place tells."""
        return self.planted.setdefault(place, f"mellon{self._random.randrange(10**6):06}")

    def token(self, place: str, start: str = "FwoGZXIvYXdzE") -> str:
        """A secret of the shape of a session token."""
        return self.planted.setdefault(place, start + self.key(f"{place} (raw)", 240) + "==")

    def lines(self, place: str) -> str:
        """A token over lines, as a terminal wraps it."""
        token = self.token(place)
        return "\n".join(token[at : at + 76] for at in range(0, len(token), 76))

    def fill(self, form: str, place: str) -> str:
        """A form with secrets of its own in it."""
        made = {
            kind: getattr(self, kind)(f"{place}: {kind}")
            for kind in ("key", "word", "token", "lines")
            if f"{{{kind}}}" in form
        }
        return form.format(**made)

    def note(self, place: str, secret: str | None) -> None:
        """A secret that came about elsewhere."""
        if secret:
            self.planted.setdefault(place, secret)

    def seen_in(self, data: bytes) -> list[str]:
        """The places of those that show in ``data``, whole or in part.

        What was searched before, for as many secrets, is not searched again: most files stay.
        """
        planted, digest = len(self.planted), hashlib.sha256(data).digest()
        known = self._searched.get(digest)
        if known is None or known[0] != planted:
            small = data.lower()
            found = [
                place
                for place, secret in self.planted.items()
                if any(needle in small for needle in _needles(secret))
            ]
            known = self._searched[digest] = planted, found
        return known[1]


def lines_with(text: str, canaries: Canaries) -> list[str]:
    """The lines of a text that show one, for a test's message."""
    return [line for line in text.splitlines() if canaries.seen_in(line.encode())]


@cache
def _needles(secret: str) -> list[bytes]:
    pieces = [secret[at : at + _PIECE] for at in range(0, len(secret), _PIECE)]
    whole = [piece for piece in pieces if len(piece) == _PIECE] or [secret]
    forms = {form for piece in whole for form in (piece, json.dumps(piece)[1:-1])}
    return [form.encode().lower() for form in forms]


def plant(home: Path, canaries: Canaries, ours: dict[str, str], *, broken: str = "") -> None:
    """Fill a HOME: both files, the SSO cache, and a history that an earlier version wrote.

    ``ours`` is what else stands in the two files. A ``broken`` form stands in one of them.
    """
    for name in ("config", "credentials"):
        parts = [ours.get(name, "")]
        for form, text in FORMS.items():
            header = f"profile {form}-c" if name == "config" else f"{form}-k"
            parts.append(f"[{header}]\n{canaries.fill(text, f'{name} {form}')}\nregion = eu-west-1")
        if name == "credentials" and broken:
            parts.insert(0, canaries.fill(BROKEN[broken], f"broken {broken}"))
        _write(home / ".aws" / name, "\n\n".join(parts) + "\n")
    cached = {
        "startUrl": "https://d-1234567890.awsapps.com/start",
        "region": "eu-west-1",
        "accessToken": canaries.token("sso access", "aoaAAAAAG"),
        "expiresAt": "2099-01-01T00:00:00Z",
        "clientId": "client",
        "clientSecret": canaries.token("sso client", "eyJraWQiOiJr"),
        "registrationExpiresAt": "2099-01-01T00:00:00Z",
        "refreshToken": canaries.token("sso refresh", "aorAAAAAG"),
    }
    # The AWS CLI names the file by the SHA-1 of the session's name.
    name = hashlib.sha1(b"corp", usedforsecurity=False).hexdigest()
    _write(home / ".aws" / "sso" / "cache" / f"{name}.json", json.dumps(cached))
    _write(
        home / ".local/share/awsprof/history/00000001.json", json.dumps(_history(home, canaries))
    )


def _history(home: Path, canaries: Canaries) -> dict[str, object]:
    hunk = {
        "start": 1,
        "old": [f"secret_key = {canaries.key('history old')}\n"],
        "new": [f"password = {canaries.word('history new')}\n"],
        "above": [f"#aws_secret_access_key = {canaries.key('history above')}\n"],
        "below": [f"export AWS_SESSION_TOKEN={canaries.token('history below')}\n"],
    }
    file = {
        "kind": "config",
        "path": str(home / ".aws" / "config"),
        "before": "0",
        "after": "1",
        "hunks": [hunk],
    }
    return {
        "summary": "set a key",
        "when": "2026-01-01T00:00:00+00:00",
        "undone": False,
        "told": True,
        "undoes": "",
        "added": [],
        "files": [file],
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(text)
    path.chmod(0o600)


def recorder(path: Path, notes: Path) -> Path:
    """A program that notes its arguments and its environment, and gives nothing."""
    path.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        f"with open({str(notes)!r} + str(os.getpid()), 'w') as file:\n"
        "    file.write(repr((sys.argv, dict(os.environ))))\n"
        "sys.exit(1)\n"
    )
    path.chmod(0o755)
    return path


# Programs that awsprof may start, whatever it is asked to do.
_STARTED = ("xdg-open", "op", "ykman", "aws", "pinentry", "secret-tool", "wslview", "bash", "fish")


def programs(folder: Path, notes: Path) -> str:
    """A PATH on which those note how they were started."""
    folder.mkdir()
    for name in _STARTED:
        recorder(folder / name, notes)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
