"""Text that others decide, as bad as it can be, and servers that answer with nothing else."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

FORGED = "FORGED"
"""What a line begins with that text from outside has begun."""
# In a file's line: it clears the screen, names the window, turns text around, and hides itself.
IN_LINE = "x\x1b[2J\x1b]0;t\x07\u202egnp\u2066\u200b\u00ad\ufeff\x9b31m\x08\x7f\U000e0041y"
BREAKS = (
    f"\u2028{FORGED} ok a\u2029{FORGED} ok b\x85{FORGED} ok c\x0b{FORGED} ok d\x0c{FORGED} ok e"
)
ENDS = f"\r{FORGED} ok f\r\n{FORGED} ok g\n{FORGED} awsprof: ok\n"
LINE = IN_LINE + BREAKS
TEXT = LINE + ENDS
HUGE = TEXT * 200


def marks(said: str) -> list[str]:
    """What in a program's output is none of its own: hidden characters, and lines without our mark.

    A diff marks each of its lines, and so does a traceback: those that begin with that are ours.
    """
    hidden = sorted({f"U+{ord(c):04X}" for c in said if not c.isprintable() and c != "\n"})
    begun = [line for line in said.split("\n") if line.lstrip(" ").startswith(FORGED)]
    return hidden + begun


def _xml(text: str) -> str:
    """As XML 1.0 can hold it: of the control characters it has C1 and line breaks alone."""
    kept = "".join(c for c in text if ord(c) >= 32 or c in "\n\r\t")
    return escape(kept).replace("\r", "&#13;").replace("\x9b", "&#155;").replace("\x85", "&#133;")


def _refusal(query: bool) -> tuple[int, str]:
    if query:
        told = f"<Code>{_xml(LINE)}</Code><Message>{_xml(HUGE)}</Message>"
        return 403, f"<ErrorResponse><Error>{told}</Error></ErrorResponse>"
    body = {"error": TEXT, "message": TEXT, "error_description": TEXT, "__type": LINE}
    return 400, json.dumps(body)


_MEMBER = "".join(
    f"<{name}>{{text}}</{name}>"
    for name in ("UserName", "Arn", "UserId", "Path", "PolicyName", "PolicyArn", "SerialNumber")
)
_KEY = (
    "<AccessKeyId>{text}</AccessKeyId><Status>Active</Status>"
    "<CreateDate>2020-01-01T00:00:00Z</CreateDate><EnableDate>2020-01-01T00:00:00Z</EnableDate>"
)
_LISTS = ("Users", "AccessKeyMetadata", "MFADevices", "AttachedPolicies", "VirtualMFADevices")
_CREDENTIALS = (
    "<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>"
    "<SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey>"
    "<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
)


def _report() -> str:
    """A credential report whose users are called so."""
    cell = '"' + TEXT.replace('"', "") + '"'
    head = "user,arn,user_creation_time,password_enabled,mfa_active,access_key_1_active,"
    head += "access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active"
    row = f"{cell},{cell},2020-01-01T00:00:00+00:00,true,false,true,{cell},{cell},false"
    return base64.b64encode(f"{head}\n{row}\n".encode()).decode()


def _answer(action: str, query: bool) -> tuple[int, str]:
    """Everything that an answer may hold, and all of it is hostile."""
    text = _xml(TEXT)
    if query:
        member = (_MEMBER + _KEY).format(text=text)
        lists = "".join(f"<{name}><member>{member}</member></{name}>" for name in _LISTS)
        used = f"<ServiceName>{text}</ServiceName><Region>{text}</Region>"
        inner = (
            f"{member}<Account>{text}</Account><User>{member}</User>{lists}{_CREDENTIALS}"
            f"<AccessKeyLastUsed>{used}</AccessKeyLastUsed><IsTruncated>false</IsTruncated>"
            f"<PolicyNames><member>{text}</member></PolicyNames><State>COMPLETE</State>"
            f"<Content>{_report()}</Content>"
        )
        result = f"<{action}Result>{inner}</{action}Result>"
        return 200, f"<{action}Response>{result}</{action}Response>"
    account = {"accountId": "345678901234", "accountName": TEXT, "emailAddress": TEXT}
    body = {
        "accountList": [account],
        "roleList": [{"roleName": TEXT, "accountId": "345678901234"}],
        "verificationUri": TEXT,
        "verificationUriComplete": TEXT,
        "userCode": TEXT,
        "deviceCode": TEXT,
        "interval": 1,
        "expiresIn": 1,
        "clientId": TEXT,
        "clientSecret": "hidden",
        "clientSecretExpiresAt": 4070908800,
        "SigninToken": TEXT,
    }
    return 200, json.dumps(body)


@contextmanager
def answering(behavior: str) -> Iterator[str]:
    """The address of an AWS that ``refuses``, ``answers`` or is none: its answers are ``raw``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            action = parse_qs(body).get("Action", [""])[0]
            self._send(action, bool(action))

        def do_GET(self) -> None:
            self._send("", False)

        def _send(self, action: str, query: bool) -> None:
            if behavior == "raw":
                status, text = 200, HUGE
            else:
                status, text = _refusal(query) if behavior == "refuses" else _answer(action, query)
            data = text.encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.send_header("content-type", "text/xml" if query else "application/json")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing: the test's output is its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


PROFILE = IN_LINE.replace("[", "").replace("]", "")
"""A name for a profile that botocore reads."""


def plant(home: Path, program: Path) -> None:
    """Both files of a HOME: names, keys, values and comments that others wrote."""
    value = LINE.replace("\x0b", "").replace("\x0c", "")
    key = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    secret = "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    config = f"""\
# {value}
[profile work]
region = us-east-1
{key}{secret}
[profile {PROFILE}]
region = {value}
output = {value}
role_arn = arn:aws:iam::123456789012:role/{value}
source_profile = {value}
{PROFILE} = {value}
aws_sceret = {value}
[profile admin]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = work
mfa_serial = {value}
external_id = {value}
role_session_name = {value}
region = us-east-1
[profile prog]
credential_process = {program} {value}
[profile corp]
sso_session = corp
sso_account_id = {value}
sso_role_name = {value}
[profile lost]
sso_session = {PROFILE}
services = {PROFILE}
ca_bundle = /{value}
endpoint_url = http://{value}
credential_source = {value}
web_identity_token_file = /{value}
role_arn = {value}
duration_seconds = {value}
s3 =
  addressing_style = {value}
  {PROFILE} = {value}
[sso-session corp]
sso_start_url = https://d-1234567890.awsapps.com/start
sso_region = us-east-1
sso_registration_scopes = {value}
[sso-session {PROFILE}2]
sso_start_url = https://{value}
sso_region = {value}
[services {PROFILE}3]
{value} =
  endpoint_url = {value}
[{PROFILE} {PROFILE}]
region = {value}
"""
    credentials = (
        f"# {value}\n[{PROFILE}4]\naws_access_key_id = {value}\n{secret}[plain]\n{key}{secret}"
    )
    folder = home / ".aws"
    folder.mkdir(mode=0o700)
    for name, text in (("config", config), ("credentials", credentials)):
        (folder / name).write_text(text, newline="")
        (folder / name).chmod(0o600)
    ours = home / ".config" / "awsprof"
    ours.mkdir(parents=True, mode=0o700)
    (ours / "settings.toml").write_text(f"mfa = {json.dumps(LINE)}\n")
    cache = folder / "sso" / "cache"
    cache.mkdir(parents=True, mode=0o700)
    token = {"startUrl": LINE, "region": LINE, "accessToken": LINE, "expiresAt": LINE}
    (cache / f"{'0' * 40}.json").write_text(json.dumps(token))
