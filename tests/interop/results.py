"""What the clients said, in few words, and the page of docs that is made of them.

    python -m tests.interop.results    writes docs/interop.md from the last run of `make interop`

The tests compare the page with what they saw, so the page cannot say anything else.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.interop.clients import BUILT, ROOT, Answer

PAGE = ROOT / "docs" / "interop.md"
RIGHT = "✓"
OURS = "our line"
ON_STDERR = "our line on stderr"
HIDDEN = "hide it"
Table = dict[str, dict[str, str]]  # row, client, cell

# What programs say by themselves: a part of their text, and how the page has it.
_THEIRS = {
    "EOF": "ask for the code",
    "Enter MFA code": "ask for the code",
    "requires multi-factor authentication": "stop without a code",
    "AssumeRoleTokenProvider": "stop without a code",
    "is not authorized to perform: sts:AssumeRole": "send no code",
    "Could not load credentials from any providers": HIDDEN,
    "Failed to refresh process-based credentials": HIDDEN,
    "Expected field `Token` in response": "“Expected field `Token`”",
    "Token has expired and refresh failed": "“Token has expired and refresh failed”",
    "cached SSO token is expired, or not present": "“cached SSO token is expired, or not present”",
    "the SSO token has expired": "“the SSO token has expired and cannot be refreshed”",
    "Token for corp does not exist": "“Token for corp does not exist”",
    "failed to read cached SSO token file": "“failed to read cached SSO token file”",
    "failed to load the cached SSO token": "“failed to load the cached SSO token”",
    "object has no attribute 'get_frozen_token'": "“no attribute 'get_frozen_token'”",
    "Cannot refresh. To refresh this SSO session": "“… run 'aws sso login'”",
    "was not found or is invalid. To refresh this SSO session": "“… run 'aws sso login'”",
    "otherwise invalid. To refresh this SSO session": "“… run 'aws sso login'”",
}


def cell(answer: Answer, wanted: str) -> str:
    """The answer in few words; ``wanted`` is what the right ARN begins with."""
    if answer.arn:
        return RIGHT if answer.arn.startswith(wanted) else f"WRONG: {answer.arn}"
    for text, words in ((answer.error, OURS), (answer.stderr, ON_STDERR)):
        if "awsprof: " in text and "To fix it: " in text:
            return words
    known = [words for part, words in _THEIRS.items() if part in answer.error]
    return known[0] if known else answer.error


def record(name: str, table: Table) -> None:
    """Keep a table for the page."""
    BUILT.mkdir(parents=True, exist_ok=True)
    (BUILT / f"{name}.json").write_text(json.dumps(table))


def markdown(table: Mapping[str, Mapping[str, str]], title: str) -> str:
    """The table in Markdown: who says the same stands together."""
    rows = [f"| {name} | {_together(row)} |\n" for name, row in table.items()]
    return f"| {title} | what each of them says |\n|---|---|\n{''.join(rows)}"


def _together(row: Mapping[str, str]) -> str:
    said: dict[str, list[str]] = {}
    for client, words in row.items():
        said.setdefault(words, []).append(client)
    if len(said) == 1:
        return f"all: {next(iter(said))}"
    return "; ".join(f"{', '.join(clients)}: {words}" for words, clients in said.items())


def parse(text: str, title: str) -> Table:
    """The table with that title on a page: what each client says in each row, or "all" do."""
    lines = text.partition(f"| {title} |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = (line.strip("| ").split(" | ") for line in lines)
    return {name: _apart(cells) for name, cells in rows}


def _apart(cells: str) -> dict[str, str]:
    groups = [group.split(": ", 1) for group in cells.split("; ")]
    return {client: words for clients, words in groups for client in clients.split(", ")}


def replaced(text: str, title: str, table: Table) -> str:
    """The page with that table in place of the one with its title."""
    before, rest = text.split(f"| {title} |", 1)
    return before + markdown(table, title).rstrip("\n") + "\n\n" + rest.partition("\n\n")[2]


TITLES = {
    "identities": "the profile",
    "failures": "what is missing",
    "handed_out": "credentials through",
}


def main(page: Path = PAGE) -> None:
    """Write the page. Needs a run with every client."""
    text = page.read_text()
    for name, title in TITLES.items():
        text = replaced(text, title, json.loads((BUILT / f"{name}.json").read_text()))
    page.write_text(text)


if __name__ == "__main__":
    main()
