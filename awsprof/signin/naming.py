"""How errors name whose sign-in failed, in a sentence and in a command."""

from awsprof.shells import arguments, word

_SESSION = "--session "


def is_session(profile: str) -> bool:
    """Whether it is an sso-session that failed, and no profile."""
    return profile.startswith(_SESSION)


def typed(profile: str) -> str:
    """The profile, or ``--session NAME``, as it is typed in a command of awsprof's."""
    if is_session(profile):
        return _SESSION + word(profile.removeprefix(_SESSION))
    return arguments(profile)
