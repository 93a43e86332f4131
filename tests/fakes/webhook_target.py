"""A receiver of webhooks in a thread, for tests that are not asynchronous."""

import contextlib
import http.server
import queue
import threading


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, said = self.server.answers.pop(0) if self.server.answers else (204, b"")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(said)
        self.server.received.put(self.headers["webhook-id"])

    def log_message(self, *_told):
        pass


@contextlib.contextmanager
def target(*answers):
    """Gives each answer (status, body) once, and then 204."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.answers, server.received = list(answers), queue.SimpleQueue()
        server.url = f"http://127.0.0.1:{server.server_port}/hook"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
