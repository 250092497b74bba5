"""awsprof: AWS profiles, credentials and boto3 sessions.

Public names are loaded on first use (PEP 562), so ``import awsprof`` loads no other module.
"""

__version__ = "0.1.0"

# Maps each public name to the module that defines it. No module directly in this package may have
# the name of a public function: importing the module would replace the function.
_PUBLIC = {
    "AwsprofError": "awsprof.errors",
    "Credentials": "awsprof.awsapi.credentials",
    "CredentialsRejected": "awsprof.factory.exceptions",
    "CredentialsUnavailable": "awsprof.factory.exceptions",
    "Failure": "awsprof.factory.fanout_result",
    "FileProblem": "awsprof.factory.exceptions",
    "Finding": "awsprof.doctor.findings",
    "Identity": "awsprof.awsapi.sts",
    "Interrupted": "awsprof.factory.fanout_result",
    "MfaRequired": "awsprof.factory.exceptions",
    "Outcome": "awsprof.factory.fanout_result",
    "ProfileNotFound": "awsprof.factory.exceptions",
    "ProfileSummary": "awsprof.factory.identity",
    "Progress": "awsprof.factory.fanout_result",
    "Report": "awsprof.doctor.report",
    "Result": "awsprof.factory.fanout_result",
    "Session": "awsprof.factory.session",
    "SignInRequired": "awsprof.factory.exceptions",
    "UsageError": "awsprof.errors",
    "WrongAccount": "awsprof.factory.exceptions",
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
# ``from awsprof import *`` must not replace the builtin map; awsprof.map exists all the same.
__all__ = [name for name in _PUBLIC if name != "map"]

TYPE_CHECKING = False  # type checkers know this name; importing typing would take 3 ms
if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials as Credentials
    from awsprof.awsapi.sts import Identity as Identity
    from awsprof.doctor.findings import Finding as Finding
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
    from awsprof.factory.fanout import map as map
    from awsprof.factory.fanout import sessions as sessions
    from awsprof.factory.fanout_result import Failure as Failure
    from awsprof.factory.fanout_result import Interrupted as Interrupted
    from awsprof.factory.fanout_result import Outcome as Outcome
    from awsprof.factory.fanout_result import Progress as Progress
    from awsprof.factory.fanout_result import Result as Result
    from awsprof.factory.identity import ProfileSummary as ProfileSummary
    from awsprof.factory.identity import credentials as credentials
    from awsprof.factory.identity import list_profiles as list_profiles
    from awsprof.factory.identity import whoami as whoami
    from awsprof.factory.session import Session as Session
    from awsprof.factory.session import assume as assume
    from awsprof.factory.session import session as session

else:  # hidden from type checkers, so that they report a misspelt name

    def __getattr__(name: str) -> object:
        if name not in _PUBLIC and name != "aio":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        if name == "aio":  # as in a shell, without import awsprof.aio
            return import_module("awsprof.aio")
        return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC, "aio"})
