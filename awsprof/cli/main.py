"""Where every error of a command ends: one clear sentence, the mend, the documented exit code."""

import click

from awsprof import signals, std_streams
from awsprof.errors import INTERRUPTED, AwsprofError
from awsprof.terminal import Terminal

_OURS = 3
_USAGE = 2


def run_command(arguments: list[str]) -> int:
    """Run the command that ``arguments`` name; never raises, and returns the exit code.

    That is 128 and the signal's number where SIGTERM or SIGHUP ended it.
    """
    with signals.signals_as_interrupts() as ending:
        code = std_streams.flush_and_exit_code(_ran(arguments))
    return ending.exit_code(code)


def _ran(arguments: list[str]) -> int:
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
        return _told(exc, terminal)
    return result if isinstance(result, int) else 0


def _told(exc: BaseException, terminal: Terminal) -> int:
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
            terminal.error(
                AwsprofError(exc.format_message(), f"{where or 'awsprof'} --help tells more")
            )
            return _USAGE
        case _:
            terminal.error(
                AwsprofError(
                    f"awsprof met an error of its own ({type(exc).__name__}).",
                    "awsprof --debug, and the same words again, shows where; please report it",
                )
            )
            return _OURS
