"""botocore's providers of the profiles of a catalog, of which none leaves the process.

Only the parts that would do so are replaced: credential_process, the container and EC2 return
made-up credentials, and no client is created.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from awsprof.configfile.document import FileKind, SectionId
from awsprof.fork_safety import lazy_attribute

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_REGION: Final = "us-east-1"
_PRETENDED: Final = ("EcsContainer", "Ec2InstanceMetadata")
_ANSWER: Final = {"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "made-up"}
_MOST_SOURCES: Final = 256  # whose providers are kept


class OfflineProviders:
    """The providers of each profile, and the values that they read."""

    def __init__(self, catalog: Catalog, environment: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._environment = dict(environment)

    @lazy_attribute
    def services(self) -> dict[str, Any]:
        """The services sections of the config file, as in Session.full_config."""
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
            "profiles": {p.name: self.values_of(p) for p in self._catalog.profiles.values()},
            "sso_sessions": {s.name: {k: v.text for k, v in s.values.items()} for s in sessions},
            "services": self.services,
        }

    def values_of(self, profile: Profile) -> dict[str, Any]:
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

    def of(self, name: str) -> Iterator[Any]:
        """Yields botocore's providers of a named profile, in its order."""
        from botocore import credentials as bc

        yield bc.AssumeRoleProvider(
            load_config=lambda: self._config,
            client_creator=_no_client,
            cache={},
            profile_name=name,
            credential_sourcer=self._sourcer,
            profile_provider_builder=self._sources,
        )
        yield from self._builder.providers(name, disable_env_vars=True)

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

        return Builder(self._source_session, cache={}, region_name=_REGION)

    @lazy_attribute
    def _sources(self) -> Any:
        """Creates the providers of the source profiles of roles; keeps those of the last ones."""
        builder = self._builder

        class Sources:
            @lru_cache(maxsize=_MOST_SOURCES)  # noqa: B019  # it lives as long as this object
            def providers(self, profile_name: str, disable_env_vars: bool = False) -> list[Any]:
                return [*map(_LoadedOnce, builder.providers(profile_name, disable_env_vars))]

        return Sources()

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


class _LoadedOnce:
    """A provider of a source profile, which thousands of roles may ask."""

    def __init__(self, provider: Any) -> None:
        self.METHOD = provider.METHOD  # as botocore calls it
        self._provider = provider
        self._found: list[Any] = []

    def load(self) -> Any:
        """Returns the credentials, or None; raises as the provider does, each time."""
        if not self._found:
            self._found.append(self._provider.load())
        return self._found[0]


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
