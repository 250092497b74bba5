"""Creates a boto3 session and client of a profile offline, as a plain script would.

The doctor uses it to find out whether boto3 accepts a profile. It runs botocore's own code; only
the parts that would leave the process are replaced (see offline_providers.py), and deferred
credentials are not fetched.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from awsprof.auth.offline_providers import OfflineProviders
from awsprof.profiles.known_keys import CLIENT_KEYS

if TYPE_CHECKING:
    from botocore.session import Session

    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_ELSEWHERE: Final = "us-east-1"  # the region of a client without one
# Values that affect a client; some keys are read only by a call. The s3 block may be a plain value.
_USED: Final = (CLIENT_KEYS - {"ca_bundle", "data_path", "sdk_ua_app_id"}) | {"s3"}


@dataclass(frozen=True)
class ClientRefusal:
    """Why botocore creates no client, or rejects the credentials.

    ``variable`` or ``key`` is the cause: without it botocore raises no such error. A key of a
    nested block is written ``s3.addressing_style``.
    """

    error: Exception
    variable: str | None = None
    key: str | None = None


class PlainBoto3:
    """Creates sessions and clients for the profiles of a catalog, in a given environment.

    Profiles with the same client settings are tried once.
    """

    def __init__(self, catalog: Catalog, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._providers = OfflineProviders(catalog, environment)
        self._shapes: dict[str, str] = {}
        self._clients: dict[str, tuple[ClientRefusal, ...]] = {}
        self._loader: Any = None

    def client_refusals(self, profile: Profile | None) -> tuple[ClientRefusal, ...]:
        """Returns why botocore creates no client for the profile (None: no profile); may be empty.

        botocore stops at the first bad value; this reports each, as if the others were valid.
        """
        every = {} if profile is None else self._providers.values_of(profile)
        written = {key: v for key, v in every.items() if key in _USED or isinstance(v, dict)}
        shape = self._shape(written)
        if shape not in self._clients:
            self._clients[shape] = tuple(self._refusals(_client_values(written)))
        return self._clients[shape]

    def _shape(self, written: Mapping[str, Any]) -> str:
        """Returns what profiles with the same client settings have in common."""
        known = repr(written)
        shape = self._shapes.get(known)
        if shape is None:
            shape = self._shapes[known] = repr(sorted(_client_values(written).items()))
        return shape

    def credentials_refused(self, profile: Profile) -> ClientRefusal | None:
        """Returns why botocore rejects the profile's credentials; None if it does not."""
        try:
            for provider in self._providers.of(profile.name):
                if provider.load() is not None:
                    break
        except Exception as exc:
            return ClientRefusal(exc)
        return None

    def _refusals(self, values: dict[str, Any]) -> Iterator[ClientRefusal]:
        environment: Mapping[str, str] = self._environment
        while (error := self._client_error(values, environment)) is not None:
            for culprit, less, without in _with_one_less(values, environment):
                other = self._client_error(less, without)
                if other is None or _place(other) != _place(error):
                    yield ClientRefusal(error, *culprit)
                    values, environment = less, without
                    break
            else:
                yield ClientRefusal(error)
                return

    def _client_error(
        self, values: Mapping[str, Any], environment: Mapping[str, str]
    ) -> Exception | None:
        # Only S3 reads the s3 block, and its client is slower to create.
        of_s3 = any(key == "s3" or key.startswith("s3_") for key in values)
        try:
            for service in ("sts", "s3") if of_s3 else ("sts",):
                session = self._session(values, environment)
                region = session.get_config_variable("region")
                given = _ELSEWHERE if region is None else None
                session.create_client(service, region_name=given)
        except Exception as exc:
            return exc
        return None

    def _session(self, values: Mapping[str, Any], environment: Mapping[str, str]) -> Session:
        from botocore.credentials import Credentials
        from botocore.session import Session as BotocoreSession

        config = {"profiles": {"it": dict(values)}, "services": self._providers.services}

        class Plain(BotocoreSession):  # type: ignore[misc]  # botocore has no types
            @property
            def full_config(self) -> dict[str, Any]:
                return config

            def get_credentials(self) -> Any:
                return Credentials("AKIAIOSFODNN7EXAMPLE", "made-up")

        session = Plain(profile="it")
        session.register_component("config_store", _config_store(session, environment))
        if self._loader is None:
            self._loader = session.get_component("data_loader")
        session.register_component("data_loader", self._loader)
        return session


def _client_values(written: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values normalized so that few combinations are left.

    All regions and endpoints that botocore accepts count as one; ``auto`` would call EC2.
    """
    from botocore.utils import is_valid_endpoint_url, validate_region_name

    values = dict(written)
    special = {"use_fips_endpoint", "use_dualstack_endpoint"} & values.keys()
    region, endpoint = values.get("region"), values.get("endpoint_url")
    if isinstance(region, str) and region and not special:
        with suppress(Exception):
            validate_region_name(region)
            values["region"] = _ELSEWHERE
    if isinstance(endpoint, str) and endpoint:
        with suppress(ValueError):
            if is_valid_endpoint_url(endpoint):
                values["endpoint_url"] = "https://localhost"
    if values.get("defaults_mode") == "auto":
        values["defaults_mode"] = "standard"
    return values


def _config_store(session: Any, environment: Mapping[str, str]) -> Any:
    """Returns botocore's config store over ``environment`` (ConfigChainFactory)."""
    from botocore import configprovider as cp

    settled = {k: v for k, v in environment.items() if (k, v) != ("AWS_DEFAULTS_MODE", "auto")}
    chains = cp.ConfigChainFactory(session=session, environ=settled)

    def mapping(table: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: chains.create_config_chain(
                instance_name=name,
                env_var_names=variables,
                config_property_names=keys,
                default=default,
                conversion_func=convert,
            )
            for name, (keys, variables, default, convert) in table.items()
        }

    whole = mapping(cp.BOTOCORE_DEFAUT_SESSION_VARIABLES)
    for name, table in (
        ("s3", cp.DEFAULT_S3_CONFIG_VARS),
        ("proxies_config", cp.DEFAULT_PROXIES_CONFIG_VARS),
    ):
        whole[name] = cp.SectionConfigProvider(name, session, mapping(table))
    return cp.ConfigValueStore(mapping=whole)


def _place(error: Exception) -> tuple[str, list[tuple[str, int]]]:
    """Returns what tells one refusal from another: its text, and the lines of code it came through.

    Two bad values can end in the same text, such as "'str' object has no attribute 'get'".
    """
    frames = traceback.walk_tb(error.__traceback__)
    return repr(error), [(frame.f_code.co_filename, line) for frame, line in frames]


_Culprit = tuple[str | None, str | None]  # a variable, or a key


def _with_one_less(
    values: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[tuple[_Culprit, dict[str, Any], Mapping[str, str]]]:
    """Yields each way to leave one value out: variables, then nested keys, then keys."""
    whole = dict(values)
    for variable in sorted(_variables().intersection(environment)):
        yield (variable, None), whole, {k: v for k, v in environment.items() if k != variable}
    for key, value in values.items():
        for below in value if isinstance(value, dict) else ():
            block = {k: v for k, v in value.items() if k != below}
            yield (None, f"{key}.{below}"), {**whole, key: block}, environment
    for key in values:
        yield (None, key), {k: v for k, v in values.items() if k != key}, environment


def _variables() -> set[str]:
    """Returns the variables that botocore reads to create a client."""
    from botocore import configprovider as cp

    tables = (cp.BOTOCORE_DEFAUT_SESSION_VARIABLES, cp.DEFAULT_S3_CONFIG_VARS)
    named = (entry[1] for table in tables for entry in table.values() if entry[1])
    return {v for names in named for v in ([names] if isinstance(names, str) else names)}
