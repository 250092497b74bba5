"""Templates of a team file: the lines of a profile, with those that it inherits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from awsprof.near_names import nearest_name
from awsprof.team import limits
from awsprof.team.model import Definition, Place
from awsprof.team.problems import Problems


class Line(NamedTuple):
    """A value as the file has it, with its placeholders, and where."""

    text: str
    place: Place


class Templates:
    """The templates of a file. Errors are added to ``problems``, once for each place."""

    def __init__(self, templates: Mapping[str, Definition], problems: Problems) -> None:
        self._templates = templates
        self._problems = problems
        self._inherited: dict[str, Mapping[str, Line]] = {}

    def lines(self, definition: Definition) -> Mapping[str, Line]:
        """Returns the lines of a profile: those of its templates first, replaced by its own."""
        lines = dict(self._of_template(definition.template, definition.place, ()))
        for key, text in definition.values.items():
            lines[key] = Line(text, definition.lines[key])
        return lines

    def check_all(self) -> None:
        """Adds the errors of all templates, also of those that no profile uses."""
        for name, template in self._templates.items():
            self._of_template(name, template.place, ())

    def _of_template(self, name: str, used_at: Place, below: tuple[str, ...]) -> Mapping[str, Line]:
        """Returns a template's lines. ``below`` are the templates that inherit from it."""
        if not name:
            return {}
        if name in self._inherited:
            return self._inherited[name]
        template = self._templates.get(name)
        if template is None:
            says = f"There is no template {name}."
            fix = near_fix(name, self._templates) if self._problems.takes_hints else ""
            self._problems.add(used_at, "template", says, fix)
        elif name in below:
            says = "The templates inherit from each other in a cycle."
            self._problems.add(template.place, f"template.{name}", says, "remove one template line")
        elif len(below) > limits.MAX_TEMPLATE_DEPTH:
            says = "The templates inherit from too many others."
            self._problems.add(template.place, f"template.{name}", says, "use fewer levels")
        else:
            above = self._of_template(template.template, template.place, (*below, name))
            own = {key: Line(text, template.lines[key]) for key, text in template.values.items()}
            self._inherited[name] = {**above, **own}
            return self._inherited[name]
        return {}


def near_fix(name: str, known: Iterable[str]) -> str:
    """Returns "did you mean …?", else the known names; empty if there are none."""
    known = list(known)
    close = nearest_name(name, known)
    if close:
        return f"did you mean {close}?"
    return f"the known names are {', '.join(known[:8])}" if known else ""
