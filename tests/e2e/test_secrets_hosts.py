"""The API token and the secrets go to the host that the settings name, and to no other: not where a redirect leads, not
to a proxy that could read them, not with what lies about in the home directory."""

import http.server
import threading
import unittest

from harness import RunCase, pingone

OTHER_TOKEN = "C4nary-token-of-a-netrc-file-11"


class Recorder(http.server.BaseHTTPRequestHandler):
    """Another host: keeps what it is sent, answers as an empty list of the API, or sends on to `server.onward`."""

    def take(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.seen.append(f"{self.requestline}\n{self.headers}{self.rfile.read(length).decode()}")
        self.send_response(self.server.status)
        if self.server.onward:
            self.send_header("Location", self.server.onward)
        body = b'{"success":true,"errors":[],"messages":[],"result":[],"result_info":{"total_count":0}}'
        self.send_header("Set-Cookie", "session=kept; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = take

    def log_message(self, *_arguments):
        """Nothing is printed."""


class Hosts(RunCase):
    def setUp(self):
        super().setUp()
        self.other = self.host()
        self.write("workforce", pingone())

    def host(self, status=200, onward=""):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        server.seen, server.status, server.onward = [], status, onward
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()

        def end():
            server.shutdown()
            server.server_close()
            thread.join()
        self.addCleanup(end)
        return server

    def test_no_redirect_is_followed(self):
        for status in (300, 301, 302, 303, 307, 308):
            for method in ("GET", "POST"):
                with self.subTest(status=status, method=method):
                    self.sim.control("DELETE", "/faults")
                    self.sim.fault(method=method, status=status, times=-1, headers={"Location": self.other.url + "/x"})
                    self.assertEqual(self.idpd("apply", "--auto-approve").code, 1)
                    self.assertEqual(self.other.seen, [])

    def test_no_redirect_of_a_webhook_is_followed(self):
        hook = self.host(307, self.other.url)
        self.environment["WEBHOOK"] = hook.url + "/C4nary-of-a-webhook"
        self.run_settings(more='notify: [{webhook: "${env:WEBHOOK}", on: [failure]}]\n')
        self.sim.fault(method="POST", status=400, times=-1)
        daemon = self.started()
        self.wait_for(lambda: hook.seen)
        daemon.stop()
        self.assertEqual(self.other.seen, [])

    def test_plain_http_to_this_machine_goes_through_no_proxy(self):
        proxies = {name: self.other.url for name in ("http_proxy", "all_proxy", "ALL_PROXY", "HTTP_PROXY")}
        self.apply(**proxies)
        self.assertEqual(self.other.seen, [])

    def test_a_proxy_for_https_is_used_and_sees_the_host_alone(self):
        self.settings_for("https://api.example.com")
        self.other.status = 403
        self.idpd("plan", https_proxy=self.other.url)
        self.assertTrue(self.other.seen)
        for request in self.other.seen:
            self.assertTrue(request.startswith("CONNECT api.example.com:443 "), request)
            self.assertNotIn("sim-write", request)
            self.assertNotIn("Authorization", request)

    def test_what_lies_in_the_home_directory_changes_nothing(self):
        (self.folder / ".netrc").write_text(f"machine 127.0.0.1 login other password {OTHER_TOKEN}\n")
        (self.folder / ".curlrc").write_text(f'proxy = "{self.other.url}"\nuser = "other:{OTHER_TOKEN}"\n')
        self.apply(NETRC=str(self.folder / ".netrc"), CURL_HOME=str(self.folder))
        self.assertEqual({one["token"] for one in self.sim.requests()}, {"sim-write"})
        self.assertEqual(self.other.seen, [])

    def test_no_cookie_is_kept_and_no_referrer_sent(self):
        self.settings_for(self.other.url)
        daemon = self.started()
        self.wait_for(lambda: self.other.seen)
        daemon.admin("POST", "/api/v1/reconcile", {"account": "production"})
        self.wait_for(lambda: len(self.other.seen) > 1)
        daemon.stop()
        self.assertTrue(self.other.seen)
        for request in self.other.seen:
            self.assertNotIn("\nCookie:", request)
            self.assertNotIn("\nReferer:", request)

    def settings_for(self, host):
        file = self.folder / "idpd.yaml"
        file.write_text(file.read_text().replace(self.sim.url, host))


if __name__ == "__main__":
    unittest.main()
