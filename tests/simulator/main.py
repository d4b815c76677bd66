"""A simulated Cloudflare Access identity-provider API, for tests.

Started as a process of its own; prints one line with its address and then
serves until it is ended or, with --parent-watch, its stdin closes.
"""

import argparse
import os
import signal
import ssl
import sys
import threading

from server import Server
from store import Store


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--tls-cert", metavar="FILE")
    parser.add_argument("--tls-key", metavar="FILE")
    parser.add_argument("--seed", type=int, default=0, help="for ids, secrets and order")
    parser.add_argument("--parent-watch", action="store_true", help="end when stdin closes")
    arguments = parser.parse_args()
    if bool(arguments.tls_cert) != bool(arguments.tls_key):
        parser.error("--tls-cert and --tls-key go together")
    return arguments


def _watch_parent():
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def main():
    arguments = _arguments()
    # A stop is an ordinary end: no trace, no waiting for open connections.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    tls = None
    if arguments.tls_cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments.tls_cert, arguments.tls_key)
    server = Server(arguments.port, Store(arguments.seed), tls, arguments.host)
    if arguments.parent_watch:
        threading.Thread(target=_watch_parent, daemon=True).start()
    print(f"listening on {'https' if tls else 'http'}://{arguments.host}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
