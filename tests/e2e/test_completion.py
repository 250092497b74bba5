"""A real bash completes commands, flags and the names of profiles."""

import os
import subprocess
from pathlib import Path

from tests.standins.program import AWSPROF, run

SCRIPT = """
eval "$(awsprof completion bash)"
COMP_WORDS=({words}) COMP_CWORD={at}
_awsprof_completion awsprof
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(*words: str) -> set[str]:
    """What bash would offer for the last of the words."""
    script = SCRIPT.format(words=" ".join(f"'{w}'" for w in words), at=len(words) - 1)
    env = {**os.environ, "PATH": f"{Path(AWSPROF).parent}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return set(done.stdout.split())


def test_bash_completes_commands_flags_and_profiles(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text("[profile prod-eu]\nregion = x\n[profile dev]\n")
    assert {"doctor", "login"} <= completed("awsprof", "")
    assert "--json" in completed("awsprof", "show", "--")
    assert completed("awsprof", "show", "prod") == {"prod-eu"}
    assert completed("awsprof", "remove", "") >= {"prod-eu", "dev"}


def test_the_other_shells_have_theirs() -> None:
    for shell in ("zsh", "fish"):
        assert "awsprof" in run("completion", shell).stdout
