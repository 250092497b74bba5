"""The one entry: ``credential-process`` goes straight to signin/serve.py, all else to cli/.

The boundary at which every error ends: its message and its fix are printed, its exit code is
returned, and a traceback is shown with ``--debug`` alone.
"""

import sys


def main() -> int:
    """Run the command line of this process; returns its exit code (see DESIGN in the README)."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["credential-process"] and "--help" not in arguments:
        from awsprof.signin.serve import serve

        return serve(arguments[1:])
    from awsprof import streams

    streams.prepare()
    from awsprof.cli.boundary import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
