"""awsprof team check, schema and generate: the team file itself, not what it does here."""

from __future__ import annotations

import errno
import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples, json_option
from awsprof.errors import FileError, UsageError
from awsprof.shells import arguments, shell_word

if TYPE_CHECKING:
    from awsprof.diff import FileDiff
    from awsprof.profiles.catalog import Catalog
    from awsprof.team.accounts_file import Generated, ListedAccount
    from awsprof.team.generation import AccountSource
    from awsprof.team.model import TeamProblem

_SCHEMA: Final = 1  # of --json: fields may be added, but none changes its meaning
_FILE: Final = "accounts.toml"


@click.command(
    "check",
    epilog=examples("awsprof team check .", "awsprof team check git+https://host/team.git@main"),
)
@click.argument("source")
@json_option
@click.pass_obj
def check_command(app: AppContext, source: str, as_json: bool) -> int:
    """Check a team file, and show each error with its line.

    Reads only the file and what it includes, so that CI can run it. The exit code is 1 if there are
    errors.
    """
    from awsprof.team.opening import open_source
    from awsprof.team.reader import find_problems
    from awsprof.team.source import parse_source

    opened = open_source(parse_source(source), ask=app.terminal.interactive)
    problems = find_problems(opened, opened.name)
    if as_json:
        app.terminal.json({"schema": _SCHEMA, "errors": [_problem_json(each) for each in problems]})
    else:
        for problem in problems:
            app.terminal.failed(str(problem), problem.fix)
        if not problems:
            app.terminal.ok("The team file is valid.")
    return 1 if problems else 0


def _problem_json(problem: TeamProblem) -> dict[str, object]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "key": problem.key,
        "message": problem.says,
        "fix": problem.fix,
    }


@click.command("schema", epilog=examples("awsprof team schema > team.schema.json"))
@click.pass_obj
def schema_command(app: AppContext) -> int:
    """Print the JSON Schema of the team file, for editors."""
    text = files("awsprof.team").joinpath("team.schema.json").read_text(encoding="utf-8")
    app.terminal.data(json.dumps(json.loads(text), indent=2, ensure_ascii=False))
    return 0


@click.command(
    "generate",
    epilog=examples(
        "awsprof team generate --from corp",
        "awsprof team generate --from org-admin accounts/all.toml",
        "awsprof team generate --check",
    ),
)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--from", "named", metavar="NAME", help="Sso-session or profile; FILE remembers the last one."
)
@click.option("--dry-run", is_flag=True, help="Show the changes without writing them.")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 1 if FILE is out of date."
)
@click.pass_obj
def generate_command(
    app: AppContext, file: Path | None, named: str | None, dry_run: bool, only_check: bool
) -> int:
    """Write your accounts and roles to a file that team.toml includes.

    An sso-session gives the accounts and roles that you are assigned to in Identity Center; a
    profile, the accounts of its organization. FILE is accounts.toml by default. What you write in
    it yourself stays, and a second run changes nothing.
    """
    from awsprof.team.model import TEAM_FILE

    file = file or Path(_FILE)
    catalog = app.catalog()
    where = _source(file, named, catalog)
    listed = _listed(app, where, catalog)
    write = not (dry_run or only_check)
    before, generated = _updated(file, listed, where, write=write)
    _report(app, file, before, generated, diff=not write)
    if generated.text == before:
        return 0
    if not write:
        app.terminal.say("Nothing was written.")
        return 1 if only_check else 0
    if (file.parent / TEAM_FILE).exists():
        app.terminal.detail(f"awsprof team check {arguments(str(file.parent))}")
    return 0


def _source(file: Path, named: str | None, catalog: Catalog) -> AccountSource:
    """Returns where the accounts are listed: what the file says, else what was named."""
    from awsprof.team.accounts_file import AccountsFile
    from awsprof.team.generation import parse_account_source

    kept = AccountsFile(file.name, _read(file)).source
    if not (named or kept):
        raise UsageError(
            f"{shell_word(str(file))} does not say where its accounts are listed.",
            "add --from, with an sso-session or a profile",
        )
    where = parse_account_source(named or kept, catalog)
    if kept not in ("", str(where)):
        raise UsageError(
            f"{shell_word(str(file))} has the accounts of {kept}.",
            "name another file, or change generated_from in it",
        )
    return where


def _read(file: Path) -> str:
    """Returns the text of the file, empty if it is new. Raises FileError."""
    from awsprof import parsing
    from awsprof.fast_read import read_regular_file
    from awsprof.team import limits

    shown = shell_word(str(file))
    try:
        with parsing.wrap_parse_errors(shown, "save it as UTF-8"):
            return read_regular_file(str(_target(file)), limits.MAX_FILE_BYTES).decode()
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise FileError(f"{shown} cannot be read: {exc.strerror}.", _read_fix(exc)) from exc


def _read_fix(exc: OSError) -> str:
    from awsprof.team import limits

    if exc.errno == errno.EACCES:
        return "make it readable for you, and the folders above it searchable (chmod +x)"
    if exc.errno == errno.EFBIG:
        return f"name a file of at most {limits.MAX_FILE_BYTES >> 20} MiB"
    return "name a regular file, or one that does not exist yet"


def _target(file: Path) -> Path:
    """Returns the file behind a link. Raises FileError if that is outside of the link's folder:
    others may have put it into the repository.
    """
    from awsprof import atomic

    target = atomic.resolve_links(file)
    if file.is_symlink() and not target.is_relative_to(file.parent.resolve()):
        says = f"{shell_word(str(file))} is a link that leads out of its folder."
        raise FileError(says, f"name {shell_word(str(target))} itself, or remove the link")
    return target


def _listed(app: AppContext, where: AccountSource, catalog: Catalog) -> tuple[ListedAccount, ...]:
    """Asks AWS for the accounts, and for their roles if Identity Center has them."""
    from awsprof.team import generation

    if where.kind == generation.FROM_SESSION:
        from awsprof.cli.sso import list_assignments

        return generation.from_assignments(list_assignments(app, catalog.session(where.name)))
    from awsprof.awsapi import organizations

    resolver = app.resolver(catalog)
    credentials = resolver.credentials(where.name)
    profile = catalog.get(where.name)
    return generation.from_organization(
        organizations.list_accounts(credentials, profile, resolver.clients)
    )


def _updated(
    file: Path, listed: tuple[ListedAccount, ...], where: AccountSource, *, write: bool
) -> tuple[str, Generated]:
    """Returns the text of the file and what it becomes; writes that if ``write``."""
    from awsprof import atomic, locks
    from awsprof.team.accounts_file import AccountsFile

    target = _target(file)
    with locks.hold_lock(locks.lock_path(target), purpose="writing the accounts of a team file"):
        before = _read(target)
        generated = AccountsFile(file.name, before).update(listed, str(where))
        if write and generated.text != before:
            atomic.write_file(target, generated.text.encode(), mode=0o644)
    return before, generated


def _report(app: AppContext, file: Path, before: str, generated: Generated, *, diff: bool) -> None:
    """Says what is new, changed and gone; with ``diff`` every line of it."""
    if generated.text == before:
        app.terminal.ok(f"{shell_word(str(file))} is up to date.")
        return
    if diff:
        from awsprof.diff import Preview

        app.terminal.diff(Preview((_file_diff(file, before, generated.text),), ()))
    parts = {"added": generated.added, "changed": generated.changed, "removed": generated.removed}
    counts = [f"{len(names)} {what}" for what, names in parts.items() if names]
    app.terminal.say(f"Accounts in {shell_word(str(file))}: {', '.join(counts) or 'none changed'}.")


def _file_diff(file: Path, before: str, after: str) -> FileDiff:
    from awsprof.diff import DiffLine, FileDiff
    from awsprof.editing.line_diff import changed_spans

    old, new = before.split("\n"), after.split("\n")
    lines = []
    for i1, i2, j1, j2 in changed_spans(old, new):
        lines += [DiffLine("-", line) for line in old[i1:i2]]
        lines += [DiffLine("+", line) for line in new[j1:j2]]
    return FileDiff(str(file), tuple(lines))
