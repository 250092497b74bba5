"""Runs the questions of a form in order; Esc goes back to the question before, and erases it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from awsprof.terminal import Terminal
from awsprof.wizard.prompt_loop import Back, erase, recorded_rows

Step = Callable[[], bool]
"""Asks one question. Returns False if there was nothing to ask; raises Back on Esc."""


@dataclass(frozen=True)
class _Answered:
    step: int
    asked: bool
    rows: int
    prints: int  # of the terminal, after the step


def run_steps(terminal: Terminal, steps: Sequence[Step]) -> None:
    """Runs the steps in order, back and forth. Raises Back if the user leaves the first question.

    The lines of answered questions are erased on the way back, unless something was printed below.
    """
    trail: list[_Answered] = []
    at = 0
    while at < len(steps):
        try:
            with recorded_rows() as rows:
                asked = steps[at]()
        except Back:
            at = _step_back(terminal, trail, sum(rows))
            continue
        trail.append(_Answered(at, asked, sum(rows), terminal.prints))
        at += 1


def choose_then(
    terminal: Terminal, ask: Callable[[str | None], str], act: Callable[[str], object]
) -> None:
    """Asks with ``ask`` and passes the answer to ``act``.

    Esc at the first question of ``act`` asks again, with the former answer as the default; at that
    of ``ask`` it raises Back.
    """
    chosen: str | None = None

    def ask_first() -> bool:
        nonlocal chosen
        chosen = ask(chosen)
        return True

    def act_on_it() -> bool:
        act(chosen or "")
        return True

    run_steps(terminal, [ask_first, act_on_it])


def _step_back(terminal: Terminal, trail: list[_Answered], rows: int) -> int:
    """Returns the last step that asked, with its line erased; raises Back if there is none."""
    erasable = not trail or trail[-1].prints == terminal.prints
    while trail:
        last = trail.pop()
        rows += last.rows
        erasable = erasable and last.prints == terminal.prints
        if last.asked:
            if erasable:
                erase(rows)
            return last.step
    raise Back
