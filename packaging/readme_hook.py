"""Makes the README of the wheel and sdist fit for a package index, which has no files beside it.

A build hook of hatchling. Relative links and pictures become absolute ones at the tag of this
version, below the URL ``Source`` of ``[project.urls]``. Without that URL pictures are left out, and
links become plain text: a page must not show broken ones.
"""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)]+)\)\n*")
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|`[^`]*`)*)\]\((?!https?:|#)([^)]+)\)")


def with_absolute_links(text: str, source: str | None, version: str) -> str:
    """Returns the text with links that work anywhere."""
    if source is None:
        return _LINK.sub(r"\1", _PICTURE.sub("", text))
    base, tag = source.rstrip("/"), f"v{version}"
    text = _PICTURE.sub(lambda m: f"![{m[1]}]({base}/raw/{tag}/{m[2]})\n\n", text)
    return _LINK.sub(lambda m: f"[{m[1]}]({base}/blob/{tag}/{m[2]})", text)


class CustomMetadataHook(MetadataHookInterface):
    """The hook that ``[tool.hatch.metadata.hooks.custom]`` in pyproject.toml names."""

    def update(self, metadata: dict) -> None:
        """Sets ``readme``."""
        text = Path(self.root, "README.md").read_text("utf-8")
        init = Path(self.root, "awsprof", "__init__.py").read_text("utf-8")
        version = re.search(r'^__version__ = "(.+)"$', init, re.MULTILINE)[1]
        source = metadata.get("urls", {}).get("Source")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": with_absolute_links(text, source, version),
        }
