"""How errors name whose sign-in failed, in a sentence and in a command."""

from awsprof.shells import word

_SESSION = "--session "


def typed(profile: str) -> str:
    """The profile, or ``--session NAME``, as it is typed in a command of awsprof's."""
    if profile.startswith(_SESSION):
        return _SESSION + word(profile.removeprefix(_SESSION))
    return word(profile)
