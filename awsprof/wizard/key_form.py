"""Sets up the access key of an IAM user, and a virtual MFA device for a user without one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from awsprof.accesskeys import key_sources
from awsprof.accesskeys.key_identity import identify_key
from awsprof.arn import Arn, iam_arn
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import NotPermitted
from awsprof.awsapi.sts import Identity
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.errors import AwsprofError, CredentialsError, UsageError
from awsprof.key_ids import is_access_key_id
from awsprof.masking.secret_shapes import looks_secret
from awsprof.profiles import kinds
from awsprof.profiles.kinds import Field
from awsprof.secret import Secret
from awsprof.text import sanitize
from awsprof.vault.vault import check_passphrase_variable
from awsprof.wizard import prompts
from awsprof.wizard.choices import device_options, user_devices
from awsprof.wizard.policies import print_set_up_policies
from awsprof.wizard.profile_form import ProfileForm
from awsprof.wizard.prompt_loop import leave
from awsprof.wizard.prompts import Back, Option
from awsprof.wizard.steps import Step
from awsprof.wizard.wizard_context import Wizard

_KEY_ID: Final = "access_key_id"
_MFA: Final = "mfa_serial"
_NEW_DEVICE: Final = "\0new"
_TYPE: Final = "\0type"
_ADVICE: Final = (
    "An access key works until it is deleted, for anyone who has it. IAM Identity Center issues"
    " credentials that expire: prefer it if your organization has it."
)


class KeyForm(ProfileForm):
    """The form of an access key: ID and secret, or the console's CSV file; then the MFA device."""

    def __init__(self, wizard: Wizard, name: str = "") -> None:
        super().__init__(wizard, kinds.kind_named("keys"), name)
        self._fields = {field.name: field for field in self._kind.fields}
        self._secret: Secret | None = None
        self._pasted: Secret | None = None
        self._identity: Identity | None = None
        self._csv: Path | None = None
        self._new_device = False

    def run(self) -> None:
        """Asks, writes and verifies as every form; then enables the new MFA device."""
        check_passphrase_variable(self._context.vault())
        self._context.terminal.say(_ADVICE)
        super().run()

    def _steps(self) -> list[Step]:
        region = self._fields["region"]
        return [
            self._ask_key_id,
            self._ask_secret,
            self._ask_device,
            lambda: self._ask(region),
            self._ask_name,
        ]

    def _ask_key_id(self) -> bool:
        """Asks for the ID. Takes a CSV file's path too, and a pasted secret next to the ID."""
        self._pasted = self._csv = None

        def without_secret(words: Sequence[str]) -> str:
            """Keeps a secret that was pasted together with the ID off the screen."""
            ids = [word for word in words if is_access_key_id(word)]
            if len(words) == 2 and len(ids) == 1:
                (self._pasted,) = (Secret(word) for word in words if word not in ids)
                return ids[0]
            secret = any(looks_secret(word) for word in words)
            return "" if secret else " ".join(words)

        answer = prompts.text_input(
            "Access key ID",
            _check_id_or_file,
            explain="it starts with AKIA; or the path of the .csv file from the AWS console",
            default=self._answers.get(_KEY_ID, ""),
            on_paste=without_secret,
        )
        if not is_access_key_id(answer):
            self._csv = Path(answer)
            key = key_sources.read_csv(self._csv)
            answer, self._pasted = key.key_id, key.secret
        self._answers[_KEY_ID] = answer
        return True

    def _ask_secret(self) -> bool:
        """Asks for the secret until AWS accepts it, unless the CSV file or the paste has it."""
        field = next(field for field in self._kind.fields if field.secret)
        given = self._pasted
        while True:
            if given is None:
                typed = prompts.password(field.label, field.check, explain=field.explain)
                secret = Secret(typed)
            else:
                secret = given
                leave(field.label, "***")
            try:
                self._identity = identify_key(self._answers[_KEY_ID], secret, region=None)
            except CredentialsError as exc:
                self._tell_refused(exc)
                if exc.code != "SignatureDoesNotMatch":
                    raise Back from exc  # to the ID
                given = self._pasted = None
                continue
            self._secret = secret
            self._context.terminal.ok(f"the key is {self._identity.arn}")
            return self._pasted is None

    def _tell_refused(self, error: CredentialsError) -> None:
        wrong_secret = error.code == "SignatureDoesNotMatch"
        fix = (
            "type or paste the secret again; Esc goes back to the ID" if wrong_secret else error.fix
        )
        self._context.terminal.failed(error.message, fix)

    def _ask_device(self) -> bool:
        """Finds the user's MFA device; offers a new one to a user without any."""
        self._new_device = False
        try:
            found = user_devices(self._context, self._given)
        except AwsprofError as exc:
            self._context.terminal.failed(exc.message, exc.fix)
            found = None
        field, before = self._fields[_MFA], self._answers.get(_MFA, "")
        if isinstance(found, list) and len(found) == 1:
            self._store(field, before or found[0])
            self._questions.show(field, before or found[0])
            return False
        self._answer_device(field, before, self._device_options(found))
        return True

    def _device_options(self, found: list[str] | NotPermitted | None) -> list[Option]:
        options = []
        if isinstance(found, list):
            options += device_options(found)
        elif usual := _usual_device(self._identity):
            denied = isinstance(found, NotPermitted)
            why = "you lack permission to list yours" if denied else "yours could not be listed"
            options.append(Option(usual, usual, f"the usual name; {why}"))
        title = "None yet: set up an authenticator app after this"
        options.append(Option(_NEW_DEVICE, title, recommended=not options))
        return [*options, Option(_TYPE, "another one (type it)"), Option("-", "none")]

    def _answer_device(self, field: Field, before: str, options: list[Option]) -> None:
        chosen = prompts.select(field.label, options, before, explain=field.explain)
        self._new_device = chosen == _NEW_DEVICE
        if chosen == _TYPE:
            chosen = prompts.text_input(
                field.label, field.check, explain=field.explain, default=before, required=False
            )
        self._store(field, "" if chosen in {_NEW_DEVICE, "-"} else chosen)

    def _change_answer(self, field: Field) -> None:
        if field.name == _KEY_ID:
            self._ask_key_id()
            self._ask_secret()
        else:
            super()._change_answer(field)

    def _tell_next(self, names: list[str]) -> None:
        terminal = self._context.terminal
        if self._csv is not None:
            terminal.warn(f"{self._csv} still has the secret in plain text: delete it.")
        if self._new_device:
            self._enable_device(names[0])
        super()._tell_next(names)

    def _enable_device(self, name: str) -> None:
        try:
            self._wizard.commands.enable_mfa(name)
        except AwsprofError as exc:
            self._context.terminal.failed(exc.message, exc.fix)
            self._context.terminal.say(f"{sanitize(name)} works, without MFA.")
            user = self._identity and Arn.parse(self._identity.arn)
            if user and exc.code == "AccessDenied":
                question = "Show the policies that an administrator attaches to your user?"
                if prompts.agree(question, True):
                    print_set_up_policies(self._wizard, user, [])

    def _key(self) -> Credentials | None:
        return None if self._secret is None else Credentials(self._answers[_KEY_ID], self._secret)

    def _change(self) -> Change:
        catalog = self._context.catalog()
        values = self._kind.validate(self._answers, catalog, name=self._name)
        who = self._identity
        account, arn = (who.account, who.arn) if who else (None, None)
        return profile_operations.add_profile(
            self._kind, self._name, values, catalog, secret=self._secret, account=account, arn=arn
        )


def _usual_device(identity: Identity | None) -> str:
    """Returns the ARN that the console proposes for the user's first virtual device."""
    arn = Arn.parse(identity.arn) if identity else None
    if arn is None or not arn.user_name:
        return ""
    return iam_arn(arn.partition, arn.account, f"mfa/{arn.user_name}")


def _check_id_or_file(answer: str) -> str:
    """Returns the ID, or the path of a CSV file with a key. Raises UsageError for anything else."""
    answer = answer.strip()
    looks_like_path = answer.lower().endswith(".csv") or any(c in answer for c in "/\\~'\"")
    if not looks_like_path or looks_secret(answer):
        return next(f for f in kinds.kind_named("keys").fields if f.name == _KEY_ID).check(answer)
    path = Path(answer.strip("'\"").replace("\\ ", " ")).expanduser()
    try:
        key_sources.read_csv(path)
    except AwsprofError as exc:
        raise UsageError(exc.message, exc.fix) from exc
    return str(path)
