"""The preview of names below a prompt fits the window."""

import pytest

from awsprof.wizard import prompts


@pytest.mark.parametrize("columns", [60, 80])
def test_names_are_cut_by_no_window(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    names = [f"{700000000000 + n}-administratoraccess" for n in range(6)]
    lines = prompts.name_preview(names).splitlines()
    assert all(len(line) <= columns for line in lines)
    assert " ".join(" ".join(lines).split()) == f"{', '.join(names[:3])}, … (6 in all)"
