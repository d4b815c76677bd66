"""An http proxy on loopback that knows CONNECT alone and takes every host that it is told of to one local https server,
whatever the port: a program that honours `https_proxy` then talks to stand-ins under their real names. It remembers who
was asked for; other hosts get 502, as from a proxy that cannot reach them.
"""

import socket
import threading

HEAD = 64 * 1024


class Proxy:
    """`hosts`: names, or "*.example.com" for all below it. `connects`: (host, port, whether it was let through)."""

    def __init__(self, port, hosts):
        self.target = port
        self.hosts = hosts
        self.connects = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.open = False
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def knows(self, host):
        return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in self.hosts)

    def _accept(self):
        while self.open:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head and len(head) < HEAD:
                more = client.recv(4096)
                if not more:
                    return
                head += more
            method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
            host, _, port = rest.partition(" ")[0].rpartition(":")
            known = method == "CONNECT" and self.knows(host)
            self.connects.append((host, port, known))
            if not known:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self.target)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                server.sendall(head.partition(b"\r\n\r\n")[2])
                back = threading.Thread(target=pump, args=(server, client), daemon=True)
                back.start()
                pump(client, server)
                back.join()


def pump(source, target):
    try:
        while data := source.recv(64 * 1024):
            target.sendall(data)
    except OSError:
        pass  # either end went away
    for one, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        try:
            one.shutdown(how)
        except OSError:
            pass
