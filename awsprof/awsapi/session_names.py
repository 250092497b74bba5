"""How errors name whose sign-in failed, in a sentence and in a command."""

from awsprof.shells import arguments, shell_word

_SESSION = "--session "


def is_sso_session(profile: str) -> bool:
    """Whether it is an sso-session that failed, and no profile."""
    return profile.startswith(_SESSION)


def login_arguments(profile: str) -> str:
    """The profile, or ``--session NAME``, as it is typed in a command of awsprof's."""
    if is_sso_session(profile):
        return _SESSION + shell_word(profile.removeprefix(_SESSION))
    return arguments(profile)
