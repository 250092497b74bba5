"""credential-process: a profile's credentials for an SDK, as JSON on stdout.

stdin is never read, since an SDK may hand us one that never ends; AWS_PROFILE is not looked at,
since it names the profile that led here. On failure one line on stderr says what to run.
"""

import os
import sys

from awsprof.errors import AwsprofError, UsageError


def serve(arguments: list[str]) -> int:
    """Answer ``PROFILE [--key ID]``; the exit code is as documented for every command."""
    try:
        sys.stdout.write(_answer(*_parsed(arguments)) + "\n")
        sys.stdout.flush()
    except AwsprofError as exc:
        sys.stderr.write(f"awsprof: {exc.message} {exc.fix}".strip() + "\n")
        return exc.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as exc:
        sys.stderr.write(
            f"awsprof: awsprof met an error of its own ({type(exc).__name__});"
            " awsprof doctor may say more\n"
        )
        return 3
    return 0


def _parsed(arguments: list[str]) -> tuple[str, str | None]:
    match arguments:
        case [profile] if not profile.startswith("-"):
            return profile, None
        case [profile, "--key", key] | ["--key", key, profile] if not profile.startswith("-"):
            return profile, key
    raise UsageError(
        "credential-process takes one profile.", "awsprof credential-process PROFILE [--key ID]"
    )


def _answer(profile: str, key_id: str | None) -> str:
    os.environ.pop("AWS_PROFILE", None)
    os.environ.pop("AWS_DEFAULT_PROFILE", None)

    from awsprof import settings
    from awsprof.profiles.catalog import Catalog
    from awsprof.signin.resolver import Resolver
    from awsprof.tty import terminal_asker
    from awsprof.vault.hardening import protect_process
    from awsprof.vault.longterm import Vault, open_vault
    from awsprof.vault.sessions import SessionCache

    protect_process()
    asker = terminal_asker(f"awsprof login {profile}")

    def vault() -> Vault:
        return open_vault(asker, settings.get("vault"))

    resolver = Resolver(Catalog.load(), vault, asker, cache=SessionCache())
    return resolver.credentials(profile, key_id=key_id).process_json()
