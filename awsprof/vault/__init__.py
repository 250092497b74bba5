"""Secrets at rest. Only this package imports `keyring`, and never on a cache hit.

Long-term keys: ``vault`` (the vault that the rest of awsprof uses), ``backends`` (chooses the
keyring), ``keyring_store`` (calls it safely), ``secret_service`` and ``chunked_store`` (two
keyrings' special needs), ``encrypted_file_store`` over ``file_format`` (the encrypted file, for
machines without a keyring; ``fast_file`` reads one key of it fast), ``encrypted_file`` (the same
for other programs), ``index`` (what the vault holds, without secrets), ``migration`` (moves between
vaults).
Temporary credentials: ``session_cache`` over ``kernel_keyring``, ``encrypted_sessions`` and
``backend_sessions``; ``key_answers`` caches keys for SDKs. ``hardening`` protects processes that
hold any of them, ``libc`` makes the system calls. Nothing here calls AWS.
"""
