"""The doctor and `sso discover` against an AWS that takes its time, beside the calls alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench.measuring import Row, rows_beside, run, tell, waiting_for
from tests.standins.cli_runner import AWSPROF

LATENCY_S = 0.06
CALLS_PER_S = 100
ARN = "arn:aws:iam::210987654321:role/Audit"
# The stand-in in a process of its own: it is to take none of our time.
_SERVER = """
import json, sys, threading, time
from tests.standins import identity_center
from tests.standins.aws import Aws, serving

class Gate:
    def __init__(self):
        self.lock, self.next = threading.Lock(), 0.0
    def __call__(self):
        with self.lock:
            now = time.monotonic()
            self.next = max(self.next, now) + 1 / {calls_per_s}
            wait = self.next - now
        time.sleep(wait)

with serving(Aws()) as aws:
    aws.answering = Gate() if {calls_per_s} else lambda: time.sleep({latency_s})
    aws.approve_at_once = True
    aws.page = 100
    aws.role("Audit")
    for account in range({accounts}):
        aws.accounts[f"{{account + 10**11}}"] = (f"Account {{account:04}}", ("A", "B", "C"))
    key = aws.user("alice")
    print(json.dumps([aws.environment, aws.url, key.id, key.secret]), flush=True)
    sys.stdin.read()
"""
# What the doctor has to ask: AssumeRole and GetCallerIdentity for each role, by one client.
_FLOOR = """
import sys
from concurrent.futures import ThreadPoolExecutor
from botocore.config import Config
from botocore.session import Session
key, secret, arn, count = sys.argv[1:]
session = Session()
session.set_credentials(key, secret)
config = Config(max_pool_connections=16)
sts = session.create_client("sts", region_name="eu-west-1", config=config)
def ask(number):
    sts.assume_role(RoleArn=arn, RoleSessionName="floor")
    sts.get_caller_identity()
with ThreadPoolExecutor(16) as pool:
    list(pool.map(ask, range(int(count))))
"""
# The doctor without its printing. Not ru_maxrss: it begins at that of the process that forked.
_CHECK = """
import pathlib
import awsprof
awsprof.check(timeout=600)
status = pathlib.Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
print(*[line.split()[1] for line in lines if line.startswith("VmHWM")] or [0])
"""


def far_away(home: Path) -> list[Row]:
    """200 and 2,000 profiles that the doctor asks for, and 6,000 that discovery finds."""
    config = home / ".aws" / "config"
    return [*_doctor(config), *_discovery(config)]


def _doctor(config: Path) -> list[Row]:
    rows, memory = [], []
    with _aws() as (_, key_id, secret):
        for count, pairs in ((200, 3), (2000, 1)):
            config.write_text(_profiles(count, key_id, secret))
            floor = (sys.executable, "-c", _FLOOR, key_id, secret, ARN, str(count - 1))
            than = f"the calls alone, {count:,} profiles in 16 threads"
            what = f"the doctor of {count:,} profiles, AWS 60 ms away"
            most: list[float] = []
            ways = {than: partial(run, *floor), what: partial(_check, most)}
            rows += rows_beside(waiting_for(ways, pairs), than, "ms of waiting")
            memory.append(median(most))
    if all(memory):
        small, large = memory
        rows.append(Row("  its memory, 2,000 profiles", large, "200 profiles", small, 1, "MB"))
        tell(rows[-1:])
    return rows


def _discovery(config: Path) -> list[Row]:
    """20 pages of accounts and 2,000 of roles."""
    with _aws(accounts=2000, calls_per_s=CALLS_PER_S) as (url, _, _):
        session = f"[sso-session corp]\nsso_start_url = {url}/start\nsso_region = eu-west-1\n"
        config.write_text(f"{session}sso_registration_scopes = sso:account:access\n")
        run(AWSPROF, "login", "--session", "corp", "--device-code")
        discover = (AWSPROF, "sso", "discover", "corp", "--region", "eu-west-1", "--yes")
        what = "awsprof sso discover, 6,000 profiles, 100 calls a second"
        found = waiting_for({what: partial(run, *discover)}, 1)
    calls, than = 2020 / CALLS_PER_S, "2,020 calls, 100 a second"
    rows = [Row(what, found.medians[what], than, calls, 1, "ms of waiting")]
    tell(rows)
    return rows


@contextmanager
def _aws(accounts: int = 0, calls_per_s: int = 0) -> Iterator[tuple[str, str, str]]:
    """Its URL, and a key; our environment leads to it."""
    code = _SERVER.format(latency_s=LATENCY_S, accounts=accounts, calls_per_s=calls_per_s)
    before = dict(os.environ)
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    environment, url, key_id, secret = json.loads(server.stdout.readline())
    os.environ.update(environment)
    try:
        yield url, key_id, secret
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.communicate("")


def _profiles(count: int, key_id: str, secret: str) -> str:
    key = f"[profile key]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    role = f"role_arn = {ARN}\nsource_profile = key\nregion = eu-west-1\n"
    roles = "".join(f"[profile p{number}]\n{role}" for number in range(count - 1))
    return f"{key}region = eu-west-1\n{roles}"


def _check(most: list[float]) -> None:
    """Check all profiles; adds the most that it held at once, in MB, or 0 if that is not told."""
    said = subprocess.run(
        [sys.executable, "-c", _CHECK], capture_output=True, text=True, check=True
    )
    most.append(float(said.stdout) / 1000)
