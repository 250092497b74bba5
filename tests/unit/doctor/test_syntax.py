"""Checks of the lines below a header: what they find, and what the repair makes of the file."""

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

from awsprof.doctor.findings import Severity
from awsprof.doctor.runner import run_offline
from awsprof.profiles.known_keys import PROFILE_KEYS
from tests.unit.doctor.conftest import Visit
from tests.unit.doctor.expectations import auto_fixable, is_left, line_of

END = "\n[profile last]\nregion = us-east-1  \n# as it was\n"
A = "[profile a]\n"
# The check, the config file, its line, what it says, and the file mended.
MENDED: dict[str, tuple[str, str, int, str, str]] = {
    "a key twice": (
        "duplicate-key",
        A + "region = x\noutput = json\nregion = y\n" + END,
        4,
        "other SDKs use line 4",
        A + "output = json\nregion = y\n" + END,
    ),
    "a key twice in two cases, with comments and a nested block": (
        "duplicate-key",
        A + "s3 =\n  k = v\n  # kept\nS3 =\n  l = w\nregion = x ; kept\nregion = y\n" + END,
        5,
        "s3 occurs twice",
        A + "# kept\nS3 =\n  l = w\n; kept\nregion = y\n" + END,
    ),
    "a comment behind a value": (
        "inline-comment",
        A + "region = x # home\noutput = json\n" + END,
        2,
        "as part of region",
        A + "# home\nregion = x\noutput = json\n" + END,
    ),
    "a comment behind nothing, above a nested block": (
        "inline-comment",
        A + "s3 = ; fast\n  addressing_style = path\n" + END,
        2,
        "as part of s3",
        A + "; fast\ns3 =\n  addressing_style = path\n" + END,
    ),
    "a comment behind a value, with CRLF and no end": (
        "inline-comment",
        "[default]\r\nregion = x\t; home",
        2,
        "as part of region",
        "[default]\r\n; home\r\nregion = x",
    ),
    "an indented comment": (
        "inline-comment",
        A + "region = x\n  # home\ns3 =\n  k = v\n  # more\n" + END,
        3,
        "this indented comment",
        A + "region = x\n# home\ns3 =\n  k = v\n# more\n" + END,
    ),
    "an indented comment at the top": (
        "inline-comment",
        "  # mine\n" + A + END,
        1,
        "this indented comment",
        "# mine\n" + A + END,
    ),
    "quotes": (
        "quoted-value",
        A + "region = \"x\"\nrole_session_name = 'me'\n" + END,
        2,
        "as part of its value",
        A + "region = x\nrole_session_name = me\n" + END,
    ),
    "quotes and a comment": (
        "quoted-value",
        A + 'region="x" # home\n' + END,
        2,
        "quotes of region",
        A + "# home\nregion=x\n" + END,
    ),
    "colons": (
        "colon-delimiter",
        A + "region : x\noutput: json\nrole_arn:arn:aws:iam::123456789012:role/r\n" + END,
        2,
        "region is followed by ':'",
        A + "region = x\noutput = json\nrole_arn=arn:aws:iam::123456789012:role/r\n" + END,
    ),
    "a colon, and an equals sign behind it": (
        "colon-delimiter",
        A + "sso_start_url: https://x/?a=b\n" + END,
        2,
        "sso_start_url is followed by ':'",
        A + "sso_start_url = https://x/?a=b\n" + END,
    ),
    "an indented section": (
        "indented-key",
        A + "  # one\n  region = x\n  s3 =\n    k = v\n  [profile b]\n  region = y\n" + END,
        3,
        "other SDKs than boto3 can't read the file",
        A + "# one\nregion = x\ns3 =\n    k = v\n[profile b]\nregion = y\n" + END,
    ),
    "a key that the one above has absorbed": (
        "indented-key",
        A + "role_arn = r\n  source_profile = b\n  own = c\noutput = json\n" + END,
        3,
        "source_profile is indented, so SDKs read it as part of role_arn",
        A + "role_arn = r\nsource_profile = b\nown = c\noutput = json\n" + END,
    ),
    "a key that one without a value has absorbed": (
        "indented-key",
        A + "output =\n  region = x\n" + END,
        3,
        "region is indented, so SDKs read it as part of output",
        A + "output =\nregion = x\n" + END,
    ),
    "a nested block that a value has absorbed": (
        "indented-key",
        A + "output = json\n  region = x\n  s3 =\n    addressing_style = path\n" + END,
        3,
        "as part of output",
        A + "output = json\nregion = x\ns3 =\n    addressing_style = path\n" + END,
    ),
    "a header that a value has absorbed": (
        "indented-key",
        A + "region = x\n  [profile b]\n  region = y\n" + END,
        3,
        "[profile b] is indented",
        A + "region = x\n[profile b]\nregion = y\n" + END,
    ),
}

LEFT: dict[str, tuple[str, str, int, str]] = {
    "a value that begins with a hash": ("inline-comment", A + "region = #x\n", 2, "region"),
    "a hash within quotes": (
        "inline-comment",
        A + 'credential_process = /p "a #b"\n',
        2,
        "credential_process",
    ),
    "quotes around what needs them": ("quoted-value", A + 'region = " x"\n', 2, "region"),
    "a colon in a key of its own": ("colon-delimiter", A + "x:y = z\n", 2, "x is followed by ':'"),
    "an absorbed key that is there already": (
        "indented-key",
        A + "region = x\noutput = json\n  region = y\n",
        4,
        "region is indented",
    ),
    "an absorbed header that is there already": (
        "indented-key",
        "[profile b]\n" + A + "region = x\n  [profile b]\n",
        4,
        "[profile b] is indented",
    ),
}

SOUND = (
    "[default]\nregion = x\nsso_start_url = https://x/start/#/\n# c\n; d\n\n"
    'credential_process = "/p p/q" "a b"\ncli_pager = "less"\nrole_arn = arn:aws:iam::1:role/r\n'
    "s3 =\n  addressing_style = path\n  max_concurrent_requests = 20\ndynamodb =\n"
    "  endpoint_url = http://x\napi_versions =\n  ec2 = 2015-03-01\nca_bundle =\n"
    "[services s]\ns3 =\n  endpoint_url = http://y\nregion =\n  endpoint_url = z\n"
    '[plugins]\nregoin = x\n[profile b]\nx_security_token_expires = x\nmfa_process = /p "a"\n'
)


@pytest.mark.parametrize("case", MENDED)
def test_a_line_is_found_and_mended_and_nothing_else_changes(case: str, visit: Visit) -> None:
    id, text, line, says, mended = MENDED[case]
    finding = auto_fixable(visit, id, text, mended)
    assert line_of(finding) == line
    assert says in finding.fault.message


@pytest.mark.parametrize("case", LEFT)
def test_what_only_a_person_can_mend_is_left(case: str, visit: Visit) -> None:
    id, text, line, says = LEFT[case]
    finding = is_left(visit, id, text)
    assert line_of(finding) == line
    assert says in finding.fault.message


@pytest.mark.parametrize("id", [*sorted({case[0] for case in MENDED.values()}), "unknown-key"])
def test_sound_lines_are_passed_over(id: str, visit: Visit) -> None:
    visit.config(SOUND)
    visit.credentials("[default]\naws_access_key_id = x\naws_secret_access_key = a/b+c=\n")
    assert visit.found(id) == []


def test_whose_the_lines_are(visit: Visit) -> None:
    visit.config('[profile a]\nregion = "x"\n[profile b]\nregion = "y"\n[sso-session c]\nk = "z"\n')
    assert [finding.profile for finding in visit.found("quoted-value")] == ["a", "b", None]
    assert [finding.profile for finding in visit.found("quoted-value", "b")] == ["b", None]


def test_a_key_below_a_broken_header_is_no_second_one(visit: Visit) -> None:
    """The repair would throw away the key of another profile."""
    visit.config("[profile a]\nregion = x\n[profile b\nregion = y\n[profile c]\nregion = z\n")
    assert visit.found("duplicate-key") == []
    visit.config("[profile a]\nregion = x\n  [profile b]\nregion = y\n")
    assert visit.found("duplicate-key") == []


def test_a_secret_is_mended_and_never_told(visit: Visit) -> None:
    visit.credentials('[a]\naws_secret_access_key = "hunter2" # of bob\n')
    for id in ("quoted-value", "inline-comment"):
        (finding,) = visit.found(id)
        assert "hunter2" not in repr(finding)
        assert "bob" not in repr(finding)
    assert visit.repaired("quoted-value")[1] == b"[a]\n# of bob\naws_secret_access_key = hunter2\n"


def test_an_unknown_key_has_its_near_miss(visit: Visit) -> None:
    visit.config("[profile a]\nregoin = x\nbluff = y\n[sso-session s]\nsso_reigon = z\n")
    visit.credentials("[a b]\nrolearn = w\n")
    found = visit.found("unknown-key")
    assert {finding.severity for finding in found} == {Severity.INFO}
    assert [(f.profile, line_of(f)) for f in found] == [
        ("a", 2),
        ("a", 3),
        (None, 5),
        ("a b", 2),
    ]
    says = [finding.fault.message for finding in found]
    assert "Did you mean region?" in says[0]
    assert says[1] == "No SDK knows the key bluff."
    assert "Did you mean sso_region?" in says[2]
    assert "Did you mean role_arn?" in says[3]
    assert found[0].fault.fix == "awsprof set a region x, then awsprof unset a regoin"
    assert found[3].fault.fix.endswith("awsprof unset 'a b' rolearn")


SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
UNSET = "awsprof unset a regoin"
BESIDE = "if the line with region is enough: " + UNSET
BY_HAND = "remove the line in an editor if the line with region is enough"


@pytest.mark.parametrize(
    ("config", "credentials", "fix", "repaired"),
    [
        ("[profile a]\nregion = x\nregoin = x\n", "", UNSET, True),
        ("[profile a]\nregion = x\nregoin = y\n", "", BESIDE, False),
        ("[profile a]\nregion = x\nregoin =\n", "", BESIDE, False),
        ("[profile a]\nregion = x\nregoin = x\nregoin = x\n", "", BY_HAND, False),
        ("[profile a]\nregion = x\nregoin = x\n", "[a]\nregoin = x\n", BY_HAND, False),
        (f"[profile a]\nregion = x\nregoin = {SECRET}\n", "", BY_HAND, False),
        (f"[profile a]\nregion = x\nregoin = x\n  k = {SECRET}\n", "", BY_HAND, False),
        ("[profile a]\nregion = x\nregoin = x\n[profile b\nregion = y\n", "", BY_HAND, False),
        ("[profile a]\nregion = x\nregoin = x aws_secret_access_key = s\n", "", BY_HAND, False),
    ],
)
def test_a_typo_beside_the_right_key_is_removed_by_a_command(
    visit: Visit, config: str, credentials: str, fix: str, repaired: bool
) -> None:
    """By --fix too where both lines say the same; never where a secret would go with it."""
    visit.config(config)
    visit.credentials(credentials)
    finding = visit.found("unknown-key")[config.count("regoin") - 1]
    assert finding.fix == fix
    assert finding.auto_fixable == repaired
    if repaired:
        assert "the key regoin, and region has the same value." in finding.message
        assert visit.repaired("unknown-key")[0] == b"[profile a]\nregion = x\n"
        assert visit.found("unknown-key") == []


def test_a_typo_in_a_session_is_removed_in_an_editor(visit: Visit) -> None:
    visit.config("[sso-session a]\nsso_region = x\nsso_reigon = x\n[profile a]\nsso_reigon = x\n")
    session, _ = visit.found("unknown-key")
    assert session.fix == "remove the line in an editor if the line with sso_region is enough"


def test_every_key_that_botocore_knows_is_known() -> None:
    names = {row[0] for row in BOTOCORE_DEFAUT_SESSION_VARIABLES.values()}
    plain = {name for name in names if isinstance(name, str)}
    assert len(plain) > 20
    assert plain <= PROFILE_KEYS


BEHIND = (
    "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/R # r\nsource_profile = b\n"
    "mfa_serial = arn:aws:iam::123456789012:mfa/me ; m\nregion = us-east-1 # home\n"
    "duration_seconds = 3600 # long\n"
    "[profile b]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE # mine\n"
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY # mine\nregion = us-east-1\n"
    "[profile c]\nsso_session = s # mine\nsso_account_id = 123456789012 # prod\nsso_role_name = R\n"
    "region = us-east-1\n[sso-session s]\nsso_start_url = https://x.awsapps.com/start # ours\n"
    "sso_region = us-east-1 # ours\n"
)


def test_a_value_that_is_right_but_for_a_comment_is_kept(visit: Visit) -> None:
    """Nobody is told to make a new key or another session because of the words behind it."""
    visit.config(BEHIND)
    lines = {
        n for n, line in enumerate(BEHIND.split("\n"), start=1) if " # " in line or " ; " in line
    }
    about = [
        f for f in run_offline(visit.context()) if f.fault.origin and f.fault.origin.line in lines
    ]
    assert {"key-id-shape", "secret-shape", "bad-arn", "bad-account-id"} < {f.id for f in about}
    assert {f.fix for f in about} == {"awsprof doctor --fix inline-comment"}
    visit.repaired("inline-comment")
    assert not {f.id for f in run_offline(visit.context())} & {f.id for f in about}
