"""What makes botocore quicker in the tests means the same as botocore's own."""

import importlib.util
import random
from copy import copy
from typing import Any

import pytest
from botocore import hooks

KEYS = ("a", "a.b", "a.b.c", "a.*.c", "b", "b.*")
SECTIONS = (hooks._FIRST, hooks._MIDDLE, hooks._LAST)


def as_botocore_has_it() -> Any:
    """A trie of handlers of the module as it is installed."""
    spec = importlib.util.find_spec("botocore.hooks")
    assert spec is not None and spec.loader is not None
    own = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(own)
    assert own._PrefixTrie.__copy__ is not hooks._PrefixTrie.__copy__
    return own._PrefixTrie()


@pytest.mark.parametrize("seed", range(20))
def test_copies_of_handlers_know_nothing_of_each_other(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # no secret
    pairs = [(hooks._PrefixTrie(), as_botocore_has_it())]
    for number in range(150):
        ours, theirs = chance.choice(pairs)
        key, value = chance.choice(KEYS), number % 7
        match chance.randrange(4):
            case 0:
                pairs.append((copy(ours), copy(theirs)))
            case 1 if value in ours.prefix_search(key):
                said = []
                for trie in (ours, theirs):
                    try:
                        said.append(trie.remove_item(key, value))
                    except (ValueError, TypeError, AttributeError) as exc:
                        said.append(type(exc))
                assert said[0] == said[1]
            case _:
                section = chance.choice(SECTIONS)
                for trie in (ours, theirs):
                    trie.append_item(key, value, section=section)
        for one, other in pairs:
            for searched in ("a.b.c", "a.x.c", "b.x", "b"):
                assert one.prefix_search(searched) == other.prefix_search(searched)
