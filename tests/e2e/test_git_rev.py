"""`plan` of a commit: of the repository that `desired.git` names, and of the one whose work tree holds the files."""

import contextlib
import getpass
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import unittest

from harness import Case, onetimepin


class GitRev(Case):
    def setUp(self):
        super().setUp()
        self.origin = self.folder / "origin"
        self.origin.mkdir()
        self.git("init", "-q", "-b", "main", ".")

    def git(self, *arguments):
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *arguments], cwd=self.origin, text=True,
            capture_output=True, env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def commit(self, name, folder="idps", subject="A change"):
        """One identity provider of this name, committed; the commit's id."""
        (self.origin / folder).mkdir(exist_ok=True)
        (self.origin / folder / "pin.yaml").write_text(json.dumps({"identity_providers": {"pin": onetimepin(name)}}))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def follow(self, url=None, more=""):
        text = (self.folder / "idpd.yaml").read_text()
        self.assertIn("desired: {path: identity-providers}", text)
        (self.folder / "idpd.yaml").write_text(text.replace(
            "desired: {path: identity-providers}", f"desired: {{git: {{url: {url or self.origin}, path: idps{more}}}}}"))

    def work_tree(self):
        text = (self.folder / "idpd.yaml").read_text()
        (self.folder / "idpd.yaml").write_text(text.replace("path: identity-providers", "path: origin/idps"))

    def planned(self, document):
        return [change["name"] for change in document["accounts"][0]["changes"]], document["revision"]["commit"]

    def test_the_branchs_tip_is_planned_where_the_settings_name_a_repository(self):
        identifier = self.commit("Tip", subject="Say tip")
        self.follow()
        document = self.plan()
        self.assertEqual(self.planned(document), (["Tip"], identifier))
        self.assertEqual(document["revision"]["author"], "Ada <ada@example.com>")
        self.assertEqual(document["revision"]["subject"], "Say tip")
        self.assertFalse((self.folder / ".idpd").exists(), "a plan writes nothing")

    def test_a_branch_a_tag_and_a_commit_can_be_planned(self):
        first = self.commit("First")
        self.git("tag", "-a", "-m", "one", "v1")
        self.git("checkout", "-q", "-b", "feature/x")
        second = self.commit("Second")
        self.git("checkout", "-q", "main")
        third = self.commit("Third")
        for use in (self.follow, self.work_tree):
            self.settings()
            use()
            with self.subTest(use.__name__):
                for revision, name, identifier in (("feature/x", "Second", second), ("v1", "First", first), (first[:10], "First", first),
                                                   ("main~1", "First", first), ("HEAD", "Third", third)):
                    self.assertEqual(self.planned(self.plan("--git-rev", revision)), ([name], identifier), revision)

    def test_paths_are_folders_of_the_repository(self):
        self.commit("Here")
        self.commit("There", folder="others")
        self.follow()
        self.assertEqual(self.planned(self.plan("--git-rev", "main", "others"))[0], ["There"])

    def test_what_is_not_there_is_named(self):
        self.commit("One")
        self.follow()
        for arguments, message in ((("--git-rev", "nope"), f"{self.origin}: there is no branch, tag or commit \"nope\""),
                                   (("--git-rev", "main", "nowhere"), "nowhere: the commit ")):
            result = self.idpd("plan", *arguments)
            self.assertEqual(result.code, 1, result)
            self.assertIn(message, result.err)

    def test_a_folder_outside_of_a_repository_has_no_revision(self):
        self.write("pin", onetimepin())
        self.assertIsNone(self.plan()["revision"])
        result = self.idpd("plan", "--git-rev", "main")
        self.assertEqual(result.code, 1, result)
        self.assertIn("lies in no git work tree", result.err)

    def test_a_plan_of_a_work_tree_says_which_commit_and_whether_it_differs(self):
        identifier = self.commit("One")
        self.work_tree()
        self.assertEqual(self.plan()["revision"] | {"author": "", "subject": ""},
                         {"commit": identifier, "author": "", "subject": "", "dirty": False})
        (self.origin / "idps/other.yaml").write_text("identity_providers: {}\n")
        self.assertTrue(self.plan()["revision"]["dirty"])
        self.assertFalse(self.plan("--git-rev", "HEAD")["revision"]["dirty"])

    def test_apply_carries_out_the_branchs_tip_and_says_which(self):
        identifier = self.commit("Tip")
        self.follow()
        self.assertEqual(self.apply()["revision"]["commit"], identifier)
        self.assertEqual([one["name"] for one in self.sim.providers()], ["Tip"])

    def test_validate_stays_offline(self):
        self.commit("One")
        self.follow()
        result = self.idpd("validate")
        self.assertEqual(result.code, 1, result)
        self.assertIn("validate is offline", result.err)
        self.assertEqual(self.idpd("validate", str(self.origin / "idps")).code, 0)


class Https(GitRev):
    """Over https, with a certificate that only SSL_CERT_FILE vouches for, and a token."""

    def setUp(self):
        super().setUp()
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
            cwd=self.folder, capture_output=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.seen = seen = []
        root = self.folder

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                seen.append(self.headers.get("Authorization"))
                if self.headers.get("Authorization") is None or "/refuse/" in self.path:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="git"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                path, _, query = self.path.partition("?")
                done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env={
                    "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                    "REQUEST_METHOD": self.command, "QUERY_STRING": query, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"})
                head, _, rest = done.stdout.partition(b"\r\n\r\n")
                self.send_response(200)
                for line in head.decode().splitlines():
                    name, _, value = line.partition(": ")
                    if name != "Status":
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(rest)))
                self.end_headers()
                self.wfile.write(rest)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "cert.pem", self.folder / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # a client that does not trust us hangs up
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"https://localhost:{server.server_port}"
        self.trust = {"SSL_CERT_FILE": str(self.folder / "cert.pem"), "GIT_TOKEN": "git-t0ken"}

    def follow(self, url=None, more=""):
        super().follow(url or f"{self.url}/origin/.git", more or ", token: '${env:GIT_TOKEN}'")

    def idpd(self, *arguments, **keywords):
        return super().idpd(*arguments, **{**self.trust, **keywords})

    test_what_is_not_there_is_named = None  # names the path above

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        self.commit("One")
        self.follow()
        result = self.idpd("plan", SSL_CERT_FILE="/dev/null")
        self.assertEqual(result.code, 1, result)
        self.assertIn("the certificate of localhost cannot be verified", result.err)
        self.assertEqual(self.seen, [], "nothing was said to it")

    def test_a_token_that_is_refused_or_missing_is_said_and_not_shown(self):
        self.commit("One")
        self.follow(url=f"{self.url}/refuse/origin/.git")
        result = self.idpd("plan", "--log-level", "trace")
        self.assertEqual(result.code, 1, result)
        self.assertIn("refuses the token of desired.git.token", result.err)
        self.assertNotIn("git-t0ken", str(result))
        self.settings()
        self.follow(more=", interval: 1m")
        result = self.idpd("plan")
        self.assertIn("set desired.git.token", result.err)

    def test_the_token_goes_as_a_password(self):
        self.commit("One")
        self.follow()
        self.plan()
        self.assertIn("Basic eC1hY2Nlc3MtdG9rZW46Z2l0LXQwa2Vu", self.seen)


SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


@unittest.skipUnless(os.path.exists(SSHD), "there is no sshd")
class Ssh(GitRev):
    """Over ssh, with a key from memory, to a host that must be known."""

    def setUp(self):
        super().setUp()
        for name, kind in (("host", "ed25519"), ("host_ecdsa", "ecdsa"), ("key", "ed25519"), ("stranger", "ed25519")):
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(self.folder / name)], check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)  # it will not start as root without
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\nHostKey {self.folder}/host_ecdsa\n"
            f"AuthorizedKeysFile {self.folder}/key.pub\nStrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\n")
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")], stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.wait_for(self.is_up)
        (self.folder / ".ssh").mkdir()
        self.known_hosts = self.folder / ".ssh/known_hosts"
        self.know("host")
        self.url = f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{self.origin}"

    def is_up(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def know(self, *keys):
        lines = [f"[127.0.0.1]:{self.port} {(self.folder / f'{key}.pub').read_text()}" for key in keys]
        self.known_hosts.write_text("".join(lines))

    def follow(self, url=None, more=""):
        super().follow(url or self.url, more or f", ssh_key: '${{file:{self.folder}/key}}'")

    test_what_is_not_there_is_named = None  # names the path above

    def test_an_unknown_host_is_refused_with_the_way_to_add_it(self):
        self.commit("One")
        self.follow()
        self.known_hosts.unlink()
        result = self.idpd("plan")
        self.assertEqual(result.code, 1, result)
        fingerprint = subprocess.run(["ssh-keygen", "-lf", str(self.folder / "host_ecdsa.pub")], capture_output=True, text=True).stdout.split()[1]
        self.assertIn("the host 127.0.0.1 is not known", result.err)
        self.assertIn(fingerprint, result.err)
        self.assertIn(f"ssh-keyscan -p {self.port} 127.0.0.1 >> ~/.ssh/known_hosts", result.err)

    def test_a_host_that_is_known_by_a_hashed_name_is_let_in(self):
        self.commit("One")
        self.follow()
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(self.known_hosts)], check=True, capture_output=True)
        self.assertIn("|1|", self.known_hosts.read_text())
        self.plan()

    def test_a_host_with_another_key_is_refused(self):
        self.commit("One")
        self.follow()
        self.know("stranger")
        result = self.idpd("plan")
        self.assertEqual(result.code, 1, result)
        self.assertIn("not among its known ones", result.err)

    def test_a_key_that_is_refused_or_missing_is_said_and_not_shown(self):
        self.commit("One")
        self.follow(more=f", ssh_key: '${{file:{self.folder}/stranger}}'")
        result = self.idpd("plan", "--log-level", "trace")
        self.assertEqual(result.code, 1, result)
        self.assertIn("refuses the key of desired.git.ssh_key", result.err)
        self.assertNotIn((self.folder / "stranger").read_text().splitlines()[1], str(result))
        self.settings()
        self.follow(more=", interval: 1m")
        self.assertIn("set desired.git.ssh_key", self.idpd("plan").err)


if __name__ == "__main__":
    unittest.main()
