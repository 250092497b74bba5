"""The doctor beside a boto3 Session for each profile, against an AWS that is 60 ms away."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measuring import run, tell, took
from tests.standins.cli_runner import AWSPROF

LATENCY_S = 0.06
ARN = "arn:aws:iam::210987654321:role/Audit"
# The stand-in in a process of its own: it is to take none of the doctor's time.
SERVER = f"""
import sys, time
from tests.standins.aws import Aws, serving
with serving(Aws()) as aws:
    aws.answering = lambda: time.sleep({LATENCY_S})
    aws.role("Audit")
    key = aws.user("alice")
    print(aws.url, key.id, key.secret, flush=True)
    sys.stdin.read()
"""
EACH = """
import boto3
for name in boto3.Session().available_profiles:
    boto3.Session(profile_name=name).client("sts").get_caller_identity()
"""
OFFLINE = """
import time
import awsprof
began = time.process_time()
awsprof.check(live=False)
print(time.process_time() - began)
"""

# Not ru_maxrss: a child's begins at that of the process which started it.
MEMORY = """
import pathlib
import awsprof
awsprof.check(timeout=600)
status = pathlib.Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
print(*[line.split()[1] for line in lines if line.startswith("VmHWM")] or [0])
"""


@contextmanager
def far_away() -> Iterator[tuple[str, str, str]]:
    """Its URL, and a key."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url, key_id, secret = server.stdout.readline().split()
    try:
        yield url, key_id, secret
    finally:
        server.communicate("")


def _profiles(count: int, key_id: str, secret: str) -> str:
    key = f"[profile key]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    role = f"role_arn = {ARN}\nsource_profile = key\nregion = eu-west-1\n"
    return (
        key
        + "region = eu-west-1\n"
        + "".join(f"[profile p{number}]\n{role}" for number in range(count - 1))
    )


def doctor(home: Path) -> None:
    """200 profiles, 2,000 profiles, and 1,000 without the network."""
    config = home / ".aws" / "config"
    kept = config.read_bytes()
    with far_away() as (url, key_id, secret):
        for name in ("STS", "IAM"):
            os.environ[f"AWS_ENDPOINT_URL_{name}"] = url
        config.write_text(_profiles(200, key_id, secret))
        ours = took(lambda: run(AWSPROF, "doctor", "--json"), 3)
        theirs = took(lambda: run(sys.executable, "-c", EACH), 1)
        tell("doctor of 200 profiles, AWS 60 ms away", ours, "a boto3 Session for each", theirs)
        small = _memory()
        config.write_text(_profiles(2000, key_id, secret))
        large = took(lambda: run(AWSPROF, "doctor", "--json", "--timeout", "600"), 1)
        tell("doctor of 2,000 profiles", large, "ten times that of 200", 10 * ours)
        memory = _memory()
        print(f"  its memory: {small:.0f} MB for 200, {memory:.0f} MB for 2,000")
    config.write_text(_profiles(1000, "AKIAIOSFODNN7EXAMPLE", "x"))
    said = subprocess.run(
        [sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=True
    )
    print(f"doctor --offline of 1,000 profiles: {float(said.stdout):.2f} s of CPU")
    config.write_bytes(kept)


def _memory() -> float:
    """The most that a check of all profiles held at once, in MB; 0 where that cannot be told."""
    said = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    )
    return float(said.stdout) / 1000
