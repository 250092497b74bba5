"""The inputs that were found to reach each part of a parser: a JSON list of texts for each parser.

A text has a character for each byte (latin-1). ``make corpus`` writes the lists anew (grow.py).
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "data"


def file_of(parser: str) -> Path:
    """The file with the inputs of a parser, by its name in ``parsers.PARSERS``."""
    return FOLDER / f"{parser.replace(' ', '-').replace(chr(39), '')}.json"


def inputs_of(parser: str) -> list[bytes]:
    """The inputs of a parser; empty if it has no file."""
    path = file_of(parser)
    texts = json.loads(path.read_text()) if path.exists() else []
    return [text.encode("latin-1") for text in texts]


def save_inputs(parser: str, inputs: Iterable[bytes]) -> None:
    """Writes the inputs of a parser, the shortest first."""
    ordered = sorted(set(inputs), key=lambda each: (len(each), each))
    texts = [each.decode("latin-1") for each in ordered]
    file_of(parser).write_text(json.dumps(texts, indent=0) + "\n")
