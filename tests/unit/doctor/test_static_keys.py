"""Keys in plain text, and roles with a process: what their repairs keep, and leave to a person."""

import pytest

from awsprof.doctor.check_context import LiveResult
from awsprof.doctor.findings import Severity
from awsprof.doctor.runner import run_offline
from awsprof.errors import CredentialsError
from tests.unit.doctor.conftest import Visit

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
KEYS = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
LINE = f"credential_process = /usr/bin/awsprof credential-process a --key {KEY}\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
A = "[profile a]\n"
AFTER = "[profile c]\n# kept\noutput=json\n"


def test_keys_in_plain_text_move_into_the_vault(visit: Visit) -> None:
    visit.config(AFTER)
    visit.credentials(f"# mine\n[a]\n{KEYS}output=json\n")
    config, credentials = visit.repaired("plaintext-long-term-key")
    assert credentials == b"# mine\n[a]\noutput=json\n"
    assert config.startswith(AFTER.encode())
    assert f"credential-process a --key {KEY}".encode() in config
    assert visit.vault.get(KEY).reveal() == SECRET
    assert visit.found("plaintext-long-term-key") == []


@pytest.mark.parametrize("more", [ROLE, "role_arn = x\n"])
def test_keys_do_not_move_where_that_would_lose_or_uncover_something(
    visit: Visit, more: str
) -> None:
    visit.config(f"{A}{KEYS}{more}")
    (finding,) = visit.found("plaintext-long-term-key")
    assert finding.fault.repair is None


def test_one_key_with_two_secrets_moves_once(visit: Visit) -> None:
    visit.credentials(f"[a]\n{KEYS}[b]\n{KEYS.replace('wJalr', 'other')}")
    first, second = visit.found("plaintext-long-term-key")
    assert first.fault.repair is not None
    assert second.fault.repair is None


def test_a_split_role_keeps_its_key_in_the_vault(visit: Visit) -> None:
    visit.config(f"[profile a-source]\noutput = json\n{A}{ROLE}{LINE}")
    config, _ = visit.repaired("role-with-process")
    made = config.decode().partition("[profile a-source-2]\n")[2]
    assert f"credential-process a-source-2 --key {KEY}\n" in made
    assert visit.found("role-with-process") == []


def test_a_role_that_is_its_own_process_needs_a_person(visit: Visit) -> None:
    visit.config(f"{A}{ROLE}credential_process = /usr/bin/awsprof credential-process a\n")
    (finding,) = visit.found("role-with-process")
    assert finding.fault.repair is None


def test_keys_in_the_credentials_file_hide_the_role_from_those_above(visit: Visit) -> None:
    visit.config(f"{A}{ROLE}source_profile = b\n[profile b]\ncredential_process = x\n")
    visit.credentials(f"[a]\n{KEYS}")
    (finding,) = visit.found("credentials-shadow-config")
    assert finding.severity is Severity.WARNING
    assert "~/.aws/credentials:2 hide role_arn" in finding.fault.message
    assert str(finding.fault.origin) == "~/.aws/config:2"


def test_half_a_key_beside_a_process_goes_and_the_identity_stays(visit: Visit) -> None:
    """To add the key whole would make the profile somebody else."""
    visit.config(f"{A}{LINE}aws_access_key_id = {KEY}\n")
    (finding,) = visit.found("half-key")
    assert finding.fix == "awsprof unset a aws_access_key_id"


def test_an_old_token_beside_a_long_term_key_is_told_once(visit: Visit) -> None:
    """Other SDKs overlook it: under its new name it would break the key for them too."""
    visit.config(f"{A}{KEYS}aws_security_token = old\n")
    assert visit.found("legacy-security-token") == []
    (finding,) = visit.found("token-with-long-term-key")
    assert finding.fix == "awsprof unset a aws_security_token"


def test_keys_hide_nothing_where_they_are_the_role_s_own(visit: Visit) -> None:
    visit.config(f"{A}{ROLE}source_profile = a\n[profile b]\ncredential_process = x\n")
    visit.credentials(f"[a]\n{KEYS}")
    assert visit.found("credentials-shadow-config") == []


@pytest.mark.parametrize("id_in", ["config", "credentials"])
@pytest.mark.parametrize("more", ["", LINE])
def test_half_a_key_in_each_file_is_half_a_key(visit: Visit, id_in: str, more: str) -> None:
    """No SDK uses either, and nobody is told to remove the only copy of the secret."""
    id, secret = KEYS.splitlines(keepends=True)
    of_config, of_credentials = (id, secret) if id_in == "config" else (secret, id)
    visit.config(A + of_config + more)
    visit.credentials(f"[a]\n{of_credentials}")
    (finding,) = visit.found("half-key")
    other = "credentials" if id_in == "config" else "config"
    assert finding.message == f"Its secret is in another file, at ~/.aws/{other}:2."
    assert visit.found("second-key") == []


def test_the_secret_of_another_key_is_not_called_the_missing_half(visit: Visit) -> None:
    visit.config(A + KEYS.replace(KEY, KEY.replace("IOSFODNN7", "I44QH8DHB")))
    visit.credentials(f"[a]\naws_access_key_id = {KEY}\n")
    (finding,) = visit.found("half-key")
    assert finding.message == f"{KEY} has no aws_secret_access_key."
    visit.config(A + KEYS)
    (finding,) = visit.found("half-key")
    assert "~/.aws/config:3" in finding.message


def test_a_secret_that_is_the_profiles_name_too_leaves_the_mend_typeable(visit: Visit) -> None:
    visit.credentials("[minio]\naws_access_key_id = minio\naws_secret_access_key = minio\n")
    fixes = [finding.fix for finding in run_offline(visit.context()) if finding.profile == "minio"]
    assert not any("***" in fix for fix in fixes)


def test_another_key_in_the_other_file_is_told_and_neither_is_moved(visit: Visit) -> None:
    """Moving the one in use would delete the other, which nobody named."""
    visit.config(A + KEYS.replace(KEY, KEY.replace("IOSFODNN7", "I44QH8DHB")))
    visit.credentials(f"[a]\n{KEYS}")
    (finding,) = visit.found("second-key")
    assert str(finding.fault.origin) == "~/.aws/config:2"
    assert "use the one at ~/.aws/credentials:2" in finding.message
    assert visit.found("plaintext-long-term-key") == []
    visit.config(A + KEYS)  # the same one
    assert visit.found("second-key") == []
    assert len(visit.found("plaintext-long-term-key")) == 1


@pytest.mark.parametrize(
    ("source", "more", "new", "is_source"),
    [
        ("source_profile = a\n", "", "a-key", True),
        ("source_profile = a\n", "[profile a-key]\n", "a-key-2", True),
        ("", "", "a-key", True),
        ("source_profile = b\n", "[profile b]\n", "a-key", False),
    ],
)
def test_the_key_of_a_role_of_its_own_gets_a_profile_and_the_role_stays(
    visit: Visit, source: str, more: str, new: str, is_source: bool
) -> None:
    """keys move refuses a role; what the doctor says instead can be typed, and changes no other."""
    visit.config(f"{A}{ROLE}{source}region = us-east-1\n{more}")
    visit.credentials(f"[a]\n{KEYS}")
    (finding,) = visit.found("plaintext-long-term-key")
    assert finding.fix.split(" && ") == [
        f"awsprof keys import {new} --from=a",
        *[f"awsprof set a source_profile {new}"] * is_source,
        "awsprof unset a aws_access_key_id",
        "awsprof unset a aws_secret_access_key",
    ]


def test_a_line_of_default_in_capitals_has_one_fix_for_all_its_profiles(visit: Visit) -> None:
    """A command for one profile would be refused, or name a command that is refused."""
    visit.config(
        "[DEFAULT]\nduration_seconds = 600\nmfa_serial = arn:aws:iam::123456789012:mfa/a\n"
        + "".join(f"[profile {name}]\n{ROLE}source_profile = a\n" for name in ("r", "q"))
        + A
    )
    visit.credentials(f"[DEFAULT]\n{KEYS}[a]\n[b]\n")
    fixes: dict[str, set[str]] = {}
    for finding in run_offline(visit.context()):
        if finding.fault.profile and finding.fault.origin:
            fixes.setdefault(finding.id, set()).add(finding.fix)
    to = "to the profiles that need"
    both = "move aws_access_key_id and aws_secret_access_key from [DEFAULT] (~/.aws/credentials:2)"
    device = f"move mfa_serial from [DEFAULT] (~/.aws/config:3) {to} it, in an editor"
    assert fixes.pop("plaintext-long-term-key") == {f"{both} {to} them, in an editor"}
    assert fixes.pop("orphan-mfa-serial") == {f"{both} {to} them, in an editor"}
    assert fixes.pop("short-duration") == {
        f"move duration_seconds from [DEFAULT] (~/.aws/config:2) {to} it, in an editor"
    }
    assert fixes.pop("mfa-in-few-tools") == {device}


def test_the_fix_of_a_dead_key_in_default_in_capitals_stays(visit: Visit) -> None:
    visit.credentials(f"[DEFAULT]\n{KEYS}[a]\n")
    found = [f for f in run_offline(visit.context("a")) if f.id == "plaintext-long-term-key"]
    refined = found[0].fault.refined_by_answer
    assert refined is not None
    dead = CredentialsError("No.", "x", code="InvalidClientTokenId")
    answered = refined(LiveResult(visit.context().catalog.get("a"), error=dead))
    assert "AWS rejects this key" in answered.message
    assert answered.fix == found[0].fix
