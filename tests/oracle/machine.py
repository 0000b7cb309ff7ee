# SPDX-License-Identifier: GPL-2.0-or-later
"""A running QEMU from outside: its gdbstub and its QMP socket, and the capture image in its RAM."""
import json
import os
import re
import socket
import subprocess
import sys
import time

from ram import PAGE, Q35_LOW

RESERVATION, RESERVATION_ALIGN = 2 << 20, 16 << 20
ENTRY = 0x200       # the 64-bit entry is at payload + 0x200
PAYLOAD = 1024      # which lies behind the image's header
LIMIT = 120         # seconds for each wait
HARDWARE_BREAK = 1
RSI, RIP = 4, 16    # numbers in gdb's x86_64 register block
SHARED_RAM = [{"capability": "x-ignore-shared", "state": True}]  # a migration without the RAM that is a file


def connect(path, process=None):
    """To a socket that QEMU is about to make: there before anybody listens on it."""
    deadline = time.time() + LIMIT
    while True:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(LIMIT)
        try:
            s.connect(path)
            return s
        except (FileNotFoundError, ConnectionRefusedError):
            s.close()
            if time.time() > deadline or (process and process.poll() is not None):
                sys.exit(f"nobody listens on {path}")
            time.sleep(0.05)


class Gdb:
    """Just enough of the gdb remote protocol: packets, acks, one breakpoint."""

    def __init__(self, path):
        self.s = connect(path)
        self.buf = b""
        self.thread = 0  # that ran into the last breakpoint, from 1

    def send(self, text):
        data = text.encode()
        self.s.sendall(b"$%s#%02x" % (data, sum(data) & 0xFF))

    def packet(self):
        while True:
            start = self.buf.find(b"$")
            end = self.buf.find(b"#", start)
            if 0 <= start < end and len(self.buf) >= end + 3:
                body, self.buf = self.buf[start + 1:end], self.buf[end + 3:]
                self.s.sendall(b"+")
                return body.decode()
            more = self.s.recv(4096)
            if not more:
                raise EOFError("the gdbstub closed")
            self.buf += more

    def ask(self, text):
        """The answer OK or an error. Connecting stopped the guest, which QEMU may tell in between."""
        self.send(text)
        while True:
            answer = self.packet()
            if not answer.startswith("T"):
                return answer

    def run_to_stop(self):
        self.send("c")
        while True:
            stop = self.packet()
            if not stop.startswith("T02"):  # an interrupt: still the connecting
                return stop

    def run_to(self, address):
        """Let the guest run until it is about to execute `address`, again if it is now."""
        if self.register(RIP) == address:  # a breakpoint there would stop it at once
            self.step()
        where = f"{HARDWARE_BREAK},{address:x},1"
        if self.ask(f"Z{where}") != "OK":
            sys.exit("no hardware breakpoint")
        stop = self.run_to_stop()
        if not stop.startswith("T05"):
            sys.exit(f"stopped elsewhere: {stop}")
        self.thread = int(re.search(r"thread:(?:p[0-9a-f]+\.)?([0-9a-f]+)", stop)[1], 16)
        if self.ask(f"z{where}") != "OK":
            sys.exit("the breakpoint stays")

    def step(self):
        """One instruction."""
        self.send("s")
        while not self.packet().startswith("T05"):
            pass

    def interrupt(self):
        """Stop a guest that runs."""
        self.s.sendall(b"\x03")
        while not self.packet().startswith("T"):
            pass

    def register(self, number):
        block = bytes.fromhex(self.ask("g")[:(number + 1) * 16])
        return int.from_bytes(block[-8:], "little")

    def detach(self):
        """The guest goes on."""
        if self.ask("D") != "OK":
            sys.exit("gdb cannot be detached")


class Qmp:
    def __init__(self, path, process=None):
        self.file = connect(path, process).makefile("rw")
        self.file.readline()  # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                sys.exit(f"{command}: QEMU has gone")
            answer = json.loads(line)
            if "error" in answer:
                sys.exit(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


def copy_sparse(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


def image_entry(ram_file, code):
    """Physical address of the entry code, as soon as it is there: at page + 0x200, in the 2 MiB from a 16 MiB boundary
    on, where a reservation lies; the kernel takes the highest below 4 GiB, of which 2 GiB at most are RAM."""
    deadline = time.time() + LIMIT
    with open(ram_file, "rb") as f:
        bases = range(0, min(os.path.getsize(ram_file), Q35_LOW), RESERVATION_ALIGN)
        while time.time() < deadline:
            for base in reversed(bases):
                at = os.pread(f.fileno(), RESERVATION, base).find(code)
                if at >= 0 and at % PAGE == ENTRY:
                    return base + at
            time.sleep(0.1)
    sys.exit("the image was not loaded")


def entry_code(image):
    """What image_entry() looks for, of build/afterimage."""
    with open(image, "rb") as f:
        f.seek(PAYLOAD + ENTRY)
        return f.read(256)
