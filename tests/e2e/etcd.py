"""A real etcd for tests: members of one cluster on this machine, each with ports and a folder of its own. They end
with the test. Without the program (Debian: etcd-server) the tests that need it are skipped by name.
"""

import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = shutil.which("etcd")
needs_etcd = unittest.skipUnless(PROGRAM, "needs etcd (Debian: etcd-server)")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Etcd:
    """One member that is a cluster by itself."""

    def __init__(self, folder, tls=None):
        self.folder = pathlib.Path(folder)
        self.tls = tls  # (certificate, key, CA) as paths
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{free_port()}"
        self.peer = f"http://127.0.0.1:{free_port()}"
        self.process = None
        self.token = None
        self.start()

    def start(self):
        """Again, with what it held."""
        more = ["--cert-file", self.tls[0], "--key-file", self.tls[1]] if self.tls else []
        with open(self.folder.parent / f"{self.folder.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--name", "one", "--data-dir", str(self.folder), "--listen-client-urls", self.url,
                 "--advertise-client-urls", self.url, "--listen-peer-urls", self.peer, "--initial-advertise-peer-urls",
                 self.peer, "--initial-cluster", f"one={self.peer}", "--unsafe-no-fsync", *more],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": os.environ["PATH"], "ETCD_UNSUPPORTED_ARCH": os.environ.get("ETCD_UNSUPPORTED_ARCH", "")})
        end = time.monotonic() + 20
        while True:
            try:
                self.call("kv/range", key="eA==")
                return
            except urllib.error.HTTPError:
                return  # it asks for a user
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def call(self, path, **body):
        context = ssl.create_default_context(cafile=self.tls[2]) if self.tls else None
        headers = {"Content-Type": "application/json", **({"Authorization": self.token} if self.token else {})}
        request = urllib.request.Request(f"{self.url}/v3/{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:
            return json.load(answer)

    def protect(self, user, password, prefix):
        """From now on etcd asks who one is; this user may use the prefix alone."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        for name, secret in (("root", "root-password"), (user, password)):
            self.call("auth/user/add", name=name, password=secret)
        for role in ("root", "hosts"):
            self.call("auth/role/add", name=role)
        self.call("auth/role/grant", name="hosts",
                  perm={"permType": "READWRITE", "key": encode(prefix), "range_end": encode(end)})
        self.call("auth/user/grant", user="root", role="root")
        self.call("auth/user/grant", user=user, role="hosts")
        self.call("auth/enable")
        self.token = self.call("auth/authenticate", name="root", password="root-password")["token"]

    def all(self, prefix="/idpd/"):
        """Every key below the prefix with its value, as text."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        answer = self.call("kv/range", key=encode(prefix), range_end=encode(end))
        return {decode(one["key"]): decode(one.get("value", "")) for one in answer.get("kvs", [])}

    def revision(self):
        return int(self.call("kv/range", key="eA==")["header"]["revision"])


def encode(text):
    return base64.b64encode(text.encode()).decode()


def decode(text):
    return base64.b64decode(text).decode()
