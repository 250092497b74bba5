"""How errors and fixes name what `awsprof login` takes: a profile, or ``--session NAME``."""

from awsprof.shells import arguments, shell_word

_SESSION = "--session "


def is_sso_session(profile: str) -> bool:
    """Returns True if ``profile`` names an sso-session instead of a profile."""
    return profile.startswith(_SESSION)


def login_arguments(profile: str) -> str:
    """Returns the profile, or ``--session NAME``, quoted for an awsprof command."""
    if is_sso_session(profile):
        return _SESSION + shell_word(profile.removeprefix(_SESSION))
    return arguments(profile)
