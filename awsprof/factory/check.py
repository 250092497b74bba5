"""The doctor for scripts: ``awsprof.check``."""

from __future__ import annotations

from collections.abc import Iterable

from awsprof.doctor.report import Report
from awsprof.factory.exceptions import translate_errors


def check(
    profiles: Iterable[str] | None = None, live: bool = True, *, timeout: float = 120.0
) -> Report:
    """Look at every profile, or at those named, and say what is wrong with each.

    With ``live`` AWS is asked who each of them is, for at most ``timeout`` seconds in all; without,
    only the files and this machine are looked at. Nobody is asked for a code: a profile that needs
    one waits for it. ``Report.ok`` tells whether nothing fails, ``Report.findings`` what is wrong,
    each with its ``id``, ``severity``, ``profile``, ``message`` and ``fix``; what ``as_json()``
    gives is what ``awsprof doctor --json`` prints. ProfileNotFound where a name is no profile.

    ```python
    import awsprof

    report = awsprof.check(live=False)
    for finding in report.findings:
        print(finding.id, finding.severity, finding.profile, finding.message)
    ```
    """
    with translate_errors():
        return _checked(profiles, live=live, timeout=timeout)


def _checked(profiles: Iterable[str] | None, *, live: bool, timeout: float) -> Report:
    from awsprof.auth.resolver import Resolver
    from awsprof.doctor.context import CheckContext
    from awsprof.doctor.ignore_setting import is_ignored
    from awsprof.doctor.live_probe import LiveProbe
    from awsprof.doctor.runner import run_checks
    from awsprof.profiles.catalog import Catalog
    from awsprof.prompting import NonInteractive
    from awsprof.vault.session_cache import SessionCache

    catalog = Catalog.load()
    names = tuple(catalog.profiles)
    if profiles is not None:
        names = tuple(dict.fromkeys(catalog.get(name).name for name in profiles))
    scene = CheckContext.of(catalog, names)
    probe = None
    if live:
        cache = SessionCache(scene.vault)
        nobody = NonInteractive("awsprof login, with the name of the profile")
        resolver = Resolver(catalog, scene.vault, nobody, cache=cache, many=True, ask=False)
        probe = LiveProbe(resolver, timeout)
    return run_checks(scene, probe, ignored=is_ignored())
