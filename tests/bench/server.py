"""The API's stand-in for figures: nginx with lists as files, so that no contender waits for it, the same for all of them.
Answers at once or after 50 ms, over plain HTTP/1.1 or TLS with HTTP/2 and gzip. It counts what it is asked.
"""

import os
import socket
import subprocess
import time

LATENCY = 0.05  # seconds
ECHO = "/usr/lib/nginx/modules/ngx_http_echo_module.so"  # libnginx-mod-http-echo: waits without blocking a worker

SERVER = """
  server {{
    listen 127.0.0.1:{port}{options};
    {more}
    root {folder};
    default_type application/json;
    add_header Cache-Control no-store;
    location ~ ^/client/v4/accounts/(?<account>\\w+)/access/identity_providers$ {{ {answer} }}
    location /lists/ {{ internal; }}
  }}"""
AT_ONCE = "try_files /lists/$account/$page.json /empty.json =404;"
LATER = f"echo_sleep {LATENCY}; echo_exec /lists/$account/$page.json;"

CONFIG = """
load_module {echo};
{user}
daemon off;
master_process on;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  log_format count '$status $server_port $request_method $uri $http_user_agent';
  access_log {folder}/access.log count;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  keepalive_requests 1000000;
  tcp_nodelay on;
  open_file_cache max=4000;
  gzip_types application/json;
  map $arg_page $page {{ default 1; ~^[0-9]+$ $arg_page; }}
  {servers}
}}
"""


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Server:
    """Serves the lists of `world`. `api[name]` is the base URL: plain, plain50, tls, tls50. Its own files are not where
    the daemon watches."""

    def __init__(self, world):
        self.folder = world / "server"
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        (self.folder / "lists").symlink_to(world / "lists")
        self.ca = self._certificate()
        tls = (f"ssl_certificate {self.ca}; ssl_certificate_key {self.folder}/key.pem; ssl_protocols TLSv1.3; "
               "gzip on; gzip_comp_level 1; gzip_proxied any;")
        self.ports = dict(zip(("plain", "plain50", "tls", "tls50"), free_ports(4)))
        servers = "".join(
            SERVER.format(port=port, folder=self.folder, options=" ssl http2" if "tls" in name else "",
                          more=tls if "tls" in name else "", answer=LATER if name.endswith("50") else AT_ONCE)
            for name, port in self.ports.items())
        self.api = {name: f"{'https' if 'tls' in name else 'http'}://localhost:{port}/client/v4"
                    for name, port in self.ports.items()}
        (self.folder / "empty.json").write_text(
            '{"success": true, "errors": [], "messages": [], "result": [], "result_info": {"count": 0, "total_count": 0}}')
        (self.folder / "nginx.conf").write_text(CONFIG.format(
            echo=ECHO, folder=self.folder, servers=servers, user="user root;" if os.getuid() == 0 else ""))
        self.log = self.folder / "access.log"
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder),
                                         "-e", str(self.folder / "error.log")])
        self._wait()

    def _certificate(self):
        ca = self.folder / "ca.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", str(self.folder / "key.pem"), "-out", str(ca)], check=True, capture_output=True)
        return ca

    def _wait(self):
        for _ in range(200):
            try:
                for port in self.ports.values():
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("nginx did not start: " + (self.folder / "error.log").read_text())

    def answered(self):
        """How many so far."""
        return self.log.read_bytes().count(b"\n")

    def requests(self):
        """How many it answered since the last time, and how many of them were no 200."""
        lines = self.log.read_text().splitlines()
        os.truncate(self.log, 0)
        return len(lines), sum(not line.startswith("200") for line in lines)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
