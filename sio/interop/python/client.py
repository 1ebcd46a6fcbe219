"""Debian's python3-socketio client, which the project did not choose, against a server given as a command.

    /usr/bin/python3 client.py COMMAND [ARGUMENT ...]

COMMAND follows the line protocol that ../reference.mjs describes.
"""

import importlib.metadata
import queue
import subprocess
import sys
import threading
import time
import traceback

import socketio

VALUES = [None, True, 0, -1.5, 1e21, "", "é€😀\u2028\x1e", [], {}, {"b": [1, {"a": None}]}]
BINARY = [b"\x01\x02", {"deep": [b"\x00", "x", {"deeper": b"\xff"}]}, "text", b"\x04" * 70000]


class Server:
    """The server under test and what it tells line by line."""

    def __init__(self, command):
        self.child = subprocess.Popen(
            command + ["-listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        self.address = self.child.stdout.readline().split()[1]
        self.reasons = {}
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            word, *rest = line.rstrip("\n").split(" ", 3)
            if word == "closed":
                with self.changed:
                    self.reasons[rest[0], rest[1]] = rest[2]
                    self.changed.notify_all()

    def reason(self, nsp, sid):
        with self.changed:
            assert self.changed.wait_for(lambda: (nsp, sid) in self.reasons, timeout=8), "the disconnect was not seen"
            return self.reasons[nsp, sid]

    def stop(self):
        self.child.terminate()
        return self.child.wait(timeout=10)


class Peer:
    """One client; events arrive in a queue."""

    def __init__(self, server, transports, namespaces=("/",), auth=None):
        self.client = socketio.Client(reconnection=False)
        self.events = queue.Queue()
        self.refused = queue.Queue()
        self.gone = threading.Event()
        for nsp in namespaces:
            self.listen(nsp)
        self.client.connect(
            f"http://{server.address}", transports=transports, namespaces=list(namespaces), auth=auth, wait_timeout=5
        )

    def listen(self, nsp):
        for name in ("echo", "binary", "said", "announced"):
            self.client.on(name, lambda *args, name=name: self.events.put((name, *args)), namespace=nsp)
        self.client.on("question", lambda *args: ("answer to", *args), namespace=nsp)
        self.client.on("connect_error", lambda *args: self.refused.put(args), namespace=nsp)
        self.client.on("disconnect", lambda *args: self.gone.set(), namespace=nsp)

    def call(self, event, *args, nsp="/"):
        return self.client.call(event, args, namespace=nsp, timeout=5)

    def emit(self, event, *args, nsp="/"):
        self.client.emit(event, args, namespace=nsp)

    def next(self):
        return self.events.get(timeout=5)


def equal(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


def connect(server, transports):
    p = Peer(server, transports)
    who = p.call("who")
    equal((who["nsp"], who["eio"], who["id"]), ("/", 4, p.client.get_sid()))
    equal(who["transport"], transports[-1])
    p.client.disconnect()


def event_and_ack(server, transports):
    p = Peer(server, transports)
    p.emit("echo", *VALUES)
    equal(p.next(), ("echo", *VALUES))
    equal(p.call("echo", "one"), "one")
    equal(list(p.call("echo", *VALUES)), VALUES)
    equal(list(p.call("ask", 1, "two")), ["answer to", 1, "two"])
    p.client.disconnect()


def binary(server, transports):
    p = Peer(server, transports)
    p.emit("echo", *BINARY)
    equal(p.next(), ("echo", *BINARY))
    equal(list(p.call("echo", *BINARY)), BINARY)
    equal(list(p.call("ask", *BINARY)), ["answer to", *BINARY])
    p.emit("binary")
    equal(p.next(), ("binary", {"a": b"\x00\x01\xfe\xff", "b": ["x", b"\x07"]}, b"", "end"))
    p.client.disconnect()


def namespaces(server, transports):
    p = Peer(server, transports, namespaces=("/", "/chat", "/auth"), auth={"token": "sesame"})
    for nsp in ("/", "/chat", "/auth"):
        who = p.call("who", nsp=nsp)
        equal((who["nsp"], who["id"]), (nsp, p.client.get_sid(nsp)))
    p.client.disconnect()


def refusal(server, transports):
    client = socketio.Client(reconnection=False)
    refused = queue.Queue()
    client.on("connect_error", refused.put, namespace="/deny")
    client.connect(f"http://{server.address}", transports=transports, namespaces=["/deny"], wait=False)
    equal(refused.get(timeout=5), {"message": "no entry", "data": {"code": "E1", "list": [1, 2]}})
    client.disconnect()


def rooms(server, transports):
    a, b = Peer(server, transports), Peer(server, transports)
    a.call("join", "red")
    b.call("join", "red")
    a.call("say", "red", "not to the sender")
    equal(b.next(), ("said", "not to the sender"))
    b.call("announce", "red", "to all")
    equal(a.next(), ("announced", "to all"))
    equal(b.next(), ("announced", "to all"))
    a.client.disconnect()
    b.client.disconnect()


def disconnects(server, transports):
    for nsp in ("/", "/chat"):
        p = Peer(server, transports, namespaces=("/", "/chat"))
        sid = p.client.get_sid(nsp)
        p.emit("kick", nsp=nsp)
        equal(server.reason(nsp, sid), "server namespace disconnect")
        assert p.gone.wait(5), "the client was not told"
        p.client.disconnect()
    p = Peer(server, transports)
    sid = p.client.get_sid()
    # While the answer to its last POST is under way, this client would leave without sending anything.
    while p.client.eio.queue.unfinished_tasks:
        p.client.sleep(0.01)
    p.client.sleep(0.2)  # and it looks once more whether it is connected
    p.client.disconnect()
    # This client may close its connection before its own disconnect packet is out.
    assert server.reason("/", sid) in ("client namespace disconnect", "transport close")


def main():
    server = Server(sys.argv[1:])
    version = importlib.metadata.version("python-socketio")
    passed = failed = 0
    for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
        for case in (connect, event_and_ack, binary, namespaces, refusal, rooms, disconnects):
            name = f"python3-socketio {version} {'+'.join(transports)}: {case.__name__}"
            began = time.monotonic()
            try:
                case(server, transports)
                passed += 1
                print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print("FAIL", name, flush=True)
                traceback.print_exc()
    code = server.stop()
    print("server ended with", code, flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or code else 0


if __name__ == "__main__":
    sys.exit(main())
