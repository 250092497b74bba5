"""``awsprof.check``: ``awsprof doctor`` for scripts."""

from __future__ import annotations

from collections.abc import Iterable

from awsprof.doctor.report import Report
from awsprof.factory.exceptions import translate_errors


def check(
    profiles: str | Iterable[str] | None = None, live: bool = True, *, timeout: float = 120.0
) -> Report:
    """Checks all profiles, or those in ``profiles`` (one name, or several), and returns a report.

    With ``live``, it calls AWS with each profile, for at most ``timeout`` seconds in all; without,
    it checks only the files and this machine. It never prompts: a profile that needs an MFA code is
    reported as waiting for one. ``Report.ok`` is True if there is no error; ``Report.findings``
    lists the problems; ``Report.as_json()`` returns what ``awsprof doctor --json`` prints. Raises
    ProfileNotFound if a name is not a profile.

    ```python
    import awsprof

    report = awsprof.check(live=False)
    for finding in report.findings:
        print(finding.id, finding.severity, finding.profile, finding.message)
    ```
    """
    with translate_errors():
        return _run(profiles, live=live, timeout=timeout)


def _run(profiles: Iterable[str] | None, *, live: bool, timeout: float) -> Report:
    from awsprof.auth.resolver import Resolver
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.live_probe import LiveProbe
    from awsprof.doctor.report import is_ignored
    from awsprof.doctor.runner import run_checks
    from awsprof.profiles.catalog import Catalog
    from awsprof.prompting import NonInteractive
    from awsprof.vault.session_cache import SessionCache

    catalog = Catalog.load()
    names = catalog.names_to_check
    if profiles is not None:
        wanted = (profiles,) if isinstance(profiles, str) else profiles
        names = tuple(dict.fromkeys(catalog.get(name).name for name in wanted))
    context = CheckContext.of(catalog, names)
    probe = None
    if live:
        cache = SessionCache(context.vault)
        prompter = NonInteractive("awsprof login, with the name of the profile")
        resolver = Resolver(catalog, context.vault, prompter, cache=cache, many=True, ask=False)
        probe = LiveProbe(resolver, timeout)
    return run_checks(context, probe, ignored=is_ignored())
