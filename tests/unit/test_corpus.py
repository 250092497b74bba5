"""Every input of the corpus (tests/corpus) is a value or one sentence to its parser, and cheap."""

import gc
import time
import tracemalloc
from collections.abc import Sequence

import pytest

from tests.corpus.inputs import FOLDER, file_of, inputs_of
from tests.corpus.parsers import PARSERS, parse_hostile

_MOST_S = 0.5  # of CPU time for one input; the slowest takes a tenth of it
_MOST_BYTES = 32 * 2**20


def test_each_parser_has_inputs_and_all_are_small() -> None:
    files = {file_of(name) for name in PARSERS}
    assert files == set(FOLDER.iterdir())
    assert sum(path.stat().st_size for path in files) < 300_000


@pytest.mark.parametrize("name", PARSERS)
def test_every_input_is_a_value_or_one_sentence_at_a_low_cost(name: str) -> None:
    inputs = inputs_of(name)
    assert inputs
    parse_hostile(name, inputs[0])  # what is imported once is nobody's cost
    slowest = 0.0
    for data in inputs:
        started = time.thread_time()
        parse_hostile(name, data)
        slowest = max(slowest, time.thread_time() - started)
    assert slowest < _MOST_S
    assert _most_memory(name, inputs[-3:]) < _MOST_BYTES


def _most_memory(name: str, inputs: Sequence[bytes]) -> int:
    """How many bytes the parser takes at most, beside what was taken before."""
    gc.collect(1)  # all that was ever made would take longer than the parsers
    tracemalloc.start()
    try:
        for data in inputs:
            parse_hostile(name, data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
