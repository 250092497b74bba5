"""Answers what ``platform`` asks of Windows' management service, which Wine does not have.

Without it each question starts a program. The values are those of the Windows 10 that Wine plays.
"""

from typing import Final

_ANSWERS: Final = {
    "Architecture": "9",
    "BuildType": "Multiprocessor Free",
    "Caption": "AMD64",
    "Manufacturer": "Wine",
    "ProductType": "1",
    "ServicePackMajorVersion": "0",
    "ServicePackMinorVersion": "0",
    "Version": "10.0.19043",
}


def exec_query(query: str) -> str:
    """The answer to ``SELECT names FROM table``; raises OSError for a name without one."""
    names = query.removeprefix("SELECT ").split(" FROM ")[0].split(",")
    try:
        return "\0".join(f"{name}={_ANSWERS[name]}" for name in names)
    except KeyError as exc:
        raise OSError(f"There is no {exc} here.") from None
