"""The one entry: ``credential-process`` goes straight to auth/process.py, all else to cli/.

The boundary at which every error ends: its message and its fix are printed, its exit code is
returned, and a traceback is shown with ``--debug`` alone.
"""

import os
import sys

# By which a project, or a shell set up for one, changes what Python imports and how it runs.
_SURROUNDINGS = frozenset(
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
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
_AGAIN = "import sys; sys.argv[0] = {0!r}; {1!r} in sys.path or sys.path.append({1!r}); \
from awsprof.__main__ import main; sys.exit(main())"


def main() -> int:
    """Run the command line of this process; returns its exit code (see DESIGN in the README)."""
    _leave_surroundings()
    arguments = sys.argv[1:]
    serving = arguments[:1] == ["credential-process"] and "--help" not in arguments
    if serving:
        from awsprof.auth.fast_path import print_cached

        code = print_cached(arguments[1:])
        if code is not None:
            return code
    from awsprof import paths

    paths.reveal_hidden_files()
    if serving:
        from awsprof.auth.process import credential_process_main

        return credential_process_main(arguments[1:], _end_what_was_cut_short)
    from awsprof import std_streams

    std_streams.prepare_streams()
    from awsprof.cli.main import run_command

    return run_command(arguments)


def _leave_surroundings() -> None:
    """Start anew, isolated, where variables of Python's own would shape what we import.

    A botocore.py on a project's PYTHONPATH is not to see credentials. Without those variables this
    costs nothing; with them it is one more start. AWS's variables count as ever.
    """
    if sys.flags.ignore_environment or not _SURROUNDINGS & os.environ.keys():
        return
    if not sys.executable or sys.platform == "win32":  # there execv leaves its caller alone
        given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:] = [path for path in sys.path if path == _OURS or path not in given]
        return
    again = _AGAIN.format(sys.argv[0], _OURS)
    os.execv(sys.executable, [sys.executable, "-EP", "-c", again, *sys.argv[1:]])  # noqa: S606  # ourselves


def _end_what_was_cut_short() -> list[str]:
    """A sentence for each change that an earlier run left half done, and that is ended now."""
    from awsprof import paths

    try:
        if not os.listdir(paths.unfinished_text()):  # noqa: PTH208  # what most starts end with
            return []
    except OSError:
        return []
    from awsprof import settings
    from awsprof.editing.recovery import recover_unfinished
    from awsprof.prompting import NonInteractive
    from awsprof.vault.keyring_vault import open_vault

    nobody = NonInteractive("run awsprof list in a terminal")
    return [*recover_unfinished(lambda: open_vault(nobody, settings.get_setting("vault")))]


if __name__ == "__main__":
    if not sys.flags.safe_path and sys.path[0] == os.getcwd() != _OURS:  # noqa: PTH109
        del sys.path[0]  # python -m awsprof: what lies in the working folder is no part of us
    sys.exit(main())
