"""`idpd run` in the background, with what surrounds a service: the socket of the service manager, the admin
socket, its log and its use of the machine. Made by `Case.run_daemon()`; it ends with the test.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time

READY = "READY=1"


class Answer:
    """Of the admin endpoint."""

    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    @property
    def json(self):
        return json.loads(self.text)

    def __str__(self):
        return f"HTTP {self.status}\n{self.text}"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self.path)
        except OSError:
            self.sock.close()
            raise


class Daemon:
    """Lists grow while it runs. Waiting fails with the log, so that a test says why."""

    def __init__(self, command, folder, environment):
        self.admin_socket = folder / "admin.sock"
        self.notifications = []  # datagrams to the service manager, as text
        self.stderr_lines = []
        self.stdout_lines = []
        self.answers = []  # of the admin endpoint, as text
        self._moved = threading.Condition()
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = folder / f"notify-{id(self):x}.sock"
        self._manager.bind(str(path))
        self._manager.settimeout(0.1)
        self._over = threading.Event()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace", cwd=folder,
                                        env={**environment, "NOTIFY_SOCKET": str(path)})
        self._threads = [threading.Thread(target=self._read, args=(stream, lines), daemon=True)
                         for stream, lines in ((self.process.stdout, self.stdout_lines),
                                               (self.process.stderr, self.stderr_lines))]
        self._threads.append(threading.Thread(target=self._listen, daemon=True))
        for thread in self._threads:
            thread.start()

    def _keep(self, items, item):
        with self._moved:
            items.append(item)
            self._moved.notify_all()

    def _read(self, stream, lines):
        for line in stream:
            self._keep(lines, line.rstrip("\n"))

    def _listen(self):
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                self._keep(self.notifications, self._manager.recv(65536).decode("utf-8", "replace"))

    @property
    def stderr(self):
        return "\n".join(self.stderr_lines)

    def wait_until(self, condition, seconds=20, what="it"):
        """Until the condition is true; what it gave. An end of the process ends the waiting."""
        end = time.monotonic() + seconds
        while True:
            ended = self.process.poll() is not None
            if found := condition():
                return found
            if ended or time.monotonic() > end:
                how = f"the daemon ended with {self.process.returncode}" if ended else "not in time"
                raise AssertionError(f"{what} did not happen: {how}\n--- stderr\n{self.stderr}")
            with self._moved:
                self._moved.wait(0.02)

    def wait_ready(self, seconds=20):
        self.wait_until(lambda: self.count(READY), seconds, READY)
        return self

    def wait_for_line(self, text, seconds=20):
        """Until the log has a line with this text; the line."""
        return self.wait_until(lambda: next((line for line in list(self.stderr_lines) if text in line), None),
                               seconds, repr(text))

    def told(self, name):
        """What the service manager was told last under this name: `STATUS`."""
        for datagram in reversed(list(self.notifications)):
            for line in datagram.split("\n"):
                if line.startswith(name + "="):
                    return line.partition("=")[2]
        return ""

    def wait_status(self, text):
        """Until the one line of the state has this in it."""
        self.wait_until(lambda: text in self.told("STATUS"), what=f"{text!r} in the status")

    def count(self, state):
        return sum(state in datagram.split("\n") for datagram in list(self.notifications))

    def reload(self, seconds=20):
        """Until the service manager has been told that it is over."""
        before = self.count(READY)
        self.process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: self.count(READY) > before, seconds, "the reload")

    def stop(self, number=signal.SIGTERM, seconds=30):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end\n--- stderr\n{self.stderr}") from None
        self._close()
        for bad in ("Sanitizer", "this is a bug in idpd"):
            if bad in self.stderr:
                raise AssertionError(self.stderr)
        return code

    def kill(self):
        """However it is; nothing is asked of it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._close()

    def _close(self):
        """What was said before the end is still read: streams to their end, datagrams for one more wait."""
        self._over.set()
        for thread in self._threads:
            thread.join(5)
        for one in (self.process.stdout, self.process.stderr, self._manager):
            one.close()

    def admin(self, method, path, body=None, seconds=20, **headers):
        """One request over the unix socket in the workspace; a body that is no text goes as JSON."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        with contextlib.closing(UnixConnection(self.admin_socket, seconds)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            self.answers.append(text)
            return Answer(answer.status, answer.headers, text)

    def rss_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self):
        """Of all its threads, in user and kernel."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            # The second field is the name in brackets, which may hold spaces.
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
