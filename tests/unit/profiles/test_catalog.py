"""The catalog: files merged as in botocore, source chains and references."""

from pathlib import Path

import pytest
from botocore.session import Session

import awsprof
from awsprof.errors import UnknownProfile
from awsprof.near_names import nearest_name
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.provider_order import may_name_key

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"


def catalog(config: str = "", credentials: str | None = None) -> Catalog:
    return Catalog.from_bytes(
        config.encode(), None if credentials is None else credentials.encode()
    )


def write(home: Path, config: str, credentials: str) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(credentials)


def test_the_credentials_file_is_laid_over_the_config_as_botocore_does(home: Path) -> None:
    config = "[profile a]\nregion = one\noutput = json\n[profile b]\nregion = two\n[default]\n"
    credentials = "[a]\nregion = three\n[c]\nregion = four\n"
    write(home, config, credentials)
    theirs = Session().full_config["profiles"]
    ours = Catalog.load().profiles
    assert set(ours) == set(theirs)
    for name, values in theirs.items():
        assert {key: v.text for key, v in ours[name].values.items()} == values


def test_the_section_default_in_capitals_is_in_all_others_as_for_botocore(home: Path) -> None:
    config = (
        "[profile a]\noutput = json\n[DEFAULT]\nregion = one\ns3 =\n  addressing_style = path\n"
    )
    config += (
        "output = text\n[profile b]\ns3 =\n  max_concurrent_requests = 5\n[profile c]\ns3 = x\n"
    )
    write(
        home, config, "[DEFAULT]\naws_access_key_id = A\nregion = two\n[b]\n[d]\nregion = three\n"
    )
    theirs = Session().full_config["profiles"]
    ours = Catalog.load().profiles
    assert set(ours) - {"DEFAULT"} == set(theirs)
    for name, values in theirs.items():
        found: dict[str, object] = {key: v.text for key, v in ours[name].values.items()}
        for key, below in ours[name].nested.items():
            found[key] = {k: v.text for k, v in below.items()}
        assert found == values
    assert str(ours["a"].values["region"].origin) == "~/.aws/config:4"


def test_a_key_comes_whole_from_one_file(home: Path) -> None:
    config = "[profile a]\naws_access_key_id = AKIAONE\naws_secret_access_key = one\n"
    config += "aws_session_token = one\n"
    write(home, config, "[a]\naws_access_key_id = AKIATWO\naws_secret_access_key = two\n")
    profile = Catalog.load().get("a")
    assert profile.get("aws_access_key_id") == "AKIATWO"
    assert profile.get("aws_session_token") is None


def test_each_value_knows_its_file_and_line() -> None:
    found = catalog("# first\n[profile a]\nregion = x\n", "\n[a]\noutput = json\n").get("a")
    assert str(found.values["region"].origin) == "~/.aws/config:3"
    assert str(found.values["output"].origin) == "~/.aws/credentials:3"
    assert [origin.line for origin in found.origins] == [2, 2]


def test_profiles_stand_in_file_order_whatever_was_asked_for_first() -> None:
    found = catalog("[profile b]\n[profile a]\nregion = x\n", "[c]\n[a]\n").profiles
    assert found["a"].get("region") == "x"
    assert [*found] == [*dict(found.items())] == [p.name for p in found.values()] == [*"bac"]
    assert "d" not in found
    assert found["a"] is found["a"]
    assert [*found.values()][1] is found["a"]


@pytest.mark.parametrize(
    "line", ["AWS_Access_\u212aey_ID = A", "credential_process = x", "\xff aws_access_key_id: A"]
)
def test_a_text_with_the_name_of_a_key_setting_may_name_a_key(line: str) -> None:
    text = f"[profile a]\n{line}\n".encode("latin-1" if "\xff" in line else "utf-8")
    assert may_name_key(text)
    assert not may_name_key(b"[profile a]\nregion = x\nrole_arn = y\n")
    assert not may_name_key(None)


def test_a_secret_is_in_no_repr() -> None:
    profile = catalog("", f"[a]\naws_secret_access_key = {SECRET}\n").get("a")
    assert SECRET not in repr(profile)


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(UnknownProfile, match="Did you mean staging"):
        catalog("[profile staging]\n").get("stagign")


def test_a_chain_goes_down_to_its_source() -> None:
    config = f"[profile c]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = a\n"
    chain = catalog(config + "[profile a]\nregion = x\n").chain("c")
    assert [link.name for link in chain.links] == ["c", "b", "a"]
    assert chain.fault is None


def test_a_source_that_is_missing_is_told_with_what_mends_it() -> None:
    chain = catalog(f"[profile a]\n{ROLE}source_profile = bsae\n[profile base]\n").chain("a")
    assert chain.fault == "source_profile = bsae names no profile. Did you mean base?"
    assert chain.fix == "awsprof set a source_profile base"


def test_a_missing_source_of_many_profiles_is_compared_with_their_names_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[str] = []

    def count(word: str, names: list[str]) -> str | None:
        compared.append(word)
        return nearest_name(word, names)

    monkeypatch.setattr("awsprof.profiles.catalog.nearest_name", count)
    roles = (f"[profile a{n}]\nrole_arn=r\nsource_profile=base\n" for n in range(20))
    sessions = (f"[profile b{n}]\nsso_session=corp\n" for n in range(20))
    catalog = Catalog.from_bytes("".join((*roles, *sessions)).encode(), None)
    assert all(catalog.chain(name).fault for name in catalog.profiles)
    assert sorted(compared) == ["base", "corp"]


def test_a_cycle_is_reported() -> None:
    config = f"[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = a\n"
    assert catalog(config).chain("a").fault == "The source profiles form a cycle: a -> b -> a."


def test_a_role_may_stand_on_keys_of_its_own_profile() -> None:
    keys = "[a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
    config = f"[profile a]\n{ROLE}source_profile = a\n"
    assert catalog(config, keys).chain("a").fault is None
    assert "own source" in (catalog(config).chain("a").fault or "")


def test_keys_of_a_source_come_before_a_role_of_its_own() -> None:
    config = f"[profile b]\n{ROLE}source_profile = a\n[profile a]\n{ROLE}source_profile = gone\n"
    keys = "[a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
    chain = catalog(config, keys).chain("b")
    assert [link.name for link in chain.links] == ["b", "a"]
    assert chain.fault is None


def test_a_chain_ends_in_its_session() -> None:
    config = "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\n"
    config += "[profile a]\nsso_session = corp\n[profile b]\nsso_session = copr\n"
    found = catalog(config)
    session = found.chain("a").session
    assert session is not None
    assert session.start_url == "https://x.awsapps.com/start"
    assert found.chain("b").fix == "awsprof set b sso_session corp"
    assert found.users_of_session("corp") == ("a",)


def test_who_stands_on_whom() -> None:
    config = f"[profile a]\n{ROLE}source_profile = a\n[profile b]\n{ROLE}source_profile = a\n"
    assert catalog(config).users_of("a") == ("b",)


def test_keys_in_plain_text_are_long_term_ones() -> None:
    keys = (
        f"[long]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
        f"[short]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
        "aws_session_token = x\n"
        "[half]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    )
    assert [p.name for p in catalog("", keys).plaintext_keys()] == ["long"]


def test_what_sdks_read_differently_is_told() -> None:
    found = catalog("[profile a]\nregion = eu-west-1 # here\n").differences("a")
    assert found == (
        "~/.aws/config: region is 'eu-west-1 # here' to boto3, 'eu-west-1' to the other SDKs.",
    )
    assert catalog("[profile a]\nregion = eu-west-1\n").differences("a") == ()


def test_a_secret_that_is_read_differently_is_masked() -> None:
    (told,) = catalog("", f"[a]\naws_secret_access_key = {SECRET} # old\n").differences("a")
    assert SECRET not in told


def test_a_file_that_boto3_cannot_read_is_told_by_its_line() -> None:
    (file,) = catalog("[profile a]\nregion = x\nhalf a line\n").unreadable
    assert (file.path, file.line) == ("~/.aws/config", 3)
    assert "line 3" in file.fix


def test_a_profile_in_a_file_that_a_variable_hides_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a variable names a missing file, an unknown profile's error says so, with the fix."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "nowhere"))
    with pytest.raises(UnknownProfile) as found:
        Catalog.load().get("base")
    assert "AWS_CONFIG_FILE=" in found.value.message
    assert found.value.fix == "unset AWS_CONFIG_FILE"
    with pytest.raises(awsprof.ProfileNotFound) as told:
        awsprof.session("base")
    assert told.value.fix == "unset AWS_CONFIG_FILE"


def test_the_id_of_a_key_has_near_misses_too() -> None:
    catalog = Catalog.from_bytes(b"[profile a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", None)
    assert catalog.did_you_mean_key("AKIAIOSFODNN7EXAMPLF") == " Did you mean AKIAIOSFODNN7EXAMPLE?"
    assert catalog.did_you_mean_key("AKIAIOSFODNN7EXAMPLE") == ""


def test_the_id_of_a_key_in_a_profile_s_place_leads_to_its_profile() -> None:
    key, other = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
    line = f"credential_process = /usr/bin/awsprof credential-process kept --key {key}\n"
    plain = f"[plain]\naws_access_key_id = {other}\naws_secret_access_key = x\n"
    catalog = Catalog.from_bytes(f"[profile kept]\n{line}".encode(), plain.encode())
    for key_id, fix in (
        (key, "name the profile that has it: kept"),
        (other, "name the profile that has it: plain"),
        ("ASIAIOSFODNN7EXAMPLE", "awsprof keys list shows the profile of each key"),
    ):
        with pytest.raises(UnknownProfile) as error:
            catalog.get(key_id)
        assert "is the ID of an access key" in error.value.message
        assert error.value.fix == fix
