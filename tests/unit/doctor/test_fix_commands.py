"""Every mend that is printed can be typed as it stands: no word in it is left to be filled in."""

import ast
import itertools
import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache

import click
import pytest

from awsprof.cli.root import awsprof_command as cli
from awsprof.doctor.findings import Finding
from awsprof.doctor.runner import run_offline
from awsprof.shells import arguments
from tests.e2e.all_faults_config import CONFIG, CREDENTIALS
from tests.standins.sources import DOCUMENTED, PACKAGE, docstrings, nodes
from tests.unit.doctor.conftest import Visit, check_of
from tests.unit.doctor.test_mends_are_done import parses
from tests.unit.doctor.test_profiles import FIRES, KEYS, ROLE, A
from tests.unit.doctor.test_sso import FIRES as SSO_FIRES

BLANKS = (
    "NAME|PROFILE|VALUE|SOURCE|OTHER|DEVICE|ARN|COMMAND|REGION|ID|KEY|ACCOUNT|ROLE|SESSION|FILE"
)
LEFT_OPEN = re.compile(rf"awsprof [a-z][^;,]*?\b({BLANKS})\b")
# What names a form of command, and is no mend: usage, and what a person is to put in their place.
FORMS = {
    "awsprof credential-process PROFILE [--key ID]",
    "; to use one: awsprof exec {} -- COMMAND",
}


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
        return "".join(parts)
    return None


@cache
def strings() -> tuple[tuple[str, str], ...]:
    """What the package may print, and where it stands; docstrings are what --explain shows."""
    return tuple(_strings())


def _strings() -> Iterator[tuple[str, str]]:
    for path, every in nodes(ast.Constant, ast.JoinedStr, *DOCUMENTED):
        inner = {id(v) for n in every if isinstance(n, ast.JoinedStr) for v in n.values}
        left_out = docstrings(every) | inner
        for node in every:
            text = None if id(node) in left_out else _text(node)
            if text is not None:
                yield f"{path}:{getattr(node, 'lineno', 0)}", text


def test_no_message_leaves_a_word_of_a_command_to_be_filled_in() -> None:
    left = [
        f"{at}: {text}" for at, text in strings() if text not in FORMS if LEFT_OPEN.search(text)
    ]
    assert left == []


# What stands for values in a message, as each of these: names, a figure, a policy.
FILLED = ("x", "1", "assume-with-mfa", "bash", "x y", "x y z")
# Sentences about commands, a label of the debug log, and beginnings of what is put together.
TOLD = {
    "program awsprof credential-process",
    "{} with findings. To fix them: awsprof keys rotate, deactivate, delete.",
    "awsprof show ",
    "awsprof doctor --fix ",
}


def whole(text: str) -> bool:
    """Whether each command that a message names can be typed as far as it goes."""
    for part in re.split(r"; |, (?=then|or)| && | or | then ", text):
        found = re.search(r"\bawsprof ([a-z].*)", part, re.DOTALL)
        typed = re.findall(r"'[^']*'|[^\s`()\"]+", found[1]) if found else []
        words = [word.rstrip(".,:;") or word for word in typed]
        if words and words[0] in cli.commands and not any(_starts(words, f) for f in FILLED):
            return False
    return True


def _starts(words: list[str], filled: str) -> bool:
    typed = " ".join(words).replace("{}", filled).replace("'", "").split()
    return any(parses(typed[:end]) for end in range(len(typed), 0, -1))


def test_each_command_in_a_message_is_whole() -> None:
    """Also in the mends of errors: what click refuses is no mend."""
    cut = [f"{at}: {text}" for at, text in strings() if text not in TOLD and not whole(text)]
    assert cut == []


def commands_in(fix: str) -> Iterator[list[str]]:
    """The commands in a mend, each as its words up to where a sentence goes on."""
    for part in re.split(r"; |, | && | or (?=awsprof)|\bthen (?=awsprof)", fix):
        found = re.search(r"\bawsprof ([a-z].*)", part)
        if found:
            yield re.findall(r"'[^']*'|\S+", found[1])


def check_typable(visit: Visit, finding: Finding) -> None:
    catalog = visit.context().catalog
    for words in commands_in(finding.fix):
        command = cli.commands[words[0]]
        if words[0] in ("set", "unset"):
            name = words[1].strip("'")
            assert name in catalog.profiles, finding.fix
            assert len(words) > (3 if words[0] == "set" else 2), finding.fix
            nested = words[2].partition(".")[0]
            held = {**catalog.get(name).values, **catalog.get(name).nested}
            assert words[0] == "set" or nested in held, finding.fix
        elif words[:2] == ["doctor", "--fix"]:
            assert check_of(words[2]).fixes, finding.fix
        elif words[0] == "remove":
            pytest.fail(f"what destroys is no mend: {finding.fix}")
        assert command is not None
    assert not LEFT_OPEN.search(finding.fix), finding.fix


@pytest.mark.parametrize(("id", "text"), [(id, text) for id, text, *_ in FIRES])
def test_the_mends_of_each_check(visit: Visit, id: str, text: str) -> None:
    visit.config(text)
    for finding in visit.found(id):
        check_typable(visit, finding)


def test_the_mends_of_every_fault_at_once(visit: Visit) -> None:
    by_hand = ("this line has no sign\n", "[DEFAULT]\noutput = json\n")
    config = CONFIG
    for line in by_hand:
        config = config.replace(line, "")
    visit.config(config)
    visit.credentials(CREDENTIALS)
    findings = run_offline(visit.context())
    assert len(findings) > 60
    for finding in findings:
        if finding.profile is None or finding.profile in visit.context().catalog.profiles:
            check_typable(visit, finding)


NAMES = re.compile(
    r"(?m)(?P<head>^\[(?:profile|sso-session|services) +"
    r"|^(?:source_profile|sso_session|services) *= *)"
    r"(?P<name>[A-Za-z])"
)
DASHED = [
    *((id, text) for id, text, *_ in (*FIRES, *SSO_FIRES)),
    ("a role with a key of its own", f"{A}{KEYS}{ROLE}source_profile = a\nregion = us-east-1\n"),
    ("every fault", CONFIG.replace("this line has no sign\n", "")),
]


def left_over(words: list[str]) -> list[str]:
    """The words that click has no argument for. NoSuchOption where a name is taken for a flag."""
    command: click.Command = cli
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    parser = command.make_parser(click.Context(command))
    return parser.parse_args(words)[1]


@pytest.mark.parametrize(("id", "text"), DASHED)
def test_a_name_that_begins_with_a_dash_is_no_flag(visit: Visit, id: str, text: str) -> None:
    visit.config(NAMES.sub(r"\g<head>-\g<name>", text))
    dashed = {*visit.context().catalog.profiles, *visit.context().catalog.sessions}
    assert any(name.startswith("-") for name in dashed)
    told = [finding.fix for finding in run_offline(visit.context()) if "awsprof " in finding.fix]
    for fix in told:
        for command in re.findall(r"\bawsprof ([a-z](?:(?! awsprof |; | && ).)*)", fix):
            words = shlex.split(command)
            if words[0] in cli.commands and dashed & {word.rstrip(",") for word in words}:
                assert not [word for word in left_over(words) if word.startswith("-")], fix


@pytest.mark.parametrize(
    ("words", "flags", "typed"),
    [
        (["base"], "", "base"),
        (["base"], "--back", "base --back"),
        (["-x"], "", "-- -x"),
        (["-x"], "--back", "--back -- -x"),
        (["base", "source_profile", "-x"], "", "-- base source_profile -x"),
        (["--help"], "", "-- --help"),
        (["a b", "-x;y"], "", "-- 'a b' '-x;y'"),
    ],
)
def test_arguments_are_typed_behind_two_dashes(words: list[str], flags: str, typed: str) -> None:
    assert arguments(*words, flags=flags) == typed


# What stands behind a command's name in a message: from the one quoter, or a key's or check's id.
QUOTED = re.compile(
    r"(?:[\w.]*\.)?(?:arguments|typed|_arguments|_name)\(|(?:target|self)\.arguments\Z"
)
IDS = re.compile(
    r"(?:.*\.)?(?:key_id|leaked|new|id|check_id|other|owner\.id)\Z|\(others or |.*key_id\)"
)
BEHIND = re.compile(rf"\bawsprof (?:{'|'.join(cli.commands)}) (?:[a-z][a-z-]* )*\Z")
# Those that are no name of anything: words of ours, a figure, an ARN that was looked at.
OURS = {"SAME_SESSION", "policy", "noted.backend", "below", "id", "check.id"}


def behind_a_command(every: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Each value that an f-string puts behind a command's name: its line, and its code."""
    for node in every:
        if isinstance(node, ast.JoinedStr):
            for before, value in itertools.pairwise(node.values):
                named = isinstance(before, ast.Constant) and BEHIND.search(str(before.value))
                if named and isinstance(value, ast.FormattedValue):
                    yield node.lineno, ast.unparse(value.value)


def test_every_name_in_a_printed_command_comes_from_the_quoter() -> None:
    left = []
    for path, every in nodes(ast.JoinedStr):
        source = (PACKAGE / path).read_text()
        for line, said in behind_a_command(every):
            quoted = rf"\b{re.escape(said)}\b[^\n]*= [^\n]*(?:arguments|_typed)\("
            known = QUOTED.match(said) or IDS.match(said) or said in OURS
            if not known and not re.search(quoted, source):
                left.append(f"{path}:{line}: {said}")
    assert left == []
