"""Fixes, renames and edits of files as people leave them, many thousands of them.

Judged by botocore's own loader and the SDK dialect: nobody becomes somebody else unasked, no
secret is lost, none is shown or kept in clear, and undo restores the bytes.
``AWSPROF_TEST_EXAMPLES`` says how many; ``make fuzz`` does 100,000.
"""

import os
import random
from collections.abc import Iterable, Iterator

import pytest

from awsprof import paths
from awsprof.awsfiles.document import FileKind
from awsprof.awsfiles.encoding import to_text
from awsprof.doctor import checks
from awsprof.doctor.findings import Finding
from awsprof.doctor.repairs import Repair, mending, offered
from awsprof.doctor.scene import Scene
from awsprof.editing import verbs
from awsprof.editing.apply import apply, undo
from awsprof.editing.change import Change, file_diff
from awsprof.editing.history import plan_undo
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog
from tests.standins import fuzzed
from tests.standins.judge import Judged, judged
from tests.standins.memory_vault import MemoryVault
from tests.unit.doctor.conftest import Visit

EXAMPLES = int(os.environ.get("AWSPROF_TEST_EXAMPLES", "150"))
SEED = int(os.environ.get("AWSPROF_TEST_SEED", "1"))
WRITTEN = 25  # one of so many is written to the disk, and taken back
OFFLINE = [c for c in checks.every() if c.fixes and not c.live]
ELSEWHERE = {"vault-entry-orphan", "process-missing", "file-mode"}  # of the machine, not the text


class Example:
    """One pair of files, and what is done to them."""

    def __init__(self, number: int, visit: Visit) -> None:
        self.rng = random.Random(SEED * 1_000_003 + number)  # noqa: S311  # the same each time
        self.files = fuzzed.files(self.rng)
        self.visit = visit
        self.vault = MemoryVault()
        self.catalog = Catalog.from_bytes(self.files.config, self.files.credentials)
        self.said: list[str] = []

    def scene(self) -> Scene:
        names = tuple(self.catalog.profiles)
        visit = self.visit
        return Scene(
            self.catalog, names, visit.environment, lambda: self.vault, visit.now, visit.key_age
        )

    def findings(self) -> list[Finding]:
        scene = self.scene()
        found = [
            Finding(check.id, check.severity, fault)
            for check in OFFLINE
            if check.id not in ELSEWHERE
            for fault in check.run(scene)
        ]
        told = offered(scene, found)
        self.said += [finding.message + finding.fix for finding in told]
        return told

    def after(self, change: Change) -> tuple[bytes, bytes]:
        done = [change.done_to(kind, self.catalog.stored(kind).data) for kind in FileKind]
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
        text = "".join(to_text(data)[1] for data in after)
        before = to_text(self.files.config)[1] + to_text(self.files.credentials)[1]
        text += " ".join(new.secret.reveal() for new in change.secrets)
        lost = [s for s in self.files.secrets if s in before and s not in text]
        assert not lost

    def nobody_is_another(
        self, after: tuple[bytes, bytes], free: set[str], renamed: dict[str, str]
    ) -> None:
        before = judged(self.files.config, self.files.credentials)
        now = judged(*after)
        for was, then in zip(before, now, strict=True):
            if was is None or (then is None and was is not before[0]):
                continue  # others than boto3 take UTF-16 for an empty file, and fail at its text
            assert then is not None
            for name in was.merged:
                who = was.who(name)
                if (
                    who is not None
                    and usable(who, was)
                    and who != ("asks", name)
                    and free.isdisjoint(was.chain(name))
                ):
                    self._is_the_same(name, who, was, then, renamed)

    def _is_the_same(
        self, name: str, who: object, was: Judged, then: Judged, renamed: dict[str, str]
    ) -> None:
        if name in renamed:
            assert same(then.who(renamed[name]), who, renamed), (name, who)
        elif name in then.merged:
            assert same(then.who(name), who, renamed), (name, who, then.who(name))
        else:  # its header was mended: it has another name now
            new = [n for n in then.merged if nobody(was.who(n), n, was)]
            assert any(then.who(other) == who for other in new), (name, who)


def same(now: object, was: object, renamed: dict[str, str]) -> bool:
    """Whether it is the same; what asks for a profile by name asks for it by its new one."""
    if isinstance(was, tuple) and was[:1] == ("asks",):
        return now == ("asks", renamed.get(was[1], was[1]))
    if isinstance(was, tuple) and isinstance(now, tuple) and len(was) == len(now):
        return all(same(n, w, renamed) for n, w in zip(now, was, strict=True))
    return now == was


def nobody(who: object, name: str, was: Judged) -> bool:
    """Whether it has no credentials, or asks awsprof for those of itself or of somebody without."""
    match who:
        case ("asks", str(other)):
            return other == name or was.who(other) is None
        case _:
            return who is None


def usable(who: object, was: Judged) -> bool:
    """Whether AWS, or a machine, could make anything of it.

    An id that was cut is nobody's, and who asks for a profile with no credentials is nobody.
    """
    match who:
        case ("asks", str(name)):
            return was.who(name) is not None
        case ("key", str(id)):
            return len(id) == 20 and id.isalnum()
        case ("role", str(arn), source):
            return arn.removeprefix(fuzzed.ROLE) in {"R", "S", "T"} and (
                isinstance(source, str) or usable(source, was)
            )
        case ("web", str(arn)):
            return arn == f"{fuzzed.ROLE}W"
        case ("process", str(command)):
            return command.startswith("/bin/")
        case ("sso", str(url), str(account), str(role)):
            return (url, account, role) == ("https://x.awsapps.com/start", "123456789012", "R")
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
            told = [f for f in example.findings() if f.mends_itself]
            if example.rng.random() < 0.3 and told:
                one = example.rng.choice(told).id
                told = [finding for finding in told if finding.id == one]
            made = mending(example.scene(), told, lambda secret, _: secret)
            after = example.after(made.change)
            mended += bool(made.mended)
            example.no_secret_is_shown()
            example.no_secret_is_lost(after, made.change)
            free = declared(finding.fault.repair for finding in made.mended)
            example.nobody_is_another(after, free, {})
            if number % WRITTEN == WRITTEN - 1 and made.mended:
                example.written(made.change)
                example.no_secret_is_shown()
        except Exception as exc:
            exc.add_note(f"{number}: {failing(example)}")
            raise
    assert mended > EXAMPLES / 4


def _changes(example: Example) -> Iterator[tuple[Change, dict[str, str], set[str]]]:
    """One of the verbs on one of the profiles; whom it renames, and who may be another then."""
    rng, catalog = example.rng, example.catalog
    if not catalog.profiles:
        return
    name = rng.choice(sorted(catalog.profiles))
    match rng.randrange(4):
        case 0 | 1:
            new = rng.choice(("new", "dev", "default", "x.y@z"))
            yield verbs.rename(name, new, catalog), {name: new}, set()
        case 2:
            yield verbs.copy(name, "new", catalog), {}, {"new"}
        case _:
            key = rng.choice(("region", "output", "s3.max_queue_size"))
            yield verbs.set_value(name, key, "eu-central-1", catalog), {}, set()


def test_renames_copies_and_edits(examples: Iterator[Example]) -> None:
    done = 0
    for number, example in enumerate(examples):
        try:
            for change, renamed, free in _changes(example):
                after = example.after(change)
                done += 1
                example.no_secret_is_shown()
                example.no_secret_is_lost(after, change)
                example.nobody_is_another(after, free, renamed)
                if number % WRITTEN == WRITTEN - 1 and after != (
                    example.files.config,
                    example.files.credentials,
                ):
                    example.written(change)
                    example.no_secret_is_shown()
        except AwsprofError as exc:
            example.said += [exc.message, exc.fix]
            example.no_secret_is_shown()
        except Exception as exc:
            exc.add_note(f"{number}: {failing(example)}")
            raise
    assert done > EXAMPLES / 8
