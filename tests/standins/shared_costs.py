"""What each vault and each client costs alike is paid once in a process of the tests.

botocore parses the same data and names the same events for each session, and scrypt takes half a
second for each new vault.
`tests/unit/vault` derives its keys anew: it says that they cost what OWASP names, and that each
file has a salt of its own.
"""

import inspect
import os
from copy import copy
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import Any

from botocore import handlers, hooks, loaders
from botocore.hooks import EVENT_ALIASES
from botocore.session import Session

from awsprof.awsapi.model_files import DictFileLoader
from awsprof.vault import file_format

PASSPHRASE = "correct horse battery staple"
ONE_SALT = file_format.KdfParameters(file_format.COSTS, b"salt" * 4)


def share_botocore_data() -> None:
    """From now on each of botocore's own files is parsed once; those of a HOME each time."""
    _share_data_of(loaders.JSONFileLoader)
    _share_data_of(DictFileLoader)
    _share_service_lists()


def _share_data_of(loader: Any) -> None:
    parse = loader.load_file
    parse_once = cache(parse)
    shared = loader()

    @wraps(parse)  # a test of the loaders themselves takes what is within
    def load_file(self: Any, path: str) -> Any:
        own = path.startswith(loaders.Loader.BUILTIN_DATA_PATH)
        return parse_once(shared, path) if own else parse(self, path)

    loader.load_file = load_file


def _share_service_lists() -> None:
    """Each session looks through hundreds of folders of its package for the names of services."""
    installed = str(Path(loaders.__file__).parents[1])
    look = loaders.Loader.list_available_services

    @cache
    def names(places: tuple[str, ...], type_name: str) -> list[str]:
        return list(look(loaders.Loader(places, include_default_search_paths=False), type_name))

    def list_available_services(self: Any, type_name: str) -> list[str]:
        places = tuple(place for place in self.search_paths if Path(place).is_dir())
        if all(place.startswith(installed) for place in places):
            return [*names(places, type_name)]
        return list(look(self, type_name))

    loaders.Loader.list_available_services = list_available_services


def share_event_names() -> None:
    """From now on a session of botocore registers its handlers in a fraction of the time.

    Each of its 120 handlers has an event name, which is the same in every session, and a signature,
    of which only this counts: whether it takes any keyword.
    """
    known: dict[str, str] = {}
    aliaser = hooks.EventAliaser
    create, accepts = aliaser.__init__, hooks.accepts_kwargs

    def __init__(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        create(self, event_emitter, event_aliases)
        if self._event_aliases == EVENT_ALIASES:
            self._alias_name_cache = known

    def accepts_kwargs(handler: Any) -> Any:
        code = getattr(getattr(handler, "__func__", handler), "__code__", None)
        return accepts(handler) if code is None else bool(code.co_flags & inspect.CO_VARKEYWORDS)

    aliaser.__init__ = __init__
    hooks.accepts_kwargs = accepts_kwargs


def share_handlers() -> None:
    """From now on a session copies the handlers that an earlier one registered, and copies quickly.

    Each client has a copy of its session's handlers, too. Copies share their nodes; whoever adds or
    removes a handler copies those on its way first.
    """
    trie = hooks._PrefixTrie
    trie.__copy__ = _share_nodes
    trie.append_item = _on_own_nodes(trie.append_item)
    trie.remove_item = _on_own_nodes(trie.remove_item)
    register = Session._register_builtin_handlers
    done: list[tuple[list[Any], Any]] = []  # what was registered, and what came of it

    def _register_builtin_handlers(self: Any, events: Any) -> None:
        emitter = self._original_handler
        if type(emitter) is not hooks.HierarchicalEmitter or emitter._handlers._root["children"]:
            register(self, events)
        elif done and done[0][0] == handlers.BUILTIN_HANDLERS:  # moto adds one of its own
            emitter._handlers = copy(done[0][1])
        else:
            register(self, events)
            done[:] = [([*handlers.BUILTIN_HANDLERS], copy(emitter._handlers))]

    Session._register_builtin_handlers = _register_builtin_handlers


def _share_nodes(self: Any) -> Any:
    """What _PrefixTrie.__copy__ returns, to whoever changes it by append_item and remove_item."""
    copied = type(self)()
    copied._root = self._root
    return copied


def _on_own_nodes(change: Any) -> Any:
    @wraps(change)
    def changed(self: Any, key: str, *arguments: Any, **options: Any) -> None:
        self._root = node = _copied_node(self._root)
        for part in key.split("."):
            if part not in node["children"]:
                break
            node["children"][part] = node = _copied_node(node["children"][part])
        change(self, key, *arguments, **options)

    return changed


def _copied_node(node: dict[str, Any]) -> dict[str, Any]:
    """A node of a _PrefixTrie that has the same nodes below it."""
    values = node["values"]
    copied = values and hooks.NodeList(values.first[:], values.middle[:], values.last[:])
    return {**node, "children": dict(node["children"]), "values": copied}


def share_derived_keys() -> None:
    """From now on the key of a passphrase and a salt is derived once."""
    file_format.KdfParameters.key = lru_cache(file_format.KdfParameters.key)  # type: ignore[method-assign]


def warm_up(*services: str) -> None:
    """Pays all of it before the children fork; each new vault has the one salt from now on."""
    share_botocore_data()
    share_event_names()
    share_handlers()
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
