"""Files, links and answers that are made to harm: each is refused in bounded time and memory, says where, and changes
nothing."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import unittest
import zlib

from harness import ACCOUNT, Managed, github

MIB = 1 << 20
MOST = 600 * MIB  # of memory; a build with sanitizers takes some hundred by itself


class Server:
    """Answers every request with what `answer(number)` gives: pieces of bytes, sent as long as somebody reads."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = 0
        self.sent = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/client/v4"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            while b"\r\n\r\n" not in connection.recv(65536):
                pass
            self.requests += 1
            for piece in self.answer(self.requests):
                connection.sendall(piece)
                self.sent += len(piece)

    def close(self):
        self.socket.close()


def head(*headers):
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def listing(items, **info):
    return json.dumps({"success": True, "errors": [], "messages": [], "result": items, "result_info": info}).encode()


class Hostile(Managed):
    def bounded(self, *arguments, seconds=250, config=True):
        """The program's exit code, and what it said; it has kept within time and memory."""
        settings = ["--config", str(self.folder / "idpd.yaml")] if config else []
        command = [self.program, *settings, *map(str, arguments)]
        out = self.folder / "output"
        began = time.monotonic()
        with out.open("wb") as file:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=self.folder,
                                       env=self.environment)
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            _, status, used = os.wait4(process.pid, 0)
            timer.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
        said = " ".join(out.read_text(errors="replace").split())
        self.assertLess(time.monotonic() - began, seconds, said)
        self.assertNotIn("Sanitizer", said)
        self.assertLess(used.ru_maxrss * 1024, MOST, f"{command} took {used.ru_maxrss // 1024} MiB\n{said[:1000]}")
        return process.returncode, said


class Files(Hostile):
    def setUp(self):
        super().setUp()
        self.write("gh", github())

    def in_place_of_a_file(self):
        """(what it is, a path of it), each where a file is expected; none may be read to its end, or waited for."""
        place = self.folder / "odd"
        place.mkdir()
        huge = place / "huge.yaml"
        with huge.open("wb") as file:
            file.truncate(1 << 30)
        os.mkfifo(place / "fifo.yaml")
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(str(place / "socket.yaml"))
        (place / "loop.yaml").symlink_to("loop.yaml")
        return [huge, pathlib.Path("/dev/zero"), place / "fifo.yaml", place / "socket.yaml", place / "loop.yaml"]

    def test_no_command_reads_what_is_no_file_or_has_no_end(self):
        for path in self.in_place_of_a_file():
            # Settings and a saved plan may come through a pipe, which is waited for.
            pipe = path.name == "fifo.yaml"
            folder = path.parent if path.parent.name == "odd" else path
            for what, command in {"settings": ["--config", path, "plan"], "file": ["plan", path],
                                  "saved plan": ["apply", path], "folder": ["plan", folder]}.items():
                if pipe and what in ("settings", "saved plan"):
                    continue
                with self.subTest(what, path=path.name):
                    code, said = self.bounded(*command, config=what != "settings")
                    self.assertEqual(code, 1, said)
                    self.assertRegex(said, "error|odd|/dev/zero")
        self.assertEqual(self.sim.writes(), [])

    def test_what_takes_the_place_of_a_file_in_the_folder_is_an_error_and_not_a_removal(self):
        self.managed(gh=github())
        self.grow()
        for make in (os.mkfifo, lambda path: path.symlink_to(path.name), lambda path: path.symlink_to("/dev/zero"),
                     lambda path: path.symlink_to("/nowhere")):
            path = self.files / "gh.yaml"
            path.unlink()
            make(path)
            code, said = self.bounded("apply", "--auto-approve", "--allow-deletes", "--allow-empty")
            self.assertEqual(code, 1, said)
            self.assertIn("gh.yaml", said)
        self.sim.provider("GitHub")

    def test_a_secret_that_is_no_file_or_has_no_end_withholds_that_one_write(self):
        for path in self.in_place_of_a_file():
            with self.subTest(path.name):
                self.settings(more=f"secrets: {{files: [{self.folder}/odd, /dev]}}\n")
                self.write("gh", github(client_secret=f"${{file:{path}}}"))
                code, said = self.bounded("apply", "--auto-approve")
                self.assertEqual(code, 1, said)
                self.assertEqual(self.sim.providers(), [])

    def test_many_large_files_are_bounded_together(self):
        text = json.dumps({"identity_providers": {}}) + " " * (MIB - 100)
        (self.files / "0.json").write_text(text)
        for number in range(1, 2000):
            os.link(self.files / "0.json", self.files / f"{number}.json")
        code, said = self.bounded("plan")
        self.assertEqual(code, 1, said)
        self.assertIn("MiB in all", said)

    def test_an_account_or_a_key_never_becomes_a_path(self):
        for bad in ("..", "../../etc/cron.d/x", "a/b", ".hidden", "/etc/passwd", "a\0b", "k" * 300, "", " ", "a\nb"):
            with self.subTest(bad):
                self.write("gh", github())
                (self.files / "gh.yaml").write_text(json.dumps({"identity_providers": {bad: github()}}))
                code, said = self.bounded("apply", "--auto-approve")
                self.assertEqual(code, 1, said)
                self.assertRegex(said, "key")
                other = self.folder / "other.yaml"
                other.write_text((self.folder / "idpd.yaml").read_text().replace(ACCOUNT, json.dumps(bad)[1:-1]))
                code, said = self.bounded("--config", other, "apply", "--auto-approve", config=False)
                self.assertEqual(code, 1, said)
                self.assertRegex(said, r"accounts\.production\.id|account")
        self.assertEqual(self.sim.requests(), [])


class Answers(Hostile):
    def answered(self, answer, code=1, **more):
        """What `plan` makes of a server that always answers so; nothing but reads have been asked of it."""
        server = Server(answer)
        self.addCleanup(server.close)
        self.settings()
        path = self.folder / "idpd.yaml"
        path.write_text(path.read_text().replace(self.sim.api, server.url))
        got, said = self.bounded("plan", **more)
        self.assertEqual(got, code, said[:2000])
        return server, said

    def setUp(self):
        super().setUp()
        self.write("gh", github())

    def test_one_of_hundreds_of_mebibytes_is_cut_off(self):
        server, said = self.answered(lambda _: (head() if not i else b" " * MIB for i in range(400)))
        self.assertIn("larger than allowed", said)
        self.assertLess(server.sent, 100 * MIB)

    def test_one_that_is_small_only_while_it_is_packed_is_cut_off(self):
        packer = zlib.compressobj(9, wbits=31)
        bomb = b"".join(packer.compress(b" " * MIB) for _ in range(1024)) + packer.flush()
        _, said = self.answered(lambda _: [head("Content-Encoding: gzip", f"Content-Length: {len(bomb)}"), bomb])
        self.assertIn("larger than allowed", said)

    def test_one_of_nothing_but_tiny_values_is_cut_off(self):
        for tiny in (b"[],", b"1,"):
            body = b'{"success":true,"result":[' + tiny * (8 * MIB // len(tiny)) + b"1]}"
            _, said = self.answered(lambda _, body=body: [head(), body])
            self.assertIn("too many values", said)

    def test_headers_without_end_are_cut_off(self):
        header = b"X-A: " + b"b" * 1000 + b"\r\n"
        server, _ = self.answered(lambda _: (header if i else b"HTTP/1.1 200 OK\r\n" for i in range(100_000)))
        self.assertLess(server.sent, 20 * MIB)

    def test_one_that_is_nested_without_end_is_an_error(self):
        for deep in (b"[", b'{"a":', b'[{"a":'):
            self.answered(lambda _, deep=deep: [head(), b'{"success":true,"result":', deep * 1_000_000])

    def test_one_with_bytes_that_are_no_text_is_an_error(self):
        for bad in (b"\0", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82", b"\x1b", b"\n"):
            body = b'{"success":true,"result":[{"id":"1","type":"github","name":"a' + bad + b'"}]}'
            self.answered(lambda _, body=body: [head(), body])

    def test_a_list_of_a_million_pages_is_not_read_to_its_end(self):
        """The same page for ever, pages without an entry, and pages that each bring one new entry."""
        same = {"id": "1", "type": "github", "name": "a", "config": {}}
        answers = {"the same": lambda _: listing([same], total_count=10**9, total_pages=10**9, page=1, per_page=1),
                   "empty": lambda _: listing([], total_count=10**9, total_pages=10**9),
                   "too many": lambda _: listing([same, {**same, "id": "2"}], total_count=1),
                   "negative": lambda _: listing([same], total_count=-1, total_pages=-1, per_page=1),
                   "no number": lambda _: listing([same], total_count="x", per_page=1),
                   "one new entry": lambda number: listing([{**same, "id": str(number)}], total_count=10**9)}
        for name, answer in answers.items():
            with self.subTest(name):
                server, said = self.answered(lambda number, answer=answer: [head(), answer(number)])
                self.assertLessEqual(server.requests, 4, said)
                self.assertIn("not whole", said)


if __name__ == "__main__":
    unittest.main()
