"""The HTTP side: reads requests, logs and writes answers (misbehaviour.py carries out faults).

Keep-alive with one write per answer and no Nagle delay, since a test run makes
thousands of requests. The store's lock is held while a request is worked on
and never while one sleeps or stalls.
"""

import http.server
import socket
import ssl
import sys
import threading
import time
from http import HTTPStatus
from urllib.parse import parse_qsl

from api import Api
from control import Control, ControlError
from envelope import ApiError, Response, invalid
from misbehaviour import Misbehaviour
from util import dump, now, parse
from webhooks import respond

PREFIX = "/client/v4"


class Request:
    """One API request, as the handlers see it."""

    def __init__(self, method, path, query_text, headers, raw):
        self.method = method
        self.path = path
        self.query_text = query_text
        self.query = dict(parse_qsl(query_text, keep_blank_values=True))
        self.headers = headers
        self.raw = raw
        self.epoch = None  # of the store, when it came
        scheme, _, token = (headers.get("Authorization") or "").partition(" ")
        self.token = token.strip() if scheme.lower() == "bearer" and token.strip() else None

    def json(self):
        if not (self.headers.get("Content-Type") or "").lower().startswith("application/json"):
            raise ApiError(400, 9207, "Request body: invalid Content-Type header, valid values are application/json")
        try:
            return parse(self.raw)
        except ValueError:
            raise invalid("the body is not valid JSON") from None

    def body_for_log(self):
        if not self.raw:
            return None
        try:
            return parse(self.raw)
        except ValueError:
            return self.raw.decode("utf-8", "replace")


class Handler(Misbehaviour, http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "simulator"
    disable_nagle_algorithm = True

    def log_message(self, *_arguments):
        """Quiet: the request log is kept in the store."""

    def _serve(self):
        raw = self._read_body()
        path, _, query = self.path.partition("?")
        if path.startswith("/control/"):
            self._send(self._control(path.removeprefix("/control"), query, raw))
        elif path.startswith("/hooks-in/"):
            self._webhook(path.removeprefix("/hooks-in/"), raw)
        elif path == PREFIX or path.startswith(PREFIX + "/"):
            self._api(Request(self.command, path.removeprefix(PREFIX), query, self.headers, raw))
        else:
            self._send(ApiError(404, 7000, "No route for that URI").response())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def _read_body(self):
        if (self.headers.get("Transfer-Encoding") or "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _webhook(self, name, raw):
        store = self.server.store
        with store.lock:
            spec = store.webhooks.receive(name, self.command, self.headers, raw)
        response = respond(spec)
        if response is None:
            self._drop()
        else:
            self._send(response)

    def _control(self, path, query, raw):
        try:
            body = parse(raw) if raw else None
        except ValueError:
            return Response(400, dump({"error": "the body is not valid JSON"}))
        with self.server.store.lock:
            return self.server.control.handle(self.command, path, body, dict(parse_qsl(query, keep_blank_values=True)))

    def _api(self, request):
        store = self.server.store
        entry = {
            "time": now(), "method": request.method, "path": request.path, "query": request.query_text,
            "status": None, "token": request.token, "body": request.body_for_log(),
            "user_agent": request.headers.get("User-Agent"), "fault": None, "client": self.client_address[0],
        }
        with store.lock:
            request.epoch = store.epoch
            store.requests.append(entry)
            fault = (store.faults.fault_for(request.method, request.path, request.query_text)
                     or store.faults.random_fault(store.rng, store.behaviours.fault_rate))
        if fault is None:
            self._send(self._answer(request, entry))
        else:
            entry["fault"] = fault.action
            self._faulty(request, fault, entry)

    def _answer(self, request, entry):
        store = self.server.store
        with store.lock:
            if request.epoch != store.epoch:
                return ApiError(503, 10001, "The simulator was reset meanwhile").response()
            for patch in store.faults.hooks_for(request.method, request.path, request.query_text):
                try:
                    self.server.control.apply_hook(patch)
                except ControlError as error:
                    print(f"simulator: a hook failed: {error}", file=sys.stderr)
            response = self.server.api.handle(request)
        entry["status"] = response.status
        return response

    def _send(self, response, length=None, announced=None):
        """Writes the answer; with a length only so much of the body, under the header of all of it or of what is
        announced."""
        headers = {"Content-Type": "application/json", **response.headers}
        if not any(name.lower() == "content-length" for name in headers):
            headers["Content-Length"] = str(len(response.body) if announced is None else announced)
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [f"HTTP/1.1 {response.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.close_connection:
            lines.append("Connection: close")
        body = b"" if self.command == "HEAD" else response.body[:length]
        try:
            self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        except OSError:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, port, store, tls=None, host="127.0.0.1"):
        super().__init__((host, port), Handler)
        self.store = store
        self.api = Api(store)
        self.control = Control(store)
        if tls is not None:
            # The handshake comes with the first read, in the connection's own thread.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def refuse(self, seconds):
        """Nobody is let in for this long. The port stays ours, so that no other process gets it meanwhile."""
        self.socket.shutdown(socket.SHUT_RDWR)

        def open_again():
            time.sleep(seconds)
            self.socket.listen(self.request_queue_size)
        threading.Thread(target=open_again, daemon=True).start()

    def get_request(self):
        try:
            return super().get_request()
        except OSError:
            time.sleep(0.01)  # closed for a moment: the selector reports that without pause
            raise

    def server_bind(self):
        host, port = self.server_address
        if port == 0:
            # A port that is asked for by number stays bound while refuse() has it closed.
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, 0))
                self.server_address = (host, probe.getsockname()[1])
        # Not HTTPServer's own: that one looks up the host's name, which can take seconds.
        super(http.server.HTTPServer, self).server_bind()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, _request, _client_address):
        """Clients that hang up are part of the tests; anything else is a bug worth a trace."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(_request, _client_address)
