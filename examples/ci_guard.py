"""Deploy to the right account or not at all: python -m examples.ci_guard ACCOUNT

On a person's machine this is the profile "deploy". In CI there is none: there boto3 finds what the
machine has (a role by OIDC, a container's, variables). Either way nothing is called in an account
that is not the one named here.
"""

import sys

from botocore.exceptions import NoCredentialsError

import awsprof


def main(account: str) -> int:
    """Print what is there; 1 where it is another account, or nobody."""
    try:
        session = awsprof.session(
            "deploy", account=account, on_missing="default", interactive=False
        )
        buckets = session.client("s3").list_buckets()["Buckets"]
    except (awsprof.AwsprofError, NoCredentialsError) as exc:
        print(f"not deployed: {exc}", file=sys.stderr)
        return 1
    print(f"{account}: {len(buckets)} buckets")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
