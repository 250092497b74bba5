"""Creates a boto3 session and client of a profile offline, as a plain script would.

The doctor uses it to find out whether boto3 accepts a profile. It runs botocore's own code; only
the parts that would leave the process are replaced: credential_process, the container and EC2
return made-up credentials, and deferred credentials are not fetched.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from awsprof.configfile.document import FileKind, SectionId
from awsprof.fork_safety import lazy_attribute
from awsprof.profiles.known_keys import CLIENT_KEYS

if TYPE_CHECKING:
    from botocore.session import Session

    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_ELSEWHERE: Final = "us-east-1"  # the region of a client without one
_PRETENDED: Final = ("EcsContainer", "Ec2InstanceMetadata")
_ANSWER: Final = {"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "made-up"}


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
        self._catalog = catalog
        self._environment = dict(environment)
        self._clients: dict[str, tuple[ClientRefusal, ...]] = {}
        self._loader: Any = None

    def client_refusals(self, profile: Profile | None) -> tuple[ClientRefusal, ...]:
        """Returns why botocore creates no client for the profile (None: no profile); may be empty.

        botocore stops at the first bad value; this reports each, as if the others were valid.
        """
        values = _client_values({} if profile is None else self._values(profile))
        shape = repr(sorted(values.items()))
        if shape not in self._clients:
            self._clients[shape] = tuple(self._refusals(values))
        return self._clients[shape]

    def credentials_refused(self, profile: Profile) -> ClientRefusal | None:
        """Returns why botocore rejects the profile's credentials; None if it does not."""
        try:
            for provider in self._providers(profile.name):
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

        config = {"profiles": {"it": dict(values)}, "services": self._services}

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

    @lazy_attribute
    def _services(self) -> dict[str, Any]:
        sections = self._catalog.stored(FileKind.CONFIG).document.sections
        return {
            section.id.name: {
                entry.key: {below.key: below.value for below in entry.nested} or entry.value
                for entry in section.entries
            }
            for section in sections
            if section.id.type == "services"
        }

    @lazy_attribute
    def _config(self) -> dict[str, Any]:
        """Both files, as in Session.full_config."""
        sessions = self._catalog.sessions.values()
        return {
            "profiles": {p.name: self._values(p) for p in self._catalog.profiles.values()},
            "sso_sessions": {s.name: {k: v.text for k, v in s.values.items()} for s in sessions},
            "services": self._services,
        }

    def _values(self, profile: Profile) -> dict[str, Any]:
        """Returns the profile as botocore reads it: the credentials file overrides the config."""
        section = SectionId.profile(profile.name)
        found: dict[str, Any] = {}
        for kind in FileKind:
            stored = self._catalog.stored(kind)
            read = stored.botocore.sections.get(section, {}) if stored.data is not None else {}
            found |= {k: dict(v) if isinstance(v, Mapping) else v for k, v in read.items()}
        return found

    def _of_one_file(self, kind: FileKind) -> dict[str, dict[str, str]]:
        return {
            profile.name: {k: v.text for k, v in profile.values.items() if v.origin.kind is kind}
            for profile in self._catalog.profiles.values()
        }

    @lazy_attribute
    def _in_credentials(self) -> dict[str, dict[str, str]]:
        return self._of_one_file(FileKind.CREDENTIALS)

    @lazy_attribute
    def _in_config(self) -> dict[str, Any]:
        return {"profiles": self._of_one_file(FileKind.CONFIG)}

    def _providers(self, name: str) -> list[Any]:
        """Returns botocore's providers of a named profile, in its order."""
        from botocore import credentials as bc

        role = bc.AssumeRoleProvider(
            load_config=lambda: self._config,
            client_creator=_no_client,
            cache={},
            profile_name=name,
            credential_sourcer=self._sourcer,
            profile_provider_builder=self._builder,
        )
        return [role, *self._builder.providers(name, disable_env_vars=True)]

    @lazy_attribute
    def _sourcer(self) -> Any:
        """The providers that a role's credential_source can name; shared by all profiles."""
        from botocore import credentials as bc

        variables = bc.EnvProvider(environ=self._environment)
        return bc.CanonicalNameCredentialSourcer([variables, *map(_pretended, _PRETENDED)])

    @lazy_attribute
    def _builder(self) -> Any:
        """Creates the providers of any profile."""
        from botocore import credentials as bc

        script = self

        class Builder(bc.ProfileProviderBuilder):  # type: ignore[misc]  # botocore has no types
            def _create_process_provider(self, profile_name: str) -> Any:
                return bc.ProcessProvider(profile_name, lambda: script._config, popen=_Program)

            def _create_shared_credential_provider(self, profile_name: str) -> Any:
                parsed = script._in_credentials
                return bc.SharedCredentialProvider("credentials", profile_name, lambda _: parsed)

            def _create_config_provider(self, profile_name: str) -> Any:
                parsed = script._in_config
                return bc.ConfigProvider("config", profile_name, lambda _: parsed)

        return Builder(self._source_session, cache={}, region_name=_ELSEWHERE)

    @lazy_attribute
    def _source_session(self) -> Any:
        """A session for the providers; they create no client before the first call."""
        script = self

        class Source:
            @property
            def full_config(self) -> dict[str, Any]:
                return script._config

            def get_config_variable(self, name: str) -> Any:
                return None

            create_client = staticmethod(_no_client)

        return Source()


class _Program:
    """A Popen that returns made-up credentials."""

    returncode = 0

    def __init__(self, words: list[str], **_: Any) -> None:
        if not words:
            raise ValueError("credential_process is empty")

    def communicate(self) -> tuple[bytes, bytes]:
        """Returns stdout and stderr."""
        return json.dumps(_ANSWER).encode(), b""


def _pretended(name: str) -> Any:
    """Returns a provider with that name that returns made-up credentials."""
    from botocore.credentials import CredentialProvider, Credentials

    class Pretended(CredentialProvider):  # type: ignore[misc]  # botocore has no types
        METHOD = CANONICAL_NAME = name

        def load(self) -> Any:
            return Credentials("AKIAIOSFODNN7EXAMPLE", "made-up")

    return Pretended()


def _no_client(*_: Any, **__: Any) -> Any:
    raise RuntimeError("nothing is called here")


def _client_values(every: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values that affect a client, normalized so that few combinations are left.

    All regions and endpoints that botocore accepts count as one; ``auto`` would call EC2.
    """
    from botocore.utils import is_valid_endpoint_url, validate_region_name

    # Some are read only by a call; the s3 block may be a plain value.
    used = (CLIENT_KEYS - {"ca_bundle", "data_path", "sdk_ua_app_id"}) | {"s3"}
    values = {key: value for key, value in every.items() if key in used or isinstance(value, dict)}
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
