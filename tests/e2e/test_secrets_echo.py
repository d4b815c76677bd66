"""An API, or a proxy before it, may repeat in an error what it was sent. It is in no output, no log and no store."""

import unittest

import canary
from harness import RunCase, github, pingone

CLIENT = "C4nary-of-a-client-secret-7d1b4e"
TOKEN = "C4nary-of-an-api-token-93ac55e0"


def refusal(text):
    return {"success": False, "errors": [{"code": 12130, "message": text}], "messages": [], "result": None}


class Echo(RunCase):
    def setUp(self):
        super().setUp()
        self.environment.update(PINGONE_SECRET=CLIENT, GITHUB_SECRET=CLIENT, TOKEN=TOKEN)
        self.sim.control("PUT", f"/tokens/{TOKEN}", {})
        self.scanner = canary.Scanner({"client": CLIENT, "token": TOKEN})

    def fault(self, text, **fault):
        self.sim.control("DELETE", "/faults")
        self.sim.fault(body=refusal(text), times=-1, **fault)

    def assert_nowhere(self, *texts):
        found = [one for text in texts for one in self.scanner.scan("an output", text)]
        found += self.scanner.scan_folder(self.folder)
        # A beginning of it, where the API's words were cut, is as bad: it may be all but one character.
        for text in (*texts, *(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())):
            data = text if isinstance(text, bytes) else text.encode()
            found += [f"the beginning of {name}" for name, one in (("client", CLIENT), ("token", TOKEN))
                      if one[:12].encode() in data]
        self.assertEqual(found, [])

    def test_of_a_client_secret_is_not_shown_also_where_it_was_cut(self):
        self.write("workforce", pingone())
        for before, output in ((0, "text"), (0, "json"), (270, "markdown"), (280, "text"), (290, "json")):
            with self.subTest(before=before, output=output):
                self.fault("x" * before + CLIENT, method="POST", status=400)
                result = self.idpd("--log-level", "trace", "apply", "--auto-approve", "--output", output)
                self.assertEqual(result.code, 1, result)
                self.assert_nowhere(result.out, result.err)

    def test_of_the_token_is_not_shown_whatever_was_asked_for(self):
        self.write("workforce", pingone())
        for status, before in ((400, 0), (400, 285), (401, 0), (403, 0), (404, 0), (500, 0)):
            with self.subTest(status=status, before=before):
                self.fault("x" * before + f"Bearer {TOKEN}", method="GET", status=status)
                result = self.idpd("--log-level", "trace", "plan")
                self.assertEqual(result.code, 1, result)
                self.assert_nowhere(result.out, result.err)

    def test_of_both_is_not_told_by_the_daemon(self):
        self.write("workforce", pingone())
        self.write("github", github())
        self.fault(f"{TOKEN} may not send {CLIENT}", method="POST", status=400)
        daemon = self.run_daemon("--log-level", "trace").wait_ready()
        self.wait_for(lambda: "may not send" in daemon.admin("GET", "/api/v1/status").text)
        answers = [daemon.admin("GET", path).text for path in ("/", "/metrics", "/api/v1/status", "/api/v1/history")]
        daemon.stop()
        self.assert_nowhere(daemon.stderr, *daemon.notifications, *answers)
        self.assert_nowhere(*(self.idpd(name, "--output", "json").out for name in ("status", "history")))


if __name__ == "__main__":
    unittest.main()
