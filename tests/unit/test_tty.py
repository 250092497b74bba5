"""Asking on the controlling terminal, whatever stdin and stdout are."""

import subprocess
import sys

import pexpect

from awsprof.errors import InteractionRequired
from awsprof.prompting import NonInteractive
from awsprof.tty import TtyPrompter, tty_prompter

ASK = "from awsprof.tty import tty_prompter; prompter = tty_prompter('go'); "


def ask(code: str) -> pexpect.spawn:
    # stdin and stdout elsewhere, as under an SDK: the terminal itself must be used
    line = f'{sys.executable} -c "{ASK}{code}" </dev/null 2>/dev/null | cat'
    return pexpect.spawn("/bin/sh", ["-c", line], timeout=20, encoding="utf-8")


def test_a_code_is_asked_until_it_is_one() -> None:
    child = ask("print(prompter.code(profile='base', device='arn:d'))")
    child.expect(r"MFA code for base \(arn:d\): ")
    child.sendline("12345")
    child.expect("six digits")
    child.expect("MFA code")
    child.sendline("123 456")
    child.expect("123456")
    assert "12345" not in child.before  # nothing is shown of what is typed
    assert "123 456" not in child.before


def test_a_terminal_shows_again_what_is_typed_after_a_code() -> None:
    echo = "import termios; print('echo', bool(termios.tcgetattr(open('/dev/tty'))[3] & 8))"
    child = ask(f"prompter.code(profile='base', device='arn:d'); {echo}")
    child.expect("MFA code")
    child.sendline("123456")
    child.expect("echo True")


def test_a_terminal_shows_again_what_is_typed_after_ctrl_c() -> None:
    code = (
        "import termios\nfrom awsprof.tty import TtyPrompter\n"
        "try:\n    TtyPrompter().code(profile='base', device='arn:d')\n"
        "except KeyboardInterrupt:\n"
        "    print('echo', bool(termios.tcgetattr(open('/dev/tty'))[3] & termios.ECHO))"
    )
    child = pexpect.spawn(sys.executable, ["-c", code], timeout=20, encoding="utf-8")
    child.expect("MFA code")
    child.sendintr()
    child.expect("echo True")


def test_an_answer_that_does_not_come_is_not_waited_for() -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-c", "from awsprof.tty import _Terminal; print('it is', _Terminal().readline(0.1))"],
        timeout=20,
        encoding="utf-8",
    )
    child.expect("it is None")


def test_a_passphrase_is_typed_unseen_and_twice() -> None:
    child = ask("print(len(prompter.passphrase(purpose='the vault', twice=True).reveal()))")
    child.expect("If you lose it, the file cannot be opened")
    child.expect("Choose a passphrase: ")
    child.sendline("too short")
    child.expect("The passphrase needs at least 12 characters")
    child.expect("Choose a passphrase: ")
    child.sendline("correct horse")
    child.expect("Repeat the passphrase: ")
    child.sendline("other")
    child.expect("The passphrases differ")
    child.expect("Choose a passphrase")
    child.sendline("correct horse")
    child.expect("Repeat the passphrase: ")
    child.sendline("correct horse")
    child.expect("13")
    assert "horse" not in (child.before or "")


def test_a_message_is_broken_between_words() -> None:
    words = " ".join(f"word{number}" for number in range(20))
    child = pexpect.spawn(
        sys.executable,
        ["-c", f"{ASK}prompter.show('{words}')"],
        timeout=20,
        encoding="utf-8",
        dimensions=(24, 40),
    )
    lines = child.read().split("\r\n")
    assert " ".join(lines).split() == words.split()
    assert max(map(len, lines)) <= 40


def test_without_a_terminal_nobody_is_asked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK + "prompter.code(profile='base', device='d')"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # away from the terminal the tests may run in
        check=False,
    )
    assert "InteractionRequired: base needs a code" in done.stderr


def test_nobody_tells_what_to_run() -> None:
    try:
        NonInteractive("awsprof login base").code(profile="base", device="d")
    except InteractionRequired as exc:
        assert (exc.fix, exc.exit_code) == ("awsprof login base", 4)
    assert tty_prompter("x").__class__ in {TtyPrompter, NonInteractive}
