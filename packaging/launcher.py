"""What a credential_process line starts: installed as share/awsprof/awsprof, beside bin/.

The line names the Python that is to run it, with -EPS: no PYTHON* variable, no working folder, and
no site-packages, whose setting up takes a quarter of the time that handing out a kept session
does. The package is found beside this file; whatever else needs the installed packages sets them
up first, exactly as Python would have.
"""

import sys


def _package_folder() -> str:
    """The folder that the package is in: site-packages, or the clone of an editable install."""
    prefix, version = __file__.rsplit("/", 3)[0], sys.version_info
    folder = f"{prefix}/lib/python{version.major}.{version.minor}/site-packages"
    try:
        with open(f"{folder}/_editable_impl_awsprof.pth", encoding="utf-8") as file:  # noqa: PTH123
            return file.readline().strip()
    except OSError:
        return folder


def _print_cached() -> int | None:
    """The exit code where the answer is at hand, and printed; else None."""
    folder = _package_folder() if sys.flags.no_site else ""
    if folder:
        sys.path.append(folder)
    try:
        from awsprof.auth.fast_path import print_cached

        return print_cached(sys.argv[2:])
    except ImportError:  # it is elsewhere: site knows where
        return None
    finally:
        if folder:
            sys.path.remove(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["credential-process"] and _print_cached() == 0:
        import posix

        posix._exit(0)  # all of it is written: there is nothing left to tidy
    if sys.flags.no_site:
        import site

        site.main()
    from awsprof.__main__ import main

    sys.exit(main())
