"""Secrets at rest. `keyring` is imported in this room only, and never when a module is imported.

Long-term keys: ``longterm`` (the vault that other rooms use), ``backends`` (which one is chosen),
``stores`` (how a keyring is called safely), ``encrypted_file`` and ``sealed`` (ours, where a
machine has none), ``index`` (what the vault holds, without secrets). Temporary credentials:
``sessions`` over ``kernel``. No room above is imported here, and nothing of AWS is known.
"""
