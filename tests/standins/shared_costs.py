"""What each vault and each client costs alike is paid once in a process of the tests.

botocore parses the same data for each session, and scrypt takes half a second for each new vault.
`tests/unit/vault` derives its keys anew: it says that they cost what OWASP names, and that each
file has a salt of its own.
"""

import os
from functools import cache, lru_cache
from typing import Any

from botocore import loaders
from botocore.session import Session

from awsprof.vault import file_format

PASSPHRASE = "correct horse battery staple"
ONE_SALT = file_format.KdfParameters(file_format.COSTS, b"salt" * 4)


def share_botocore_data() -> None:
    """From now on botocore parses each of its own files once; those of a HOME each time."""
    loader = loaders.JSONFileLoader
    parse = loader.load_file
    parse_once = cache(parse)
    shared = loader()

    def load_file(self: Any, path: str) -> Any:
        own = path.startswith(loaders.Loader.BUILTIN_DATA_PATH)
        return parse_once(shared, path) if own else parse(self, path)

    loader.load_file = load_file


def share_derived_keys() -> None:
    """From now on the key of a passphrase and a salt is derived once."""
    file_format.KdfParameters.key = lru_cache(file_format.KdfParameters.key)  # type: ignore[method-assign]


def warm_up(*services: str) -> None:
    """Pays all of it before the children fork; each new vault has the one salt from now on."""
    share_botocore_data()
    share_derived_keys()
    file_format.KdfParameters.fresh = lambda: ONE_SALT  # type: ignore[method-assign]
    ONE_SALT.key(PASSPHRASE)
    theirs = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("AWS_")}
    for service in services:
        session = Session()
        session.set_config_variable("config_file", os.devnull)  # the test's own may be broken
        session.set_config_variable("credentials_file", os.devnull)
        session.create_client(
            service, "us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
        )
    os.environ.update(theirs)  # they may name a profile that is not there
