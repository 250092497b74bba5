"""moto behind the strict stand-in: IAM users and keys, S3, and all that it answers right.

Its authentication is off: signatures are checked in front of it, in ``aws``, and policies, whose
conditions it does not know, in ``policies``.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from moto.core import responses
from moto.core.utils import utcnow
from moto.iam.models import AccessKeyLastUsed, iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

PARTITION = "aws"
_INSIDER = "insider"
_ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@cache
def _application() -> DomainDispatcherApplication:
    """moto's web application: its routes are compiled once, and a reset empties what it holds.

    Which service a host is, and which methods a service has, moto finds out anew for each request,
    by looking through its own folder and classes; here it does so once.
    """
    application = DomainDispatcherApplication(create_backend_app)
    for owner, name in (
        (application, "get_backend_for_host"),
        (responses, "method_names_from_class"),
    ):
        setattr(owner, name, cache(getattr(owner, name)))
    return application


class UserKey:
    """A user's long-term key, as moto has it."""

    token: str | None = None
    expires: datetime | None = None
    mfa = False

    def __init__(self, kept: Any, account: str) -> None:
        self._kept = kept
        self.id: str = kept.access_key_id
        self.account = account
        self.arn = f"arn:{PARTITION}:iam::{account}:user/{kept.user_name}"

    @property
    def secret(self) -> str:
        """The secret access key."""
        return str(self._kept.secret_access_key)

    @secret.setter
    def secret(self, value: str) -> None:
        self._kept.secret_access_key = value

    @property
    def active(self) -> bool:
        """Whether AWS takes it."""
        return bool(self._kept.status == "Active")

    @active.setter
    def active(self, value: bool) -> None:
        self._kept.status = "Active" if value else "Inactive"


class Moto:
    """A fresh moto, in this process."""

    def __init__(self) -> None:
        self._client = Client(_application())
        self._client.post("/moto-api/reset")

    def key_of(self, user: str, account: str) -> UserKey:
        """A new key of the user of that name, who is made where there is none."""
        iam = iam_backends[account][PARTITION]
        if user not in [known.name for known in iam.list_users("/", None, None)]:
            iam.create_user("us-east-1", user)
            iam.put_user_policy(user, "anything", json.dumps(_ANYTHING))
        return UserKey(iam.create_access_key(user), account)

    def key(self, id_: str) -> UserKey | None:
        """The key of that id, however it was made."""
        for account, partitions in iam_backends.items():
            for user in partitions[PARTITION].list_users("/", None, None):
                for kept in user.access_keys:
                    if kept.access_key_id == id_:
                        return UserKey(kept, account)
        return None

    def insider(self, account: str) -> UserKey:
        """A key of the account that may do anything, for callers whom moto does not know."""
        iam = iam_backends[account][PARTITION]
        known = [user.name for user in iam.list_users("/", None, None)]
        if _INSIDER in known:
            return self.keys_of(_INSIDER, account)[0]
        return self.key_of(_INSIDER, account)

    def keys_of(self, arn: str, account: str) -> list[UserKey]:
        """The user's keys."""
        user = iam_backends[account][PARTITION].get_user(arn.rsplit("/", 1)[-1])
        return [UserKey(kept, account) for kept in user.access_keys]

    def used(self, id_: str) -> None:
        """Somebody signs a call by that key, now."""
        for partitions in iam_backends.values():
            kept = partitions[PARTITION].access_keys.get(id_)
            if kept is not None:
                kept.last_used = AccessKeyLastUsed(utcnow(), "s3", "eu-west-1")

    def delete(self, id_: str) -> None:
        """Take a key away, as its owner does in the console."""
        for partitions in iam_backends.values():
            kept = partitions[PARTITION].access_keys.get(id_)
            if kept is not None:
                partitions[PARTITION].delete_access_key(id_, str(kept.user_name))

    def kept(self) -> Callable[[], None]:
        """What puts every user's keys, and the virtual devices, back to how they are now."""
        devices = [
            (
                partitions[PARTITION].virtual_mfa_devices,
                dict(partitions[PARTITION].virtual_mfa_devices),
            )
            for partitions in iam_backends.values()
        ]
        users = [
            (user, [(key, key.status) for key in user.access_keys])
            for partitions in iam_backends.values()
            for user in partitions[PARTITION].list_users("/", None, None)
        ]
        stores = [
            (partitions[PARTITION].access_keys, dict(partitions[PARTITION].access_keys))
            for partitions in iam_backends.values()
        ]

        def put_back() -> None:
            for known, former in devices:
                known.clear()
                known.update(former)
            for user, keys in users:
                user.access_keys[:] = [key for key, _ in keys]
                for key, status in keys:
                    key.status = status
            for store, before in stores:
                store.clear()
                store.update(before)

        return put_back

    def permit(self, user: str, account: str, *documents: dict[str, Any]) -> None:
        """Have the user's policies be these alone; IAM refuses what is no policy."""
        iam = iam_backends[account][PARTITION]
        for name in list(iam.get_user(user).policies):
            iam.delete_user_policy(user, name)
        for number, document in enumerate(documents):
            iam.put_user_policy(user, f"permitted{number}", json.dumps(document))

    def answer(
        self, path: str, headers: dict[str, str], body: bytes, method: str = "POST"
    ) -> tuple[int, str]:
        """What moto says to a signed call: the status and the text."""
        answered = self._client.open(path, method=method, headers=list(headers.items()), data=body)
        return answered.status_code, answered.get_data(as_text=True)
