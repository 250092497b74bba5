"""The visit: its rhythm, and that nobody's trouble hides anybody else."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from awsprof.auth.identity_center import device_flow
from awsprof.auth.resolver import Resolver
from awsprof.awsapi.iam import Iam
from awsprof.doctor import checks, runner
from awsprof.doctor.check_context import CheckContext, LiveResult
from awsprof.doctor.findings import Check, Fault, Finding, Severity
from awsprof.doctor.live_probe import LiveProbe
from awsprof.doctor.report import Health, ProfileReport, Report
from awsprof.profiles.catalog import Catalog
from tests.standins.authority import ISSUER, authority
from tests.standins.aws import ACCOUNT, Aws, serving
from tests.standins.behavior import FaultyAws
from tests.standins.cli_runner import AWSPROF
from tests.standins.prompter import FakePrompter
from tests.unit.auth.conftest import Bench

GIVE = """#!{python}
import json, pathlib
with pathlib.Path("{mark}").open("a") as mark:
    mark.write("x")
print(json.dumps({{"Version": 1, "AccessKeyId": "{id}", "SecretAccessKey": "{secret}"}}))
"""

BOTO = """
import boto3, json, sys
def arn(name):
    try:
        return boto3.Session(profile_name=name).client("sts").get_caller_identity()["Arn"]
    except Exception:
        return None
print(json.dumps({name: arn(name) for name in sys.argv[1:]}))
"""


@pytest.fixture
def moody(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyAws]:
    aws = FaultyAws()
    with serving(aws):
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        yield aws
        aws.over.set()


@pytest.fixture
def bench(moody: FaultyAws, home: Path) -> Bench:
    made = Bench(moody, home)
    made.line = made.line.replace("/usr/bin/awsprof", AWSPROF)
    return made


class Round:
    """A visit to the profiles of a config."""

    def __init__(self, bench: Bench, *sections: str) -> None:
        bench.config.write_text("\n".join(sections))
        bench.config.chmod(0o600)
        self._bench = bench

    def held(
        self,
        *names: str,
        ask: bool = False,
        timeout: float = 60,
        each: float = 30,
        ignore: str = "",
        progress: Callable[[], object] = lambda: None,
    ) -> Report:
        catalog = Catalog.load()
        vault = self._bench.vault
        age = timedelta(days=90)
        context = CheckContext(
            catalog, names or catalog.names_to_check, os.environ, lambda: vault, _now(), age
        )
        resolver = Resolver(
            catalog, lambda: vault, self._bench.person, cache=self._bench.cache, many=True, ask=ask
        )

        class Held(LiveProbe):
            @property
            def each(self) -> float:
                return each

        told = {part.strip() for part in f"{ignore}, endpoint-override".split(",")}
        probe = Held(resolver, timeout, progress)
        return runner.run_checks(
            context, probe, ignored=lambda f: f.id in told or f"{f.profile}:{f.id}" in told
        )


def _now() -> datetime:
    return datetime.now(UTC)


def plain(name: str, bench: Bench, more: str = "") -> str:
    """A profile with a key of its own in the file."""
    key = bench.aws.user(name)
    keys = f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    return f"[profile {name}]\n{keys}region = eu-west-1\n{more}"


def one(report: Report, name: str) -> ProfileReport:
    return next(profile for profile in report.profiles if profile.name == name)


def healths(report: Report) -> dict[str, Health]:
    return {profile.name: profile.health for profile in report.profiles}


def identities(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.id == "identity"]


def program(path: Path, bench: Bench) -> Path:
    """A credential_process that leaves a mark each time it runs."""
    key = bench.key
    mark = path.with_suffix(".mark")
    path.write_text(GIVE.format(python=sys.executable, mark=mark, id=key.id, secret=key.secret))
    path.chmod(0o755)
    return mark


def test_each_source_is_signed_in_once_however_many_stand_on_it(
    bench: Bench, tmp_path: Path
) -> None:
    bench.aws.role("Admin")
    mark = program(tmp_path / "give", bench)
    source = f"[profile source]\ncredential_process = {tmp_path / 'give'}\n"
    trusted = ("arn:aws:iam::210987654321:root",)
    bench.aws.role("Deep", account="345678901234", trusted=trusted)
    deep = "[profile {}]\nrole_arn = arn:aws:iam::345678901234:role/Deep\nsource_profile = mid\n"
    report = Round(
        bench,
        source,
        bench.role("mid", "source"),
        *(bench.role(f"r{number}", "source") for number in range(10)),
        *(deep.format(f"d{number}") for number in range(10)),
    ).held()
    assert {p.name for p in report.profiles if p.arn} == {p.name for p in report.profiles}
    assert mark.read_text() == "x"
    # Eleven roles on the source, ten on one of those.
    assert bench.aws.calls.count("AssumeRole") == 21


def test_what_boto3_answers_profile_by_profile_is_what_is_reported(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")  # they answer for nobody
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    bench.aws.role("Admin")
    bench.aws.role("Strict", external_id="example")
    program(tmp_path / "give", bench)
    bench.aws.approve_at_once = True
    bench.aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    corp = f"[sso-session corp]\nsso_start_url = {bench.aws.url}/start\nsso_region = eu-west-1\n"
    strict = "role_arn = arn:aws:iam::210987654321:role/Strict\nsource_profile = alice\n"
    region = "region = eu-west-1\n"
    credentials = bench.config.with_name("credentials")
    shadow = bench.aws.user("shadow")
    credentials.write_text(
        f"[both]\naws_access_key_id = {shadow.id}\naws_secret_access_key = {shadow.secret}\n"
    )
    credentials.chmod(0o600)
    sso = "sso_session = corp\nsso_account_id = 345678901234\nsso_role_name = ReadOnly\n"
    visit = Round(
        bench,
        plain("alice", bench),
        bench.role("on-keys", "alice", f"{region}role_session_name = me\n"),
        f"[profile given]\ncredential_process = {tmp_path / 'give'}\n{region}",
        bench.role("on-process", "given", f"{region}role_session_name = me\n"),
        f"[profile strict]\n{strict}{region}",
        f"[profile strict-ok]\n{strict}{region}external_id = example\nrole_session_name = me\n",
        f"[profile self]\n{plain('own', bench).partition(chr(10))[2]}"
        "role_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = self\n"
        "role_session_name = me\n",
        f"[profile both]\ncredential_process = {tmp_path / 'give'}\n{region}",
        f"{corp}[profile sso]\n{sso}{region}",
        "[profile settings]\nregion = eu-west-1\n",
    )
    device_flow.sign_in_by_device_code(Catalog.load().session("corp"), bench.person)
    report = visit.held()

    names = [profile.name for profile in report.profiles]
    done = subprocess.run(
        [sys.executable, "-c", BOTO, *names], capture_output=True, text=True, check=True
    )
    theirs = json.loads(done.stdout)
    assert {p.name: p.arn for p in report.profiles} == theirs
    assert sorted(name for name, arn in theirs.items() if arn is None) == ["settings", "strict"]


def test_without_being_asked_for_a_code_a_profile_waits_and_its_key_is_looked_at(
    bench: Bench,
) -> None:
    bench.aws.role("Admin", mfa=True)
    mfa = f"mfa_serial = {bench.device.serial}\n"
    visit = Round(bench, bench.base(mfa), bench.role(), bench.role("two"))
    report = visit.held()
    assert set(healths(report).values()) == {Health.WAITING}
    assert report.ok
    assert bench.person.asked == []
    assert "GetSessionToken" not in bench.aws.calls
    bench.key.active = False
    assert one(visit.held(), "base").health is Health.BROKEN


SSO = """[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
"""
ON = """sso_session = corp
sso_account_id = 345678901234
sso_role_name = ReadOnly
region = eu-west-1
"""


@pytest.mark.parametrize("live", [True, False], ids=["live", "offline"])
def test_who_is_only_signed_out_is_not_broken(bench: Bench, live: bool) -> None:
    lost = bench.role("lost", "nobody")
    sections = (SSO, f"[profile dev]\n{ON}", bench.role("above", "dev"), bench.base(), lost)
    visit = Round(bench, *sections)
    context = CheckContext.of(Catalog.load(), Catalog.load().names_to_check)
    report = visit.held() if live else runner.run_checks(context)
    states = {p.name: p.state for p in report.profiles}
    assert states["dev"] is states["above"] is Health.SIGNED_OUT
    assert Health.SIGNED_OUT not in {states["base"], states["lost"]}
    assert one(report, "above").sign_in == "awsprof login --session corp"
    assert not report.ok  # the exit code stays 1: scripts wait for the sign-in
    told = {p["name"]: (p["health"], p["sign_in"]) for p in report.as_json()["profiles"]}
    health = "broken" if live else "not asked"
    assert told["dev"] == (health, "awsprof login --session corp")
    assert told["base"][1] is told["lost"][1] is None


def test_who_has_another_fault_too_is_broken_although_signed_out(bench: Bench) -> None:
    report = Round(bench, SSO, f"[profile dev]\n{ON}sso_session = gone\n").held()
    assert one(report, "dev").state is Health.BROKEN


def test_interactively_each_device_is_asked_for_one_code(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    key, phone = bench.aws.user("bob"), bench.aws.device("bob")
    devices = {bench.device.serial: bench.device, phone.serial: phone}

    class Both(FakePrompter):
        def code(self, *, profile: str, device: str) -> str:
            self.asked.append((profile, device))
            return devices[device].code()

    bench.person = Both()
    mfa = f"mfa_serial = {bench.device.serial}\n"
    bobs = f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    long = "duration_seconds = 43200\n"
    report = Round(
        bench,
        bench.base(mfa),
        bench.role("a"),
        bench.role("b", more=mfa),
        bench.role("c", more=f"{mfa}{long}"),
        f"[profile bob]\n{bobs}",
        *(bench.role(f"bob{n}", "bob", f"mfa_serial = {phone.serial}\n") for n in range(3)),
    ).held(ask=True)
    assert [p.name for p in report.profiles if p.arn is None] == []
    assert sorted(device for _, device in bench.person.asked) == sorted(devices)
    assert bench.aws.calls.count("GetSessionToken") == 2


def test_a_wrong_code_is_asked_and_told_once_for_all_who_stand_on_it(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    bench.person = FakePrompter(lambda: "000000")
    mfa = f"mfa_serial = {bench.device.serial}\n"
    report = Round(bench, bench.base(mfa), *(bench.role(f"r{n}") for n in range(4))).held(ask=True)
    assert set(healths(report).values()) == {Health.BROKEN}
    assert len(bench.person.asked) == 1
    (found,) = identities(report)
    assert (found.profile, found.fault.affects) == ("base", ("r0", "r1", "r2", "r3"))


def test_what_is_broken_in_the_file_is_not_asked_of_aws(bench: Bench) -> None:
    lost = bench.role("lost", "nobody")
    report = Round(bench, lost, bench.role("above", "lost"), plain("well", bench)).held()
    assert healths(report)["well"] is not Health.BROKEN
    assert "AssumeRole" not in bench.aws.calls
    assert not one(report, "lost").arn


def test_those_that_hang_are_given_up_and_hold_up_nobody(bench: Bench, moody: FaultyAws) -> None:
    visit = Round(bench, *(plain(f"p{number}", bench) for number in range(20)))
    hanging = {f"p{number}" for number in range(17)}  # more than there are hands
    moody.hanging = {key.id for n in hanging for key in moody.moto.keys_of(n, ACCOUNT)}
    report = visit.held(each=3)  # what does answer needs over a second on a busy machine
    assert {p.name for p in report.profiles if p.arn} == {"p17", "p18", "p19"}
    told = {
        f.profile for f in identities(report) if "No answer within 3 seconds" in f.fault.message
    }
    assert told == hanging
    assert report.complete


@pytest.mark.parametrize("stopped", [False, True])
def test_cut_short_it_says_why_those_are_broken_that_were_asked(
    bench: Bench, moody: FaultyAws, stopped: bool
) -> None:
    gone = plain("gone", bench)
    for key in moody.moto.keys_of("gone", ACCOUNT):
        key.active = False
    visit = Round(bench, gone, *(plain(f"p{number}", bench) for number in range(40)))
    moody.latency = 0.4

    def stop() -> None:
        if stopped:
            raise KeyboardInterrupt

    hanging = {key.id for n in range(40) for key in moody.moto.keys_of(f"p{n}", ACCOUNT)}
    moody.hanging = hanging
    report = visit.held(timeout=30 if stopped else 6, progress=stop)
    assert not report.complete
    assert "deleted or is inactive" in one(report, "gone").findings[0].fault.message


def test_time_is_up(bench: Bench, moody: FaultyAws) -> None:
    visit = Round(bench, *(plain(f"p{number}", bench) for number in range(40)))
    moody.latency = 0.4
    report = visit.held(timeout=1)
    assert not report.complete
    assert not report.ok
    (told,) = [f for f in report.general if f.id == "identity"]
    assert "Timed out after 1 seconds" in told.fault.message
    assert "--timeout" in told.fault.fix


def test_no_network_is_said_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sections = [plain(f"p{number}", bench) for number in range(30)]
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")  # nobody is there
    report = Round(bench, *sections).held()
    (told,) = [f for f in report.findings if f.id == "identity"]
    assert told.profile is None
    assert "nothing answers there. 30 profiles could not be checked." in told.fault.message
    assert set(healths(report).values()) <= {Health.UNASKED, Health.TO_LOOK_AT}


def test_a_proxy_that_is_not_there_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sections = [plain(f"p{number}", bench) for number in range(3)]
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "https://sts.example.com")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    (told,) = identities(Round(bench, *sections).held())
    assert "The proxy 127.0.0.1:9 cannot be reached" in told.fault.message
    assert "HTTPS_PROXY" in told.fault.fix


def test_an_authority_that_nobody_knows_here_is_named(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, bundle = authority(tmp_path)
    with serving(Aws(), context) as aws:
        bench.aws = aws
        visit = Round(bench, *(plain(f"p{number}", bench) for number in range(3)))
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", aws.url)
        (told,) = identities(visit.held())
        assert ISSUER in told.fault.message
        assert "ca_bundle" in told.fault.fix
        monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
        assert visit.held().ok


def test_a_region_that_is_not_enabled_is_told_from_a_key_that_is_gone(
    bench: Bench, moody: FaultyAws
) -> None:
    moody.closed = {"af-south-1"}
    moody.role("Admin")
    alice = plain("alice", bench).replace("eu-west-1", "af-south-1")
    gone = plain("gone", bench).replace("eu-west-1", "af-south-1")
    visit = Round(bench, alice, bench.role("admin", "alice", "region = af-south-1\n"), gone)
    for key in moody.moto.keys_of("gone", ACCOUNT):
        key.active = False
    report = visit.held()
    told = {f.profile: f.fault for f in identities(report)}
    assert "not enabled in the account" in told["alice"].message
    assert told["alice"].fix.startswith("awsprof set alice region us-east-1")
    assert "deleted or is inactive" in told["gone"].message


@pytest.mark.parametrize("ahead", [-720, 720])
def test_a_clock_that_is_off_is_told_once_with_the_minutes(bench: Bench, ahead: int) -> None:
    visit = Round(bench, plain("a", bench), plain("b", bench))
    bench.aws.ahead = ahead
    report = visit.held()
    (told,) = [f for f in report.general if f.id == "clock-skew"]
    direction = "behind" if ahead > 0 else "ahead"
    assert f"12 minutes {direction}" in told.fault.message
    assert set(healths(report).values()) == {Health.BROKEN}


def test_other_people_s_process_in_a_file_that_others_can_write_is_not_run(
    bench: Bench, tmp_path: Path
) -> None:
    mark = program(tmp_path / "give", bench)
    visit = Round(bench, f"[profile p]\ncredential_process = {tmp_path / 'give'}\n")
    bench.config.chmod(0o666)
    report = visit.held()
    assert not mark.exists()
    assert one(report, "p").health is Health.BROKEN


def test_iam_is_asked_once_of_each_key(bench: Bench) -> None:
    same = f"aws_access_key_id = {bench.key.id}\naws_secret_access_key = {bench.key.secret}\n"
    Round(bench, *(f"[profile p{n}]\n{same}" for n in range(10))).held()
    assert bench.aws.calls.count("ListAccessKeys") == 1
    assert bench.aws.calls.count("ListMFADevices") == 1


def test_the_live_checks_of_a_profile_run_once_while_others_are_still_asked(
    bench: Bench, moody: FaultyAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Round(bench, *(plain(f"p{number}", bench) for number in range(40)))
    ran: list[tuple[str, str]] = []

    def counted(check: Check) -> Check:
        def run(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
            ran.append((check.id, answered.profile.name))
            yield from check.run(context, answered)

        return replace(check, run=run) if check.live else check

    every = [counted(check) for check in checks.all_checks()]
    monkeypatch.setattr(checks, "all_checks", lambda: every)
    moody.latency = 0.05
    visit.held()
    assert len(ran) == len(set(ran)) == 40 * sum(check.live for check in every)
    calls = bench.aws.calls
    last = len(calls) - 1 - calls[::-1].index("GetCallerIdentity")
    assert calls.index("ListAccessKeys") < last


def test_who_a_profile_is_stands_in_the_report_although_iam_hangs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up = Event()

    def hang(*_: object) -> None:
        held_up.wait(30)

    monkeypatch.setattr(Iam, "access_keys", hang)
    try:
        report = Round(bench, plain("slow", bench), bench.base()).held(each=2)
    finally:
        held_up.set()
    assert one(report, "slow").arn
    assert report.complete
    assert not identities(report)


def test_all_are_asked_who_they_are_while_iam_hangs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Round(bench, *(plain(f"p{number}", bench) for number in range(40)))
    known: list[None] = []
    over = Event()

    def count() -> None:
        known.append(None)
        if len(known) == 40:  # more than twice as many as there are hands
            over.set()

    ask = Iam.access_keys

    def hang(iam: Iam, user: str | None = None) -> object:
        over.wait(60)
        return ask(iam, user)

    monkeypatch.setattr(Iam, "access_keys", hang)
    try:
        report = visit.held(each=60, progress=count)
    finally:
        over.set()
    assert report.complete
    assert sum(p.arn is not None for p in report.profiles) == 40
    assert bench.aws.calls.count("ListAccessKeys") == 40


def test_interrupted_while_iam_hangs_it_tells_who_they_are(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Round(bench, *(plain(f"p{number}", bench) for number in range(10)))
    hanging: list[object] = []
    over = Event()

    def hang(iam: Iam, user: str | None = None) -> tuple[()]:
        hanging.append(iam)
        if len(hanging) == 10:
            signal.raise_signal(signal.SIGINT)  # Python raises it in the main thread
        over.wait(60)
        return ()

    monkeypatch.setattr(Iam, "access_keys", hang)
    try:
        report = visit.held()
    finally:
        over.set()
    assert report.interrupted
    assert sum(p.arn is not None for p in report.profiles) == 10


def test_settings_alone_are_no_profile_to_ask_for(bench: Bench) -> None:
    report = Round(bench, "[default]\nregion = eu-west-1\n", bench.base()).held()
    assert one(report, "default").health is Health.UNASKED
    assert report.ok


def test_a_profile_named_default_in_capitals_is_asked_and_the_section_default_is_not(
    bench: Bench,
) -> None:
    named = plain("DEFAULT", bench)
    assert one(Round(bench, named).held(), "DEFAULT").arn
    section = named.replace("profile ", "")
    report = Round(bench, section, plain("a", bench)).held()
    assert not any(profile.arn for profile in report.profiles if profile.name == "DEFAULT")


def test_interrupted_it_tells_what_is_known(bench: Bench) -> None:
    asked: list[None] = []

    def interrupt() -> None:
        asked.append(None)
        if len(asked) == 3:
            raise KeyboardInterrupt

    bench.aws.user("p0")
    visit = Round(bench, *(plain(f"p{number}", bench) for number in range(20)))
    report = visit.held(progress=interrupt)
    assert report.interrupted
    assert not report.complete
    assert sum(p.arn is not None for p in report.profiles) == 3


def test_a_vault_that_cannot_be_used_hides_no_other_key(bench: Bench) -> None:
    visit = Round(bench, bench.base(), plain("well", bench))
    bench.vault.broken = True
    report = visit.held()
    assert one(report, "well").arn
    assert not one(report, "base").arn


def dead(bench: Bench) -> str:
    """A profile whose key is switched off."""
    text = plain("gone", bench)
    for key in bench.aws.moto.keys_of("gone", ACCOUNT):
        key.active = False
    return text


def test_a_dead_key_under_many_roles_is_one_finding(bench: Bench) -> None:
    roles = [bench.role(f"r{n}", source="gone") for n in range(30)]
    report = Round(bench, dead(bench), *roles, bench.role("deep", source="r0")).held()
    (found,) = identities(report)
    assert found.profile == "gone"
    assert found.fault.affects == (*(f"r{n}" for n in range(30)), "deep")
    assert "31 profiles depend on it: r0, r1, r2, r3, r4 and 26 more." in found.message
    assert "remove" not in found.fix
    # The rest of the mend stays whole.
    assert "awsprof add keys gone; to use AWS itself, unset the endpoint" in found.fix
    assert set(healths(report).values()) == {Health.BROKEN}


def test_a_role_that_is_asked_of_alone_names_the_key_beneath(bench: Bench) -> None:
    report = Round(bench, dead(bench), bench.role("r", source="gone")).held("r")
    (found,) = [finding for finding in report.general if finding.id == "identity"]
    assert found.message.startswith("gone: ")
    assert found.fault.affects == ("r",)


def test_what_keeps_boto3_from_the_file_is_told_of_each_profile(bench: Bench) -> None:
    twice = "[profile other]\nregion = eu-west-1\nregion = eu-west-2\n"
    report = Round(bench, twice, "[profile asked]\nregion = eu-west-1\n").held("asked")
    assert [f.id for f in report.general] == ["duplicate-key"]
    fine = "[profile other]\nregoin = eu-west-1\n"
    report = Round(bench, fine, "[profile asked]\nregion = eu-west-1\n").held("asked")
    assert report.general == ()


def test_a_file_that_cannot_be_read_is_told_once_and_not_at_the_profiles_of_the_other(
    bench: Bench,
) -> None:
    key = bench.aws.user("alice")
    credentials = bench.config.with_name("credentials")
    credentials.write_text(
        f"[own]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    credentials.chmod(0o600)
    report = Round(bench, "<<<<<<< HEAD\n[profile a]\nregion = eu-west-1\n").held()
    assert healths(report)["own"] is Health.BROKEN
    errors = [f.id for f in report.findings if f.severity is Severity.ERROR]
    assert errors == ["line-without-equals"]


def test_a_bad_variable_is_told_once_and_not_at_each_profile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "LEGACY")
    report = Round(bench, plain("alice", bench), plain("bob", bench)).held()
    (found,) = [f for f in report.findings if f.severity is Severity.ERROR]
    assert (found.id, found.fault.affects) == ("env-value-refused", ("alice", "bob"))


def test_a_key_in_plain_text_that_aws_does_not_take_is_not_to_be_moved(bench: Bench) -> None:
    sections = plain("dead", bench), plain("live", bench)
    (dead,) = bench.aws.moto.keys_of("arn:aws:iam::123456789012:user/dead", "123456789012")
    dead.active = False
    report = Round(bench, *sections).held()
    found = {f.profile: f for f in report.findings if f.id == "plaintext-long-term-key"}
    assert found["live"].auto_fixable
    assert not found["dead"].auto_fixable
    assert found["dead"].fix.startswith("awsprof add keys dead")
