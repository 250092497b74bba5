"""A Change: edits to both config files and to the vault, and its preview."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from awsprof.configfile import storage
from awsprof.configfile.document import Document, FileEdit, FileKind
from awsprof.configfile.encoding import BOM, is_utf_16
from awsprof.configfile.repair_file import FileRepair, TextRepair, repaired_and_skipped
from awsprof.diff import DiffLine, FileDiff, Preview
from awsprof.editing import redaction
from awsprof.editing.hunks import compare
from awsprof.editing.line_diff import spans_to_show
from awsprof.errors import EditRefused
from awsprof.paths import display_path
from awsprof.secret import Secret
from awsprof.text import sanitize, sanitize_line


@dataclass(frozen=True)
class NewSecret:
    """A secret to store in the vault, with its owner's account and ARN if known.

    ``asks_code`` is the profile that needs an MFA code from then on, and did not before.
    """

    key_id: str
    secret: Secret
    account: str | None = None
    arn: str | None = None
    asks_code: str | None = None


@dataclass(frozen=True)
class Change:
    """A set of edits that has not been applied yet; ``summary`` describes it for the history.

    ``secrets`` are stored in the vault, the secrets of the key IDs in ``forget`` deleted from it.
    ``repairs`` are made on a damaged file before ``edits`` are applied.
    """

    summary: str
    edits: tuple[FileEdit, ...] = ()
    secrets: tuple[NewSecret, ...] = ()
    forget: tuple[str, ...] = ()
    repairs: tuple[FileRepair, ...] = ()
    _results: dict[FileKind, "_Edited"] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def kinds(self) -> tuple[FileKind, ...]:
        """The files that have an edit or a repair."""
        named = {edit.kind for edit in self.edits} | {repair.kind for repair in self.repairs}
        return tuple(kind for kind in FileKind if kind in named)

    def apply_to(self, kind: FileKind, data: bytes | None) -> bytes | None:
        """Returns the bytes of that file after this change. Raises EditRefused if an edit is
        impossible.

        The last result per file is remembered, so that preview and write share one computation.
        """
        return self._applied(kind, data).after

    def skipped(self, kind: FileKind, data: bytes | None) -> frozenset[TextRepair]:
        """Returns the file's repairs that have no effect or would change something unrelated."""
        return self._applied(kind, data).skipped

    def warnings(self, kind: FileKind, data: bytes | None) -> tuple[str, ...]:
        """Returns what the user should know about that file after this change, as sentences."""
        return self._applied(kind, data).warnings

    def _applied(self, kind: FileKind, data: bytes | None) -> "_Edited":
        result = self._results.get(kind)
        if result is None or result.before != data:
            result = self._results[kind] = self._edit(kind, data)
        return result

    def _edit(self, kind: FileKind, data: bytes | None) -> "_Edited":
        repairs = [each.repair for each in self.repairs if each.kind is kind]
        edits = [each.operation for each in self.edits if each.kind is kind]
        if not repairs and not edits:
            return _Edited(data, data)
        warnings: tuple[str, ...] = ()
        try:
            after, skipped = repaired_and_skipped(data or b"", kind, repairs)
            if edits:
                document = Document.parse(after, kind).edit(*edits)
                after, warnings = document.render(), document.warnings
        except EditRefused as exc:
            raise EditRefused(
                f"{display_path(storage.config_path(kind))}: {exc.message}", exc.fix
            ) from exc
        return _Edited(data, data if data is None and not after else after, skipped, warnings)


@dataclass(frozen=True)
class _Edited:
    """A file before and after a change."""

    before: bytes | None
    after: bytes | None
    skipped: frozenset[TextRepair] = frozenset()
    warnings: tuple[str, ...] = ()


def preview_change(
    change: Change,
    *,
    beyond: Change | None = None,
    read: Callable[[FileKind], storage.ConfigFile] = storage.read_config_file,
) -> Preview:
    """Returns what ``change`` would do to the content of the files; by default, to the current one.

    ``beyond`` is a part of the change that was shown already: only the rest is returned. ``read``
    is ``stored`` of a catalog that was loaded just now, to save reading the files again.
    """
    shown = beyond or Change("")
    files = []
    for kind in FileKind:
        stored = read(kind)
        before = replace(stored, data=shown.apply_to(kind, stored.data))
        diff = file_diff(before, change.apply_to(kind, stored.data))
        if diff is not None:
            files.append(replace(diff, warnings=change.warnings(kind, stored.data)))
    known = {secret.key_id for secret in shown.secrets}
    vault = [
        f"The secret of {s.key_id} will be stored in the vault."
        for s in change.secrets
        if s.key_id not in known
    ]
    vault += [
        f"The secret of {key_id} will be deleted from the vault; undo cannot restore it."
        for key_id in change.forget
        if key_id not in shown.forget
    ]
    vault += [
        f"{sanitize(s.asks_code)} will need an MFA code: its mfa_serial counts for a key in the"
        " vault."
        for s in change.secrets
        if s.asks_code and s.key_id not in known
    ]
    return Preview(tuple(files), tuple(vault))


def file_diff(stored: storage.ConfigFile, after: bytes | None) -> FileDiff | None:
    """Returns the masked diff from the stored text to ``after``; None if they are equal."""
    if after == stored.data:
        return None
    compared = compare(stored.data, after)
    old, new = compared.old.lines, compared.new.lines
    masked_old = redaction.MaskedLines(compared.old)
    masked_new = redaction.MaskedLines(compared.new)
    diff_line = cache(_diff_line)  # thousands of profiles may have the same line
    lines: list[DiffLine] = []
    for i1, i2, j1, j2 in spans_to_show(compared.spans, old, new):
        added = _shown(new[j1:j2], masked_new.between(j1, j2))
        header = _header_above(masked_new, j1, added)
        if lines:
            lines.append(diff_line(" ", ""))
        if header is not None:
            lines.append(_diff_line(" ", header))
        removed = _shown(old[i1:i2], masked_old.between(i1, i2))
        lines += [diff_line("-", line) for line in removed]
        lines += [diff_line("+", line) for line in added]
    return FileDiff(display_path(stored.path), tuple(lines))


def _diff_line(mark: str, line: str) -> DiffLine:
    return DiffLine(mark, _line(line))


def _shown(lines: Sequence[str], masked: Sequence[str]) -> list[str]:
    """Returns masked lines, with a lone carriage return as the line end where a line has one."""
    return [m + "\r" * line.endswith("\r") for m, line in zip(masked, lines, strict=True)]


def _line(line: str) -> str:
    """Returns the line for display; invisible characters are escaped, so that no two look alike."""
    if line.startswith(BOM) and is_utf_16(line[1:]):
        return "(UTF-16)"
    if line.endswith("\r"):  # some SDKs do not end a line at it
        return f"{_line(line[:-1])}\\r"
    visible = line if line.isascii() and line.isprintable() else "".join(map(_visible, line))
    return sanitize_line(visible, limit=1000)


def _visible(char: str) -> str:
    if char.isascii() and (char.isprintable() or char == "\t"):
        return char
    hidden = char not in " \t" and (not char.isprintable() or char.isspace())
    return char.encode("unicode_escape").decode() if hidden else char


def _header_above(lines: redaction.MaskedLines, start: int, new: Sequence[str]) -> str | None:
    """Returns the section header above a changed line; None if the new lines start with one."""
    first = next((line for line in new if line.strip()), "")
    if first.lstrip().startswith("["):
        return None
    if lines.header_at(start) is not None:
        return None
    return lines.header_above(start)
