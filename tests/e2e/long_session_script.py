"""A job of four days in 32 threads, as a program: it prints what became of it, as JSON.

Half of the threads share a Session, the others have each their own. The clock is moved on between
two rounds, for the stand-in for AWS too.
"""

from tests.standins.clock import Clock

CLOCK = Clock()
CLOCK.install()  # before all that reads it is imported

import json  # noqa: E402
import os  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from typing import Any  # noqa: E402

import awsprof  # noqa: E402
from tests.standins.aws import Aws, serving  # noqa: E402
from tests.standins.cli_runner import run  # noqa: E402

THREADS = 32
STEP = 23 * 60  # seconds of a round: sessions of an hour are renewed in each second one
ROUNDS = 14  # of a working day, of 5 hours
DAYS = 4
DAY = 24 * 3600


def attempt(client: Any) -> str:
    """What a call of AWS comes to."""
    try:
        client.get_caller_identity()
    except awsprof.AwsprofError as exc:
        return type(exc).__name__
    return "it goes on"


def refused(aws: Aws, client: Any) -> str:
    """What becomes of a session in use whose role is taken away, and given back at last."""
    role = aws.roles["arn:aws:iam::210987654321:role/Admin"]
    trusted, role.trusted = role.trusted, ()
    CLOCK.move(50 * 60)  # time to renew; ten minutes are left
    first = attempt(client)
    CLOCK.move(10 * 60)
    second = attempt(client)
    role.trusted = trusted
    return f"{first}, {second}, {attempt(client)}"


def main() -> None:
    """Do it."""
    with serving(Aws()) as aws:
        os.environ.update(aws.environment)
        key, device = aws.user("alice"), aws.device("alice")
        aws.role("Admin", mfa=True)
        add = ("add", "keys", "base", "--access-key-id", key.id, "--secret-stdin", "--no-verify")
        more = ("--mfa-serial", device.serial, "--region", "eu-west-1", "--yes")
        run(*add, *more, stdin=key.secret)
        run("set", "base", "duration_seconds", "129600", "--no-verify", "--yes")  # 36 hours
        role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base")
        run("add", "role", "admin", *role, "--region", "eu-west-1", "--no-verify", "--yes")
        asked: list[str] = []

        def code(profile: str, _: str) -> str:
            asked.append(profile)
            return device.code()

        shared = awsprof.session("admin", mfa=code)
        own = [awsprof.session("admin", mfa=code) for _ in range(THREADS // 2)]
        sessions = [shared] * (THREADS - len(own)) + own
        credentials = [each.get_credentials() for each in sessions]
        client = shared.client("sts")
        with ThreadPoolExecutor(THREADS) as pool:

            def use(number: int) -> str:
                return str(credentials[number].get_frozen_credentials().access_key)

            used: set[str] = set()
            for _ in range(DAYS):
                for _ in range(ROUNDS):
                    used |= set(pool.map(use, range(THREADS)))
                    arn = client.get_caller_identity()["Arn"]
                    CLOCK.move(STEP)
                CLOCK.move(DAY - ROUNDS * STEP)  # all sleeps, and the roles' sessions end
        before = len(asked)
        CLOCK.move(DAY)  # what lies beneath has ended too
        alone = attempt(awsprof.session("admin", interactive=False).client("sts"))
        again = client.get_caller_identity()["Arn"]
        told = {
            "without_a_person": alone,
            "arn": arn,
            "used": len(used),
            "asked": before,
            "calls": {name: aws.calls.count(name) for name in set(aws.calls)},
            "again": again,
            "asked_again": len(asked) - before,
            "refused": refused(aws, client),
        }
        print(json.dumps(told))


if __name__ == "__main__":
    main()
