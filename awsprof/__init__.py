"""awsprof: a person's AWS access, set up right once and then trusted.

The public names are loaded on first use, so that ``import awsprof`` costs nothing.
"""

__version__ = "0.1.0"

# Each public name, and the module that it lives in. No module bears the name of one: importing it
# would hide the function.
_PUBLIC = {
    "AwsprofError": "awsprof.errors",
    "CredentialsRejected": "awsprof.factory.faults",
    "CredentialsUnavailable": "awsprof.factory.faults",
    "FileProblem": "awsprof.factory.faults",
    "MfaRequired": "awsprof.factory.faults",
    "Outcome": "awsprof.factory.many",
    "ProfileNotFound": "awsprof.factory.faults",
    "Progress": "awsprof.factory.many",
    "Session": "awsprof.factory.making",
    "SignInRequired": "awsprof.factory.faults",
    "UsageError": "awsprof.errors",
    "WrongAccount": "awsprof.factory.faults",
    "Report": "awsprof.doctor.report",
    "assume": "awsprof.factory.making",
    "check": "awsprof.factory.checking",
    "credentials": "awsprof.factory.looking",
    "install": "awsprof.factory.plugin",
    "list_profiles": "awsprof.factory.looking",
    "map": "awsprof.factory.many",
    "session": "awsprof.factory.making",
    "sessions": "awsprof.factory.many",
    "whoami": "awsprof.factory.looking",
}
# One table. Importing everything would hide the builtin map; awsprof.map is there all the same.
__all__ = [name for name in _PUBLIC if name != "map"]

TYPE_CHECKING = False  # as typing's own, without its three milliseconds on the way of every hit
if TYPE_CHECKING:
    from awsprof.doctor.report import Report as Report
    from awsprof.errors import AwsprofError as AwsprofError
    from awsprof.errors import UsageError as UsageError
    from awsprof.factory.checking import check as check
    from awsprof.factory.faults import CredentialsRejected as CredentialsRejected
    from awsprof.factory.faults import CredentialsUnavailable as CredentialsUnavailable
    from awsprof.factory.faults import FileProblem as FileProblem
    from awsprof.factory.faults import MfaRequired as MfaRequired
    from awsprof.factory.faults import ProfileNotFound as ProfileNotFound
    from awsprof.factory.faults import SignInRequired as SignInRequired
    from awsprof.factory.faults import WrongAccount as WrongAccount
    from awsprof.factory.looking import credentials as credentials
    from awsprof.factory.looking import list_profiles as list_profiles
    from awsprof.factory.looking import whoami as whoami
    from awsprof.factory.making import Session as Session
    from awsprof.factory.making import assume as assume
    from awsprof.factory.making import session as session
    from awsprof.factory.many import Outcome as Outcome
    from awsprof.factory.many import Progress as Progress
    from awsprof.factory.many import map as map
    from awsprof.factory.many import sessions as sessions
    from awsprof.factory.plugin import install as install

else:  # to a type checker what is not named above is no attribute

    def __getattr__(name: str) -> object:
        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
