"""All checks, by subject. To add one, write a function in one of these modules."""

from importlib import import_module
from typing import Final

from awsprof.doctor.findings import Check

_SUBJECTS: Final = (
    "files",
    "lines_without_equals",
    "duplicate_sections",
    "headers",
    "syntax",
    "indents",
    "unknown_keys",
    "line_breaks",
    "shell_lines",
    "dialects",
    "roles",
    "sources",
    "sdk_precedence",
    "static_keys",
    "shadowed_keys",
    "mfa",
    "key_shapes",
    "arns_and_regions",
    "setting_values",
    "process",
    "file_trust",
    "vault",
    "sso",
    "sso_tokens",
    "environment",
    "env_values",
    "env_container",
    "team",
    "live",
    "iam_keys",
)


def all_checks() -> tuple[Check, ...]:
    """Returns all checks, in the order of their subjects."""
    modules = [import_module(f"{__name__}.{subject}") for subject in _SUBJECTS]
    return tuple(c for module in modules for c in vars(module).values() if isinstance(c, Check))
