"""awsprof: a person's AWS access, set up right once and then trusted.

The public names are loaded on first use, so that ``import awsprof`` costs nothing.
"""

__version__ = "0.1.0"

# Each public name, and the module that it lives in. No module bears the name of one: importing it
# would hide the function.
_PUBLIC = {
    "AwsprofError": "awsprof.errors",
    "CredentialsRejected": "awsprof.factory.exceptions",
    "CredentialsUnavailable": "awsprof.factory.exceptions",
    "FileProblem": "awsprof.factory.exceptions",
    "MfaRequired": "awsprof.factory.exceptions",
    "Outcome": "awsprof.factory.fanout",
    "ProfileNotFound": "awsprof.factory.exceptions",
    "Progress": "awsprof.factory.fanout",
    "Session": "awsprof.factory.session",
    "SignInRequired": "awsprof.factory.exceptions",
    "UsageError": "awsprof.errors",
    "WrongAccount": "awsprof.factory.exceptions",
    "Report": "awsprof.doctor.report",
    "assume": "awsprof.factory.session",
    "check": "awsprof.factory.check",
    "credentials": "awsprof.factory.identity",
    "install": "awsprof.factory.botocore_plugin",
    "list_profiles": "awsprof.factory.identity",
    "map": "awsprof.factory.fanout",
    "session": "awsprof.factory.session",
    "sessions": "awsprof.factory.fanout",
    "whoami": "awsprof.factory.identity",
}
# One table. Importing everything would hide the builtin map; awsprof.map is there all the same.
__all__ = [name for name in _PUBLIC if name != "map"]

TYPE_CHECKING = False  # as typing's own, without its three milliseconds on the way of every hit
if TYPE_CHECKING:
    from awsprof.doctor.report import Report as Report
    from awsprof.errors import AwsprofError as AwsprofError
    from awsprof.errors import UsageError as UsageError
    from awsprof.factory.botocore_plugin import install as install
    from awsprof.factory.check import check as check
    from awsprof.factory.exceptions import CredentialsRejected as CredentialsRejected
    from awsprof.factory.exceptions import CredentialsUnavailable as CredentialsUnavailable
    from awsprof.factory.exceptions import FileProblem as FileProblem
    from awsprof.factory.exceptions import MfaRequired as MfaRequired
    from awsprof.factory.exceptions import ProfileNotFound as ProfileNotFound
    from awsprof.factory.exceptions import SignInRequired as SignInRequired
    from awsprof.factory.exceptions import WrongAccount as WrongAccount
    from awsprof.factory.fanout import Outcome as Outcome
    from awsprof.factory.fanout import Progress as Progress
    from awsprof.factory.fanout import map as map
    from awsprof.factory.fanout import sessions as sessions
    from awsprof.factory.identity import credentials as credentials
    from awsprof.factory.identity import list_profiles as list_profiles
    from awsprof.factory.identity import whoami as whoami
    from awsprof.factory.session import Session as Session
    from awsprof.factory.session import assume as assume
    from awsprof.factory.session import session as session

else:  # to a type checker what is not named above is no attribute

    def __getattr__(name: str) -> object:
        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
