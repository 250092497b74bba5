"""Terraform itself, with its AWS provider, where a machine has both.

The provider is 600 MB and is not in the lock files, so a machine without it skips this, and the
client for aws-sdk-go-base (tests/foreign/go) stands for it in all tables.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.interop.machine import ALICE, InteropMachine, assumed

_PROVIDER = "registry.terraform.io/hashicorp/aws"
# Terraform's implied mirrors for the whole system, and folders of programs that are no packages.
_PLACES = ("usr/share/terraform/plugins", "usr/local/share/terraform/plugins", "opt/*")
_CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  profile = "%s"
  region  = "eu-west-1"
}
data "aws_caller_identity" "me" {}
output "arn" { value = data.aws_caller_identity.me.arn }
"""


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The program, which finds its provider on this machine alone."""
    program = shutil.which("terraform")
    found = (path for place in _PLACES for path in Path("/").glob(f"{place}/{_PROVIDER}"))
    mirrors = [str(path).removesuffix(f"/{_PROVIDER}") for path in found if path.is_dir()]
    if program is None or not mirrors:
        pytest.skip("Terraform and its AWS provider are not on this machine")
    settings = tmp_path / "terraform.rc"
    mirror = f'filesystem_mirror {{\n path = "{mirrors[0]}"\n }}'
    settings.write_text(f"provider_installation {{\n {mirror}\n}}\n")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(settings))
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return program


def _apply(terraform: str, folder: Path, profile: str, **variables: str) -> tuple[str, str]:
    """The ARN that the profile is to it, or "", and all that it printed."""
    folder.mkdir(exist_ok=True)
    (folder / "main.tf").write_text(_CONFIGURATION % profile)
    said = ""
    for words in (["init"], ["apply", "-auto-approve", "-input=false"], ["output", "-json"]):
        done = subprocess.run(
            [terraform, *words, *(() if words[-1] == "-json" else ("-no-color",))],
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        said += done.stdout + done.stderr
        if done.returncode:
            return "", said
    return str(json.loads(done.stdout)["arn"]["value"]), said


@pytest.mark.timeout(600)
def test_terraform_gets_the_key_and_the_role(
    terraform: str, machine: InteropMachine, tmp_path: Path
) -> None:
    machine.key("key")
    machine.role("role", "Admin", "key")
    for profile, wanted in (("key", ALICE), ("role", assumed("Admin"))):
        arn, said = _apply(terraform, tmp_path / "plan", profile)
        assert arn.startswith(wanted), said


@pytest.mark.timeout(600)
def test_terraform_shows_our_line_in_its_log_alone(
    terraform: str, machine: InteropMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.key("key")
    monkeypatch.delenv("AWSPROF_PASSPHRASE")
    plain = _apply(terraform, tmp_path / "plan", "key")[1]
    assert "No valid credential sources found" in plain
    assert "To fix it: " not in plain
    assert "To fix it: " in _apply(terraform, tmp_path / "plan", "key", TF_LOG="warn")[1]
