"""The generated file of accounts: sorted, the same at each run; what people wrote in it stays."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsprof.errors import UsageError
from awsprof.team.accounts_file import AccountsFile, Generated, ListedAccount
from awsprof.team.model import TeamFileError
from awsprof.team.reader import find_problems
from awsprof.text import sanitize
from tests.standins.team_source import MemorySource

SHOP = ListedAccount("111111111111", "Shop Prod", ("ReadOnly", "Admin"))
TOOLS = ListedAccount("222222222222", "tools", ("Admin",))
LISTED = (TOOLS, SHOP)
FIRST = """\
# Accounts for the team file: `awsprof team generate` brings them up to date with AWS.
# Names, keys of your own and comments stay as you write them.
version = 1
generated_from = "session:corp"

[[accounts]]
name = "shop-prod"
id = "111111111111"
title = "Shop Prod"
roles = ["Admin", "ReadOnly"]

[[accounts]]
name = "tools"
id = "222222222222"
roles = ["Admin"]
"""


def update(text: str, *listed: ListedAccount) -> Generated:
    return AccountsFile("accounts.toml", text).update(listed, "session:corp")


def test_a_new_file_has_the_accounts_by_name_and_their_roles() -> None:
    generated = update("", *LISTED)
    assert generated.text == FIRST
    assert generated.added == ("shop-prod", "tools")
    assert find_problems(MemorySource(FIRST)) == ()


def test_the_same_list_changes_nothing_in_any_order() -> None:
    assert update(FIRST, *LISTED) == Generated(FIRST, (), (), ())
    assert update(FIRST, *reversed(LISTED)).text == FIRST


def test_what_people_write_stays_and_only_what_aws_says_changes() -> None:
    mine = FIRST.replace(
        '[[accounts]]\nname = "shop-prod"',
        '# the shop, see the wiki\n[[accounts]]\nname = "shop"  # shorter\nstage = "prod"',
    ).replace('"ReadOnly"]', '"ReadOnly"]  # by default')
    renamed = ListedAccount("111111111111", "The Shop", ("Admin", "Billing"))
    generated = update(mine, renamed, TOOLS)
    assert generated.changed == ("shop",)
    assert generated.text == mine.replace("Shop Prod", "The Shop").replace("ReadOnly", "Billing")


def test_a_new_account_takes_its_place_and_one_that_is_gone_takes_its_comment_along() -> None:
    new = ListedAccount("333333333333", "Sandbox", ("Admin",))
    mine = FIRST.replace(
        '[[accounts]]\nname = "tools"', '# soon gone\n[[accounts]]\nname = "tools"'
    )
    generated = update(mine, SHOP, new)
    assert generated.removed == ("tools",)
    head, shop = FIRST.split("[[accounts]]")[:2]
    assert (
        generated.text
        == (
            f'{head}[[accounts]]\nname = "sandbox"\nid = "333333333333"\ntitle = "Sandbox"\n'
            f'roles = ["Admin"]\n\n[[accounts]]{shop}'
        ).rstrip("\n")
        + "\n"
    )


def test_a_list_without_roles_leaves_those_that_people_wrote() -> None:
    bare = ListedAccount("111111111111", "Shop Prod"), ListedAccount("222222222222", "tools")
    assert update(FIRST, *bare).text == FIRST
    assert "roles" not in update("", *bare).text


def test_names_that_two_accounts_share_have_their_ids() -> None:
    listed = [ListedAccount(str(100000000000 + n), name) for n, name in enumerate(("Ä b", "a-B"))]
    assert update("", *listed).added == ("a-b-100000000000", "a-b-100000000001")
    taken = ListedAccount("333333333333", "Shop PROD", ("Admin",))
    assert update(FIRST, *LISTED, taken).added == ("shop-prod-333333333333",)
    assert update("", ListedAccount("333333333333", "日本")).added == ("333333333333",)


def test_other_tables_of_the_file_stay() -> None:
    team = 'version = 1 # first\n\n[template.t]\nregion = "eu-west-1" # ours\n'
    generated = update(team, *LISTED)
    assert generated.text.startswith('version = 1 # first\ngenerated_from = "session:corp"\n')
    assert '[template.t]\nregion = "eu-west-1" # ours\n\n[[accounts]]' in generated.text
    behind = FIRST + '\n# a profile\n[profile.x]\nregion = "eu-west-1"\n'
    assert update(behind, SHOP).text.endswith('\n# a profile\n[profile.x]\nregion = "eu-west-1"\n')


def test_windows_line_ends_stay() -> None:
    crlf = FIRST.replace("\n", "\r\n")
    text = update(crlf, *LISTED, ListedAccount("333333333333", "Zoo", ("A" * 60, "B" * 60))).text
    assert text.startswith(crlf.rstrip("\r\n"))
    assert text.count("\n") == text.count("\r\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FIRST.replace('generated_from = "session:corp"\n', ""), "were written by hand"),
        (
            'version = 1\ngenerated_from = "session:corp"\n'
            'accounts = [{ name = "a", id = "111111111111" }]\n',
            "are not all below lines",
        ),
    ],
)
def test_accounts_that_it_did_not_write_are_left_alone(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        update(text, *LISTED)


def test_an_invalid_file_is_left_alone() -> None:
    with pytest.raises(TeamFileError, match=r"accounts\.toml:8 accounts\[1\]\.id"):
        update(FIRST.replace('"111111111111"', '"1"'), *LISTED)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(sanitize)
ACCOUNTS = st.lists(
    st.builds(
        ListedAccount,
        st.integers(0, 20).map(lambda n: f"{n:012}"),
        NAMES,
        st.lists(st.sampled_from(["Admin", "ReadOnly", "B" * 60]), unique=True).map(tuple),
    ),
    unique_by=lambda account: account.id,
)


@given(st.lists(ACCOUNTS, min_size=2, max_size=3))
def test_any_lists_one_after_the_other_leave_what_the_last_one_says(
    lists: list[list[ListedAccount]],
) -> None:
    text = ""
    for listed in lists:
        text = update(text, *listed).text
        found = {each["id"]: each for each in tomllib.loads(text).get("accounts", [])}
        assert {id: set(each["roles"]) for id, each in found.items()} == {
            each.id: set(each.roles or ()) for each in listed
        }
        assert find_problems(MemorySource(text)) == ()
        assert update(text, *listed) == Generated(text, (), (), ())
    names = [each["name"] for each in tomllib.loads(text).get("accounts", [])]
    assert names == sorted(names)
