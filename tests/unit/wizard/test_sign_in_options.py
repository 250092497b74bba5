"""What the wizard offers to sign in to: each sign-in once, and nothing that needs none."""

from pathlib import Path

from awsprof.profiles.catalog import Catalog
from awsprof.wizard.choices import SESSION, sign_in_options

CONFIG = """[sso-session corp]
sso_start_url = https://x.awsapps.com/start
sso_region = eu-west-1
[profile dev]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = R
[profile above]
role_arn = arn:aws:iam::123456789012:role/R
source_profile = dev
[profile plain]
credential_process = /bin/true
[profile mfa]
credential_process = /bin/true
mfa_serial = arn:aws:iam::123456789012:mfa/alice
"""


def test_each_sign_in_is_offered_once(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(CONFIG)
    options = sign_in_options(Catalog.load())
    assert [option.value for option in options] == [f"{SESSION}corp", "mfa"]
    assert "signed out" in options[0].title


LEGACY = """[profile {name}]
sso_start_url = https://old.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = R
"""
CONSOLE = """[profile above]
role_arn = arn:aws:iam::123456789012:role/R
source_profile = one
[profile console]
login_session = arn:aws:iam::123456789012:user/alice
"""


def test_a_legacy_start_url_is_offered_once_and_a_login_session_by_its_profile(home: Path) -> None:
    (home / ".aws").mkdir()
    text = LEGACY.format(name="one") + LEGACY.format(name="two") + CONSOLE
    (home / ".aws" / "config").write_text(text)
    catalog = Catalog.load()
    values = [option.value for option in sign_in_options(catalog)]
    assert values == [f"{SESSION}https://old.awsapps.com/start", "console"]
    catalog.session(values[0].removeprefix(SESSION))  # what awsprof login --session takes
