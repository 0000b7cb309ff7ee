#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Many machines at once, in one process.

crowd.py send PORT N FILE     N dumps at once, each FILE with another end; what was sent is left in sent.txt (SHA-256)
crowd.py idle PORT N          N connections that say nothing, until standard input ends
crowd.py stored DIR           the SHA-256 of every vmcore below DIR
"""
import glob
import hashlib
import resource
import selectors
import socket
import sys


def many_files():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connect(port):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("127.0.0.1", port))
    return s


def send(port, n, path):
    """All are connected before the first byte goes; then a piece for each in turn. Fails if any was reset."""
    with open(path, "rb") as f:
        common = f.read()[:-8]
    wait, lost = selectors.DefaultSelector(), 0
    with open("sent.txt", "w") as out:
        for i in range(n):
            tail = i.to_bytes(8, "little")
            digest = hashlib.sha256(common)
            digest.update(tail)
            out.write(digest.hexdigest() + "\n")
            wait.register(connect(port), selectors.EVENT_WRITE, [0, tail])
    while wait.get_map():
        for key, _ in wait.select():
            s, state = key.fileobj, key.data
            try:
                if key.events == selectors.EVENT_READ: # the verdict
                    if not s.recv(1):
                        wait.unregister(s)
                        s.close()
                elif state[0] < len(common):
                    state[0] += s.send(common[state[0]:state[0] + 50001])
                else:
                    at = state[0] - len(common)
                    state[0] += s.send(state[1][at:])
                    if state[0] == len(common) + 8:
                        s.shutdown(socket.SHUT_WR)
                        wait.modify(s, selectors.EVENT_READ, state)
            except OSError as error:
                print(error, file=sys.stderr)
                lost += 1
                wait.unregister(s)
                s.close()
    return lost


def idle(port, n):
    connections = [connect(port) for _ in range(n)]
    print("open", flush=True)
    sys.stdin.read()
    return len(connections) != n


def stored(folder):
    for path in glob.glob(folder + "/*/vmcore"):
        with open(path, "rb") as f:
            print(hashlib.sha256(f.read()).hexdigest())


def main():
    many_files()
    if sys.argv[1] == "stored":
        return stored(sys.argv[2])
    if sys.argv[1] == "idle":
        return idle(int(sys.argv[2]), int(sys.argv[3]))
    return send(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
