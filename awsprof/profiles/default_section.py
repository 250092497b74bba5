"""What to do about a value that profiles have from [DEFAULT]: no command changes it for one."""

from collections.abc import Mapping
from typing import Final

from awsprof.masking.mask import mask_name
from awsprof.profiles.model import Profile, Value
from awsprof.shells import arguments
from awsprof.text import sanitize

_KEY_SET: Final = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
)


def inherited_fix(values: Mapping[str, Value], *keys: str) -> str | None:
    """Returns how to change these of the values where [DEFAULT] has them; None if it has none.

    ``values`` are those of a profile or an sso-session. An access key moves with its secret.
    """
    wanted = keys if set(_KEY_SET).isdisjoint(keys) else (*_KEY_SET, *keys)
    found = {key: values[key] for key in wanted if key in values and values[key].inherited}
    if not found:
        return None
    first = min(value.origin for value in found.values())
    them = "it" if len(found) == 1 else "them"
    shown = [sanitize(mask_name(key, value.text), 60) for key, value in found.items()]
    names = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    return f"move {names} from [DEFAULT] ({first}) to the profiles that need {them}, in an editor"


def moving_fix(*profiles: Profile, first: str = "") -> str:
    """Returns how to move these profiles' keys into the vault, with ``first`` before a command."""
    fixes = (inherited_fix(profile.values, *_KEY_SET[:2]) for profile in profiles)
    command = f"awsprof keys move {arguments(*(profile.name for profile in profiles))}"
    return next((fix for fix in fixes if fix is not None), f"{first}{command}")
