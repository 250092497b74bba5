"""What is a secret and what is not: both ways, in every form in which text comes in."""

import random
import re
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from awsprof.masking import mask, search
from awsprof.masking.mask import MASK, mask_line, mask_message, mask_text
from awsprof.masking.search import find_secrets, is_secret
from awsprof.masking.secret_pieces import spans_of_pieces
from tests.budgets import examples

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
BASE64 = string.ascii_letters + string.digits + "+/"
EXAMPLES = examples(150)
seeds = st.integers(0, 2**32)


def random_secret(seed: int, size: int = 40) -> str:
    return "".join(random.Random(seed).choices(BASE64, k=size))  # noqa: S311


# Where a secret's name or place tells what it is, whatever it looks like.
NAMED = (
    "aws_secret_access_key = {}",
    "aws_secret_access_key={}",
    "aws_secret_access_key : {}",
    "AWS_Secret_Access_Key = {}",
    "  aws_session_token = {}",
    "aws_security_token\t=\t{}",
    "#aws_secret_access_key={}",
    "# ; aws_session_token = {}",
    "export AWS_SECRET_ACCESS_KEY={}",
    "export AWS_SECRET_ACCESS_KEY='{}'",
    '# export AWS_SESSION_TOKEN="{}"',
    "set AWS_SECRET_ACCESS_KEY={}",
    "setx AWS_SECRET_ACCESS_KEY {}",
    "setx /M AWS_SESSION_TOKEN {}",
    "set -gx AWS_SECRET_ACCESS_KEY {}",
    "setenv AWS_SECRET_ACCESS_KEY {}",
    '$Env:AWS_SECRET_ACCESS_KEY="{}"',
    '$env:AWS_SESSION_TOKEN = "{}"',
    'declare -x AWS_SECRET_ACCESS_KEY="{}"',
    "aws_secret_access_key = \u201c{}\u201d",
    '"SecretAccessKey": "{}",',
    '{{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "{}", "Version": 1}}',
    "x = {{'SecretAccessKey': '{}'}}",
    '{{\\"SecretAccessKey\\":\\"{}\\"}}',
    "credentials = (secretKey => '{}')",
    "aws_secret_key = {}",
    "secret_key = {}",
    "aws_sceret_access_key = {}",
    "aws_secret_access_key_id = {}",
    "aws_access_key = {}",
    "aws_access_key_id = {}",
    "aws_access_key_id={}",
    "AccessKeyId: {}",
    "password = {}",
    "passphrase: {}",
    "db.password={}",
    "clientSecret = {}",
    "refresh-token = {}",
    "api_key = {}",
    "accessToken: {}",
    "mfa_seed = {}",
    "region = eu-west-1aws_secret_access_key={}",
    "region = eu-west-1 aws_secret_access_key = {}",
    "credential_process = /bin/get --secret-access-key {} --region eu-west-1",
    "credential_process = /bin/get --password={}",
    "credential_process = /bin/get --api-key '{}' AKIAIOSFODNN7EXAMPLE",
    "credential_process = env AWS_SECRET_ACCESS_KEY={} /bin/get",
    "credential_process = sh -c \"TOKEN='{}' get\"",
    "credential_process = curl https://bob:{}@example.com/x",
    "credential_process = curl -u bob:{} https://example.com",
    'credential_process = curl -H "Authorization: Bearer {}" https://example.com',
    'credential_process = curl -H "X-Api-Key: {}" https://example.com',
    "credential_process = curl https://example.com/?token={}&x=1",
    'credential_process = echo \'{{"Version":1,"SecretAccessKey":"{}"}}\'',
)
# Where nothing but the value itself tells.
UNNAMED = (
    "{}",
    "mine = {}",
    "# {}",
    "region = {}",
    "role_arn = {}",
    "[profile {}]",
    "[{}]",
    "{} = x",
    "credential_process = /bin/get AKIAIOSFODNN7EXAMPLE {}",
    "AKIAIOSFODNN7EXAMPLE:{}",
    "AKIAIOSFODNN7EXAMPLE,{}",
    "https://example.com/{}/x",
    "<code>{}</code>",
    "note: it was {}.",
)
ORDINARY = (
    "credential_process = ~/helper --private-key ~/.ssh/client.key --certificate /etc/client.crt",
    "credential_process = /opt/helper --private-key=C:\\keys\\client.pem",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
    "aws_access_key_id = ASIAIOSFODNN7EXAMPLE",
    "role_arn = arn:aws:iam::123456789012:role/OrganizationAccountAccessRole",
    "role_arn = arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/"
    "AWSReservedSSO_AdministratorAccess_1a2b3c4d5e6f7a8b",
    "role_arn = arn:aws-us-gov:iam::123456789012:role/Team/Platform/Production/AdministratorX",
    "mfa_serial = arn:aws:iam::123456789012:mfa/alice",
    "mfa_serial = GAHT12345678",
    "external_id = a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "external_id = zR4kQ0vT8pLmX2aB9cD7eF5gH3iJ1kL6mN0oPqW3",
    f"external_id={SECRET} # theirs",
    "AWS_ROLE_SESSION_NAME=zR4kQ0vT8pLmX2aB9cD7eF5gH3iJ1kL6mN0oPqW3",
    "credential_process = /bin/x --external-id zR4kQ0vT8pLmX2aB9cD7eF5gH3iJ1kL6mN0oPqW3 -v",
    '{"sts:ExternalId": "zR4kQ0vT8pLmX2aB9cD7eF5gH3iJ1kL6mN0oPqW3"}',
    "role_session_name = OrganizationAccountAccessRoleForTerraform",
    "web_identity_token_file = /var/run/secrets/eks.amazonaws.com/serviceaccount/token",
    "web_identity_token_file=~/token",
    "credential_source = Ec2InstanceMetadata",
    "sso_start_url = https://d-1234567890.awsapps.com/start#/",
    "sso_start_url = https://my-company.awsapps.com/start",
    "sso_account_id = 123456789012",
    "sso_role_name = AWSServiceRoleForEC2SpotFleetInV2ProdEuW1",
    "sso_registration_scopes = sso:account:access",
    "sso_session = my-sso",
    "ca_bundle = /usr/local/Cellar/python3/Frameworks/V311b/ca.pem",
    "ca_bundle = /Users/JSmith/OneDrive/Dev/AWS/CLI/v2/bin1/cert.pem",
    "endpoint_url = http://localhost:4566",
    "services = local",
    "commit = da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "digest = sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "kms_key_id = arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "kms_key = alias/mine",
    "s3_key = states/prod/terraform.tfstate",
    "key = prod/terraform.tfstate",
    "key_name = mine",
    "key-age = 90",
    "ssh_key = ~/.ssh/id_ed25519",
    "public_key = ssh-ed25519",
    "secret_arn = arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "token_duration = 3600",
    "cli_pager = less -R",
    "credential_process = /opt/awsprof credential-process base --key AKIAIOSFODNN7EXAMPLE",
    "credential_process = aws-vault exec --json --no-session prod",
    "credential_process = aws-sso process --arn arn:aws:iam::123456789012:role/Admin",
    "credential_process = op read op://Private/AWS/secret",
    'credential_process = "C:\\Program Files\\awsprof\\awsprof.exe" credential-process base',
    "credential_process = /opt/get --token-file /run/token --region eu-west-1",
    "mfa_process = ykman oath accounts code --single aws:alice",
    "[profile AdministratorAccess-123456789012]",
    "[sso-session my-sso]",
    "# the key of the office, until 2026-12-31",
    "; see https://example.com/wiki/AWS/Accounts/Production/Administrators",
    "x_principal_arn = arn:aws:sts::123456789012:assumed-role/Admin/alice",
    "granted_sso_start_url = https://d-1234567890.awsapps.com/start",
    "duration_seconds = 3600",
    "region = eu-west-1",
    "credential_process = ssh -p 2222 host",
    "credential_process = psql -U bob -p 5432",
    "credential_process = mkdir -p /var/run/Helper2",
    "credential_process = helper -p prod-eu1",
    "credential_process = helper -p team2-admin-1",
    "credential_process = helper --external-id 0123abcdEFGH4567",
    "external_id = 0123456789abcdef0123456789abcdef",
    "note = 0123456789abcdef0123456789abcdef",
    "region =",
    "max_attempts = 10",
    "applicationinsights = on",
    "migrationhubrefactorspaces = on",
    "vpclatticepreview2024 = on",
)


@given(seeds, st.sampled_from([*NAMED, *UNNAMED]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_random_secret_is_found_in_every_form(seed: int, form: str) -> None:
    secret = random_secret(seed)
    shown = mask_text(form.format(secret))
    assert MASK in shown
    assert secret not in shown
    assert secret[5:25] not in shown


@pytest.mark.parametrize("form", NAMED)
def test_a_value_is_a_secret_by_its_name_whatever_it_looks_like(form: str) -> None:
    for value in ("hunter2", "Tr0ub4dor&3"):
        if "&" in value and "token=" in form:
            continue  # there, what follows & is another parameter
        shown = mask_line(form.format(value))
        assert value not in shown
        assert MASK in shown


@pytest.mark.parametrize("form", UNNAMED)
def test_aws_s_own_example_secrets_are_found_by_their_shape(form: str) -> None:
    for secret in (SECRET, "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"):
        assert secret not in mask_line(form.format(secret))
        assert secret not in mask_message(form.format(secret))


@given(seeds, st.integers(60, 1200), st.sampled_from([*UNNAMED]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_long_tokens_are_found_by_their_shape(seed: int, size: int, form: str) -> None:
    for start in (
        "FwoGZXIvYXdzE",
        "IQoJb3JpZ2luX2VjE",
        "aoaAAAAAG",
        "aorAAAAAG",
        "eyJraWQiOiJr",
        "",
    ):
        token = start + random_secret(seed, size)
        assert token[len(start) : len(start) + 30] not in mask_text(form.format(token))


@pytest.mark.parametrize("line", ORDINARY)
def test_what_people_have_in_their_files_stays_as_it_is(line: str) -> None:
    assert mask_line(line) == line
    assert mask_line(f"#{line}") == f"#{line}"
    name, _, value = line.partition(" = ")
    if value:
        assert not is_secret(value, name)
        assert mask.mask_value(name, value) == value
        assert mask.mask_name(name, value) == name


@given(st.lists(st.sampled_from(ORDINARY), min_size=1, max_size=12))
@settings(max_examples=EXAMPLES, deadline=None)
def test_an_ordinary_file_is_never_masked(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert mask_text(text) == text


@given(seeds, st.sampled_from(ORDINARY), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_neighbors_of_a_secret_stay_as_they_are(seed: int, other: str, end: str) -> None:
    secret = random_secret(seed)
    text = end.join(["[a]", other, f"aws_secret_access_key = {secret}", other, ""])
    shown = mask_text(text)
    assert shown == text.replace(secret, MASK)


@given(seeds, st.integers(2, 4), st.sampled_from(["", "  "]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_continues_a_token_on_further_lines_is_hidden(
    seed: int, count: int, indent: str
) -> None:
    pieces = [random_secret(seed + i, 76) for i in range(count)] + [random_secret(seed, 24) + "=="]
    text = f"[a]\naws_session_token = {(chr(10) + indent).join(pieces)}\nregion = eu-west-1\n"
    shown = mask_text(text)
    assert not [piece for piece in pieces if piece[:10] in shown]
    assert shown.endswith("\nregion = eu-west-1\n")


def test_a_secret_cut_in_two_by_an_indented_line_is_hidden_whole() -> None:
    text = f"aws_secret_access_key = {SECRET[:20]}\n  {SECRET[20:]}\nregion = eu-west-1"
    assert mask_text(text) == f"aws_secret_access_key = {MASK}\n  {MASK}\nregion = eu-west-1"


@settings(max_examples=EXAMPLES)
@given(seed=seeds, cut=st.integers(4, 20), gap=st.sampled_from([" ", "  ", "\t"]))
def test_a_secret_cut_in_two_by_white_space_is_hidden_whole(seed: int, cut: int, gap: str) -> None:
    """Also in the middle of a line that has lost its line breaks."""
    secret = random_secret(seed)
    line = f"[b]aws_access_key_id = {KEY_ID}aws_secret_access_key = {secret[:cut]}{gap}"
    hidden = mask_line(f"{line}{secret[cut:]}")
    assert secret[cut:] not in hidden
    assert hidden.startswith("[b]aws_access_key_id = ")


def test_a_command_after_a_secret_is_shown() -> None:
    line = "x = env AWS_SECRET_ACCESS_KEY=hunter2hunter2 aws sts get-caller-identity"
    assert mask_line(line).endswith(" aws sts get-caller-identity")


def test_a_private_key_is_hidden_whole() -> None:
    body = [random_secret(i, 64) for i in range(3)] + ["ab12cd=="]
    text = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----"])
    assert not [line for line in body if line in mask_text(text)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tk6secretsessionpart9xwxyz", "="),
        ("lto6uddyjwoo/vep", ""),
        (SECRET, "x"),
        ("9xwxyz", "="),
        (SECRET.lower(), "x"),
        (SECRET[:20].lower(), "y"),
    ],
)
def test_a_piece_of_a_token_that_became_a_name_is_hidden(name: str, value: str) -> None:
    assert mask.mask_name(name, value) == MASK


@pytest.mark.parametrize(
    "escaped",
    [
        SECRET.replace("/", "%2F"),
        SECRET.replace("/", "\\/"),
        SECRET[:10] + "\u200b" + SECRET[10:],
    ],
)
def test_a_secret_is_found_as_other_programs_escape_it(escaped: str) -> None:
    assert mask_line(f"mine = {escaped}") == f"mine = {MASK}"


def test_an_id_is_shown_only_where_it_looks_like_one() -> None:
    assert mask.mask_value("aws_access_key_id", KEY_ID) == KEY_ID
    assert mask.mask_value("aws_access_key_id", f'"{KEY_ID}"') == f'"{KEY_ID}"'
    assert mask.mask_value("aws_access_key_id", "hunter2") == MASK
    assert mask.mask_value("aws_secret_access_key", KEY_ID) == MASK


def test_a_mask_and_a_reference_of_the_history_are_no_secrets() -> None:
    for value in (MASK, "{{history/" + "0" * 64 + "}}", "Secret(***)"):
        assert not is_secret(value, "aws_secret_access_key")
        assert find_secrets(f"aws_secret_access_key = {value}") == []


@pytest.mark.parametrize(
    "sentence",
    [
        "The token: it has ended.",
        "write it as key = value in an editor, or put a # before it",
        "the secret of AKIAIOSFODNN7EXAMPLE lies in plain text",
        "give it another key: awsprof keys import base --csv FILE",
        "the password is asked for, and never shown: type it",
        "https://oidc.eu-west-1.amazonaws.com/authorize?response_type=code&client_id=aB3dE5fG7hI9jK1l"
        "&code_challenge=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&state=qW3eR5tY7uI9oP1aS3dF5gH7jK"
        "9lZ1xC3vB5nM7qW9e",
    ],
)
def test_sentences_stay_as_they_are(sentence: str) -> None:
    assert mask_message(sentence) == sentence


def test_a_message_that_quotes_a_secret_loses_it() -> None:
    for said in (
        "Source contains parsing errors: [line 2]: 'aws_secret_access_key = hunter2'",
        '{"SecretAccessKey": "hunter2"}',
        "ValueError: password=hunter2",
        "cannot open https://bob:hunter2@example.com",
    ):
        assert "hunter2" not in mask_message(said)


@pytest.mark.parametrize(
    "line",
    [
        "aws_secret_access_key {}",
        "aws_secret_access_key \uff1d {}",
        "<SecretAccessKey>{}</SecretAccessKey>",
        "<ns2:SessionToken>{}</ns2:SessionToken>",
        "# my password is {}",
        "; the token {}",
        "credential_process = x /secret:{}",
        "credential_process = x /password {}",
        "endpoint_url = https://h/p?X-Amz-Signature={}",
        "https_proxy = http://user:with@{}@proxy:80",
        "https_proxy = user:{}@proxy:80",
        'x = "password": "{}"',
        "credential_process = x -p {}",
        "credential_process = x -P '{}'",
        "mfa_process = mysql -u bob -p{}",
        "credential_process = docker login --username bob -p {} host",
        "alice,{},AKIAIOSFODNN7EXAMPLE,secret,https://123456789012.signin.aws.amazon.com/console",
        '"alice","{}","https://123456789012.signin.aws.amazon.com/console"',
        "# alice,{},https://corp.signin.aws.amazon.com/console",
    ],
)
def test_a_word_is_hidden_by_what_stands_around_it(line: str) -> None:
    assert "hunter2correct" not in mask_line(line.format("hunter2correct"))


@pytest.mark.parametrize("digits", ["0123456789abcdef" * 2, "0123456789ABCDEF" * 4])
def test_hex_digits_that_a_program_is_given_are_hidden(digits: str) -> None:
    line = f"credential_process = /opt/helper {digits} --region eu-west-1"
    assert mask_line(line) == line.replace(digits, MASK)
    value = line.partition(" = ")[2]
    assert mask.mask_value("credential_process", value) == value.replace(digits, MASK)


@pytest.mark.parametrize(
    "token",
    [
        "sk_live_" + "9aB" * 8,
        "AIza" + "Sy9aBcD" * 5,
        "SG." + "u829qffESBozMPU0Ph0sJx." + "a1B2" * 11,
        "npm_" + "aB3" * 12,
        "AGE-SECRET-KEY-1" + "0DWZQ7J8ZAAX" * 5,
        "https://hooks.slack.com/services/T00000000/B00000000/" + "aB3d" * 6,
    ],
)
def test_tokens_of_other_services_are_known_by_their_prefix(token: str) -> None:
    assert token[-16:] not in mask_line(f"note = {token}")


@pytest.mark.parametrize(
    "said",
    [
        "curl: -u bob:hunter2 is refused",
        "Authorization: Basic Ym9iOmh1bnRlcjI=hunter2",
        "usage: helper --password hunter2",
        "cannot reach bob:hunter2@proxy:80",
        "<Error><SecretAccessKey>hunter2</SecretAccessKey></Error>",
        "password = correct horse hunter2",
        "password = *** hunter2",
        "password = *** hunter2 horse",
        'password: "hunter2"',
        "set -x AWS_SECRET_ACCESS_KEY hunter2",
    ],
)
def test_what_a_program_says_loses_what_was_typed(said: str) -> None:
    assert "hunter2" not in mask_message(said)


@pytest.mark.parametrize(
    "sentence",
    [
        "awsprof keys rotate --continue",
        "give it with --secret-stdin, not as an argument",
        "the user ID is AROAIOSFODNN7EXAMPLE:bob1@example.com",
        "write to mailto:bob1@example.com",
        "Bearer token was refused",
        "aws_secret_access_key = *** (~/.aws/credentials:3) takes precedence",
        "aws_secret_access_key = *** is in the same line as region",
    ],
)
def test_nothing_else_is_hidden(sentence: str) -> None:
    assert mask_message(sentence) == sentence


@pytest.mark.parametrize(
    "line",
    [
        "#" * 5000 + " keys " + "#" * 5000,
        "#;" * 5000 + "key",
        "password" + " " * 50_000 + "x",
        "password = x" + " " * 50_000 + "y",
        "setx key" + " " * 50_000 + "x" + " " * 50_000 + "y",
        "key" * 20_000,
        "arn:aws:key," * 20_000,
    ],
)
@pytest.mark.timeout(20)
def test_no_line_makes_masking_crawl(line: str) -> None:
    """What takes the square of a line's length would take minutes, and is cut off."""
    mask_line(line)
    mask_message(line)


@pytest.mark.parametrize("before", ["\ufeff", "\u200b", "\u00a0 "])
def test_a_piece_of_a_secret_is_hidden_behind_what_nobody_sees(before: str) -> None:
    piece = "jfaoHezdiHtLupUunTsT2vd8GO4fOYpH"  # made up
    (spans,) = search.find_in_lines([f"{before}{piece}\n"])
    assert piece in f"{before}{piece}\n"[spans[0][0] : spans[0][1]]


def test_a_line_in_lower_case_is_as_suspicious() -> None:
    for pattern in (search._CANDIDATE, search._SUSPECT):
        outside = re.sub(r"\[[^]]*\]|\\.", "", pattern.pattern)
        assert outside == outside.lower()  # the words are in lower case
    words = (
        "SECRET",
        "Token",
        "aKIA",
        ",ASIA",
        "-U x",
        "--User",
        "PW ",
        "Authorization",
        "JWT",
        "x",
    )
    for word in (*words, "AbCdEfGhIjKlMnO", "abcd1234EFGH =", "ABCD = =", "_Process", ".SignIn."):
        for line in (word, f"a {word} b", word.swapcase(), f"region = {word}"):
            assert search.is_candidate(line) == bool(search._CANDIDATE.search(line)), line
            assert search._is_suspect(line) == bool(search._SUSPECT.search(line)), line


WORDS = st.sampled_from(
    [
        *("aws_secret_access_key", "role_arn", "region", "[profile", "]", "=", ":", " ", "\t", "/"),
        *(
            "arn:aws:iam::",
            "role/Admin",
            "AKIA",
            "eyJ",
            "-p",
            "@",
            "https://",
            "#",
            "+",
            "==",
            "\n",
        ),
        *("abcdefgh/", "JFAOHEZ", "é", "\u200b", "%2f"),
    ]
)
DIGITS = st.text("0123456789", min_size=1, max_size=14)
LINES = st.lists(WORDS | DIGITS | st.text(BASE64, max_size=16), max_size=9).map("".join)


@given(LINES)
@example("eyJ00000000")
@settings(max_examples=EXAMPLES, deadline=None)
def test_each_line_of_a_message_with_a_secret_is_a_candidate(line: str) -> None:
    for text in (line, f"the value {line} of x", f"[a]{line}"):
        for each in text.split("\n"):
            assert search.is_candidate(each) or not search.find_in_message(each), each


@given(LINES, st.integers(0, 9))
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_is_known_of_a_line_with_other_digits_changes_nothing(line: str, digit: int) -> None:
    """Lines that differ in digits only are looked at once, unless a rule asks for the digits."""
    lines = line.splitlines(keepends=True)
    others = [re.sub("[0-9]", str(digit), each) for each in lines]
    alone = []
    for before in ([], others):
        search._no_candidates.clear()
        search._plain_lines.clear()
        list(search.find_in_lines(before))
        alone.append(list(search.find_in_lines(lines)))
    assert alone[0] == alone[1]


@given(LINES, DIGITS.filter(lambda digits: len(digits) == 12))
@settings(max_examples=EXAMPLES, deadline=None)
def test_an_account_between_colons_hides_no_secret(line: str, account: str) -> None:
    one = f"{line}:{account}:{line}".partition("\n")[0]
    found = [*spans_of_pieces(one), *search._of_assignment(one), *search._within(one)]
    without = search._CANDIDATE.pattern.replace(r"(?!(?<=:)\d{12}:)", "")
    if any(start < end for start, end in found) and re.search(without, one, re.IGNORECASE):
        assert search.is_candidate(one), one


@pytest.mark.parametrize(
    "text",
    [
        "NoCredentialsError: Unable to locate credentials",
        "TokenRetrievalError: Token has expired and refresh failed",
        "ExpiredTokenException: The security token included in the request is expired",
    ],
)
def test_the_message_of_an_error_about_secrets_is_shown(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize("key", ["aws_security_token", "role_arn", "region", "sso_session"])
def test_the_end_of_a_cut_secret_is_masked_where_the_next_key_follows_at_once(key: str) -> None:
    end = "hh3nkSJP/Q3vQWn5Gl60+OMv"
    text = f"[a]\naws_secret_access_key = 9Y+gCrzbVScS4MQa\n{end}{key} = x\n"
    assert end[:6] not in mask_text(text)
    assert mask_line(f"{key} = eu") in {f"{key} = eu", f"{key} = ***"}


PIECE = "IvKht066j8WcSdiY5bFQInLIkTjwwGY"  # made up: the end of a secret that was cut into lines


@pytest.mark.parametrize(
    "line",
    [
        'PIECE aws_security_token = "x"',
        "PIECE cli_pager =",
        "PIECE  s3 =",
        "PIECE export aws_session_token = 1",
        "PIECE # mine",
        "PIECE;mine",
        "PIECE[c-d]",
        "[c-d]PIECE",
        "[c-d] PIECE # mine",
        "PIECE [profile c-d]",
        "PIECErole-arn = x",
        "# PIECE region = eu-west-1",
        "export PIECE",
        '"PIECE" \\',
        "region = eu-west-1 PIECE",
        "region = PIECE bWlu",
        "# see (PIECE).",
        "region = eu-west-1 'PIECE',",
        "role_arn = arn:aws:iam::123456789012:role/R PIECE # mine",
    ],
)
def test_a_piece_of_a_secret_is_masked_whatever_is_joined_to_it(line: str) -> None:
    assert PIECE[-8:] not in mask_line(line.replace("PIECE", PIECE))
    assert PIECE[-8:] not in mask_text(f"aws_secret_access_key = x\n{line.replace('PIECE', PIECE)}")


@pytest.mark.parametrize(
    "line",
    [
        f"external_id = {PIECE}",
        f"external_id={PIECE} # theirs",
        f'{{"ExternalId": "{PIECE}", "RoleName": "R"}}',
        f"credential_process = /bin/x --external-id {PIECE} --region eu-west-1",
        "# our InternationalDepartmentOfFinance1 has OrganizationAccountAccessRole2 here",
        "sso_start_url = https://d-906759b1c2.awsapps.com/start",
        f"# sha256: {'e3b0c44298fc1c149afbf4c8996fb924' * 2}",
        f"{'e3b0c44298fc1c149afbf4c8996fb924' * 2}  file.tar.gz",
        "[profile IvKht066j8WcSdiY5bFQ]",
        f"{KEY_ID} # mine",
        "AROAZUCQXTHF6GY3IBYW:alice",
    ],
)
def test_what_only_resembles_a_piece_is_shown(line: str) -> None:
    assert mask_line(line) == line


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws_access_key_id", "AKIARZPUZDIKNKGLL4W5"),
        ("external_id", PIECE),
        ("role_session_name", PIECE),
        ("mfa_serial", "GAHT12345678"),
    ],
)
def test_a_value_that_only_resembles_a_piece_is_shown(key: str, value: str) -> None:
    assert mask.mask_value(key, value) == mask_text(value) == value


@pytest.mark.parametrize("blank", [r"\xa0", r"\u200b", r"\ufeff", r"\xa0\u2009 "])
def test_an_id_behind_an_escaped_blank_is_shown(blank: str) -> None:
    shown = f"aws_access_key_id ={blank}{KEY_ID}"
    assert mask_line(shown) == mask_message(shown) == shown
    for secret in (SECRET, "hunter2"):
        assert secret not in mask_line(f"aws_secret_access_key ={blank}{secret}")
        assert secret not in mask_line(f"my_password ={blank}{secret}")


@pytest.mark.parametrize("text", ["[a/b]PIECE in line 15: it has text", "[a] PIECE in line 1: x"])
def test_a_piece_behind_a_header_is_masked_in_a_message(text: str) -> None:
    assert PIECE[-8:] not in mask_message(text.replace("PIECE", PIECE))


def test_a_command_keeps_the_values_behind_names_that_sound_secret() -> None:
    command = "aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId"
    assert mask.mask_by_format(command) == command
    assert SECRET not in mask.mask_by_format(f"{command} --profile {SECRET}")
    assert "AttributeKey=AccessKeyId" in mask.mask_by_format(f"{command} --profile {SECRET}")


@pytest.mark.parametrize("end", [" region", "'", ", so SDKs do not read it", ")", "=", "=="])
def test_messages_that_quote_a_piece_mask_it(end: str) -> None:
    piece = "FPccXtlV+JeEZKTS1aFeDf"  # made up: the end of a secret that was cut
    message = f"[x] is at the end of the line of {piece}{end}"
    assert mask_message(message) == message.replace(piece, "***")


@pytest.mark.parametrize(
    "text",
    [
        "The role RdsDbSnapshotReadOnlyAccess20 is not here.",
        "~/.aws/sso/cache/da39a3ee5e6b4b0d3255bfef95601890afd80709.json is another user's.",
        "There is no profile 'AdministratorAccess123456789012'.",
        "Request 0f4c1d2e-5b6a-4f9e-8b7d-3a2c1e0d9f8b was denied.",
        "Its user is AIDACKCEVSQ6C2EXAMPLE.",
    ],
)
def test_messages_keep_names_and_ids(text: str) -> None:
    assert mask_message(text) == text
