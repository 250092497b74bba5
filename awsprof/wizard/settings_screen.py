"""The screen of awsprof's own settings."""

from awsprof import settings
from awsprof.vault.keyring_vault import available_backends
from awsprof.wizard import prompts
from awsprof.wizard.context import Wizard
from awsprof.wizard.prompt_loop import aligned
from awsprof.wizard.prompts import Back, Option


def settings_screen(wizard: Wizard) -> None:
    """Lists the settings, and changes the one that is chosen, until the user goes back."""
    at = None
    while True:
        now = settings.load_settings()
        rows = aligned([(name, now[name] or "-", s.meaning) for name, s in settings.KNOWN.items()])
        options = [Option(n, r) for n, r in zip(settings.KNOWN, rows, strict=True)]
        try:
            at = prompts.select(
                "Settings", options, at, explain="Enter: change; Esc: back", stays=False
            )
        except Back:
            return
        try:
            value = _ask_vault(now[at]) if at == "vault" else _ask_value(at, now[at])
        except Back:
            continue
        if value != now[at]:
            wizard.commands.change_setting(at, value)


def _ask_vault(now: str) -> str:
    """Asks for a backend. Unusable ones are not offered; their reasons are in the explanation."""
    found = available_backends()
    usable = [backend for backend in found if backend.usable]
    reasons = [f"{each.title}: {each.reason}" for each in found if not each.usable]
    options = [
        Option("auto", "auto   (the system's keyring, else an encrypted file)"),
        *(Option(backend.id, f"{backend.title}   ({backend.id})") for backend in usable),
    ]
    about = "where secrets are stored; they move when you change it"
    return prompts.select("vault", options, now, explain="; ".join([about, *reasons]))


def _ask_value(name: str, now: str) -> str:
    setting = settings.setting_named(name)
    return prompts.text_input(
        name,
        lambda value: settings.validate_setting(name, value),
        explain=f"{setting.meaning}: {setting.accepts}",
        default=now,
        required=bool(setting.default),
    )
