"""One of AWS's two files as a lossless document: parse, read, edit, render.

Rendering an unedited document returns the same bytes. An edit returns a new document in which
botocore and the other SDKs read what they read before, plus the edit; if the lines cannot be
changed like that, the edit is refused. storage.py writes documents.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from awsprof.configfile import edits as _edits
from awsprof.configfile.broken_sections import broken_sections_to_skip
from awsprof.configfile.dialects import portable_name
from awsprof.configfile.edits import (
    Edit,
    FileEdit,
    PutSection,
    RemoveSection,
    RenameSection,
    SetValue,
    UnsetValue,
)
from awsprof.configfile.encoding import (
    UTF_8,
    botocore_encoding,
    first_misread_line,
    first_undecodable_line,
)
from awsprof.configfile.parse import (
    Block,
    EditIssue,
    Entry,
    FileKind,
    ParsedOption,
    Section,
    SectionId,
    Sections,
    find_issues,
    header_text,
    indent_of,
    line_end,
    split_sections,
)
from awsprof.configfile.secret_loss import refuse_secret_loss
from awsprof.configfile.verify import verify_edit
from awsprof.errors import EditRefused
from awsprof.fork_safety import lazy_attribute
from awsprof.masking.mask import mask_name

__all__ = [
    "Document",
    "Edit",
    "EditIssue",
    "Entry",
    "FileEdit",
    "FileKind",
    "PutSection",
    "RemoveSection",
    "RenameSection",
    "Section",
    "SectionId",
    "SetValue",
    "UnsetValue",
]


class Document:
    """A file's text. Immutable: ``edit`` returns a new document."""

    def __init__(self, data: bytes, kind: FileKind, warnings: tuple[str, ...] = ()) -> None:
        self._data = data
        self.kind = kind
        self.warnings = warnings

    @classmethod
    def parse(cls, data: bytes, kind: FileKind) -> "Document":
        """Parses any ``data``; ``problems`` lists what prevents edits."""
        return _parsed(data, kind)

    def render(self) -> bytes:
        """Returns the bytes."""
        return self._data

    @lazy_attribute
    def _text(self) -> str | None:
        try:
            return self._data.decode()
        except UnicodeDecodeError:
            return None

    @lazy_attribute
    def _split(self) -> Sections:
        text = self._text
        return split_sections(
            self._data.decode(errors="replace") if text is None else text, self.kind
        )

    @lazy_attribute
    def _flat(self) -> list[tuple[Entry, ...] | None]:
        """The entries of each block that has ``Block.flat_entries``."""
        return [block.flat_entries() for block in self._split.blocks]

    @lazy_attribute
    def _options(self) -> list[list[ParsedOption]]:
        """The keys of each block that is not flat."""
        every = zip(self._split.blocks, self._flat, strict=True)
        return [[] if flat is not None else block.options() for block, flat in every]

    @lazy_attribute
    def problems(self) -> tuple[EditIssue, ...]:
        """Everything that prevents safe edits of this text, by line.

        botocore can parse a text without any.
        """
        for encoding in dict.fromkeys((UTF_8, botocore_encoding())):
            line = first_undecodable_line(self._data, encoding)
            if line is not None:
                return (EditIssue(line, f"The line is not {encoding.upper()}."),)
        return find_issues(self._text or "", self._split, self._options)

    @lazy_attribute
    def sections(self) -> tuple[Section, ...]:
        """Every section as written, including those that no SDK reads as a profile."""
        return tuple(
            block.section(keys) if flat is None else Section(block.id, block.line, flat)
            for block, flat, keys in zip(self._split.blocks, self._flat, self._options, strict=True)
        )

    @lazy_attribute
    def _by_id(self) -> Mapping[SectionId, list[Section]]:
        found: dict[SectionId, list[Section]] = {}
        for section in self.sections:
            found.setdefault(section.id, []).append(section)
        return found

    def find(self, section: SectionId) -> Section | None:
        """Returns the section of that ID; of duplicates the last, like botocore."""
        found = self._by_id.get(section)
        return found[-1] if found else None

    def find_all(self, section: SectionId) -> tuple[Section, ...]:
        """Returns every section of that ID, in file order."""
        return tuple(self._by_id.get(section, ()))

    def edit(self, *edits: Edit) -> "Document":
        """Returns a document with ``edits`` applied in order.

        Raises EditRefused, with line and reason, if that would lose something, or a section that
        the edits name has a problem. One of another section is left as it is.
        """
        skipped = broken_sections_to_skip(self.problems, edits)
        refuse_secret_loss(edits, self._by_id)
        blocks = _Blocks(self._split, self._flat, self.kind)
        for edit in edits:
            _check_characters(edit)
            blocks.apply(edit)
        data = blocks.text().encode()
        if data == self._data:
            return self
        return Document(data, self.kind, verify_edit(self._data, data, self.kind, edits, skipped))


def _check_characters(edit: Edit) -> None:
    """Raises EditRefused for a value that botocore here would read otherwise than other SDKs."""
    values = edit.values if isinstance(edit, PutSection) else ()
    if isinstance(edit, SetValue):
        values = ((edit.key, edit.value),)
    for key, value in values:
        if first_misread_line(value.encode(errors="surrogateescape")) is not None:
            raise EditRefused(
                f"The value of {mask_name(key)} is not ASCII, and boto3 on this machine reads the"
                f" file as {botocore_encoding().upper()}, but other SDKs as UTF-8.",
                "use letters without accents, digits and ASCII punctuation",
            )


@lru_cache(maxsize=8)
def _parsed(data: bytes, kind: FileKind) -> Document:
    """Caches documents by content: their sections are parsed once."""
    return Document(data, kind)


class _Link:
    """A block between its neighbours: removing one of thousands moves no other."""

    __slots__ = ("above", "below", "block")

    def __init__(self, block: Block, above: "_Link | None" = None) -> None:
        """Inserts the block after ``above``; without it, the link is a ring of one."""
        self.block = block
        self.above: _Link = above or self
        self.below: _Link = above.below if above else self
        self.above.below = self.below.above = self

    def unlink(self) -> None:
        """Takes the block out."""
        self.above.below, self.below.above = self.below, self.above


class _Blocks:
    """The blocks while they are edited; the original document keeps its own."""

    def __init__(
        self, parts: Sections, flat: Iterable[tuple[Entry, ...] | None], kind: FileKind
    ) -> None:
        self._kind = kind
        # The ring of the blocks begins and ends at the lines above the first header.
        self._top = _Link(Block(SectionId("other", ""), "", 0, list(parts.preamble)))
        self._index: dict[SectionId, list[_Link]] = {}
        for b, entries in zip(parts.blocks, flat, strict=True):
            self._add(Block(b.id, b.header, b.line, list(b.lines), (b.lines, entries)))

    def _add(self, block: Block) -> None:
        self._index.setdefault(block.id, []).append(_Link(block, self._top.above))

    def text(self) -> str:
        lines, link = [*self._top.block.lines], self._top.below
        while link is not self._top:
            lines += link.block.lines
            link = link.below
        return "".join(lines)

    def apply(self, edit: Edit) -> None:
        match edit:
            case SetValue():
                self._set(self._one(edit.section), edit)
            case UnsetValue():
                _edits.unset_value_in(self._one(edit.section).block, edit)
            case PutSection():
                if edit.section not in self._index:
                    self._append(edit.section)
                    if _edits.fill_new_section(self._one(edit.section).block, edit):
                        return
                link = self._one(edit.section)
                self._make_portable(link.block)
                for key, value in edit.values:
                    self._set(link, SetValue(edit.section, key, value))
            case RenameSection():
                self._rename(edit)
            case RemoveSection():
                self._remove(self._one(edit.section))

    def _one(self, section: SectionId) -> _Link:
        links = self._index.get(section, [])
        if len(links) > 1:
            lines = " and ".join(str(link.block.line) for link in links)
            raise EditRefused(
                f"Lines {lines} both define {section}: boto3 reads only the last.",
                "merge them (awsprof doctor shows how), then run this again",
            )
        if not links:
            raise EditRefused(f"There is no section {section} in the file.", "check the name")
        return links[0]

    def _set(self, link: _Link, edit: SetValue) -> None:
        last = link.below is self._top
        indent = 0 if last else indent_of(link.below.block.lines[0])
        _edits.set_value_in(link.block, edit, self._line_end(), indent)

    def _line_end(self) -> str:
        for lines in (self._top.block.lines[:1], self._top.below.block.lines):
            for end in map(line_end, lines):
                if end:
                    return end
        return "\n"

    def _append(self, section: SectionId) -> None:
        self._check_name(section.name)
        if section.type == "other" or (
            self._kind is FileKind.CREDENTIALS and section.type != "profile"
        ):
            raise EditRefused(
                f"The {self._kind} file cannot have a section {section}.",
                "add it to the config file",
            )
        end = self._line_end()
        last = self._top.above.block.lines
        if last and not line_end(last[-1]):
            last[-1] += end
        if last and last[-1].strip():
            last.append(end)
        header = header_text(section, self._kind)
        self._add(Block(section, header, 0, [f"[{header}]{end}"]))

    def _check_name(self, name: str) -> None:
        if not portable_name(name):
            raise EditRefused(
                f"{name!r} is not a name that every SDK reads.",
                "use only letters, digits and _ - / . % @ : +, no spaces",
            )

    def _make_portable(self, block: Block) -> None:
        """Rewrites a header that only boto3 reads ([profile "a"]) so that every SDK reads it."""
        if portable_name(block.id.name):
            self._write_header(block, header_text(block.id, self._kind))

    def _write_header(self, block: Block, header: str) -> None:
        before, after = block.lines[0].split(f"[{block.header}]", 1)
        block.lines[0] = f"{before}[{header}]{after}"
        block.header = header

    def _rename(self, edit: RenameSection) -> None:
        link = self._one(edit.section)
        new = SectionId(edit.section.type, edit.name)
        if new == edit.section:
            return
        self._check_name(edit.name)
        if new in self._index:
            raise EditRefused(f"A section {new} already exists.", "choose another name")
        self._write_header(link.block, header_text(new, self._kind))
        link.block.id = new
        del self._index[edit.section]
        self._index[new] = [link]

    def _remove(self, link: _Link) -> None:
        comments = _edits.trailing_comments(link.block)
        above, last = link.above.block.lines, link.below is self._top
        link.unlink()
        del self._index[link.block.id]
        if not comments and last and above and not above[-1].strip():
            above.pop()  # the blank line before the removed section
        above.extend(comments)
