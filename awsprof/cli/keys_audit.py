"""awsprof keys audit: the owner of one key, or a report on all keys of an account."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from awsprof import settings
from awsprof.accesskeys.key_identity import DELETE_ROOT_KEY
from awsprof.cli.app_context import AppContext, cli_key_context
from awsprof.cli.command_group import examples
from awsprof.errors import UnknownProfile, UsageError
from awsprof.key_ids import is_long_term
from awsprof.masking.mask import for_display
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.accesskeys.credential_report import ReportRow
    from awsprof.accesskeys.key_owner import KeyOwner

_SCHEMA: Final = 1  # of the JSON: fields may be added; a change of meaning needs a new number
_POLICY: Final = "request the policy that awsprof policy audit-keys prints"
_OF_IAM: Final = {
    "AIDA": "list-users --query \"Users[?UserId=='{}'].Arn\"",
    "AROA": "list-roles --query \"Roles[?RoleId=='{}'].Arn\"",
}
_NOT_PERMITTED: Final = "no permission to read it"


@click.command(
    epilog=examples(
        "awsprof keys audit AKIAIOSFODNN7EXAMPLE",
        "awsprof keys audit --using admin --csv > keys.csv",
    )
)
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--report", is_flag=True, help="Report on all users' keys (the default without ID).")
@click.option("--using", metavar="PROFILE", help="Profile that signs the calls.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.pass_obj
def audit(
    app: AppContext, id_: str | None, report: bool, using: str | None, as_json: bool, as_csv: bool
) -> int:
    """Show a key's owner, or report on all keys in an account.

    With ID: the key's account and, if you have permission, its user with their other keys and MFA
    devices. Without ID: the IAM credential report, which shows root keys, keys older than the
    setting key-age, unused keys, and users with two active keys. It says what you lack permission
    to read.
    """
    if as_json and as_csv:
        raise UsageError("--json and --csv cannot be combined.", "leave one of them out")
    if report and id_:
        raise UsageError(
            "--report is about all users, and ID about one key.", "leave one of them out"
        )
    form = "json" if as_json else "csv" if as_csv else ""
    return _owner(app, id_, using, form) if id_ else _report(app, using, form)


def _owner(app: AppContext, id_: str, using: str | None, form: str) -> int:
    from awsprof.accesskeys import key_owner as flow
    from awsprof.accesskeys.key_owner import looks_like_unique_id
    from awsprof.accesskeys.key_users import long_term_key_of

    catalog = app.catalog()
    if id_ in catalog.profiles:
        id_ = long_term_key_of(id_, catalog) or id_
    if not looks_like_unique_id(id_):
        raise UsageError(
            f"{sanitize(id_)!r} is not a key ID or a profile with a key.",
            "a key ID looks like AKIAIOSFODNN7EXAMPLE",
        )
    owner = flow.find_owner(cli_key_context(app, yes=False), id_, using)
    if form == "json":
        app.terminal.json({"schema": _SCHEMA, "key": _as_json(owner)})
    elif form == "csv":
        flat = {key: _flat(value) for key, value in _as_json(owner).items()}
        app.terminal.data(_csv(list(flat), [list(flat.values())]))
    else:
        _show(app, owner)
    return 0


def _show(app: AppContext, owner: KeyOwner) -> None:
    from awsprof.accesskeys.describe_keys import describe_key, describe_last_use, join_names

    words = _words(owner.account)
    rows = [("type", owner.kind)]
    if owner.id[:4] not in _OF_IAM:
        rows.append(("account", words or "unknown"))
    if owner.here:
        rows.append(("here", f"the key of {join_names(owner.here)}"))
    others = tuple(name for name in owner.same_account if name not in owner.here)
    if others:
        rows.append(("same account", join_names(others)))
    elif isinstance(owner.account, str) and not owner.here:
        rows.append(("same account", "none of your profiles"))
    if owner.root or owner.user is not None:
        rows.append(("user", "root, which no policy limits" if owner.root else _words(owner.user)))
    if owner.last_used is not None:
        rows.append(("last used", describe_last_use(owner.last_used) or _NOT_PERMITTED))
    keys = owner.keys if isinstance(owner.keys, tuple) else ()
    rows += [("this key" if k.id == owner.id else "other key", describe_key(k, None)) for k in keys]
    if owner.devices is not None:
        devices = owner.devices if isinstance(owner.devices, tuple) else None
        serials = [device.serial for device in devices or ()]
        rows.append(("MFA", _NOT_PERMITTED if devices is None else ", ".join(serials) or "none"))
    app.terminal.pairs([[name, sanitize(value)] for name, value in rows])
    _say_more(app, owner)


def _say_more(app: AppContext, owner: KeyOwner) -> None:
    """Prints warnings and what to do about them."""
    if owner.root:
        app.terminal.warn("The root user should have no access key.")
        app.terminal.detail(DELETE_ROOT_KEY)
        return
    if owner.quarantined:
        app.terminal.warn("AWS has found a public key of this user, and restricts the user.")
        app.terminal.detail(f"awsprof keys stop {owner.id}")
    for problem in owner.problems:
        app.terminal.warn(problem)
    if _missing(owner):
        app.terminal.warn(f"No permission to read: {', '.join(_missing(owner))}.")
        app.terminal.detail(f"{_POLICY}; or use a profile with permission: --using PROFILE")
    elif owner.id[:4] in _OF_IAM:
        app.terminal.say("AWS does not say whose ID this is. To look in an account of yours:")
        app.terminal.command(f"aws iam {_OF_IAM[owner.id[:4]].format(owner.id)} --output text")
    elif is_long_term(owner.id) and owner.user is None:
        app.terminal.say("None of your profiles can read that account; use --using PROFILE.")


def _missing(owner: KeyOwner) -> list[str]:
    from awsprof.awsapi.iam import NotPermitted

    asked = ("account", "user", "last_used", "keys", "devices", "policies")
    return [name for name in asked if isinstance(getattr(owner, name), NotPermitted)]


def _words(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _NOT_PERMITTED


def _as_json(owner: KeyOwner) -> dict[str, Any]:
    from awsprof.awsapi.iam import LastUsed

    last = owner.last_used if isinstance(owner.last_used, LastUsed) else None
    keys = owner.keys if isinstance(owner.keys, tuple) else None
    devices = owner.devices if isinstance(owner.devices, tuple) else None
    return {
        "id": owner.id,
        "kind": owner.kind,
        "account": owner.account if isinstance(owner.account, str) else None,
        "profiles": list(owner.here),
        "profiles_in_account": list(owner.same_account),
        "root": owner.root,
        "user": owner.user if isinstance(owner.user, str) else None,
        "last_used": _iso(last.when) if last else None,
        "last_used_service": last.service if last else None,
        "keys": None
        if keys is None
        else [{"id": k.id, "active": k.active, "created": _iso(k.created)} for k in keys],
        "mfa_devices": None if devices is None else [d.serial for d in devices],
        "quarantined": owner.quarantined,
        "not_permitted": _missing(owner),
        "problems": list(owner.problems),
    }


def _report(app: AppContext, using: str | None, form: str) -> int:
    from awsprof.accesskeys import credential_report
    from awsprof.accesskeys.signer import signer_for_profile
    from awsprof.awsapi.iam import NotPermitted

    try:
        name = app.named(using, app.catalog())
    except UnknownProfile as exc:
        raise UsageError("Choose a profile of the account.", "use --using PROFILE") from exc
    signer = signer_for_profile(cli_key_context(app, yes=False), name)
    found = signer.read(lambda iam: iam.credential_report())
    if isinstance(found, NotPermitted):
        if form == "json":
            gone = {"schema": _SCHEMA, "report": None, "not_permitted": ["credential report"]}
            app.terminal.json(gone)
        app.terminal.warn(f"{sanitize(name)} has no permission to read the credential report.")
        app.terminal.detail(f"{_POLICY}; or use a profile with permission: --using PROFILE")
        return 0
    old = timedelta(days=int(settings.get_setting("key-age")))
    rows = credential_report.read_report(found, datetime.now(UTC), old)
    if form == "json":
        account = {"schema": _SCHEMA, "account": signer.who.account, "not_permitted": []}
        whole = {**account, "report": [_row_json(row) for row in rows]}
        app.terminal.json(whole)
    elif form == "csv":
        flat = [{key: _flat(value) for key, value in _row_json(row).items()} for row in rows]
        app.terminal.data(_csv(list(flat[0]) if flat else [], [list(row.values()) for row in flat]))
    else:
        _show_report(app, rows)
    return 0


def _show_report(app: AppContext, rows: Sequence[ReportRow]) -> None:
    from awsprof.accesskeys.describe_keys import describe_age

    def cells(row: ReportRow) -> list[str]:
        state = "" if row.number == 0 else "active" if row.active else "inactive"
        return [
            sanitize(row.user),
            str(row.number or "none"),
            state,
            describe_age(row.created) if row.created else "",
            describe_age(row.last_used) if row.last_used else "",
            "yes" if row.mfa else "no",
            ", ".join(row.findings),
        ]

    headers = ["USER", "KEY", "STATUS", "AGE", "USED", "MFA", "FINDINGS"]
    app.terminal.table(headers, [cells(row) for row in rows])
    if any("a key of root" in row.findings for row in rows):
        app.terminal.warn("The root user has an access key, which no policy limits.")
        app.terminal.detail(DELETE_ROOT_KEY)
    many = sum(bool(row.findings) for row in rows)
    if many:
        app.terminal.say(
            f"{many} with findings. To fix them: awsprof keys rotate, deactivate, delete."
        )
    else:
        app.terminal.ok("no findings")


def _row_json(row: ReportRow) -> dict[str, Any]:
    return {
        "user": row.user,
        "arn": row.arn,
        "key": row.number or None,
        "active": row.active,
        "created": _iso(row.created),
        "last_used": _iso(row.last_used),
        "last_used_service": row.service or None,
        "last_used_region": row.region or None,
        "mfa": row.mfa,
        "findings": list(row.findings),
    }


def _iso(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None


def _flat(value: Any) -> str:
    """Returns a JSON value as the text of one CSV cell."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(_flat(one) for one in value)
    if isinstance(value, Mapping):
        return " ".join(_flat(one) for one in value.values())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _csv(headers: list[str], rows: list[list[str]]) -> str:
    """Returns CSV; a cell that a spreadsheet would run as a formula gets a leading quote."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    cells = ([for_display(cell) for cell in row] for row in rows)
    writer.writerows([[f"'{c}" if c[:1] in "=+-@" and c else c for c in row] for row in cells])
    return text.getvalue().rstrip("\n")
