"""Entry point: ``credential-process`` goes to auth/credential_process.py, all others to cli/.

Both print an error's message and its fix and return its exit code; a traceback appears only with
``--debug``.
"""

import os
import sys

# Variables that change what Python imports or how it runs, set by a project or its shell.
_PYTHON_VARIABLES = frozenset(
    {
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONPLATLIBDIR",
        "PYTHONUSERBASE",
        "PYTHONCASEOK",
        "PYTHONWARNINGS",
        "PYTHONOPTIMIZE",
        "PYTHONINSPECT",
        "PYTHONDEVMODE",
        "PYTHONDEBUG",
        "PYTHONVERBOSE",
        "PYTHONEXECUTABLE",
        "PYTHONPROFILEIMPORTTIME",
        "PYTHONTRACEMALLOC",
        "PYTHONMALLOC",
        "PYTHONMALLOCSTATS",
        "PYTHONIOENCODING",
        "PYTHONBREAKPOINT",
    }
)
_PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
_REEXEC_CODE = "import sys; sys.argv[0] = {0!r}; {1!r} in sys.path or sys.path.append({1!r}); \
from awsprof.__main__ import main; sys.exit(main())"


def main() -> int:
    """Runs this process's command line and returns its exit code (listed in errors.py)."""
    _isolate()
    arguments = sys.argv[1:]
    serving = arguments[:1] == ["credential-process"] and "--help" not in arguments
    if serving:
        from awsprof.auth.fast_path import print_cached

        code = print_cached(arguments[1:])
        if code is not None:
            return code
    if arguments == ["prompt"]:
        return _print_prompt()
    from awsprof import paths

    paths.reveal_hidden_files()
    if serving:
        from awsprof.auth.credential_process import credential_process_main

        return credential_process_main(arguments[1:], _recover_unfinished_changes)
    if arguments[:1] in (["exec"], ["env"]):
        from awsprof.cli.fast_exec_and_env import run_cached

        code = run_cached(arguments)
        if code is not None:
            return code
    from awsprof import std_streams

    std_streams.prepare_streams()
    from awsprof.cli.fast_help_and_completion import answer

    code = answer(arguments)
    return code if code is not None else _run_command(arguments)


def _run_command(arguments: list[str]) -> int:
    """Runs the command line with click."""
    import gc

    from awsprof.cli.main import run_command

    # A file of ten thousand profiles is a million objects, none of them garbage: looking through
    # all of them again and again would take half of the time of a command.
    gc.set_threshold(100_000, 20, 100)
    code = run_command(arguments)
    gc.freeze()  # Python would look through them once more as it ends
    return code


def _print_prompt() -> int:
    """Prints the line for the shell's prompt; a prompt is never disturbed by an error."""
    from awsprof.cli.shell_prompt_line import prompt_line

    line = prompt_line()
    if line:
        print(line)  # noqa: T201  # nothing else is loaded here
    return 0


def _isolate() -> None:
    """Re-execs isolated if Python's own variables could change what we import.

    A botocore.py on a project's PYTHONPATH must not see credentials. Without those variables this
    costs nothing; with them it costs one more start. AWS's variables keep their effect.
    """
    if sys.flags.ignore_environment or not _PYTHON_VARIABLES & os.environ.keys():
        return
    if not sys.executable or sys.platform == "win32":  # there execv does not replace the process
        project_paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:] = [
            path for path in sys.path if path == _PACKAGE_PARENT or path not in project_paths
        ]
        return
    code = _REEXEC_CODE.format(sys.argv[0], _PACKAGE_PARENT)
    os.execv(sys.executable, [sys.executable, "-EP", "-c", code, *sys.argv[1:]])  # noqa: S606  # ourselves


def _recover_unfinished_changes() -> list[str]:
    """Finishes the changes that an earlier run left half done; returns a sentence for each."""
    from awsprof import paths

    if not paths.has_unfinished_changes():
        return []
    from awsprof import settings, trust

    if trust.find_foreign_data() is not None:
        return []  # the vault refuses it, and says so
    from awsprof.editing.recovery import recover_unfinished
    from awsprof.prompting import NonInteractive
    from awsprof.vault.vault import open_vault

    prompter = NonInteractive("run awsprof list in a terminal")
    return [*recover_unfinished(lambda: open_vault(prompter, settings.get_setting("vault")))]


if __name__ == "__main__":
    if not sys.flags.safe_path and sys.path[0] == os.getcwd() != _PACKAGE_PARENT:  # noqa: PTH109
        del sys.path[0]  # python -m awsprof: never import from the working folder
    sys.exit(main())
