"""Count the buckets of many accounts, with a progress bar: python -m examples.inventory 'prod-*'

Profiles are worked through in threads; what fails is told at the end, and stops nobody else.
"""

import sys

import awsprof

WIDTH = 30


def buckets(session: awsprof.Session) -> int:
    """What is done in each account."""
    return len(session.client("s3").list_buckets()["Buckets"])


def bar(step: awsprof.Progress) -> None:
    """Draw how far it is."""
    filled = WIDTH * step.done // step.total
    line = f"\r[{'#' * filled:<{WIDTH}}] {step.done}/{step.total} {step.profile:<20}"
    print(line, end="\n" if step.done == step.total else "", file=sys.stderr, flush=True)


def main(pattern: str) -> int:
    """Print a line for each account; 1 where one of them failed."""
    outcome = awsprof.map(buckets, pattern, workers=16, progress=bar)
    for result in outcome.results:
        print(f"{result.profile:<20} {result.value} buckets")
    for failure in outcome.errors:
        print(f"{failure.profile:<20} {failure.error}", file=sys.stderr)
    return 1 if outcome.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
