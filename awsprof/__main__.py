"""The one entry: ``credential-process`` goes straight to signin/serve.py, all else to cli/.

The boundary at which every error ends: its message and its fix are printed, its exit code is
returned, and a traceback is shown with ``--debug`` alone.
"""

import sys

from awsprof import paths


def main() -> int:
    """Run the command line of this process; returns its exit code (see DESIGN in the README)."""
    arguments = sys.argv[1:]
    paths.uncover()
    if arguments[:1] == ["credential-process"] and "--help" not in arguments:
        from awsprof.signin.serve import serve

        return serve(arguments[1:], _end_what_was_cut_short)
    from awsprof import streams

    streams.prepare()
    from awsprof.cli.boundary import run

    return run(arguments)


def _end_what_was_cut_short() -> list[str]:
    """A sentence for each change that an earlier run left half done, and that is ended now."""
    import os

    try:
        if not os.listdir(paths.unfinished_text()):  # noqa: PTH208  # what most starts end with
            return []
    except OSError:
        return []
    from awsprof import settings
    from awsprof.asking import Nobody
    from awsprof.editing.recovery import recover
    from awsprof.vault.longterm import open_vault

    nobody = Nobody("run awsprof list in a terminal")
    return [*recover(lambda: open_vault(nobody, settings.get("vault")))]


if __name__ == "__main__":
    sys.exit(main())
