"""The pictures in the README, made of what a real terminal shows (`make pictures`)."""

import re
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text

from examples.sandbox import ADMIN, sandbox
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF
from tests.standins.tmux_screen import Screen, screen

DOCS = Path(__file__).parents[1] / "docs"
COLUMNS = 80
NAMES = {"brown": "yellow"}  # what pyte calls colours


def wizard(aws: Aws, env: Mapping[str, str]) -> None:
    """A key and then a role on it, from the menu to the identity."""
    key, device = aws.user("alice"), aws.device("alice")
    with screen(AWSPROF, "setup", "keys", env=env, rows=60) as shown:
        shown.type("Access key ID", key.id)
        shown.type("Secret access key", key.secret)
        shown.type("Region", "eu-west-1")
        shown.answer("Name of the profile")
        shown.answer("Write this?")
        shown.prompt("MFA code for base")
        shown.press(device.code(), "\r")
        shown.ended()
    with screen(AWSPROF, env=env, rows=60) as shown:
        shown.pick("What would you like to do?", "Add roles")
        shown.type("Role ARN", ADMIN)
        shown.answer("Name of the profile")
        shown.answer("Write this?")
        shown.see("admin is", "--profile admin")
        shown.ask("What would you like to do?")
        shown.see("Quit")
        save(shown, "awsprof", DOCS / "wizard.svg")


def doctor(env: Mapping[str, str]) -> None:
    """Healthy profiles, one whose program is gone, and one whose source does not exist.

    None with a key that AWS rejects: the finding would name the sandbox's endpoint.
    """
    with (Path(env["HOME"]) / ".aws" / "config").open("a") as file:
        file.write("\n[profile legacy]\ncredential_process = /opt/corp/bin/aws-login --prod\n")
        file.write("region = eu-west-1\n")
        file.write(f"\n[profile staging]\nrole_arn = {ADMIN}\nsource_profile = bsae\n")
        file.write("region = eu-west-1\n")
    with screen(AWSPROF, "doctor", env=env, rows=60) as shown:
        shown.ended()
        save(shown, "awsprof doctor", DOCS / "doctor.svg")


def save(shown: Screen, title: str, path: Path) -> None:
    """What is on the screen, as an SVG."""
    console = Console(width=COLUMNS, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    for line in shown.cells():
        text = Text()
        for cell in line:
            text.append(cell.data, Style(color=_colour(cell.fg), bold=cell.bold))
        text.rstrip()
        console.print(text, soft_wrap=True)
    path.parent.mkdir(exist_ok=True)
    # without the fonts that a browser would fetch from elsewhere
    svg = re.sub(
        r"<!--.*?-->|@font-face \{.*?\}", "", console.export_svg(title=title), flags=re.DOTALL
    )
    path.write_text(svg)


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    return f"#{name}" if re.fullmatch("[0-9a-f]{6}", name) else NAMES.get(name, name)


def main() -> None:
    """Make both pictures."""
    with sandbox() as (aws, env, _):
        wizard(aws, env)
        doctor(env)


if __name__ == "__main__":
    main()
