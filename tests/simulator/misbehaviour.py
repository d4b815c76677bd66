"""How a fault is carried out on a connection: lost, late, cut, dripping and spoilt answers (see faults.py)."""

import os
import socket
import ssl
import struct
import time

from edits import edited
from envelope import ApiError, Response
from util import dump

SLICE = 0.05  # how often a stalled request looks whether its client is gone


class Misbehaviour:
    """A part of the request handler, which has `_answer` and `_send`."""

    def _faulty(self, request, fault, entry):
        seconds = fault.delay_ms / 1000
        if fault.action == "delay" and fault.when == "before":
            time.sleep(seconds)
        response = self._answer(request, entry) if self._is_carried_out(request, fault) else None
        if fault.action not in ("delay", "edit"):
            entry["status"] = None  # the true answer does not arrive whole
        match fault.action:
            case "delay":
                if fault.when == "after":
                    time.sleep(seconds)
                self._send(response)
            case "edit":
                self._send(edited(response, fault.edit))
            case "close":
                self._drop()
            case "stall":
                self._stall(seconds)
                self._drop()
            case "reset":
                self._reset()
            case "refuse":
                self.server.refuse(seconds)
                self._reset()
            case _:
                self._spoil(fault, response, entry, seconds)

    @staticmethod
    def _is_carried_out(request, fault):
        """Before: it is not (a delay only puts it off). After: it is."""
        if fault.when == "after" or fault.action in ("delay", "edit"):
            return True
        # The true answer of a read can be spoilt without carrying anything out.
        return (fault.action in ("truncate", "drip", "length") and request.method == "GET"
                and fault.status is None and fault.body is None)

    def _spoil(self, fault, response, entry, seconds):
        """An answer that is another, or arrives in another way than it should."""
        made = self._made(fault) if response is None or fault.status or fault.body is not None else response
        match fault.action:
            case "respond":
                time.sleep(seconds)
                made = self._made(fault)
                entry["status"] = made.status
                self._send(made)
            case "length":
                self._send(made, announced=max(0, len(made.body) + fault.by))
            case "truncate":
                time.sleep(seconds)
                self._send(made, length=len(made.body) // 2)
                self._drop()
            case "drip":
                self._send(made, length=0)
                self._drip(made.body, seconds)
                self._drop()

    @staticmethod
    def _made(fault):
        status = fault.status or (500 if fault.action == "respond" else 200)
        if fault.body is None:
            made = ApiError(status, 10001, "Simulated fault").response()
        else:
            body = fault.body.encode() if isinstance(fault.body, str) else dump(fault.body)
            made = Response(status, body)
        made.headers.update({name: str(value) for name, value in fault.headers.items()})
        return made

    def _stall(self, seconds):
        """Says nothing until the time is over or the client has hung up."""
        end = time.monotonic() + seconds
        self.connection.settimeout(SLICE)
        while time.monotonic() < end:
            try:
                if not self.connection.recv(1):
                    return
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            except OSError:
                return

    def _drip(self, body, seconds):
        """Byte by byte, until the client has hung up."""
        try:
            for byte in body:
                self.wfile.write(bytes((byte,)))
                time.sleep(seconds)
        except OSError:
            pass  # what it is for

    def _reset(self):
        """The connection ends with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        # Python's server would shut the connection down before it closes it, which is a FIN.
        os.close(self.connection.detach())

    def _drop(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client was quicker
