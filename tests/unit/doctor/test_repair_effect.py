"""What a repair is said to make of the profiles."""

from collections import Counter

import pytest

from awsprof.doctor.repair_effect import FilesState, describe_effect
from awsprof.editing.profile_operations import set_profile_value, unset_profile_value
from tests.unit.doctor.conftest import Visit

CONFIG = """[profile base]
region = eu-west-1
credential_process = /bin/true
[profile ops]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/Ops
source_profile = bsae
[profile on-ops]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/On
source_profile = ops
"""


def said(visit: Visit, *edits: tuple[str, ...], names: tuple[str, ...] = ()) -> str:
    context = visit.context(*names)
    before = FilesState.of(context)
    for profile, key, *value in edits:
        catalog = context.catalog
        change = (
            set_profile_value(profile, key, value[0], catalog)
            if value
            else unset_profile_value(profile, key, catalog)
        )
    return describe_effect(before, FilesState.of(context, change))


def test_it_names_who_becomes_usable_and_says_that_nothing_else_changes(visit: Visit) -> None:
    visit.config(CONFIG)
    assert said(visit, ("ops", "source_profile", "base")) == (
        "ops becomes usable; nothing else changes; no error is left"
    )


def test_a_change_that_mends_nothing_is_called_a_change(visit: Visit) -> None:
    visit.config(CONFIG)
    assert (
        said(visit, ("base", "region", "eu-west-2"))
        == "base changes as shown; nothing else changes"
    )


def test_a_new_error_is_counted(visit: Visit) -> None:
    visit.config(CONFIG)
    told = said(visit, ("base", "region", "nowhere"))
    assert told == "base changes as shown; nothing else changes; 2 errors are left, 1 of them new"


@pytest.mark.parametrize(
    ("new", "says"),
    [(("b",), "1 error is left, a new one"), (("b", "b"), "2 errors are left, all of them new")],
)
def test_errors_that_are_all_new_are_called_so(new: tuple[str, ...], says: str) -> None:
    before, after = (
        FilesState({}, frozenset(), Counter((id, None) for id in ids)) for ids in (("a",), new)
    )
    assert describe_effect(before, after) == f"no profile changes; {says}"


def test_errors_that_a_repair_brings_to_light_are_told_apart(visit: Visit) -> None:
    visit.config(CONFIG + "[proflie a]\nrole_arn = x\n")
    before = FilesState.of(visit.context())
    visit.config(CONFIG + "[profile a]\nrole_arn = x\n")
    told = describe_effect(before, FilesState.of(visit.context()))
    assert told == "a changes as shown; nothing else changes; 3 errors are left, 2 of them new"


def test_only_the_errors_of_the_selected_profiles_are_counted(visit: Visit) -> None:
    visit.config(CONFIG + "[profile other]\nregion = nowhere\n")
    told = said(visit, ("ops", "source_profile", "base"), names=("ops",))
    assert told == "ops becomes usable; nothing else changes; no error is left"


def test_a_file_that_boto3_cannot_read_has_no_usable_profile(visit: Visit) -> None:
    visit.config("[profile a]\nregion = x\nno line\n[profile b]\nregion = eu-west-1\n")
    assert FilesState.of(visit.context()).broken == {"a", "b"}


def test_a_profile_that_was_broken_and_missing_is_named_once(visit: Visit) -> None:
    visit.config("[foo]\nregion = eu-west-1\n")
    before = FilesState.of(visit.context())
    visit.config("[profile foo]\nregion = eu-west-1\n")
    before = FilesState(before.values, before.broken | {"foo"}, before.errors)
    assert describe_effect(before, FilesState.of(visit.context())).startswith("foo becomes usable;")
