"""Builds the clients of the interop lane that are compiled, and says which have no toolchain here.

    python tests/foreign/build.py FOLDER

Each is built in FOLDER, and only if its sources changed since. Prints one line for each that is
left out; fails if one cannot be built, or if one is left out and CI is set.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent


def run(*words: object, folder: Path, **env: str) -> str:
    """What the program prints. Raises SystemExit with what it said where it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = (done.stdout + done.stderr)[-4000:]
        raise SystemExit(f"{' '.join(map(str, words))} failed:\n{said}")
    return done.stdout


def go(sources: Path, target: Path) -> None:
    program = _go_program(sources, target)
    run(program, "build", "-mod=readonly", "-o", target / "whoami", ".", folder=sources)


def _go_program(sources: Path, folder: Path) -> Path | str:
    """The go command; before Go 1.21, which does this by itself, the one that go.mod asks for.

    It is a Go module, so its checksum is verified as that of every other.
    """
    version, system, machine = run(
        "go", "env", "GOVERSION", "GOOS", "GOARCH", folder=folder
    ).splitlines()
    if [int(each) for each in version.removeprefix("go").split(".")[:2]] >= [1, 21]:
        return "go"
    wanted = re.findall(r"(?m)^go (\S+)$", (sources / "go.mod").read_text())[0]
    module = f"golang.org/toolchain@v0.0.1-go{wanted}.{system}-{machine}"
    found = json.loads(run("go", "mod", "download", "-json", module, folder=folder))
    toolchain = Path(found["Dir"])
    for tool in (*toolchain.glob("bin/*"), *toolchain.glob("pkg/tool/*/*")):
        tool.chmod(0o755)
    return toolchain / "bin" / "go"


def rust(sources: Path, target: Path) -> None:
    """Builds a copy: Cargo wants each package's registry in the lock file, and ours names none."""
    copy = target / "sources"
    shutil.copytree(sources, copy, dirs_exist_ok=True)
    lock, source = (copy / "Cargo.lock").read_text(), _cargo_registry()
    (copy / "Cargo.lock").write_text(re.sub(r"(?m)^checksum = ", f"{source}\\g<0>", lock))
    run("cargo", "build", "--quiet", "--locked", folder=copy, CARGO_TARGET_DIR=str(target))
    shutil.copy2(target / "debug" / "whoami", target / "whoami")


def _cargo_registry() -> str:
    """The line by which Cargo says where a package comes from."""
    with tempfile.TemporaryDirectory() as name:
        package = Path(name)
        (package / "src").mkdir()
        (package / "src" / "lib.rs").touch()
        manifest = '[package]\nname = "empty"\nversion = "0.0.0"\n[dependencies]\nitoa = "1"\n'
        (package / "Cargo.toml").write_text(manifest)
        run("cargo", "generate-lockfile", "--quiet", folder=package)
        found = re.search(r"(?m)^source = .*\n", (package / "Cargo.lock").read_text())
    assert found is not None
    return found.group()


def java(sources: Path, target: Path) -> None:
    jars, classes = target / "lib", target / "classes"
    shutil.rmtree(jars, ignore_errors=True)
    goal = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={jars}")
    run("mvn", "-B", "-q", "-f", sources / "pom.xml", *goal, folder=target)
    found = java_checksums(jars)
    if found != (sources / "checksums.lock").read_text():
        raise SystemExit("The jars are not those of tests/foreign/java/checksums.lock.")
    run("javac", "-d", classes, "-cp", f"{jars}/*", sources / "Whoami.java", folder=target)


def java_checksums(jars: Path) -> str:
    """A line for each jar: its SHA-256 and its name."""
    return "".join(
        f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}\n"
        for jar in sorted(jars.glob("*.jar"))
    )


CLIENTS: dict[str, tuple[Callable[[Path, Path], None], tuple[str, ...]]] = {
    "go": (go, ("go",)),
    "java": (java, ("mvn", "javac", "java")),
    "rust": (rust, ("cargo", "rustc")),
}


def build(name: str, folder: Path) -> str:
    """Builds the client, if need be. Returns why it is left out; "" if it is there."""
    make, programs = CLIENTS[name]
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        return f"{name} is left out: {', '.join(missing)} is not installed."
    sources, target = HERE / name, folder / name
    files = sorted(path for path in sources.rglob("*") if path.is_file())
    state = "".join(f"{path.relative_to(sources)} {path.read_bytes().hex()}\n" for path in files)
    stamp = target / ".built"
    if not stamp.exists() or stamp.read_text() != hashlib.sha256(state.encode()).hexdigest():
        target.mkdir(parents=True, exist_ok=True)
        make(sources, target)
        stamp.write_text(hashlib.sha256(state.encode()).hexdigest())
    return ""


def main() -> None:
    folder = Path(sys.argv[1]).absolute()
    with ThreadPoolExecutor() as pool:
        left_out = [why for why in pool.map(lambda name: build(name, folder), CLIENTS) if why]
    for why in left_out:
        print(why, file=sys.stderr)
    if left_out and os.environ.get("CI"):
        raise SystemExit("CI leaves no client out.")


if __name__ == "__main__":
    main()
