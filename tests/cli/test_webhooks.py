"""Deliveries of webhooks on the command line."""

import http.server
import json
import queue
import threading
import urllib.request

import pytest
from tests.cli import graphs
from tests.cli.processes import greenroom, served

from greenroom.cli.exit_code import ExitCode


class Target(http.server.BaseHTTPRequestHandler):
    """Answers the first request with 410, and all others well."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.count += 1
        said = b"[not here]" if self.server.count == 1 else b""
        self.send_response(410 if said else 204)
        self.end_headers()
        self.wfile.write(said)
        self.server.received.put(self.headers["webhook-id"])

    def log_message(self, *_told):
        pass


@pytest.fixture
def target():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target) as server:
        server.count, server.received = 0, queue.SimpleQueue()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_delivery_that_failed_is_found_shown_and_sent_again(tmp_path, target):
    with served(tmp_path / "data", "--allow-address", "127.0.0.1") as server:
        at = ("--server", server.url)

        def webhooks(*arguments):
            done = greenroom("webhooks", *arguments, *at)
            assert done.code == ExitCode.OK, done.err
            return done

        assert "webhook_url" in webhooks("list").err
        url = f"http://127.0.0.1:{target.server_port}/hook"
        order = json.dumps({"prompt": graphs.quick(), "webhook_url": url}).encode()
        urllib.request.urlopen(f"{server.url}/prompt", order).close()
        message = target.received.get(timeout=30)
        while not (failed := webhooks("list", "--status", "failed", "--json").json["deliveries"]):
            pass
        assert [one["id"] for one in failed] == [message]
        shown = webhooks("show", message)
        assert "[not here]" in shown.out
        assert "answered 410" in shown.out
        assert '"job.succeeded"' in shown.out
        assert url in webhooks("resend", message).out
        assert target.received.get(timeout=30) == message
        refused = greenroom("webhooks", "show", "msg_none", *at)
        assert refused.code == ExitCode.NOT_FOUND

        old = webhooks("secret", "show").out.strip()
        new = webhooks("secret", "rotate", "--keep", "1h").out.strip()
        assert old.startswith("whsec_")
        both = webhooks("secret", "show", "--json").json["secrets"]
        assert [one["secret"] for one in both] == [new, old]
        webhooks("secret", "rotate", "--keep", "0s")
        assert "signs too" not in webhooks("secret", "show").err
