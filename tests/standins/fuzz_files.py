"""Files of AWS's as people, editors and other tools leave them: odd in every way that is known."""

import random
from collections.abc import Iterator

_NAMES = ("a", "b", "c-d", "default", "x.y@z", '"a"', "'b'", '"two words"', "two words", "é")
_ODD_NAMES = ("DEFAULT", "a#b", '"open', " a ", "", "a]b")
_HEADS = ("profile ", "profile ", "profile ", "profile  ", "", "sso-session ", "services ")
_ODD_HEADS = ("profilefoo ", "Profile ", "profile\t", "profile: ", "profile")
_TAILS = ("", "", "", "", " # c", "# c", " ; d")
_ODD_TAILS = (" # c]d", "=y", " x", "]")
_KEYS = ("region", "output", "role_arn", "source_profile", "s3", "aws_secret_access_key")
_ODD_KEYS = ("Region", "regoin", "é", "x:y", "", "credential_process", "api_versions")
_VALUES = ("us-east-1", "", "b", "https://x/start/#/", "k=v", "100%", '"quoted"', "'q'")
_ODD_VALUES = (
    "v # c",
    "v ;c",
    "#v",
    '"v # c"',
    "ü",
    "\u00a0v",
    "v\f",
    "v\u2028w",
    "v\u0085w",
    "[x]",
)
_DELIMITERS = (" = ", "=", " =", "\t=\t", " = ", " = ", ": ", " : ")
_BELOW = ("sub = 1", "region = x", "plain", "# c", "# c = d", "[profile n]", "; c", "s3 =", "= v")
_LOOSE = ("# comment", "; a = b", "#", "# [profile c]", "", "", "   ", "\t", "\f", "\u00a0")
_BROKEN = ("no equals", "=v", "[", "]", "[]", "[profile c", "[profile c # d", "k")
_INDENTS = ("", "", "", "", "", " ", "  ", "    ", "\t")


def hostile_files(count: int, seed: int = 1) -> Iterator[str]:
    """``count`` files, always the same ones; about half of them can be read by somebody."""
    for number in range(count):
        rng = random.Random(seed * 1_000_003 + number)  # noqa: S311  # the same files each time
        # How odd this one is: where every line may be, most files fail at the first of them.
        yield _file(rng, rng.choice((0.0, 0.02, 0.05, 0.1, 0.3)))


def _file(rng: random.Random, odd: float) -> str:
    lines: list[str] = []
    for _ in range(rng.randrange(5)):
        lines += _section(rng, odd)
    if rng.random() < odd:
        lines.insert(0, rng.choice((*_LOOSE, *_BROKEN, "k = v")))
    end = rng.choice(("\n", "\n", "\n", "\r\n"))
    text = end.join(lines) + rng.choice((end, end, end, ""))
    if rng.random() < odd:
        text = rng.choice(("\ufeff" + text, text.replace(end, "\r", 1), text + "k = v\rl = w\n"))
    return text


def _section(rng: random.Random, odd: float) -> list[str]:
    def pick(usual: tuple[str, ...], odds: tuple[str, ...]) -> str:
        return rng.choice(odds if rng.random() < odd else usual)

    header = f"[{pick(_HEADS, _ODD_HEADS)}{pick(_NAMES, _ODD_NAMES)}]{pick(_TAILS, _ODD_TAILS)}"
    margin = rng.choice(_INDENTS) if rng.random() < odd else ""
    lines = [margin + header]
    indent = rng.choice(_INDENTS) if rng.random() < odd else ""
    for key in rng.sample(_KEYS, rng.randrange(4)):
        if rng.random() < odd:
            lines.append(rng.choice(_INDENTS) + rng.choice((*_LOOSE, *_BROKEN)))
        name = rng.choice(_ODD_KEYS) if rng.random() < odd else key
        value = "" if key == "s3" else pick(_VALUES, _ODD_VALUES)
        delimiter = rng.choice(_DELIMITERS) if rng.random() < odd else " = "
        lines.append(f"{indent}{name}{delimiter}{value}")
        if key == "s3" or rng.random() < odd:
            lines.append(f"{indent}  {pick(_BELOW[:2], _BELOW)}")
        if rng.random() < odd / 3:
            lines.append(lines[-1])
    lines += [rng.choice(_LOOSE[:8]) for _ in range(rng.randrange(3))]
    if rng.random() < odd:
        lines.append(rng.choice(_INDENTS) + rng.choice(_LOOSE))
    return lines
