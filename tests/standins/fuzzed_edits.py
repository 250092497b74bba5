"""Two files of many profiles, and what editors, chats, other tools and people do to them.

Every secret is unlike all others, so that whoever loses or shows one can be told.
"""

import base64
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field

LETTERS = string.ascii_uppercase + "234567"
NAMES = ("a", "b", "c-d", "default", "x.y@z", '"two words"', "'q'", "two words", "é", "a/b", "dev")
ROLE = "arn:aws:iam::123456789012:role/"


@dataclass
class Files:
    """The two files as text, the secrets in them, and the keys that AWS knows."""

    config: bytes = b""
    credentials: bytes = b""
    secrets: list[str] = field(default_factory=list)
    keys: set[tuple[str, str, str]] = field(default_factory=set)  # id, secret, token or ""


def files(rng: random.Random) -> Files:
    """Profiles that stand on each other, and up to four slips in their text."""
    made = Files()
    names = rng.sample(NAMES, rng.randrange(1, 6))
    credentials = [line for name in names for line in _credentials(rng, name, made)]
    config = [line for name in names for line in _config(rng, name, names, made)]
    if rng.random() < 0.3:
        config += [
            "[sso-session s]",
            "sso_start_url = https://x.awsapps.com/start",
            "sso_region = r",
        ]
    texts = []
    for lines in (config, credentials):
        for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 1, 2, 4))):
            rng.choice(SLIPS)(rng, lines)
        end = rng.choice(("\n", "\n", "\n", "\r\n"))
        text = end.join(lines) + rng.choice((end, end, "")) if lines else ""
        texts.append(_encoded(rng, text))
    made.config, made.credentials = texts
    return made


def _encoded(rng: random.Random, text: str) -> bytes:
    encoding = rng.choice(("utf-8",) * 50 + ("utf-8-sig", "utf-16"))
    return text.encode(encoding)


def key(rng: random.Random) -> tuple[str, str]:
    """A key that nobody else has."""
    secret = base64.b64encode(rng.randbytes(30)).decode()
    return rng.choice(("AKIA", "AKIA", "ASIA")) + "".join(rng.choices(LETTERS, k=16)), secret


def _keys(rng: random.Random, made: Files) -> list[str]:
    id, secret = key(rng)
    token = ""
    lines = [f"aws_access_key_id = {id}", f"aws_secret_access_key = {secret}"]
    if rng.random() < 0.2:
        token = base64.b64encode(rng.randbytes(120)).decode()
        lines.append(f"{rng.choice(('aws_session_token', 'aws_security_token'))} = {token}")
    made.secrets += filter(None, (secret, token))
    made.keys.add((id, secret, token if id.startswith("ASIA") else ""))
    return lines


def _credentials(rng: random.Random, name: str, made: Files) -> list[str]:
    if rng.random() < 0.4:
        return []
    lines = [f"[{name.strip(chr(34))}]", *_keys(rng, made)]
    if rng.random() < 0.3:
        lines.append("region = eu-west-1")
    return [*lines, *rng.choice(([], [""], ["# mine"]))]


def _config(rng: random.Random, name: str, names: list[str], made: Files) -> list[str]:
    if rng.random() < 0.1:
        return []
    lines = ["[default]" if name == "default" else f"[profile {name}]"]
    other = rng.choice(names).strip("\"'")
    source = rng.choice((f"source_profile = {other}", "credential_source = Environment"))
    id = "AKIA" + "".join(rng.choices(LETTERS, k=16))
    forms: list[list[str]] = [
        [],
        _keys(rng, made) if rng.random() < 0.3 else [],
        [f"role_arn = {ROLE}{rng.choice('RST')}", source],
        [f"role_arn = {ROLE}W", "web_identity_token_file = /token"],
        [f"credential_process = /bin/{rng.choice('xyz')} --for {name.strip(chr(34))}"],
        [f"credential_process = /usr/bin/awsprof credential-process base --key {id}"],
        [f"credential_process = /usr/bin/awsprof credential-process {other.split()[0]}"],
        ["sso_session = s", "sso_account_id = 123456789012", "sso_role_name = R"],
        [
            "sso_start_url = https://x.awsapps.com/start",
            *("sso_region = r", "sso_account_id = 123456789012", "sso_role_name = R"),
        ],
    ]
    for form in rng.sample(forms, rng.choice((1, 1, 1, 2))):
        there = {line.partition(" =")[0] for line in lines}  # twice, and boto3 reads nothing
        lines += [line for line in form if line.partition(" =")[0] not in there]
    for line in ("region = eu-west-1", "output = json", "s3 =\n  addressing_style = path"):
        if rng.random() < 0.4:
            lines += line.split("\n")
    return [*lines, *rng.choice(([], [""], ["# mine"], ["  # indented"]))]


def _at(rng: random.Random, lines: list[str], those: Callable[[str], object]) -> int | None:
    places = [index for index, line in enumerate(lines) if those(line)]
    return rng.choice(places) if places else None


def _header(line: str) -> bool:
    return line.startswith("[")


def _key(line: str) -> bool:
    return "=" in line and not line.startswith(("[", "#"))


def _changed(those: Callable[[str], object], *by: Callable[[str], str]) -> Callable[..., None]:
    def slip(rng: random.Random, lines: list[str]) -> None:
        at = _at(rng, lines, those)
        if at is not None:
            lines[at] = rng.choice(by)(lines[at])

    return slip


def _glued(rng: random.Random, lines: list[str]) -> None:
    at = rng.randrange(len(lines) - 1) if len(lines) > 1 else None
    if at is not None:
        lines[at : at + 2] = [lines[at] + rng.choice(("", " ")) + lines[at + 1]]


def _cut(rng: random.Random, lines: list[str]) -> None:
    at = _at(rng, lines, lambda line: len(line) > 12)
    if at is not None:
        where = rng.randrange(6, len(lines[at]))
        lines[at : at + 1] = [lines[at][:where], rng.choice(("", "  ")) + lines[at][where:]]


def _twice(rng: random.Random, lines: list[str]) -> None:
    if lines:
        start = rng.randrange(len(lines))
        some = lines[start : start + rng.randrange(1, 5)]
        where = rng.randrange(len(lines) + 1)
        lines[where:where] = some


def _moved(rng: random.Random, lines: list[str]) -> None:
    if len(lines) > 1:
        lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))


def _lost(rng: random.Random, lines: list[str]) -> None:
    at = _at(rng, lines, _header)
    if at is not None:
        del lines[at]


SLIPS: tuple[Callable[[random.Random, list[str]], None], ...] = (
    *(_glued, _glued, _cut, _cut, _twice, _twice, _moved, _lost),
    _changed(
        _header,
        lambda line: line.replace("profile ", ""),
        lambda line: line.replace("profile ", "Profile "),
        lambda line: line.replace("[", "[profile "),
        lambda line: line.replace("profile", "profiles"),
        lambda line: line.replace("sso-session", "sso_session"),
        lambda line: line.rstrip("]"),
        lambda line: "#" + line,
        lambda line: "  " + line,
        lambda line: line + " # prod",
        lambda line: line.replace("[", "[ "),
        lambda line: line + "]",
    ),
    _changed(
        _key,
        lambda line: "  " + line,
        lambda line: "# " + line,
        lambda line: line.replace(" = ", ": "),
        lambda line: line.replace(" = ", ' = "') + '"',
        lambda line: line + " # mine",
        lambda line: line.replace("_", "-", 1),
        lambda line: line.replace("aws_access_key_id", "aws_access_key"),
        lambda line: line.partition("= ")[2] or line,
        lambda line: line.title(),
        lambda line: line.replace(" = ", " = \u00a0"),
        lambda line: "export " + line,
        lambda line: line + "\r",
    ),
    _changed(lambda line: True, lambda line: line + "\u200b", lambda line: "\t" + line),
)
