"""credential-process: prints a profile's credentials for an SDK, as JSON on stdout.

It never reads stdin, which may never end in an SDK, and ignores AWS_PROFILE, which names the
profile whose line runs this. If it fails, one line on stderr says what to run.
"""

from __future__ import annotations

import os
import sys

from awsprof.errors import AwsprofError, UsageError

TYPE_CHECKING = False  # importing typing would add three milliseconds to every hit
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

_LIMIT_S = 50.0
_GRACE_S = 3.0
_LATE = (
    "awsprof: no credentials within 50 seconds. Sign in first, with awsprof login in a terminal\n"
)


def credential_process_main(arguments: list[str], recover: Callable[[], list[str]] = list) -> int:
    """Answers ``PROFILE [--key ID]``; the exit code is as documented for every command.

    ``recover`` finishes changes that were interrupted, and returns messages about them; it is
    called only if no answer is cached.
    """
    from awsprof import std_streams
    from awsprof.auth import fast_path
    from awsprof.vault.session_cache import SessionCache

    fingerprint = fast_path.request_fingerprint(arguments)
    kept = SessionCache().by_alias(fingerprint)
    if kept is not None:
        return std_streams.print_output(kept + b"\n")
    from awsprof import signals

    std_streams.prepare_streams()
    with signals.signals_as_interrupts() as ending:
        for sentence in recover():
            sys.stderr.write(f"awsprof: {sentence}\n")
        code = _resolve_and_print(arguments, fingerprint)
    return ending.exit_code(code)


def _resolve_and_print(arguments: list[str], fingerprint: str) -> int:
    import threading

    from awsprof import std_streams

    late = threading.Event()
    watcher = threading.Thread(target=_end_in_time, args=(late, threading.Event()), daemon=True)
    watcher.start()
    try:
        return std_streams.print_output(_answer(arguments, fingerprint) + b"\n")
    except AwsprofError as exc:
        from awsprof.masking.mask import for_display

        sys.stderr.write(for_display(f"awsprof: {exc.line}") + "\n")
        return exc.exit_code
    except KeyboardInterrupt:
        if not late.is_set():
            return 130
        sys.stderr.write(_LATE)
        return 4
    except Exception as exc:
        sys.stderr.write(
            f"awsprof: internal error ({type(exc).__name__}); awsprof doctor may show more\n"
        )
        return 3


def _end_in_time(late: Event, never: Event) -> None:
    """Ends the process before SDKs give up (Go: after a minute), with Ctrl-C's signal at first."""
    import signal
    import threading

    never.wait(_LIMIT_S)
    late.set()
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
        never.wait(_GRACE_S)
    sys.stderr.write(_LATE)
    sys.stderr.flush()
    os._exit(4)


def _parsed(arguments: list[str]) -> tuple[str, str | None]:
    match arguments:
        case [profile] if not profile.startswith("-"):
            return profile, None
        case [profile, "--key", key] | ["--key", key, profile] if not profile.startswith("-"):
            return profile, key
        case ["--", profile]:
            return profile, None
        case ["--key", key, "--", profile]:
            return profile, key
    raise UsageError(
        "credential-process takes one profile.", "awsprof credential-process PROFILE [--key ID]"
    )


def _answer(arguments: list[str], fingerprint: str) -> bytes:
    profile, key_id = _parsed(arguments)
    os.environ.pop("AWS_PROFILE", None)
    os.environ.pop("AWS_DEFAULT_PROFILE", None)

    from awsprof import settings, shells
    from awsprof.auth import fast_path
    from awsprof.auth.mfa_codes import MfaOptions
    from awsprof.auth.resolver import Resolver
    from awsprof.failure_sharing import command_start
    from awsprof.profiles.catalog import Catalog
    from awsprof.tty import tty_prompter
    from awsprof.vault import key_answers
    from awsprof.vault.session_cache import SessionCache
    from awsprof.vault.vault import Vault, open_vault

    prompter = tty_prompter(f"awsprof login {shells.arguments(profile)}")

    def vault() -> Vault:
        return open_vault(prompter, settings.get_setting("vault"))

    cache_key = fast_path.vault_cache_key(fingerprint)
    cache = SessionCache(vault)
    catalog = Catalog.load()
    mfa_options = MfaOptions(wait=_LIMIT_S, since=command_start())
    resolver = Resolver(
        catalog, vault, prompter, cache=cache, keep_roles=True, mfa_options=mfa_options
    )
    made = resolver.credentials(profile, key_id=key_id)
    answer = made.process_json().encode()
    key = resolver.recipe(catalog.get(profile), key_id).key
    if fast_path.request_fingerprint(arguments) != fingerprint:
        return answer  # the files have changed meanwhile
    if made.expires is not None and key is not None:
        cache.alias(fingerprint, key, made.expires)
    elif cache_key is not None and made.token is None and made.access_key_id == key_id:
        key_answers.keep_answer(cache_key, answer, settings.key_cache_minutes())
    return answer
