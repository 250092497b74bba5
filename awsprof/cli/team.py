"""awsprof team: profiles that a team shares in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import CommandGroup, examples, json_option
from awsprof.cli.team_apply import apply_command, pull
from awsprof.cli.team_diff import diff_command
from awsprof.cli.team_generate import check_command, generate_command, schema_command
from awsprof.cli.team_report import report_command
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.team.drift import Drift
    from awsprof.team.source_state import SourceState
    from awsprof.team.state import TeamState

_SCHEMA: Final = 1  # of --json: fields may be added, but none changes its meaning


@click.group(cls=CommandGroup, epilog=examples("awsprof team apply ~/src/team-profiles"))
def team() -> None:
    """Share profiles with a team: one file, in git."""


team.add_command(apply_command)
team.add_command(diff_command)
team.add_command(pull)
team.add_command(check_command)
team.add_command(report_command)
team.add_command(generate_command)
team.add_command(schema_command)


@team.command(
    epilog=examples(
        "awsprof team export > team.toml",
        "awsprof team export --only 'prod-*' > team.toml",
    )
)
@click.option("--only", metavar="GLOB", default="*", help="Only profiles whose name matches.")
@click.pass_obj
def export(app: AppContext, only: str) -> int:
    """Print your profiles as a team file.

    Includes their source profiles. Leaves secrets out, and turns personal values (MFA device, user
    name, role session name, access key ID) into variables, which each person answers once.
    """
    from awsprof.team.export import export_team_file

    exported = export_team_file(app.catalog(), only)
    app.terminal.data(exported.text.rstrip("\n"))
    for sentence in exported.left_out:
        app.terminal.warn(sentence)
    return 0


@team.command(epilog=examples("awsprof team status", "awsprof team status --json"))
@json_option
@click.pass_obj
def status(app: AppContext, as_json: bool) -> int:
    """Show which team files were applied here, and what you changed.

    Does not read the source; awsprof team diff shows what is new there.
    """
    from awsprof.team.drift import find_drift
    from awsprof.team.state import load_state

    state = load_state()
    state.require_known_format()
    if state.broken:
        app.terminal.warn(state.broken)
    drift = find_drift(app.catalog(), state)
    if as_json:
        app.terminal.json({"schema": _SCHEMA, "sources": _sources_json(state, drift)})
        return 0
    if not state.for_current_config:
        app.terminal.say("No team file was applied here.")
    for source in state.for_current_config:
        kinds = [section.type for section in source.sections]
        app.terminal.data_line(sanitize(source.source))
        app.terminal.data_line(f"  version: {_version_text(source)}")
        app.terminal.data_line(f"  profiles: {kinds.count('profile')}")
        app.terminal.data_line(f"  sso-sessions: {kinds.count('sso-session')}")
        if "services" in kinds:
            app.terminal.data_line(f"  services: {kinds.count('services')}")
        for name, answer in source.variables.items():
            app.terminal.data_line(f"  {sanitize(name)} = {sanitize(answer)}")
        for each in drift:
            if each.source == source.source:
                what = {
                    "changed": f"you changed {', '.join(each.keys)}",
                    "removed": "you removed it",
                    "dropped": "the team removed it (awsprof team apply --prune)",
                }[each.what]
                app.terminal.data_line(f"  {sanitize(str(each.section))}: {what}")
    return 0


def _version_text(source: SourceState) -> str:
    if source.version is None:
        return "none (you undid it)"
    undone = ", which you undid" if source.version.digest in source.undone else ""
    return f"{source.version}{undone}"


def _sources_json(state: TeamState, drift: tuple[Drift, ...]) -> list[dict[str, object]]:
    from dataclasses import asdict

    return [
        {
            "source": source.source,
            "version": asdict(source.version) if source.version else None,
            "variables": dict(source.variables),
            "managed": [{"kind": id.type, "name": id.name} for id in source.sections],
            "drift": [
                {
                    "kind": each.section.type,
                    "name": each.section.name,
                    "keys": list(each.keys),
                    "gone": each.gone,
                    "what": each.what,
                }
                for each in drift
                if each.source == source.source
            ],
        }
        for source in state.for_current_config
    ]
