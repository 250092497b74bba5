"""A vault that is a dictionary, for tests of what stands on one."""

from awsprof.errors import SecretNotFound, VaultError
from awsprof.secret import Secret


class MemoryVault:
    """Keeps secrets in memory; ``broken`` makes every call fail as an unusable keyring does."""

    def __init__(self, *, title: str = "a vault in memory", backend: str = "memory") -> None:
        self.title = title
        self.backend = backend
        self.broken = False
        self.secrets: dict[str, Secret] = {}

    def get(self, key_id: str) -> Secret:
        """The secret, or SecretNotFound."""
        self._check()
        if key_id not in self.secrets:
            raise self._missing(key_id)
        return self.secrets[key_id]

    def put(self, key_id: str, secret: Secret) -> None:
        """Keep it."""
        self._check()
        self.secrets[key_id] = secret

    def delete(self, key_id: str) -> None:
        """Forget it, or SecretNotFound."""
        self._check()
        if self.secrets.pop(key_id, None) is None:
            raise self._missing(key_id)

    def holds(self, key_id: str) -> bool:
        """Whether it is there."""
        self._check()
        return key_id in self.secrets

    def _missing(self, key_id: str) -> SecretNotFound:
        return SecretNotFound(f"{self.title} holds no secret of {key_id}.", "add the key again")

    def _check(self) -> None:
        if self.broken:
            raise VaultError(f"{self.title} cannot be used.", "mend it")
