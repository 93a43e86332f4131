"""A process that answers as a ComfyUI that is up does, and no more: it starts in no time."""

import http.server
import sys


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path == "/system_stats"
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(b'{"system": {"comfyui_version": "0.33.0"}}')


if __name__ == "__main__":
    port = int(sys.argv[sys.argv.index("--port") + 1])
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer).serve_forever()
