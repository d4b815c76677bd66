"""A server that nobody should come to: redirects lead there, and whoever follows one brings the token along."""

import http.server
import threading


class Trap:
    """With `url` and `visits`: the request line and headers of everyone who came."""

    def __init__(self):
        visits = self.visits = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_one_request(self):
                visits.append(self.rfile.readline().decode("latin-1"))
                self.close_connection = True

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._server.server_close()
