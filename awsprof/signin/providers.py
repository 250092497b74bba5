"""botocore's own credential providers for one profile, in its order.

What AWS adds to them works by itself. What differs: a process line goes to whom we name, and so
does the question for a code; and the environment's keys never answer for a profile.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from awsprof import paths
from awsprof.clean import clean
from awsprof.errors import SignInFailed
from awsprof.profiles.model import Profile
from awsprof.secret import Secret
from awsprof.signin import sts
from awsprof.signin.credentials import Credentials
from awsprof.signin.environment import without_ours
from awsprof.signin.shape import PLAIN, Shape

_PROCESS_LIMIT: Final = 60  # seconds, as the Go SDK has it


class Answer:
    """What botocore's ProcessProvider wants of a finished process."""

    def __init__(self, stdout: bytes, stderr: bytes, returncode: int) -> None:
        self._output = (stdout, stderr)
        self.returncode = returncode

    def communicate(self) -> tuple[bytes, bytes]:
        """stdout and stderr."""
        return self._output


Run = Callable[[list[str], str], Answer]
"""Answers a process line's words, for the profile of that name."""


def run(words: list[str]) -> Answer:
    """Start another's program, as an SDK would. SignInFailed where it does not run."""
    try:
        done = subprocess.run(  # noqa: S603  # the person's own config names it, as for any SDK
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROCESS_LIMIT,
            env=without_ours(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        reason = "it took too long" if isinstance(exc, subprocess.TimeoutExpired) else str(exc)
        raise SignInFailed(
            f"The credential_process {clean(words[0])} did not run: {clean(reason)}.",
            "check the command: awsprof list shows which profile has it",
            code="process-missing",
        ) from exc
    return Answer(
        done.stdout, clean(done.stderr.decode(errors="replace")).encode(), done.returncode
    )


@dataclass(frozen=True)
class Top:
    """The role that a chain leads to, and the session that is asked of it.

    ``times`` is how often the chain assumes that very role: the last time is meant.
    """

    shape: Shape = PLAIN
    times: int = 1


def load(
    profile: Profile, answer: Run, prompter: Callable[[str], str], top: Top
) -> Credentials | None:
    """What the first provider that has any gives; None where none has. Raises botocore's errors."""
    session = sts.session_for(profile)
    for provider in _providers(session, profile, answer, prompter, top):
        loaded = provider.load()
        if loaded is not None:
            return ours(loaded)
    return None


def _shaping(profile: Profile, top: Top) -> Callable[..., dict[str, Any]]:
    """Lays the shape over the parameters of the chain's last AssumeRole."""
    left = [top.times]

    def shaped(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        if params.get("RoleArn") != profile.get("role_arn"):
            return params
        left[0] -= 1
        return params if left[0] else {**params, **top.shape.parameters()}

    return shaped


def _providers(
    session: Any, profile: Profile, answer: Run, prompter: Callable[[str], str], top: Top
) -> list[Any]:
    from botocore import credentials as bc
    from botocore.utils import JSONFileCache

    class Builder(bc.ProfileProviderBuilder):  # type: ignore[misc]  # botocore has no types
        def _create_process_provider(self, profile_name: str) -> Any:
            def popen(words: list[str], **_: Any) -> Answer:
                return answer(words, profile_name)

            return bc.ProcessProvider(profile_name, lambda: session.full_config, popen=popen)

    tokens = JSONFileCache(working_dir=str(paths.sso_cache_dir()))
    region = sts.region_for(profile)
    builder = Builder(session, cache={}, region_name=region, sso_token_cache=tokens)

    shaped = _shaping(profile, top)

    def create_client(name: str, **kwargs: Any) -> Any:
        kwargs.setdefault("region_name", region)
        client = session.create_client(name, **kwargs)
        client.meta.events.register("provide-client-params.sts.AssumeRole", shaped)
        return client

    # A session of no profile: for one of a profile botocore has no environment at all.
    machine = bc.create_credential_resolver(sts.session_for(None)).providers
    named = [p for p in machine if p.METHOD in {"env", "container-role", "iam-role"}]
    role = bc.AssumeRoleProvider(
        load_config=lambda: session.full_config,
        client_creator=create_client,
        cache={},
        profile_name=profile.name,
        prompter=prompter,
        credential_sourcer=bc.CanonicalNameCredentialSourcer(named),
        profile_provider_builder=builder,
    )
    return [role, *builder.providers(profile.name, disable_env_vars=True)]


def ours(loaded: Any) -> Credentials:
    """botocore's credentials as ours. Raises botocore's errors."""
    frozen = loaded.get_frozen_credentials()  # assumes the role, where that was put off
    expires: datetime | None = getattr(loaded, "_expiry_time", None)
    return Credentials(
        frozen.access_key,
        Secret(frozen.secret_key),
        Secret(frozen.token) if frozen.token else None,
        expires.astimezone(UTC) if expires else None,
        getattr(frozen, "account_id", None),
    )
