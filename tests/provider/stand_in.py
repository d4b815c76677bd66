"""The process of provider.mjs, from Python: certificates of its own, its ports, its proxy, and the words of its control
interface. Raises npm.Unavailable where oidc-provider cannot be installed.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import certificates  # noqa: E402
import npm  # noqa: E402
from proxy import Proxy  # noqa: E402

FOLDER = HERE.parents[1] / "build/provider"  # unless CTest says another by $IDPD_PROVIDER

# Everybody who is played, on one certificate.
HOSTS = [*(f"auth.pingone.{one}" for one in ("com", "ca", "eu", "com.au", "sg", "asia")), "github.com", "accounts.google.com",
         "www.googleapis.com", "oauth2.googleapis.com", "login.microsoftonline.com", "graph.facebook.com", "www.linkedin.com",
         "oauth.yandex.com", "*.okta.com", "*.onelogin.com", "*.example.test"]
# Somebody's whose certificate is of another CA.
STRANGER = "stranger.test"


def install():
    """(node, the folder of packages)"""
    packages = pathlib.Path(os.environ.get("IDPD_PROVIDER", FOLDER)).resolve()
    return npm.install(HERE, packages), packages


class StandIn:
    """`certificate_authority`: the file that the program under test is to trust. `url` of the proxy: https_proxy."""

    def __init__(self, folder, world=None):
        node, packages = install()
        folder = pathlib.Path(folder)
        authority = certificates.Authority(folder / "authority")
        other = certificates.Authority(folder / "other", "Nobody's CA")
        self.certificate_authority = str(authority.file)
        tls = {**authority.server([*HOSTS, "127.0.0.1"]), "strangers": {"hosts": [STRANGER], **other.server([STRANGER])}}
        self.process = subprocess.Popen([node, str(HERE / "provider.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        start = {"packages": str(packages), "tls": tls, "world": world or {}}
        self.process.stdin.write(json.dumps(start) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the stand-in did not start")
        ports = json.loads(line)
        self.port = ports["https"]
        self._control = f"http://127.0.0.1:{ports['control']}/control/"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.proxy = Proxy(self.port, [*HOSTS, STRANGER])

    def stop(self):
        self.proxy.stop()
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with self._opener.open(urllib.request.Request(self._control + path, data, method=method), timeout=20) as answer:
            return json.load(answer)

    def become(self, world):
        """Another world, in the same process."""
        self.control("PUT", "world", world)

    def begin(self, token_requests=1):
        """A new check, which may send the secret of each client so often."""
        self.proxy.connects.clear()
        self.control("POST", "check", {"token_requests": token_requests})

    def requests(self):
        return self.control("GET", "requests")["requests"]

    def violations(self):
        return self.control("GET", "requests")["violations"]
