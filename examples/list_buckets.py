"""List the S3 buckets of a profile: python -m examples.list_buckets PROFILE

A code is asked for once; the next run, and every other tool, uses the same session.
"""

import sys

import awsprof


def main(profile: str) -> int:
    """Print a bucket a line."""
    try:
        for bucket in awsprof.session(profile).client("s3").list_buckets()["Buckets"]:
            print(bucket["Name"])
    except awsprof.AwsprofError as exc:  # from the call itself, or from the way to credentials
        print(exc, file=sys.stderr)
        return exc.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
