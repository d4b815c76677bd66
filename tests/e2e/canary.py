"""Looks for secrets where none may be: as they are, and in each form that a program gives them on their way into a log,
a URL, a page, a document or a database. Used by harness.Case after every test, by test_secrets_*.py and by
tests/reliability/canaries.py.
"""

import base64
import html
import json
import urllib.parse

SHORTEST = 8  # what is shorter is found by chance


def base64_forms(raw):
    """What every base64 text that holds these bytes has in it, wherever they begin, in both alphabets."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        first = (before * 8 + 5) // 6  # characters that share bits with a neighbour are left out
        whole = text[first:(before + len(raw)) * 8 // 6]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def forms(secret):
    """{form: how it is called} of one text; forms that are too short to tell are left out."""
    raw = secret.encode()
    quoted = urllib.parse.quote(secret, safe="")
    found = {raw: "as it is"}
    for name, text in (
            ("URL-encoded", quoted), ("URL-encoded", urllib.parse.quote(secret)),
            ("URL-encoded", "".join(f"%{byte:02x}" if f"%{byte:02X}" in quoted else chr(byte) for byte in raw)),
            ("JSON", json.dumps(secret)[1:-1]), ("JSON", json.dumps(secret, ensure_ascii=False)[1:-1]),
            ("JSON", json.dumps(secret, ensure_ascii=False)[1:-1].replace("/", "\\/")),
            ("HTML", html.escape(secret)), ("HTML", html.escape(secret, quote=False)),
            ("YAML", secret.replace("'", "''")), ("escaped", secret.encode("unicode_escape").decode()),
            ("hex", raw.hex()), ("hex", raw.hex().upper()), ("hex with blanks", raw.hex(" "))):
        found.setdefault(text.encode(), name)
    for text in base64_forms(raw):
        found.setdefault(text, "base64")
    return {form: name for form, name in found.items() if len(form) >= SHORTEST}


class Scanner:
    """Of {what it is: secret}. `scan` gives findings as text, which name the secret and never show it."""

    def __init__(self, secrets):
        self.secrets = {name: forms(text) for name, text in secrets.items() if len(text) >= SHORTEST}
        self.scanned = 0  # how many files, outputs and answers

    def scan(self, where, data, allowed=()):
        """`allowed`: names of the secrets that may be there."""
        self.scanned += 1
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogateescape")
        return [f"{name} {form_name} in {where}" for name, known in self.secrets.items() if name not in allowed
                for form, form_name in known.items() if form in data]

    def scan_folder(self, folder, allowed=lambda path: ()):
        """Each regular file below it and each file's name. `allowed(path)`: names that may be in this one."""
        found = []
        for path in sorted(folder.rglob("*")):
            found += self.scan(f"the name {path.relative_to(folder)}", str(path.relative_to(folder)))
            if path.is_file() and not path.is_symlink():
                found += self.scan(path.relative_to(folder), path.read_bytes(), allowed(path))
        return found


class Witness:
    """What a test of harness.Case gave to idpd in secret and what came out of it; nothing of the former may be in the
    latter, nor in the files of the workspace, when the test ends."""

    def __init__(self, case):
        self.case = case
        self.secrets = {}  # text: what it is
        self.outputs = []  # (what it is, text)
        self.daemons = []
        self.webhooks = set()  # names
        self.scanned = 0
        self.excused = set()  # texts of secrets

    def given(self, environment):
        for name, text in environment.items():
            if any(word in name for word in ("SECRET", "TOKEN", "WEBHOOK")):
                self.secrets.setdefault(text, f"${name}")
        return environment

    def saw(self, what, *texts):
        self.outputs += [(what, text) for text in texts]

    def excuse(self, text, _reason):
        """This secret is where one may see it, because the test put it there."""
        self.excused.add(text)

    def all_secrets(self):
        """With those that live in the simulator: {what it is: text}."""
        secrets = dict(self.secrets)
        if self.case.sim.process.poll() is None:
            for account in self.case.sim.state()["accounts"].values():
                for provider in account["identity_providers"]:
                    secrets.update({text: name for name, text in secrets_of(provider)})
        return {f"{name} #{number}": text for number, (text, name) in enumerate(secrets.items())
                if text not in self.excused}

    def assert_no_secret(self):
        self.case.assertEqual(self.find(), [], "a secret is where none may be")

    def find(self):
        """Where one is that may not be there."""
        secrets = self.all_secrets()
        scanner = Scanner(secrets)
        scim = {name for name in secrets if name.startswith("scim_config.")}
        own_state = self.case.folder / ".idpd"

        def allowed(path):
            """The SCIM secrets have their place, and outside of idpd's a file may be the one that a secret is from."""
            if own_state in path.parents:
                return scim if own_state / "scim" in path.parents else ()
            text = path.read_bytes().strip()
            return {name for name, secret in secrets.items() if secret.encode() == text}

        for daemon in self.daemons:
            self.saw("the daemon's outputs", *daemon.stderr_lines, *daemon.stdout_lines)
            self.saw("what the service manager was told", *daemon.notifications)
            self.saw("an answer of the admin endpoint", *daemon.answers)
        for name in self.webhooks:
            self.saw("a notification", *(one["body"] for one in self.case.sim.webhooks(name)))
        found = [one for what, text in self.outputs if text for one in scanner.scan(what, as_text(text))]
        found += scanner.scan_folder(self.case.folder, allowed)
        self.scanned = scanner.scanned
        return found


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def secrets_of(provider):
    """(path, text) of what a live identity provider keeps to itself."""
    for part in ("config", "scim_config"):
        for name, value in (provider.get(part) or {}).items():
            reference = isinstance(value, str) and value.startswith("${")  # a test made it from what a file says
            if isinstance(value, str) and not reference and name.endswith(("secret", "api_token")):
                yield f"{part}.{name}", value


def memory_of(pid):
    """(region, bytes) of what a process has in memory and may write: stacks, heaps and data, without the block of
    arguments and environment, which its starter wrote. Needs root where the process is not dumpable."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    first, last = int(fields[45]), int(fields[48])  # arg_start, env_end
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            if not rights.startswith("rw") or "[v" in line:
                continue
            begin, end = (int(one, 16) for one in place.split("-"))
            memory.seek(begin)
            data = memory.read(end - begin)
            if begin <= first < end:
                data = data[:first - begin] + bytes(min(last, end) - first) + data[last - begin:]
            yield line.strip(), data
