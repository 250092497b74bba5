"""A secret shows itself to nobody who does not ask for it by name."""

import copy
import json
import logging
import pickle
import traceback

import pytest

from awsprof.secret import Secret

TEXT = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SECRET = Secret(TEXT)


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>20}",
        f"{SECRET:>20}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031  # as logging formats
        "{}".format(SECRET),  # noqa: UP032  # as logging formats
        str([SECRET]),
        str({"secret": SECRET}),
        ascii(SECRET),
    ],
)
def test_no_way_of_showing_shows_it(shown: str) -> None:
    assert TEXT not in shown
    assert "***" in shown


def test_only_reveal_gives_it() -> None:
    assert SECRET.reveal() == TEXT


def test_a_log_does_not_hold_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").error("key %s %r", SECRET, [SECRET])
    assert TEXT not in caplog.text


def test_a_traceback_does_not_hold_it() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        assert TEXT not in traceback.format_exc()


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, copy.deepcopy, vars, hash])
def test_it_is_written_nowhere(write: object) -> None:
    with pytest.raises(TypeError) as caught:
        write(SECRET)  # type: ignore[operator]  # each is a function
    assert TEXT not in str(caught.value)


def test_it_compares_with_another_secret_alone() -> None:
    assert Secret(TEXT) == SECRET
    assert Secret("other") != SECRET
    assert SECRET != TEXT
    assert Secret("ü") == Secret("ü")


def test_an_empty_one_is_false() -> None:
    assert SECRET
    assert not Secret("")
