"""`idpd approve` over a unix socket, with a stand-in for the daemon that says what the test wants."""

import http.server
import json
import os
import socketserver
import threading
import unittest

from harness import Case

FINGERPRINT = "sha256:" + "0123456789abcdef" * 4


class Daemon(socketserver.UnixStreamServer):
    def __init__(self, path, status, body):
        super().__init__(str(path), Handler)
        self.status, self.body, self.asked = status, body, []
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self):
        return "unix"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body.encode())


class Approve(Case):
    def setUp(self):
        super().setUp()
        self.socket = self.folder / "admin.sock"
        self.settings(more=f"admin: {{listen: ['127.0.0.1:1', 'unix:{self.socket}']}}\n")

    def daemon(self, status, body):
        daemon = Daemon(self.socket, status, body)
        self.addCleanup(daemon.stop)
        return daemon

    def refused(self, *texts, fingerprint=FINGERPRINT):
        result = self.idpd("approve", fingerprint)
        self.assertEqual((result.code, result.out), (1, ""), result)
        for text in texts:
            self.assertIn(text, result.err)

    def test_asks_the_daemon_and_prints_what_it_says(self):
        daemon = self.daemon(202, '{"message": "The plan of production is carried out now."}')
        result = self.idpd("approve", FINGERPRINT)
        self.assertEqual((result.code, result.out, result.err), (0, "The plan of production is carried out now.\n", ""), result)
        self.assertEqual(daemon.asked, [("/api/v1/approve", {"fingerprint": FINGERPRINT})])

    def test_a_refusal_is_an_error_with_its_reason(self):
        self.daemon(409, '{"error": "no withheld plan has that fingerprint\\u001b[31m"}')
        self.refused("error: no withheld plan has that fingerprint\\x1b[31m")

    def test_another_server_there_is_an_error(self):
        self.daemon(200, "<html>")
        self.refused("answered with status 200")

    def test_no_daemon_is_an_error_that_says_what_to_look_at(self):
        self.refused(f"there is no socket {self.socket}", "`idpd run`")

    def test_a_dead_daemons_socket_is_an_error_that_says_what_to_look_at(self):
        self.daemon(202, "{}").stop()
        self.assertTrue(self.socket.exists())
        self.refused(f"nobody answers on {self.socket}", "is `idpd run` running?")

    @unittest.skipIf(os.geteuid() == 0, "root may use every socket")
    def test_a_socket_of_others_is_an_error_that_names_the_group(self):
        self.daemon(202, "{}")
        self.socket.chmod(0)
        self.refused("this user may not use", "the group idpd")

    def test_settings_without_a_unix_socket_are_an_error_with_the_way_out(self):
        self.settings(more="admin: {listen: '127.0.0.1:9180'}\n")
        self.refused("names no unix socket", "admin.listen")
        self.settings()
        self.refused("names no unix socket", "admin.listen")

    def test_what_is_no_fingerprint_is_not_sent(self):
        daemon = self.daemon(202, "{}")
        for text in ("workforce", "sha256:", FINGERPRINT[:-1], FINGERPRINT.upper()):
            self.refused("a fingerprint is sha256: and 64 hexadecimal digits", fingerprint=text)
        self.assertEqual(daemon.asked, [])

    def test_without_a_settings_file_it_says_that_it_needs_one(self):
        result = self.idpd("approve", FINGERPRINT, config=False)
        self.assertEqual(result.code, 1, result)
        self.assertIn("--config FILE", result.err)


if __name__ == "__main__":
    unittest.main()
