"""The lines of a TOML text are found in time that grows with the text alone."""

from awsprof.team.toml_lines import find_lines


def test_strings_that_are_not_closed_are_looked_for_once() -> None:
    """Each quote would otherwise be tried to the end of the text."""
    text = 'a = 1\nb = """' + r"\"" * 200_000
    assert find_lines(text) == {("a",): 1, ("b",): 2}
