"""The doctor's page in a real browser: it filters, selects, fits, and asks nobody."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from awsprof.doctor.html_report import render_page
from awsprof.doctor.report import Health
from tests.requirements import need
from tests.standins.doctor_reports import ERROR, WARNING, finding, profile, report

EVIL = "<img src=http://evil.example/ onerror=\"document.title='owned'\">"
SCRIPT = "</script><script>document.title='owned';fetch('http://evil.example/')</script>"
LONG = "production-data-platform-administrator-with-break-glass-access-in-eu-central-1"

# Opens the page in windows of its own, does in them what a person would, and tells what is shown.
DRIVE = """<!DOCTYPE html><img src="http://control.example/"><pre id="told"></pre><script>
const told = {};
const opened = (width, hash) => new Promise((done) => {
  const frame = document.createElement("iframe");
  [frame.width, frame.height, frame.src] = [width, 900, `page.html${hash}`];
  frame.onload = () => done(frame.contentWindow);
  document.body.append(frame);
});
const seen = (page, what) => [...page.document.querySelectorAll(what)]
  .filter((e) => e.checkVisibility()).map((e) => e.textContent.trim());
const look = (page) => ({
  nodes: seen(page, "#graph .name"), cards: seen(page, ".card h3 a"),
  count: seen(page, "#count")[0], rest: seen(page, "#rest"),
  title: page.document.title, wide: page.document.documentElement.scrollWidth,
});
const turn = () => new Promise((done) => setTimeout(done, 50));
(async () => {
  const wide = await opened(1280, "");
  told.first = look(wide);
  wide.document.querySelector('a.node[href="#p-0"]').click();
  await turn();
  told.chosen = look(wide);
  const field = wide.document.getElementById("q");
  field.value = "source-missing";
  field.dispatchEvent(new Event("input"));
  told.typed = { ...look(wide), hash: wide.location.hash };
  wide.document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  told.escaped = look(wide);
  wide.document.querySelector("nav a").click();
  await turn();
  told.broken = look(wide);
  told.linked = look(await opened(1280, "#q=210987654321%20deep"));
  told.nothing = look(await opened(1280, "#q=%ff"));
  const copies = wide.document.querySelectorAll(".fixes .copy");
  let copied;
  wide.document.execCommand = () => { copied = wide.getSelection().toString(); };
  Object.defineProperty(wide.navigator, "clipboard", { value: undefined });
  copies[0].click();
  await turn();
  told.copied = [copied, copies[0].textContent];
  told.narrow = look(await opened(360, ""));
  const paper = await opened(720, "#p-0");
  for (const rule of [...paper.document.styleSheets].flatMap((sheet) => [...sheet.cssRules]))
    if (rule.media?.mediaText.includes("print")) rule.media.mediaText = "all";
  const [found, graph, node] = ["#findings", "#graph", "a.node"]
    .map((what) => paper.document.querySelector(what).getBoundingClientRect());
  told.printed = { ...look(paper), first: found.top < graph.top, line: node.height };
  document.getElementById("told").textContent = JSON.stringify(told);
})();
</script>"""


@contextmanager
def proxy() -> Iterator[tuple[int, list[str]]]:
    """Where the browser goes for whatever is not on this machine; all it asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_CONNECT = do_POST = do_HEAD = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def dumped(page: Path, port: int) -> str:
    """The page's DOM, once its scripts have run."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    need(program is not None, "a browser (Debian's package chromium)")
    flags = (
        "--headless=new --no-sandbox --disable-gpu --disable-background-networking"
        " --disable-component-update --disable-sync --no-first-run --disable-dev-shm-usage"
        " --allow-file-access-from-files --virtual-time-budget=10000 --dump-dom"
        f" --proxy-server=127.0.0.1:{port} --user-data-dir={page.parent / 'browser'}"
    )
    done = subprocess.run(
        [str(program), *flags.split(), page.as_uri()],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return done.stdout


def test_it_filters_selects_fits_and_asks_nobody(tmp_path: Path) -> None:
    fix = "awsprof unset a source_profile"
    missing = finding(ERROR, "No such source.", fix, id="source-missing", profile=LONG, line=44)
    what = report(
        [
            profile("base"),
            profile(EVIL, finding(WARNING, EVIL, SCRIPT, profile=EVIL), source="base"),
            profile(LONG, missing, source="base"),
            profile("deep", source=LONG),
            profile(SCRIPT, health=Health.WAITING, session=EVIL),
        ]
    )
    (tmp_path / "page.html").write_text(render_page(what))
    (tmp_path / "drive.html").write_text(DRIVE)
    with proxy() as (port, asked):
        dom = dumped(tmp_path / "drive.html", port)
    shown = re.search(r'<pre id="told">(.*?)</pre>', dom, re.DOTALL)
    assert shown is not None, dom
    told = json.loads(unescape(shown[1]))
    assert told.pop("copied") == [fix, "copied"]
    printed = told.pop("printed")
    assert printed["first"] and printed["line"] < 30, printed
    assert (len(printed["nodes"]), len(printed["cards"])) == (6, 5)
    assert "count" not in printed
    assert printed["wide"] <= 720

    everyone = ["base", EVIL, LONG, "deep", EVIL, SCRIPT]
    bad = [LONG, EVIL, SCRIPT]  # the worst first; who is well is shown when asked for
    assert told["first"]["nodes"] == everyone
    assert told["first"]["cards"] == bad
    assert told["first"]["rest"] == ["2 profiles without findings; select one to see more."]
    assert told["chosen"]["cards"] == ["base"]
    assert told["chosen"]["rest"] == []
    assert told["chosen"]["nodes"] == everyone
    assert told["typed"]["nodes"] == ["base", LONG]  # and what it stands on
    assert told["typed"]["cards"] == [LONG]
    assert told["typed"]["count"] == "1 of 5 profiles"
    assert told["typed"]["hash"] == "#q=source-missing"
    assert told["escaped"]["cards"] == bad
    assert told["broken"]["cards"] == [LONG]
    assert told["linked"]["nodes"] == ["base", LONG, "deep"]
    assert told["linked"]["cards"] == ["deep"]
    assert told["nothing"]["cards"] == []
    assert told["narrow"]["nodes"] == everyone
    assert told["narrow"]["wide"] <= 360
    assert {page["title"] for page in told.values()} == {"awsprof doctor: 5 profiles"}
    assert [url for url in asked if "control.example" in url] == ["http://control.example/"]
    assert [url for url in asked if "evil.example" in url] == []
