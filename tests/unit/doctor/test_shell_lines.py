"""Lines of a shell in a file: written as keys where that makes a whole key, and else left."""

import pytest
from botocore.session import Session

from awsprof.doctor.runner import run_offline
from tests.unit.doctor.conftest import Visit

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
BRIEF, TOKEN = "ASIAIOSFODNN7EXAMPLE", "IQoJb3JpZ2luX2VjEXAMPLE" * 8
ID_VAR, SECRET_VAR, TOKEN_VAR = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
CHECK = "shell-line-in-file"
FORMS = {
    "sh": "export {}={}\n",
    "sh, quoted": 'export {}="{}"\n',
    "sh, ended": "export {}='{}';\n",
    "cmd": "set {}={}\n",
    "cmd, kept": "setx {} {}\n",
    "PowerShell": '$Env:{} = "{}"\n',
    "csh": "setenv {} {}\n",
}


def whole(form: str) -> str:
    pairs = ((ID_VAR, BRIEF), (SECRET_VAR, SECRET), (TOKEN_VAR, TOKEN))
    return "[p]\n" + "".join(form.format(*pair) for pair in pairs)


@pytest.mark.parametrize("form", FORMS)
def test_a_pasted_key_becomes_the_profile_s(form: str, visit: Visit) -> None:
    text = whole(FORMS[form])
    visit.credentials(text)
    told = run_offline(visit.context())
    assert [f.id for f in told if f.severity == "error"] == [CHECK] * 3
    assert {f.id for f in told} <= {CHECK, "region-missing"}
    assert not any(part in f.message + f.fix for f in told for part in (SECRET, TOKEN))
    visit.all_repaired()
    found = Session(profile="p").get_credentials()
    assert (found.access_key, found.secret_key, found.token) == (BRIEF, SECRET, TOKEN)
    visit.taken_back()
    assert visit.bytes("credentials") == text.encode()


KEY = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
LEFT = {
    "a token beside a long-term key": f"{KEY}export {TOKEN_VAR}={TOKEN}\n",
    "a key that is there already": f"{KEY}export {ID_VAR}=AKIAI44QH8DHBEXAMPLE\n",
    "half a key": f"export {ID_VAR}={ID}\n",
    "a reference": f"export {ID_VAR}=$KEY\nexport {SECRET_VAR}={SECRET}\n",
    "two at once": f"export {ID_VAR}={ID} {SECRET_VAR}={SECRET}\n",
    "another secret's halves": f"export {ID_VAR}={ID}\nexport {SECRET_VAR}={SECRET[:-3]}\n",
    "one line twice": f"export AWS_REGION=a\nexport AWS_REGION=b\n{KEY}",
    "what is no key of a file": "export AWS_PROFILE=p\n",
}


@pytest.mark.parametrize("name", LEFT)
def test_what_would_make_it_worse_is_left(name: str, visit: Visit) -> None:
    visit.credentials(f"[p]\n{LEFT[name]}")
    found = visit.found(CHECK)
    assert found
    assert all(f.fault.repair is None for f in found)
    assert not any("--fix" in f.fix or SECRET in f.fix for f in found)


def test_a_profile_that_is_somebody_does_not_become_another(visit: Visit) -> None:
    sso = "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
    visit.config(f"[profile p]\n{sso}sso_account_id = 123456789012\nsso_role_name = R\n")
    visit.credentials(f"[p]\nexport {ID_VAR}={ID}\nexport {SECRET_VAR}={SECRET}\n")
    before = visit.bytes("credentials")
    told = [f for f in run_offline(visit.context()) if f.id == CHECK]
    assert len(told) == 2
    assert not any(f.auto_fixable for f in told)
    assert all("has other credentials" in f.fix for f in told)
    assert visit.bytes("credentials") == before
