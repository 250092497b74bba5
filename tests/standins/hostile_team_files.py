"""Team files that somebody wrote to do harm: by class, and one for each place it could work."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tests.standins.team_source import TEAM

Files = dict[str, str | bytes]

# What ends or forges a line, hides, or reorders what is shown.
_CHARACTERS = {
    "newline": "\n",
    "carriage return": "\r",
    "both": "\r\n",
    "nul": "\0",
    "escape": "\x1b[2J",
    "backspace": "\b",
    "tab": "\t",
    "vertical tab": "\v",
    "form feed": "\f",
    "next line": "\x85",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "zero width": "\u200b",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "no-break space": "\u00a0",
    "private use": "\ue000",
}
# What could become a section, a key or a comment of its own.
_LINES = (
    "x]\n[profile prod",
    "x\naws_access_key_id = AKIAIOSFODNN7EXAMPLE",
    "x\n[default]\ncredential_process = {command}",
    "x\n  nested = y",
    "x # comment",
    "x ; comment",
    "# x",
    "; x",
    "[profile x]",
    " x",
    "x ",
    "=",
    "{{user}}{user}",
    "{user.name}",
    "{user!r}",
    "{user:>999999999}",
    "{0}",
    "{}",
    "{account.__class__}",
    "{{",
    "}",
    "%(home)s",
    "${{HOME}}",
)
_COMMANDS = ("{command}", "sh -c '{command}'", "$({command})", "`{command}`", "|{command}", "'")
_FIELDS = (
    *("credential_process", "mfa_process", "endpoint_url", "ca_bundle", "services", "region"),
    *("sso_start_url", "role_arn", "mfa_serial", "source_profile", "cli_pager", "external_id"),
    *("web_identity_token_file", "role_session_name", "sso_account_id", "vault_key_id", "output"),
)
_NOT_TEXT = ("1979-05-27", "07:32:00", "1e400", "nan", "-1", "9" * 400, "0x" + "f" * 300, "[]")
_PATHS = (
    *("/etc/passwd", "/etc/shadow.toml", "../team.toml", "a/../../b.toml", "..\\team.toml"),
    *("C:\\x.toml", "\\\\host\\x.toml", "~/x.toml", "$HOME/x.toml", "file:///x.toml", "-.toml"),
    *("https://example.com/x.toml", "a//b.toml", "./a.toml", ".git/config.toml", "a\0b.toml", ""),
    *("*.toml", "a.toml\n", "a.toml ", "|x.toml", "a" * 300 + ".toml", "team.toml"),
)
_NAMES = (
    *("a b", " a", "a ", "a\tb", "a]", "[a", "a\n[profile b]", "", "DEFAULT", "é", "\uff41", "a#b"),
    *("a;b", "a=b", "'a'", '"a"', "a\0", "a\u202eb", "a\u200b", "arn:aws:iam::1:role/x", "a" * 200),
    *(
        "\u0430dmin",
        "pr\u043ed",
        "\u2010x",
        "a\u0301",
        "\ufb01x",
        "\U0001d41aws",
        "\u3000",
        "_",
        "-x",
        "--yes",
    ),
    *(
        "..",
        "../x",
        "a/../b",
        "%00",
        "a%0ab",
        "\u2215x",
        "con",
        "x" * 128,
        "x" * 129,
        "\ud7ff",
        "\u0000",
    ),
    *("AKIAIOSFODNN7EXAMPLE", "https://example.com", "a\\b", "{user}", "$x", "`x`", "a|b", "a&b"),
)


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for surrogates."""
    return json.dumps(text)


KINDS: Final = (
    *("values", "names", "accounts and patterns", "too much", "nested blocks", "types", "broken"),
    "includes",
)


def hostile_team_files(kind: str, command: str) -> dict[str, Files]:
    """Returns the files of each variant of a kind, by name; ``command`` is what they try to run."""
    if kind == "includes":
        return dict(_includes())
    single: dict[str, Callable[[], Iterable[tuple[str, str | bytes]]]] = {
        "values": lambda: _in_values(command),
        "names": _in_names,
        "accounts and patterns": lambda: _in_loops(command),
        "too much": _too_much,
        "nested blocks": lambda: _nested(command),
        "types": _types,
        "broken": _broken,
    }
    return {name: {"team.toml": text} for name, text in single[kind]()}


def _in_values(command: str) -> Iterator[tuple[str, str]]:
    for name, character in _CHARACTERS.items():
        yield f"{name} in a value", _profile(f"region = {_quoted(f'eu{character}west-1')}")
        yield f"{name} in a free value", _profile(f"sdk_ua_app_id = {_quoted(f'a{character}b')}")
        yield f"{name} in a question", _profile("region = '{v}'", f"a{character}b")
    for line in _LINES:
        text = line.replace("{command}", command)
        yield f"{line!r} as a value", _profile(f"sdk_ua_app_id = {_quoted(text)}")
        yield f"{line!r} as a command", _profile(f"credential_process = {_quoted(text)}")
    for field in _FIELDS:
        for form in _COMMANDS:
            text = form.replace("{command}", command)
            yield f"{form!r} as {field}", _profile(f"{field} = {_quoted(text)}")
        yield f"a date as {field}", _profile(f"{field} = 1979-05-27T07:32:00Z")
        yield f"a table as {field}", _profile(f"{field} = {{ a = 'b' }}")
    for value in _NOT_TEXT:
        yield f"{value[:20]} as a value", _profile(f"max_attempts = {value}")
    yield "a secret key", _profile("aws_secret_access_key = 'x'")
    yield "a session token", _profile("aws_session_token = 'x'")


def _profile(line: str, question: str = "?") -> str:
    variable = f"[variables.v]\nquestion = {_quoted(question)}\ndefault = 'eu-west-1'\n"
    return f"version = 1\n{variable}[profile.p]\n{line}\n"


def _nested(command: str) -> Iterator[tuple[str, str]]:
    """What could leave an indented block, or make one where there is none."""
    texts = (*(line.replace("{command}", command) for line in _LINES), *_CHARACTERS.values())
    for text in texts:
        for key in ("s3.addressing_style", "s3.max_bandwidth", "api_versions.ec2"):
            yield f"{text!r} as {key}", _profile(f"{key} = {_quoted(text)}")
        block = f"version = 1\n[services.x.s3]\nendpoint_url = {_quoted(text)}\n"
        yield f"{text!r} as an endpoint", block
    for name in (*_NAMES, "s3\n[default]", "s3.x", "S3", "credential_process", "region", "s3]"):
        line = "endpoint_url = 'http://localhost'\n"
        yield f"the service {name[:20]!r}", f"version = 1\n[services.x.{_quoted(name)}]\n{line}"
        yield f"the services {name[:20]!r}", f"version = 1\n[services.{_quoted(name)}.s3]\n{line}"
        yield f"the API {name[:20]!r}", _profile(f"api_versions = {{ {_quoted(name)} = 'x' }}")
        yield f"the setting {name[:20]!r}", _profile(f"s3 = {{ {_quoted(name)} = 'x' }}")
    for value in (
        "'path'",
        "{}",
        "[]",
        "[{}]",
        "{ s3 = {} }",
        "{ addressing_style = {} }",
        "1",
        "nan",
    ):
        yield f"{value} as a block", _profile(f"s3 = {value}")
        yield f"{value} as a service", f"version = 1\n[services.x]\ns3 = {value}\n"
    for parent in ("region", "credential_process", "source_profile", "role_arn", "template"):
        yield f"a block as {parent}", _profile(f"{parent}.addressing_style = 'x'")
    yield "a key and a block", _profile("'s3.addressing_style' = 'path'\ns3.max_bandwidth = 'x'")
    yield "endpoints of nobody", _profile("services = 'gone'")
    yield "a services loop", "version = 1\n[services.x.s3]\nendpoint_url = '{account.id}'\n"
    yield "a services template", "version = 1\n[services.x]\ntemplate = 't'\n"


def _types() -> Iterator[tuple[str, str]]:
    """Values of every type of TOML where a text, a table or a list belongs."""
    values = (
        *("1979-05-27", "07:32:00", "1979-05-27T07:32:00", "1979-05-27T07:32:00-08:00", "inf"),
        *("-inf", "nan", "1e308", "0xffffffffffffffff", "9223372036854775808", "-0", "true"),
        *("[1, 2]", "[[]]", "{ a = { b = 1 } }", '"\\u0000"', '"\\U0001F600"'),
    )
    places = (
        *("version", "include", "variables", "profile", "template", "accounts", "for_each"),
        *("services", "sso-session", "generated_from", "profile.p", "profile.p.region"),
        *("variables.v", "variables.v.question", "variables.v.pattern", "sso-session.s.sso_region"),
        *("services.x", "services.x.s3", "services.x.s3.endpoint_url", "profile.p.template"),
    )
    for place in places:
        for value in values:
            head = "" if place == "version" else "version = 1\n"
            yield f"{value} as {place}", f"{head}{place} = {value}\n"
    for value in values:
        account = "version = 1\n[[accounts]]\nname = 'a'\nid = '111111111111'\n"
        yield f"{value} as roles", f"{account}roles = {value}\n"
        yield f"{value} as a title", f"{account}title = {value}\n"
        yield (
            f"{value} as a loop's roles",
            (f"{account}[[for_each]]\nname = 'x'\nprofile.region = 'eu-west-1'\nroles = {value}\n"),
        )


def _in_names() -> Iterator[tuple[str, str]]:
    for name in _NAMES:
        for kind in ("profile", "sso-session", "template"):
            line = (
                "sso_start_url = 'https://x.awsapps.com/start'\nsso_region = 'eu-west-1'"
                if kind == "sso-session"
                else "region = 'eu-west-1'"
            )
            yield f"{name[:20]!r} as {kind}", f"version = 1\n[{kind}.{_quoted(name)}]\n{line}\n"
    twice = "[profile.dev]\nregion = 'eu-west-1'\n[profile.{}]\nregion = 'eu-west-2'\n"
    for other in ("dev", "DEV", '" dev"', '"dev "', '"dev\\u200b"', '"d\\u0435v"'):
        yield f"dev and {other}", "version = 1\n" + twice.format(other)
    for key in ("Region", "region ", "re gion", "region]\n[x", "", "__proto__", "regi\u200bon"):
        yield f"the key {key!r}", f"version = 1\n[profile.p]\n{_quoted(key)} = 'eu-west-1'\n"


def _in_loops(command: str) -> Iterator[tuple[str, str]]:
    for value in (*_NAMES, *_LINES):
        account = f"[[accounts]]\nname = 'a'\nid = '111111111111'\ntitle = {_quoted(value)}\n"
        loop = "[[for_each]]\nname = '{account.name}'\nprofile.%s = 'x {account.title}'\n"
        text = "version = 1\n" + account.replace("{command}", command)
        yield f"{value[:20]!r} in a command", text + loop % "credential_process"
        yield f"{value[:20]!r} in a value", text + loop % "sdk_ua_app_id"
        named = loop.replace("{account.name}", "{account.title}") % "sdk_ua_app_id"
        yield f"{value[:20]!r} in a name", text + named
    account = "[[accounts]]\nname = 'a-prod'\nid = '333333333333'\nroles = ['Admin', 'Billing']\n"
    for name in ("a", "{role}", "{account.id}{{", "{account}", "{account.id.x}", "{user}"):
        text = TEAM.replace("{account.name}-{role}", name).replace("include", "# ")
        yield f"{name} as a loop's name", text + account
    for glob in ("*" * 100 + "a", "[" * 100, "[!a-z]*?" * 12, "a" * 300):
        account = "[[accounts]]\nname = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'\nid = '111111111111'\n"
        loop = f"[[for_each]]\nname = 'x'\naccounts = ['{glob}']\nprofile.region = 'eu-west-1'\n"
        yield f"the pattern {glob[:12]}", f"version = 1\n{account}{loop}"
    for pattern in ("(a+)+$", "(a|a)*", "a*a*a*a*a*b", "[", "(?i)x", "\\1", "a{1,9999}", ".*" * 40):
        variable = f"[variables.v]\nquestion = '?'\ndefault = '{'a' * 60}'\npattern = '{pattern}'\n"
        yield f"the pattern {pattern[:12]}", f"version = 1\n{variable}"


def _too_much() -> Iterator[tuple[str, str]]:
    chain = "".join(f"[template.t{n}]\ntemplate = 't{n + 1}'\n" for n in range(2000))
    yield "a chain of 2,000 templates", f"version = 1\n{chain}"
    for length in (1, 2, 3):
        cycle = (f"[template.t{n}]\ntemplate = 't{(n + 1) % length}'\n" for n in range(length))
        yield f"a cycle of {length} templates", "version = 1\n" + "".join(cycle)
        sources = (
            f"[profile.p{n}]\nrole_arn = 'arn:aws:iam::111111111111:role/x'\n"
            f"source_profile = 'p{(n + 1) % length}'\n"
            for n in range(length)
        )
        yield f"a cycle of {length} sources", "version = 1\n" + "".join(sources)
    roles = ",".join(f"'r{n}'" for n in range(2000))
    accounts = "".join(
        f"[[accounts]]\nname = 'a{n}'\nid = '{100000000000 + n}'\nroles = [{roles}]\n"
        for n in range(50)
    )
    loop = "[[for_each]]\nname = '{account.name}-{role}'\nprofile.sdk_ua_app_id = 'x'\n"
    yield "100,000 profiles", f"version = 1\n{accounts}{loop}"
    same = "[[for_each]]\nname = '{account.name}'\nprofile.region = 'eu-west-1'\n"
    accounts = "".join(
        f"[[accounts]]\nname = 'a{n}'\nid = '{100000000000 + n}'\n" for n in range(3000)
    )
    yield "3,000,000 profiles of the same names", f"version = 1\n{accounts}{same * 1000}"
    globs = ",".join(f"'x{n}*'" for n in range(20_000))
    patterns = same.replace("profile.", f"accounts = [{globs}]\nprofile.")
    yield "20,000 patterns for 3,000 accounts", f"version = 1\n{accounts}{patterns}"
    many = "".join(f"k{n} = 1\n" for n in range(150_000))
    yield "150,000 keys", f"version = 1\n[profile.p]\n{many}"
    inline = ", ".join(f"k{n} = 1" for n in range(150_000))
    gone = "\nrole_arn = 'arn:aws:iam::111111111111:role/x'\nsource_profile = 'gone{0}'\n"
    lost = "".join(f"[profile.p{n}]" + gone.format(n) for n in range(10_000))
    yield "10,000 sources that are not there", f"version = 1\n{lost}"
    lost = "".join(f"[profile.p{n}]\ntemplate = 'gone{n}'\n" for n in range(10_000))
    yield "10,000 templates that are not there", f"version = 1\n[template.t]\nregion = 'x'\n{lost}"
    yield "150,000 keys in one line", f"version = 1\nprofile.p = {{ {inline} }}\n"
    yield "150,000 accounts", "version = 1\n" + "[[accounts]]\n" * 150_000
    headers = "".join(f"[profile.p{n}]\n" for n in range(100_000))
    yield "100,000 profiles without keys", f"version = 1\n{headers}"
    most = "".join(
        f"[[accounts]]\nname = 'a{n}'\nid = '{100000000000 + n}'\nroles = [{roles}]\n"
        for n in range(100)
    )
    loops = "[[for_each]]\nname = '{account.name}-{role}'\nprofile.region = 'eu-west-1'\n" * 5000
    yield "1,000,000,000 profiles", f"version = 1\n{most}{loops}"
    yield "a value of placeholders", _profile("sdk_ua_app_id = '" + "{v}" * 800 + "'")
    long = "x" * 4000
    keys = "".join(f"{key} = '{long}{{role}}'\n" for key in ("data_path", "services", "csm_host"))
    many = f"[[accounts]]\nname = 'a'\nid = '111111111111'\nroles = [{roles}]\n"
    big = f"[template.t]\n{keys}[[for_each]]\nname = '{{role}}'\nprofile.template = 't'\n"
    yield "templates that multiply", f"version = 1\n{many}{big}"
    yield "a long value", _profile(f"sdk_ua_app_id = '{'x' * 100_000}'")
    yield "a long name", f"version = 1\n[profile.{'x' * 100_000}]\nregion = 'eu-west-1'\n"
    yield (
        "many variables",
        "version = 1\n" + "".join(f"[variables.v{n}]\nquestion = '?'\n" for n in range(1000)),
    )
    yield "many errors", "version = 1\n" + "".join(f"x{n} = 1\n" for n in range(10_000))
    yield "a dotted key of 20,000 parts", "version = 1\na" + ".a" * 20_000 + " = 1\n"
    yield "the same in an inline table", "version = 1\nx = { a" + ".a" * 20_000 + " = 1 }\n"
    yield "the same quoted", "version = 1\nx = { 'a'" + ".'a'" * 20_000 + " = 1 }\n"
    yield "deep lists", "version = 1\nx = " + "[" * 100_000
    yield "deep tables", "version = 1\nx = " + "{ a = " * 100_000
    yield "a file of 3 MiB", "version = 1\n#" + "x" * (3 << 20)


def _broken() -> Iterator[tuple[str, str | bytes]]:
    yield "not UTF-8", b"version = 1\n# \xff\xfe\n"
    yield "UTF-16", "version = 1\n".encode("utf-16")
    yield "a program", b"\x7fELF\x02\x01\x01" + bytes(200)
    yield "nothing", b""
    yield "an open string", 'version = 1\nx = "'
    yield "an open list", "version = 1\nx = ["
    yield "an open header", "version = 1\n[profile"
    yield "a table twice", "version = 1\n[profile.a]\n[profile.a]\n"
    yield "a key twice", "version = 1\n[profile.a]\nregion = 'x'\nregion = 'y'\n"
    yield "the version of later", "version = 99\n[profile.a]\nregion = 'eu-west-1'\n"
    yield "a lone carriage return", b"version = 1\r[profile.a]\rregion = 'eu-west-1'\r"
    yield "an array as table", "version = 1\n[[profile]]\nregion = 'eu-west-1'\n"
    yield "an array in a profile", "version = 1\n[[profile.a]]\nregion = 'eu-west-1'\n"


def _includes() -> Iterator[tuple[str, Files]]:
    for path in _PATHS:
        text = f"version = 1\ninclude = [{_quoted(path)}]"
        yield f"the include {path[:20]!r}", {"team.toml": text}
    ring: Files = {
        f"a{n}.toml": f"version = 1\ninclude = ['a{(n + 1) % 3}.toml']" for n in range(3)
    }
    yield "a cycle of includes", {"team.toml": "version = 1\ninclude = ['a0.toml']", **ring}
    deep: Files = {f"a{n}.toml": f"version = 1\ninclude = ['a{n + 1}.toml']" for n in range(99)}
    yield "deep includes", {"team.toml": "version = 1\ninclude = ['a0.toml']", **deep}
    names = [f"a{n}.toml" for n in range(2000)]
    many: Files = dict.fromkeys(names, "version = 1\n")
    yield "2,000 includes", {"team.toml": f"version = 1\ninclude = {json.dumps(names)}", **many}
    large: Files = dict.fromkeys(names[:9], "version = 1\n#" + "x" * (1 << 20))
    listed = f"version = 1\ninclude = {json.dumps(names[:9])}"
    yield "9 MiB of includes", {"team.toml": listed, **large}
    yield "a missing include", {"team.toml": "version = 1\ninclude = ['gone.toml']"}
    yield "a broken include", {"team.toml": "version = 1\ninclude = ['a.toml']", "a.toml": b"\xff"}
