"""The admin endpoint under attack: whatever its clients do, passes go on, and whoever asks properly gets an answer."""

import contextlib
import resource
import socket
import threading
import unittest

from harness import RunCase, github

PASSES = 5  # that must begin while the attack goes on
CROWD = 2000  # connections on each socket
MIB = 1 << 20


def approval(*headers):
    body = b'{"fingerprint": "sha256:' + b"0" * 64 + b'"}'
    return b"POST /api/v1/approve HTTP/1.1\r\n" + b"".join(one + b"\r\n" for one in headers), body


# Each would be a second request, another host's or a web page's if some part of it were read in another way.
SMUGGLED = [head + length + b"\r\n" + body + b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
            for head, body in [approval(b"Host: localhost")]
            for length in (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                           b"Content-Length: 0\r\nContent-Length: 90\r\n",
                           b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                           b"Transfer-Encoding:\x0bchunked\r\n", b"Content-Length: 4\n", b"Content-Length:\r\n 4\r\n",
                           b"X: y\r\n\tContent-Length: 4\r\n", b"Content-Length: 0x4\r\n", b"Content-Length: 4;\r\n",
                           b"X: a\0b\r\n", b"X: a\rContent-Length: 4\r\n", b"X" * 70_000 + b": y\r\n",
                           b"X: " + b"y" * 70_000 + b"\r\n", b"X: y\r\n" * 5000)]
SMUGGLED += [b"GET http://evil.example/api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
             b"GET /healthz\0/../metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET  /healthz  HTTP/1.1\r\n\r\n",
             b"GET /healthz HTTP/9.9\r\n\r\n", b"GET /healthz\r\n\r\n", b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n",
             b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
             b"GET /" + b"a" * 70_000, b"\0" * 1000, b"\n" * 5000]


class Clients(RunCase):
    def setUp(self):
        super().setUp()
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
        self.managed(gh=github())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        # A sanitizer keeps what was given back for a while, and that is no growth of ours.
        self.environment["ASAN_OPTIONS"] = self.environment.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"
        self.run_settings(interval="100ms", listen=[f"127.0.0.1:{self.port}"])
        self.daemon = self.started()
        self.daemon.wait_status("1 in sync")

    def connected(self, over_unix, blocking=True):
        client = socket.socket(socket.AF_UNIX if over_unix else socket.AF_INET)
        client.settimeout(10 if blocking else 0)
        with contextlib.suppress(BlockingIOError):
            client.connect(str(self.folder / "admin.sock") if over_unix else ("127.0.0.1", self.port))
        return client

    def under(self, *attackers):
        """While these go on, without end and each in a thread, passes do too; afterwards the endpoint answers, and the
        daemon has not grown much."""
        before = self.daemon.rss_bytes()
        over = threading.Event()

        def repeat(attacker):
            while not over.is_set():
                with contextlib.suppress(OSError):  # being cut off is what they are there for
                    attacker(over)
        threads = [threading.Thread(target=repeat, args=(one,), daemon=True) for one in attackers]
        for thread in threads:
            thread.start()
        try:
            self.passes_go_on()
        finally:
            over.set()
            for thread in threads:
                thread.join(30)
        self.answers()
        self.assertLess(self.daemon.rss_bytes() - before, 64 * MIB)

    def passes_go_on(self):
        """Also their work: what somebody changes is changed back."""
        self.sim.clear_requests()
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "by-hand"}})
        self.daemon.wait_until(lambda: self.lists() >= PASSES, 60, f"{PASSES} passes")
        self.wait_config("GitHub", client_id="gh-1")

    def answers(self):
        """Whoever asks properly, as soon as the connections before it have had their time."""
        def asked():
            with contextlib.suppress(OSError):
                return self.daemon.admin("GET", "/healthz").status == 200
        self.daemon.wait_until(asked, 60, "an answer")

    def crowd(self, size=CROWD):
        """Connections that say half a request; what the kernel does not take is left out."""
        clients = []
        for number in range(size * 2):
            client = self.connected(number % 2 == 0, blocking=False)
            with contextlib.suppress(OSError):
                client.send(b"GET /healthz HTTP/1.1\r\nHost: local")
            clients.append(client)
        return clients

    def test_a_crowd_of_half_requests_holds_up_no_pass(self):
        with contextlib.ExitStack() as stack:
            for client in self.crowd():
                stack.enter_context(client)
            self.passes_go_on()
        self.answers()

    def test_a_crowd_leaves_the_passes_their_descriptors(self):
        resource.prlimit(self.daemon.process.pid, resource.RLIMIT_NOFILE, (256, 256))
        with contextlib.ExitStack() as stack:
            for client in self.crowd(500):
                stack.enter_context(client)
            self.passes_go_on()
        self.answers()

    def test_clients_that_never_read_or_never_stop_hold_up_no_pass(self):
        def never_reads(over):
            with self.connected(False) as client:
                client.sendall(f"GET / HTTP/1.1\r\nHost: localhost:{self.port}\r\n\r\n".encode())
                over.wait(0.2)

        def drips(over):
            with self.connected(True) as client:
                for byte in b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 1000:
                    if over.wait(0.01):
                        return
                    client.send(bytes([byte]))

        def sends_on(over):
            with self.connected(True) as client:
                client.sendall(b"POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                while not over.is_set():
                    client.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")

        def asks_on(_over):
            with self.connected(False) as client:
                client.sendall(f"GET /api/v1/history HTTP/1.1\r\nHost: localhost:{self.port}\r\n\r\n".encode())
                while client.recv(65536):
                    pass
        self.under(never_reads, never_reads, drips, drips, sends_on, asks_on, asks_on)

    def test_no_ambiguous_request_is_two_or_another_ones(self):
        for over_unix in (True, False):
            for request in SMUGGLED:
                with self.subTest(over_unix=over_unix, request=request[:120]), self.connected(over_unix) as client:
                    got = b""
                    with contextlib.suppress(OSError):
                        client.sendall(request)
                        client.shutdown(socket.SHUT_WR)
                        while part := client.recv(65536):
                            got += part
                    self.assertLessEqual(got.count(b"X-Content-Type-Options"), 1, "two answers")
                    self.assertNotIn(b"idpd_build_info", got)
                    self.assertNotIn(b"format_version", got)
                    self.assertNotIn(b"HTTP/1.1 202", got)
        self.passes_go_on()
        self.answers()

    def test_ambiguous_requests_without_end_hold_up_no_pass(self):
        def garbles(over_unix):
            def attack(over):
                for request in SMUGGLED:
                    if not over.is_set():
                        with contextlib.suppress(OSError), self.connected(over_unix) as client:
                            client.sendall(request)
            return attack
        self.under(garbles(True), garbles(False))

    def test_what_a_web_page_sends_changes_nothing_and_reads_nothing(self):
        """A page in a browser on this host reaches 127.0.0.1, also under a name of its own; and it may post forms."""
        fingerprint = '{"fingerprint": "sha256:' + "0" * 64 + '"}'
        for host in (f"evil.example:{self.port}", "evil.example", "", f"127.0.0.1.evil.example:{self.port}",
                     f"localhost:{self.port + 1}", f"localhost.:{self.port}", f"localhost:{self.port}@evil.example"):
            for path in ("/", "/metrics", "/api/v1/status", "/api/v1/history"):
                with self.subTest(host=host, path=path), self.connected(False) as client:
                    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                    answer = b"".join(iter(lambda: client.recv(65536), b""))
                    self.assertRegex(answer, rb"^HTTP/1\.1 40[03]")
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json", "multipart/form-data"):
            for more in ("", "Origin: http://localhost\r\n", "Sec-Fetch-Site: cross-site\r\n", "Origin: null\r\n"):
                with self.subTest(kind=kind, more=more), self.connected(False) as client:
                    client.sendall((f"POST /api/v1/approve HTTP/1.1\r\nHost: localhost:{self.port}\r\n{more}"
                                    f"Content-Type: {kind}\r\nContent-Length: {len(fingerprint)}\r\n\r\n"
                                    f"{fingerprint}").encode())
                    answer = b"".join(iter(lambda: client.recv(65536), b""))
                    self.assertRegex(answer, rb"^HTTP/1\.1 403")
                    self.assertNotIn(b"Access-Control-Allow", answer)


if __name__ == "__main__":
    unittest.main()
