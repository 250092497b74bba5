"""Secrets at rest. `keyring` is imported in this room only, and never on the way of a cache hit.

Long-term keys: ``longterm`` (the vault that other rooms use), ``backends`` (which keyring is
chosen), ``stores`` (how one is called safely), ``secret_service`` and ``pieces`` (what two of them
need), ``filestore`` over ``sealed`` (ours, where a machine has none), ``encrypted_file`` (ours for
other programs), ``index`` (what the vault holds, without secrets). Temporary credentials:
``sessions`` over ``kernel``. ``hardening`` for processes that hold either. AWS is unknown here.
"""
