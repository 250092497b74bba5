"""What a test needs from the system: skipped loudly where it is missing, failed under CI=true."""

import os

import pytest

from awsprof.vault.kernel_keyring import kernel_keyring_works


def need(condition: bool, what: str) -> None:
    """Go on where ``condition`` holds; else skip the test, or fail it where CI is set.

    ``what`` names the thing that is missing and how to get it: a skipped test proves nothing, so
    whoever reads the summary must be able to run it.
    """
    if condition:
        return
    if os.environ.get("CI"):
        pytest.fail(f"this test needs {what}", pytrace=False)
    pytest.skip(f"this test needs {what}")


def need_kernel_keyring() -> None:
    """Skip or fail the test where the kernel has no keyring for this process."""
    need(kernel_keyring_works(), "the kernel's keyring (keyctl), which is refused here")
