"""Checks of headers: what they find, and what the repair makes of the whole file."""

import pytest

from awsprof.doctor.findings import Severity
from awsprof.doctor.repair_planning import withhold_harmful_repairs
from awsprof.doctor.runner import run_offline
from awsprof.shells import shell_word
from tests.unit.doctor.conftest import Visit
from tests.unit.doctor.expectations import auto_fixable, is_left, line_of

END = "\n[profile last]\nregion = us-east-1  \n# as it was\n"
# The check, the config file, whose fault it is, its line, what it says, and the file mended.
MENDED: dict[str, tuple[str, str, str | None, int, str, str]] = {
    "a section twice": (
        "duplicate-section",
        "[profile a]\nregion = x\noutput = json\n# about b\n[profile b]\nregion = y\n\n"
        "[profile a] # again\n# new\nregion = z\ns3 =\n  k = v\n" + END,
        "a",
        8,
        "lines 1 and 8",
        "[profile a]\noutput = json\n# again\n# new\nregion = z\ns3 =\n  k = v\n# about b\n"
        "[profile b]\nregion = y\n\n" + END[1:],
    ),
    "three times": (
        "duplicate-section",
        "[default]\nregion = x\n[default]\nregion = y\n[default]\nregion = z\n" + END,
        "default",
        3,
        "lines 1, 3 and 5",
        "[default]\nregion = z\n" + END[1:],
    ),
    "a session twice": (
        "duplicate-section",
        "[sso-session s]\nsso_region = x\n[sso-session s]\nsso_start_url = y\n" + END,
        None,
        3,
        "do not conflict",
        "[sso-session s]\nsso_region = x\nsso_start_url = y\n" + END[1:],
    ),
    "a quoted twin, the quoted one first": (
        "equivalent-headers",
        '[profile "a"]\nregion = x\noutput = json\n[profile a]\nregion = y\n' + END,
        "a",
        4,
        "region of line 5 wins",
        "[profile a]\noutput = json\nregion = y\n" + END,
    ),
    "two prefixes of default": (
        "default-twice",
        "[profile default]\nregion = x\n[default]\noutput = json\n" + END,
        "default",
        3,
        "other SDKs the prefixed one",
        "[default]\nregion = x\noutput = json\n" + END,
    ),
    "no prefix": (
        "missing-profile-prefix",
        "[default]\n[foo] # mine\nregion = x\n" + END,
        "foo",
        2,
        "No SDK recognizes this profile",
        "[default]\n[profile foo] # mine\nregion = x\n" + END,
    ),
    "no prefix, two words": (
        "missing-profile-prefix",
        "[my prof]\nregion = x\n" + END,
        "my prof",
        1,
        "the word profile",
        '[profile "my prof"]\nregion = x\n' + END,
    ),
    "a space without quotes": (
        "bad-header",
        "[profile my prof]\nregion = x\n" + END,
        "my prof",
        1,
        "needs quotes",
        '[profile "my prof"]\nregion = x\n' + END,
    ),
    "an open quote": (
        "bad-header",
        '[profile "a]\r\nregion = x\r\n' + END,
        "a",
        1,
        "quotes are wrong",
        "[profile a]\r\nregion = x\r\n" + END,
    ),
    "a bracket in the comment": (
        "bad-header",
        "[profile a] # see [1]\nregion = x\n" + END,
        "a",
        1,
        "has a ']'",
        "# see [1]\n[profile a]\nregion = x\n" + END,
    ),
    "padding": (
        "bad-header",
        "[ profile a ]\nregion = x\n" + END,
        "a",
        1,
        "white space inside its brackets",
        "[profile a]\nregion = x\n" + END,
    ),
    "something behind": (
        "bad-header",
        "[default]\nregion = x\n[profile a] x=y\nregion = x\n" + END,
        "a",
        3,
        "text after its ']'",
        "[default]\nregion = x\n# x=y\n[profile a]\nregion = x\n" + END,
    ),
    "no closing bracket": (
        "bad-header",
        "[default]\nregion = x\n[profile a\nregion = y\n" + END,
        "a",
        3,
        "it has no ']'",
        "[default]\nregion = x\n[profile a]\nregion = y\n" + END,
    ),
    "no closing bracket, at the very top": (
        "bad-header",
        "[profile a\nregion = y\n" + END,
        "a",
        1,
        "it has no ']'",
        "[profile a]\nregion = y\n" + END,
    ),
    "a capital prefix": (
        "bad-header",
        "[Profile a]\nregion = x\n[SSO-Session s]\nsso_region = x\n" + END,
        "a",
        1,
        "first word",
        "[profile a]\nregion = x\n[sso-session s]\nsso_region = x\n" + END,
    ),
    "a prefix that is longer": (
        "bad-header",
        "[profiles a]\nregion = x\n" + END,
        "a",
        1,
        "first word",
        "[profile a]\nregion = x\n" + END,
    ),
    "a capital default": (
        "bad-header",
        "[Default]\nregion = x\n" + END,
        "default",
        1,
        "first word",
        "[default]\nregion = x\n" + END,
    ),
    "needless quotes": (
        "name-not-portable",
        '[profile "a"] # mine\nregion = x\n' + END,
        "a",
        1,
        "because of its quotes",
        "[profile a] # mine\nregion = x\n" + END,
    ),
}

# The check, the config file, whose fault it is, its line, what it says: nobody but a person can
# mend these.
LEFT: dict[str, tuple[str, str, str | None, int, str]] = {
    "a hash in a name": ("bad-header", "[profile a#b]\n", "a#b", 1, "other SDKs"),
    "a header of nothing": ("bad-header", "[profile ]\n", None, 1, "names nothing"),
    "a mended name that is taken": (
        "bad-header",
        "[profile a]\nregion = x\n[ profile a ]\nregion = y\n",
        "a",
        3,
        "There is already another profile a",
    ),
    "two bad headers for one name": (
        "bad-header",
        "[Profile a]\nregion = x\n[ profile a ]\nregion = y\n",
        "a",
        1,
        "There is already another profile a",
    ),
    "no prefix, and the name is taken": (
        "missing-profile-prefix",
        "[profile a]\n[a]\n",
        "a",
        2,
        "already",
    ),
    "a name with a space": (
        "name-not-portable",
        '[profile "my prof"]\nregion = x\n',
        "my prof",
        1,
        "Other SDKs than boto3 ignore",
    ),
    "a name of other letters": ("name-not-portable", "[profile é]\n", "é", 1, "'é'"),
    "a section twice that holds a broken header": (
        "duplicate-section",
        "[profile a]\nregion = x\n[profile b\nregion = y\n[profile a]\nregion = z\n",
        "a",
        5,
        "can't read this file",
    ),
    "DEFAULT": (
        "uppercase-default",
        "[profile a]\n[DEFAULT]\nregion = x\n",
        None,
        2,
        "into every profile",
    ),
}

SOUND = (
    "# [profile a\n[default]\nregion = x\n\n[profile a] # one\ns3 =\n  k = v\n[profile b]; two\n"
    "[sso-session a]\n[services a]\n[plugins]\ncli_legacy_plugin_path = x\n[profile\tc]\n"
)
EVERY = sorted({case[0] for case in MENDED.values()} | {case[0] for case in LEFT.values()})


@pytest.mark.parametrize("case", MENDED)
def test_a_header_is_found_and_mended_and_nothing_else_changes(case: str, visit: Visit) -> None:
    id, text, profile, line, says, mended = MENDED[case]
    finding = auto_fixable(visit, id, text, mended)
    assert (finding.profile, line_of(finding)) == (profile, line)
    assert says in finding.fault.message


@pytest.mark.parametrize("case", LEFT)
def test_what_only_a_person_can_mend_is_found_and_left(case: str, visit: Visit) -> None:
    id, text, profile, line, says = LEFT[case]
    finding = is_left(visit, id, text)
    assert (finding.profile, line_of(finding)) == (profile, line)
    assert says in finding.fault.message


@pytest.mark.parametrize("id", [*EVERY, "profile-prefix-in-credentials"])
def test_sound_headers_are_passed_over(id: str, visit: Visit) -> None:
    visit.config(SOUND)
    visit.credentials("[default]\n[a] # c\n[b.c@d]\n")
    assert visit.found(id) == []


def test_repairs_do_not_give_the_name_of_one_profile_to_another(visit: Visit) -> None:
    """Each is harmless alone: one renames [profile a], the other makes "profile a" readable."""
    sso = "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
    visit.config(f"[profile profile a]\n{sso}sso_account_id = 123456789012\nsso_role_name = R\n")
    visit.credentials(
        "[profile a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    )
    ids = ("profile-prefix-in-credentials", "bad-header")
    findings = [finding for id in ids for finding in visit.found(id)]
    assert [finding.id for finding in findings] == [*ids]
    left = withhold_harmful_repairs(visit.context(), findings)
    assert [finding.auto_fixable for finding in left].count(True) == 1


def test_a_prefix_in_the_credentials_file(visit: Visit) -> None:
    visit.credentials("[default]\n[profile foo] # mine\naws_access_key_id = x\n[bar]\n")
    (finding,) = visit.found("profile-prefix-in-credentials")
    assert (finding.severity, finding.profile) == (Severity.ERROR, "foo")
    assert '"profile foo"' in finding.fault.message
    mended = b"[default]\n[foo] # mine\naws_access_key_id = x\n[bar]\n"
    assert visit.repaired("profile-prefix-in-credentials") == (b"", mended)
    assert visit.found("profile-prefix-in-credentials") == []


def test_padding_and_quotes_in_the_credentials_file(visit: Visit) -> None:
    visit.credentials("[ a ]\nk = v\n['b c']\n[d] # e]\n")
    assert [line_of(f) for f in visit.found("bad-header")] == [1, 3, 4]
    assert visit.repaired("bad-header")[1] == b"[a]\nk = v\n[b c]\n# e]\n[d]\n"


def test_secrets_are_moved_and_never_told(visit: Visit) -> None:
    visit.credentials(
        "[a]\naws_secret_access_key = hunter2\n[b]\n[a]\naws_secret_access_key = hunter3\n"
    )
    (finding,) = visit.found("duplicate-section")
    assert "aws_secret_access_key of line 5 wins" in finding.fault.message
    assert "hunter" not in repr(finding)
    assert visit.repaired("duplicate-section")[1] == b"[a]\naws_secret_access_key = hunter3\n[b]\n"


def test_all_repairs_of_a_visit_are_one_change(visit: Visit) -> None:
    visit.config(
        '[Profile a]\nregion = "x" # home\nRegion = y\n[profile "a b"]\n  output : json\n'
        "[foo]\nregion = z\n[foo]\n  role_arn = q\n"
    )
    assert visit.all_repaired()[0] == (
        b'[profile a]\n# home\nRegion = y\n[profile "a b"]\noutput = json\n'
        b"[profile foo]\nregion = z\nrole_arn = q\n"
    )


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("my prof", "my-prof-2"),
        ("we#ird", "we-ird"),
        ("Größe", "Grosse"),
        ("é#", "e"),
        ("d#efault", "d-efault"),
        ("défault", "default-2"),
        ("中", "profile"),
    ],
)
def test_the_command_for_another_name_has_a_free_one(name: str, new: str, visit: Visit) -> None:
    header = f'"{name}"' if " " in name else name
    visit.config(f"[profile {header}]\nregion = eu-west-1\n[profile my-prof]\nregion = eu-west-1\n")
    told = [f.fix for f in run_offline(visit.context()) if f.profile == name]
    assert [fix for fix in told if fix.startswith("awsprof rename")] == [
        f"awsprof rename {shell_word(name)} {new}"
    ]


@pytest.mark.parametrize(
    ("key", "other", "repairable"),
    [
        ("sso_start_url", "https://y.awsapps.com/start", False),
        ("sso_region", "eu-west-1", False),
        ("sso_start_url", "https://x.awsapps.com/start/#/", True),  # the same place
        ("sso_registration_scopes", "a:b", True),
    ],
)
def test_two_sessions_that_sign_in_at_different_places_are_not_merged(
    visit: Visit, key: str, other: str, repairable: bool
) -> None:
    values = {"sso_start_url": "https://x.awsapps.com/start", "sso_region": "us-east-1"}
    lines = ["".join(f"{k} = {v}\n" for k, v in each.items()) for each in (values, {key: other})]
    visit.config("".join(f"[sso-session s]\n{text}" for text in lines))
    (finding,) = visit.found("duplicate-section")
    assert finding.auto_fixable is repairable
    assert ("in an editor" in finding.fix) is not repairable


def test_a_space_that_only_looks_like_one_is_told_as_such(visit: Visit) -> None:
    """Quotes would not help, and the header looks right on the screen."""
    visit.config("[profile\u00a0a]\nregion = us-east-1\n")
    (finding,) = visit.found("bad-header")
    assert "no-break space" in finding.message
    assert visit.repaired("bad-header")[0] == b"[profile a]\nregion = us-east-1\n"


@pytest.mark.parametrize("header", ["[ a ]", "[profile a]", "['a']"])
def test_a_region_below_a_bad_header_is_not_missing(header: str, visit: Visit) -> None:
    key = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
    visit.config("[profile a]\nregion = eu-west-1\n")
    visit.credentials(f"{header}\n{key}[b]\n{key}")
    assert [found.profile for found in visit.found("region-missing")] == ["b"]
