"""The helper that the tests of `idpd run` lean on, against a stand-in that needs no build."""

import http.client
import textwrap

import harness

STAND_IN = """\
    #!/usr/bin/python3
    import http.server, os, signal, socket, socketserver, sys, threading

    def tell(text):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(202)
            self.end_headers()
            self.wfile.write(body)
        def address_string(self): return "unix"
        def log_message(self, *_): pass

    server = socketserver.UnixStreamServer("admin.sock", Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    over = threading.Event()
    signal.signal(signal.SIGHUP, lambda *_: tell("RELOADING=1") or tell("READY=1\\nSTATUS=again"))
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    print("started with", *sys.argv[3:], file=sys.stderr, flush=True)
    tell("READY=1")
    over.wait()
    tell("STOPPING=1")
    print(os.environ.get("LAST_WORDS", "bye"), file=sys.stderr)
    sys.exit(3)
"""


class DaemonHelper(harness.Case):
    def setUp(self):
        super().setUp()
        path = self.folder / "stand-in"
        path.write_text(textwrap.dedent(STAND_IN))
        path.chmod(0o755)
        self.program = str(path)

    def test_a_life(self):
        daemon = self.run_daemon("--verbose").wait_ready()
        daemon.wait_for_line("started with run --verbose")
        answer = daemon.admin("POST", "/x", {"a": 1})
        self.assertEqual((answer.status, answer.json), (202, {"a": 1}))
        self.assertGreater(daemon.rss_bytes(), 1_000_000)
        self.assertGreaterEqual(daemon.cpu_seconds(), 0)
        daemon.reload()
        self.assertEqual(daemon.stop(), 3)
        self.assertEqual(daemon.notifications, ["READY=1", "RELOADING=1", "READY=1\nSTATUS=again", "STOPPING=1"])
        self.assertEqual(daemon.stderr_lines[-1], "bye")
        with self.assertRaises((http.client.HTTPException, OSError)):
            daemon.admin("POST", "/x", "")

    def test_a_bug_in_the_log_fails_the_test(self):
        daemon = self.run_daemon(LAST_WORDS="this is a bug in idpd: x").wait_ready()
        with self.assertRaisesRegex(AssertionError, "this is a bug"):
            daemon.stop()

    def test_an_early_end_is_told_with_the_log(self):
        daemon = self.run_daemon().wait_ready()
        daemon.kill()
        with self.assertRaisesRegex(AssertionError, "ended with -9"):
            daemon.wait_for_line("never")
