"""Fuzzes one parser in this process: ``python -m tests.corpus.target PARSER PROGRAM ARGUMENTS``.

PROGRAM starts this again (libFuzzer runs it), ARGUMENTS are libFuzzer's.
"""

import random
import sys

import atheris

with atheris.instrument_imports(include=["awsprof"]):
    from tests.corpus.inputs import inputs_of
    from tests.corpus.mutation import mutate
    from tests.corpus.parsers import parse_hostile

    for known in inputs_of(sys.argv[1]):  # imports what is imported when it is needed
        parse_hostile(sys.argv[1], known)


def _change(data: bytes, longest: int, seed: int) -> bytes:
    """A new input: of four, three keep the form of the old one, and libFuzzer makes one."""
    rng = random.Random(seed)  # noqa: S311  # libFuzzer's seed, to make the same input again
    changed = mutate(data, rng) if rng.random() < 0.75 else b""
    return changed if 0 < len(changed) <= longest else bytes(atheris.Mutate(data, longest))


def main(parser: str, *arguments: str) -> None:
    """Fuzz it until libFuzzer's limits, or an input at which it fails."""
    atheris.Setup(list(arguments), lambda data: parse_hostile(parser, data), custom_mutator=_change)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
