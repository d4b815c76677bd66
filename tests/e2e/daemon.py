"""`idpd run` in the background, seen as its service manager and its administrators see it."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from harness import Managed


class Daemon:
    """One process; killed with the test. What it tells systemd is in `.notifications`, its log in `.log`."""

    def __init__(self, case, *arguments, **environment):
        self.case = case
        self.socket_path = case.folder / f"notify-{time.monotonic_ns()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.socket_path))
        self.notifications, self.log = [], []
        self.process = subprocess.Popen(
            [case.program, "--config", str(case.folder / "idpd.yaml"), *arguments, "run"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=case.folder,
            env={**case.environment, "NOTIFY_SOCKET": str(self.socket_path), **environment})
        self.threads = [threading.Thread(target=self._listen, daemon=True), threading.Thread(target=self._read, daemon=True)]
        for thread in self.threads:
            thread.start()
        case.addCleanup(self._end)

    def _listen(self):
        while True:
            try:
                datagram = self.socket.recv(65536)
            except OSError:
                return
            if not datagram:
                return
            self.notifications.append(datagram.decode())

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def _end(self):
        self.process.kill()
        self.process.wait()
        self.threads[1].join()
        self.process.stderr.close()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.threads[0].join()
        self.socket.close()
        text = "\n".join(self.log)
        self.case.assertNotIn("Sanitizer", text)
        self.case.assertNotIn("this is a bug in idpd", text)

    def told(self, begins):
        """What the service manager was told last of this name: `STATUS`, `READY`."""
        for datagram in reversed(self.notifications):
            for line in datagram.splitlines():
                if line.startswith(begins + "="):
                    return line.partition("=")[2]
        return None

    def count(self, line):
        return sum(line in datagram.splitlines() for datagram in self.notifications)

    def wait_ready(self, times=1):
        self.case.wait_for(lambda: self.count("READY=1") >= times or self.process.poll() is not None)
        self.case.assertIsNone(self.process.poll(), "\n".join(self.log))
        return self

    def wait_status(self, text):
        """Until the one line of the state has this in it."""
        self.case.wait_for(lambda: text in (self.told("STATUS") or ""))

    def wait_log(self, text):
        self.case.wait_for(lambda: any(text in line for line in list(self.log)))

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        ready = self.count("READY=1")
        self.signal(signal.SIGHUP)
        self.wait_ready(ready + 1)

    def stop(self):
        """As systemd does; the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(20)

    def rss_bytes(self):
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def admin(self, method, path, body=None):
        """Over the unix socket: (status, decoded answer or text)."""
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.connect(str(self.case.admin_socket))
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except json.JSONDecodeError:
            return answer.status, text


class RunCase(Managed):
    """A workspace for `idpd run`; `self.configure(...)` writes the settings, `self.run_daemon()` starts it."""

    interval = "1h"  # nothing comes by itself unless a test wants it

    def setUp(self):
        super().setUp()
        self.admin_socket = self.folder / "admin.sock"
        self.configure()

    def configure(self, more="", mode="enforce", interval=None, **account):
        admin = f"admin: {{listen: ['unix:{self.admin_socket}']}}\n"
        self.settings(more=f"reconcile: {{interval: {interval or self.interval}}}\n" + admin + more, mode=mode, **account)

    def run_daemon(self, *arguments, **environment):
        return Daemon(self, *arguments, **environment).wait_ready()

    def wait_config(self, name, **values):
        """Until the live one of this name has these in its config."""
        def there():
            found = [one for one in self.sim.providers() if one["name"] == name]
            return found and all(found[0]["config"].get(key) == value for key, value in values.items())
        self.wait_for(there)

    def lists(self):
        """How often the account was listed."""
        return len([one for one in self.sim.requests("GET") if one["path"].endswith("/identity_providers")])
