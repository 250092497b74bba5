"""The history contains no secrets from changed or context lines; undo restores them all."""

import json
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsprof.editing import hunk_revert, hunks, redaction
from awsprof.errors import EditRefused
from awsprof.secret import Secret
from tests.budgets import examples

NAMES = redaction.SecretNames(b"a key of this machine's history")
MANY = settings(max_examples=examples(200), deadline=None, database=None)
BASE64 = string.ascii_letters + string.digits + "+/"
SECRETS = ["hunter2", "Tr0ub4dor"] + [
    "".join(random.Random(seed).choices(BASE64, k=size))  # noqa: S311
    for seed in range(4)
    for size in (40, 300)
]
FORMS = [
    "aws_secret_access_key = {}\n",
    "aws_session_token={}\r\n",
    "# aws_secret_access_key = {}\n",
    "export AWS_SECRET_ACCESS_KEY='{}'\n",
    '  "SecretAccessKey": "{}",\n',
    "password = {}\n",
    "secret_key = {}\n",
    "aws_access_key_id = {}\n",
    "credential_process = /bin/get --password {} --region x\n",
    "aws_secret_access_key =\n  {}\n",
]
PLAIN = ["[a]\n", "[b]\n", "region = eu-west-1\n", "# note\n", "\n", "output = json\n"]
LINE = st.one_of(
    st.sampled_from(PLAIN),
    st.builds(str.format, st.sampled_from(FORMS), st.sampled_from(SECRETS)),
)
TEXT = st.lists(LINE, max_size=14)


@MANY
@given(TEXT, TEXT, st.data())
def test_undo_brings_back_each_byte_and_the_history_holds_no_secret(
    old: list[str], added: list[str], data: st.DataObject
) -> None:
    cut = sorted(data.draw(st.lists(st.integers(0, len(old)), min_size=2, max_size=2)))
    before = "".join(old).encode()
    after = "".join([*old[: cut[0]], *added, *old[cut[1] :]]).encode()
    vault: dict[str, Secret] = {}
    staying = redaction.secrets_in([after], NAMES)
    kept = hunks.redact_hunks(before, after, NAMES, lambda: staying, vault.__setitem__)
    written = json.dumps([vars(hunk) for hunk in kept])
    assert not [secret for secret in SECRETS if secret in written]
    assert not vault.keys() & staying.keys()  # a secret that stays in the file needs no vault
    taken_back = hunk_revert.revert_hunks(hunks.RedactedText(after, NAMES), kept)
    assert not taken_back.conflicts
    held = {**vault, **staying}
    lines = redaction.fill_secrets(redaction.split_bytes(taken_back.data), held)
    assert "".join(lines).encode() == before


@MANY
@given(TEXT, st.sampled_from(SECRETS))
def test_a_secret_that_was_replaced_since_is_no_match(old: list[str], other: str) -> None:
    line = "aws_secret_access_key = {}\n"
    before, ours = "".join(old).encode(), line.format("ours").encode()
    kept = hunks.redact_hunks(before, before + b"\n" + ours, NAMES, dict, lambda name, secret: None)
    since = before + b"\n" + line.format(other).encode()
    assert hunk_revert.revert_hunks(hunks.RedactedText(since, NAMES), kept).conflicts


def test_what_an_earlier_version_kept_is_cleaned_and_found_again() -> None:
    secret = SECRETS[2]
    hunk = hunks.Hunk(
        1,
        (f"secret_key = {secret}\n",),
        ("region = x\n", f"password = {SECRETS[3]}\n"),
        ("[a]\n",),
        ("aws_secret_key = hunter2\n", "aws_secret_access_key = {{history/" + "0" * 64 + "}}\n"),
    )
    vault: dict[str, Secret] = {}
    clean = hunks.clean_hunk(hunk, NAMES, vault.__setitem__)
    written = json.dumps(vars(clean))
    assert not [secret for secret in SECRETS if secret in written]
    assert list(vault.values()) == [Secret(secret)]
    now = f"[a]\nregion = x\npassword = {SECRETS[3]}\naws_secret_key = other\n"
    now += "aws_secret_access_key = more\n"
    done = hunk_revert.revert_hunks(hunks.RedactedText(now.encode(), NAMES), (clean,))
    assert not done.conflicts
    lines = redaction.fill_secrets(redaction.split_bytes(done.data), vault)
    assert lines[:2] == ("[a]\n", f"secret_key = {secret}\n")
    assert hunks.clean_hunk(clean, NAMES, vault.__setitem__) == clean


def test_a_secret_that_no_vault_can_hold_is_not_let_go() -> None:
    before = b"aws_secret_access_key = caf\xe9\n"
    with pytest.raises(EditRefused, match="not UTF-8"):
        hunks.redact_hunks(before, b"", NAMES, dict, lambda name, secret: None)


def test_a_reference_that_is_not_ours_stays_text() -> None:
    line = "# {{history/" + "0" * 32 + "}}\n"
    assert redaction.fill_secrets([line], {}) == (line,)


@pytest.mark.parametrize("seed", range(40))
def test_secrets_of_some_lines_are_those_that_the_whole_text_has_there(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # the same texts each time
    pieces = [
        *("[profile a]", "  [b]", "[", "region = x", "# c", "", "  more", "\tx = y", "k ="),
        *(
            f"aws_secret_access_key = {SECRETS[2]}",
            "aws_secret_access_key =",
            f"  {SECRETS[2]}",
            SECRETS[2][:30],
        ),
        *(
            f"aws_session_token = {SECRETS[2]}",
            "abcd1234EFGH/+==",
            f"# {SECRETS[2]}",
            "password: hunter2x",
        ),
    ]
    rare = ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "s\0e\0c"]
    usual = pieces + rare * (seed % 4 == 0)
    # From 64 lines on a piece is searched alone, unless something rare is anywhere in the text.
    size = 40 if usual != pieces else 64
    lines = [f"{rng.choice(usual)}\n" for _ in range(size)]
    whole = redaction.locate_secrets(lines)
    masked = redaction.mask_lines(lines)
    spans = redaction.SecretSpans(lines)
    shown = redaction.MaskedLines(spans)
    for start in range(size + 1):
        for stop in range(start, min(start + 6, size + 1)):
            assert spans.between(start, stop) == whole[start:stop]
            if size == 40 or start % 10 == seed % 10:
                assert redaction.SecretSpans(lines).between(start, stop) == whole[start:stop]
            assert shown.between(start, stop) == masked[start:stop]
