"""Forms of profiles that awsprof does not write, and reads all the same."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from awsprof.profiles.catalog import Catalog
from awsprof.signin.identity import whoami
from awsprof.signin.identity_center import device, token_cache
from tests.standins.people import Answering
from tests.unit.signin.conftest import Bench


def test_a_legacy_profile_of_identity_center(bench: Bench) -> None:
    """One without a session: its token is named by the start URL, as older AWS CLIs wrote it."""
    bench.aws.approve_at_once = True
    bench.aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    url = f"{bench.aws.url}/start"
    session = f"[sso-session corp]\nsso_start_url = {url}\nsso_region = eu-west-1\n"
    legacy = (
        f"[profile old]\nsso_start_url = {url}\nsso_region = eu-west-1\n"
        "sso_account_id = 345678901234\nsso_role_name = ReadOnly\n"
    )
    resolver = bench.resolver(session, legacy)
    token = device.sign_in(Catalog.load().session("corp"), Answering())
    path = token_cache.file_of(Catalog.load().session("corp"))
    name = hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()
    data = {
        "startUrl": url,
        "region": "eu-west-1",
        "accessToken": token.access.reveal(),
        "expiresAt": token_cache.at(datetime.now(UTC) + timedelta(hours=1)),
    }
    path.with_name(f"{name}.json").write_text(json.dumps(data))
    assert "AWSReservedSSO_ReadOnly" in whoami(resolver.credentials("old")).arn
    facts = resolver.catalog.facts(resolver.catalog.get("old"))
    assert facts.label == "IAM Identity Center, legacy"
