"""The built UI, served by a real server with the built-in engine, in a real Chromium."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.cli.processes import served
from tests.missing import missing

REPOSITORY = Path(__file__).parents[2]
_PATIENCE_MS = 20_000
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Site:
    """A server, and a client that fills it with jobs."""

    def __init__(self, url):
        self.url = url

    def request(self, path, data=None, kind="application/json"):
        headers = {} if data is None else {"Content-Type": kind}
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        with urllib.request.urlopen(request) as response:
            return response.read()

    def get(self, path):
        return json.loads(self.request(f"/api/console{path}"))

    def post(self, path, value):
        return json.loads(self.request(f"/api/console{path}", json.dumps(value).encode()))

    def run(self, graph, name="Plain", **more):
        """The ids of the jobs, once they have ended."""
        made = self.post("/run", {"name": name, "graph": graph, **more})["ids"]
        for job_id in made:
            self.until_ended(job_id)
        return made

    def until_ended(self, job_id):
        with urllib.request.urlopen(f"{self.url}/api/console/events") as stream:
            while self.get(f"/jobs/{job_id}")["card"]["finished_at"] is None:
                # Every event, the keep-alive included, is a reason to look again.
                while stream.readline() not in {b"\n", b""}:
                    pass

    def upload(self, name, data):
        self._send_files("/upload/image", {"image": (name, data)})

    def keep_folder(self, folder):
        """A workflow with its manifest, into the library."""
        paths = [path for path in folder.rglob("*") if path.is_file()]
        names = {str(path.relative_to(folder)): path for path in paths}
        files = {name: (name, path.read_bytes()) for name, path in names.items()}
        self._send_files("/api/admin/library/workflows", files)

    def _send_files(self, path, files):
        """A form with files: field -> (name, bytes)."""
        boundary, body = "4f1c", b""
        for field, (name, data) in files.items():
            head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
            body += f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        self.request(path, body, f"multipart/form-data; boundary={boundary}")


@pytest.fixture(scope="session")
def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    return missing("no Chromium on the PATH (Debian: apt-get install chromium)")


@pytest.fixture(scope="session")
def built_ui():
    """The UI as `make web` builds it from the present sources."""
    built = subprocess.run(
        [REPOSITORY / "scripts" / "web.sh"], capture_output=True, text=True, check=False
    )
    if built.returncode:
        missing(f"the web UI could not be built: {built.stderr[-2000:]}")


# The synchronous Playwright holds the thread's event loop: it must not outlive its module, or
# the asynchronous tests that follow in the same process could not run.
@pytest.fixture(scope="module")
def browser(chromium, built_ui):
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect.set_options(timeout=_PATIENCE_MS)
    playwright = sync_api.sync_playwright().start()
    opened = playwright.chromium.launch(
        executable_path=chromium, headless=True, args=CHROMIUM_FLAGS
    )
    yield opened
    opened.close()
    playwright.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory, built_ui):
    with served(tmp_path_factory.mktemp("site")) as server:
        site = Site(server.url)
        while not site.get("/info")["node_classes"]:
            pass
        yield site


@pytest.fixture
def complaints():
    """What the browser's console complains about; a test ends with none."""
    return []


@pytest.fixture
def context(browser, site, complaints):
    opened = browser.new_context(
        base_url=site.url, viewport={"width": 1280, "height": 800}, accept_downloads=True
    )
    opened.set_default_timeout(_PATIENCE_MS)
    foreign = []
    opened.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((site.url, "blob:", "data:"))
            else foreign.append(request.url)
        ),
    )
    yield opened
    opened.close()
    assert foreign == []


@pytest.fixture
def page(context, complaints):
    opened = context.new_page()
    opened.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert complaints == []
