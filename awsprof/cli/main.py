"""Runs a command line; prints its error and how to fix it, and returns the exit code."""

import re
from pathlib import Path

import click

from awsprof import signals, std_streams
from awsprof.atomic.snapshot import unreadable_error
from awsprof.errors import INTERRUPTED, AwsprofError, FileError
from awsprof.near_names import nearest_name
from awsprof.terminal import Terminal

_INTERNAL = 3
_USAGE = 2


def run_command(arguments: list[str]) -> int:
    """Runs the command in ``arguments`` and returns its exit code. Never raises.

    The exit code is 128 plus the signal's number if SIGTERM or SIGHUP ended the command.
    """
    with signals.signals_as_interrupts() as ending:
        code = std_streams.flush_and_exit_code(_run(arguments))
    return ending.exit_code(code)


def _run(arguments: list[str]) -> int:
    from awsprof.cli.root import awsprof_command

    debug = "--debug" in arguments[:1]
    terminal = Terminal()
    try:
        result = awsprof_command.main(arguments, prog_name="awsprof", standalone_mode=False)
    except (std_streams.ReaderGone, BrokenPipeError):
        std_streams.discard_pending_output()
        return 0
    except (Exception, KeyboardInterrupt) as exc:
        if debug:
            terminal.traceback(exc)
        return _report(exc, terminal)
    return result if isinstance(result, int) else 0


def _near_choice(exc: click.ClickException) -> str:
    """Returns " Did you mean …?" if the error is about a value that is close to a choice."""
    kind = exc.param.type if isinstance(exc, click.BadParameter) and exc.param else None
    given = re.match(r"'(.*?)' is not one of ", exc.message)
    if not isinstance(kind, click.Choice) or given is None:
        return ""
    close = nearest_name(given[1], map(str, kind.choices))
    return f" Did you mean {close}?" if close else ""


def _usage_of(error: click.ClickException) -> str:
    """Returns the whole command, if a part of it is missing, and how to get its help; or ""."""
    if not isinstance(error, click.MissingParameter) or error.ctx is None:
        return ""
    path = error.ctx.command_path
    pieces = error.ctx.command.collect_usage_pieces(error.ctx)
    words = [piece for piece in pieces if piece != "[OPTIONS]"]
    return f"{' '.join([path, *words])}; more: {path} --help"


def _report(exc: BaseException, terminal: Terminal) -> int:
    """Prints the error on stderr and returns its exit code."""
    match exc:
        case KeyboardInterrupt() | click.exceptions.Abort():
            terminal.say()
            terminal.say("Stopped; nothing more was changed.")
            return INTERRUPTED
        case AwsprofError():
            terminal.error(exc)
            return exc.exit_code
        case click.exceptions.NoArgsIsHelpError():
            terminal.lines(exc.format_message())
            return _USAGE
        case click.ClickException():
            where = exc.ctx.command_path if isinstance(exc, click.UsageError) and exc.ctx else ""
            message = exc.format_message().replace("\n\t", " ") + _near_choice(exc)
            terminal.error(
                AwsprofError(message, _usage_of(exc) or f"run {where or 'awsprof'} --help")
            )
            return _USAGE
        case OSError() if isinstance(exc.filename, str):
            terminal.error(unreadable_error(Path(exc.filename), exc))
            return FileError.exit_code
        case _:
            terminal.error(
                AwsprofError(
                    f"Internal error ({type(exc).__name__}).",
                    "run awsprof --debug COMMAND to see where, and please report it",
                )
            )
            return _INTERNAL
