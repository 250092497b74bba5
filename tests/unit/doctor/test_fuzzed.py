"""Fixes, renames and edits of files as people leave them, many thousands of them.

Judged by botocore's own loader and the SDK dialect: nobody becomes somebody else unasked, no
secret is lost, none is shown or kept in clear, and undo restores the bytes.
``AWSPROF_TEST_EXAMPLES`` says how many; ``make fuzz`` does 100,000.
"""

import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from awsprof import paths
from awsprof.configfile.document import FileKind
from awsprof.configfile.encoding import decode_text, is_utf_16
from awsprof.doctor import checks
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.fault_mask import FaultMask
from awsprof.doctor.findings import Finding, Repair
from awsprof.doctor.repair_planning import plan_repairs, withhold_harmful_repairs
from awsprof.editing import profile_operations
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, file_diff
from awsprof.editing.undo import plan_undo, undo
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog
from tests import budgets
from tests.standins import fuzzed_edits
from tests.standins.identity_judge import Judged, Who, judged
from tests.standins.memory_vault import MemoryVault
from tests.unit.doctor.conftest import Visit

EXAMPLES = budgets.examples(150)
SEED = int(os.environ.get("AWSPROF_TEST_SEED", "1"))
END = 16  # characters of either end of a secret, by which a part of it is known
WRITTEN = 25  # one of so many is written to the disk, and taken back
OFFLINE = [c for c in checks.all_checks() if c.fixes and not c.live]
DECIDING = {"role_arn", "source_profile", "credential_process"}  # who a profile is
ELSEWHERE = {"vault-entry-orphan", "process-missing", "file-mode"}  # of the machine, not the text


class Example:
    """One pair of files, and what is done to them."""

    def __init__(self, number: int, visit: Visit) -> None:
        self.rng = random.Random(SEED * 1_000_003 + number)  # noqa: S311  # the same each time
        self.files = fuzzed_edits.files(self.rng)
        self.visit = visit
        self.vault = MemoryVault()
        self.catalog = Catalog.from_bytes(self.files.config, self.files.credentials)
        self.said: list[str] = []

    def context(self) -> CheckContext:
        names = tuple(self.catalog.profiles)
        visit = self.visit
        return CheckContext(
            self.catalog, names, visit.environment, lambda: self.vault, visit.now, visit.key_age
        )

    def findings(self) -> list[Finding]:
        context = self.context()
        found = [
            Finding(check.id, check.severity, FaultMask(context).masked(fault))
            for check in OFFLINE
            if check.id not in ELSEWHERE
            for fault in check.run(context)
        ]
        told = withhold_harmful_repairs(context, found)
        self.said += [finding.message + finding.fix for finding in told]
        return told

    def after(self, change: Change) -> tuple[bytes, bytes]:
        done = [change.apply_to(kind, self.catalog.stored(kind).data) for kind in FileKind]
        for kind, data in zip(FileKind, done, strict=True):
            diff = file_diff(self.catalog.stored(kind), data)
            self.said += [line.text for line in diff.lines] if diff else []
        return done[0] or b"", done[1] or b""

    def written(self, change: Change) -> None:
        """Do it on the disk, look for secrets in what is kept, and take it back."""
        self.visit.config(self.files.config)
        self.visit.credentials(self.files.credentials)
        apply(change, lambda: self.vault)
        for file in paths.history_dir().glob("*.json"):
            self.said.append(file.read_text())
        undo(plan_undo(), lambda: self.vault)
        assert self.visit.bytes("config") == self.files.config
        assert self.visit.bytes("credentials") == self.files.credentials

    def no_secret_is_shown(self) -> None:
        text = "\n".join(self.said)
        for secret in self.files.secrets:
            assert secret not in text
            assert secret[:20] not in text
            assert secret[-20:] not in text

    def no_secret_is_lost(self, after: Iterable[bytes], change: Change) -> None:
        text = "".join(decode_text(data)[1] for data in after)
        text += " ".join(new.secret.reveal() for new in change.secrets)
        whole = "".join(text.split(" "))  # one of two lines may have it with a space inside
        lost = [part for part in self.there() if part not in text and part not in whole]
        assert not lost

    def there(self) -> list[str]:
        """The secrets that the files hold; of one that was cut, its ends."""
        text = decode_text(self.files.config)[1] + "\n" + decode_text(self.files.credentials)[1]
        parts = []
        for secret in self.files.secrets:
            ends = [] if secret in text else [secret[:END], secret[-END:]]
            parts += [part for part in ends or [secret] if part in text]
        return parts

    def nobody_is_another(
        self, after: tuple[bytes, bytes], change: Change, free: set[str], renamed: dict[str, str]
    ) -> None:
        files = (self.files.config, self.files.credentials)
        vault = {new.key_id: new.secret.reveal() for new in change.secrets}
        odd = any(is_utf_16(decode_text(data)[0]) for data in files)
        before = judged(*files, {})
        for was, then in zip(before, judged(*after, vault), strict=True):
            if was is None or (then is None and odd and was is not before[0]):
                continue  # others than boto3 take UTF-16 for an empty file, and fail at its text
            assert then is not None
            for name in was.merged:
                who = was.who(name)
                if who and self.usable(who) and free.isdisjoint(was.chain(name)):
                    self._is_the_same(name, who, was, then, renamed)

    def _is_the_same(
        self, name: str, who: Who, was: Judged, then: Judged, renamed: dict[str, str]
    ) -> None:
        new = renamed.get(name, name)
        if new in then.merged or name in renamed:
            assert then.who(new) == who, (name, who, then.who(new))
        else:  # its header was mended: it has another name now
            assert any(
                then.who(other) == who and self._was_nobody_else(was.who(other), who)
                for other in then.merged
            ), (name, who)

    def _was_nobody_else(self, before: Who | None, who: Who) -> bool:
        """True for a name that had no usable identity before, or this one already."""
        return before is None or before == who or not self.usable(before)

    def usable(self, who: Who) -> bool:
        """Whether AWS, or a machine, could make anything of it: half a key, or an ID with the
        secret of another one, is nobody's.
        """
        match who:
            case ("key", str(id), str(secret), str(token)):
                return (id, secret, token) in self.files.keys
            case ("role", str(arn), tuple(source)):
                return arn.removeprefix(fuzzed_edits.ROLE) in {"R", "S", "T"} and self.usable(
                    source
                )
            case ("web", str(arn), str(token)):
                return (arn, token) == (f"{fuzzed_edits.ROLE}W", "/token")
            case ("process", str(program), *_):
                return program.startswith("/bin/")
            case ("sso", *parts):
                return parts == ["https://x.awsapps.com/start", "r", "123456789012", "R"]
            case _:
                return True


def declared(repairs: Iterable[Repair | None]) -> set[str]:
    return {section.name for repair in repairs if repair for section in repair.declares}


@pytest.fixture
def examples(visit: Visit) -> Iterator[Example]:
    return (Example(number, visit) for number in range(EXAMPLES))


def failing(example: Example) -> str:
    return f"{example.files.config!r}\n{example.files.credentials!r}"


def test_fixes(examples: Iterator[Example]) -> None:
    mended = 0
    for number, example in enumerate(examples):
        try:
            told = [f for f in example.findings() if f.auto_fixable]
            if example.rng.random() < 0.3 and told:
                one = example.rng.choice(told).id
                told = [finding for finding in told if finding.id == one]
            made = plan_repairs(example.context(), told, lambda secret, _: secret)
            after = example.after(made.change)
            mended += bool(made.repaired)
            changes = (f.fault.repair.change for f in made.repaired if f.fault.repair)
            theirs = {secret.key_id for change in changes if change for secret in change.secrets}
            assert {secret.key_id for secret in made.change.secrets} <= theirs
            example.no_secret_is_shown()
            example.no_secret_is_lost(after, made.change)
            free = declared(finding.fault.repair for finding in made.repaired)
            example.nobody_is_another(after, made.change, free, {})
            if number % WRITTEN == WRITTEN - 1 and made.repaired:
                example.written(made.change)
                example.no_secret_is_shown()
        except Exception as exc:
            exc.add_note(f"{number}: {failing(example)}")
            raise
    assert mended > EXAMPLES / 4


@dataclass
class Done:
    """One of the verbs on one of the profiles, and what it may do to whom."""

    change: Change
    renamed: dict[str, str] = field(default_factory=dict)
    copied: dict[str, str] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)  # who may be another then
    read: dict[tuple[str, str], str | None] = field(default_factory=dict)  # by all who see it
    gone: str = ""


def _changes(example: Example) -> Iterator[Done]:
    rng, catalog = example.rng, example.catalog
    if not catalog.profiles:
        return
    name = rng.choice(sorted(catalog.profiles))
    new = rng.choice(("new", "dev", "default", "x.y@z", "a", "b"))
    match rng.randrange(8):
        case 0 | 1 | 2:
            yield Done(profile_operations.rename_profile(name, new, catalog), renamed={name: new})
        case 3:
            yield Done(profile_operations.copy_profile(name, new, catalog), copied={name: new})
        case 4:
            change = profile_operations.remove_profile(name, catalog)
            yield Done(change, free=_names_of(name, catalog), gone=name)
        case 5:
            yield _moved(name, catalog)
        case _:
            yield _set_or_unset(rng, name, catalog)


def _names_of(name: str, catalog: Catalog) -> set[str]:
    """The name, and what SDKs other than boto3 call the same section: ``[ a]`` is ``a``."""
    bare = name.strip(" \t")
    return {name} if bare in catalog.profiles else {name, bare}


def _moved(name: str, catalog: Catalog) -> Done:
    return Done(profile_operations.move_key(catalog.get(name), None, None, catalog))


def _set_or_unset(rng: random.Random, name: str, catalog: Catalog) -> Done:
    key, value = rng.choice(
        (
            *(("region", "eu-central-1"), ("output", "text"), ("s3.max_queue_size", "7")),
            *(("role_arn", f"{fuzzed_edits.ROLE}T"), ("source_profile", "a")),
            ("credential_process", "/bin/x --for me"),
        )
    )
    free = _names_of(name, catalog) if key in DECIDING else set()
    if rng.random() < 0.3:
        change = profile_operations.unset_profile_value(name, key, catalog)
        return Done(change, free=free, read={(name, key): None})
    change = profile_operations.set_profile_value(name, key, value, catalog)
    return Done(change, free=free, read={(name, key): value} if "." not in key else {})


def is_right(example: Example, done: Done, after: tuple[bytes, bytes]) -> None:
    """Fail where somebody is another, or where one of the readers reads what it should not."""
    example.nobody_is_another(after, done.change, done.free, done.renamed)
    files = (example.files.config, example.files.credentials)
    for was, then in zip(judged(*files, {}), judged(*after, {}), strict=True):
        if was is None or then is None:
            continue
        assert done.gone not in then.merged
        for name, new in done.copied.items():
            who = was.who(name)
            if who and example.usable(who):
                assert then.who(new) == who, (name, new, who, then.who(new))
        for (name, key), value in done.read.items():
            if name in was.merged and name in then.merged:
                assert then.merged[name].get(key) == value, (name, key)


def test_renames_copies_and_edits(examples: Iterator[Example]) -> None:
    count = 0
    for number, example in enumerate(examples):
        try:
            for done in _changes(example):
                after = example.after(done.change)
                count += 1
                example.no_secret_is_shown()
                if not done.gone:
                    example.no_secret_is_lost(after, done.change)
                is_right(example, done, after)
                if number % WRITTEN == WRITTEN - 1 and after != (
                    example.files.config,
                    example.files.credentials,
                ):
                    example.written(done.change)
                    example.no_secret_is_shown()
        except AwsprofError as exc:
            example.said += [exc.message, exc.fix]
            example.no_secret_is_shown()
        except Exception as exc:
            exc.add_note(f"{number}: {failing(example)}")
            raise
    assert count > EXAMPLES / 8
