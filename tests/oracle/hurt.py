# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults put into the running capture image from outside, through QEMU's gdbstub and its QMP socket.

A fault is a list of steps, one after the other:

  at FUNCTION [N]     let it run until FUNCTION is entered for the Nth time from now on
  page                let it run until it is about to read the first word of a page that does not begin with zeros
  ud2                 the code there becomes an instruction that does not exist
  loop                the code there becomes an endless loop
  poll                the code there becomes an endless loop that calls clock_relax() in each turn
  set REGISTER VALUE  a register's name, or a symbol's, or a number
  nmi N [SECONDS]     N NMIs to every CPU while it runs, that far apart (0.01)
  mce WORDS           QEMU's `mce` on the CPU that runs the image, which must stand: BANK STATUS MCG_STATUS ADDR MISC
  run SECONDS         let it run
"""
import subprocess
import time

from ram import PAGE

REGISTERS = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
             "rip", "eflags"]
READ = 1024  # more does not fit an answer of QEMU's
UD2, JMP_SELF, CALL, JMP_TO_CALL = b"\x0f\x0b", b"\xeb\xfe", b"\xe8", b"\xeb\xf9"


def symbols(path, base):
    text = subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout
    return {line.split()[2]: base + int(line.split()[0], 16) for line in text.splitlines() if len(line.split()) == 3}


class Hurt:
    def __init__(self, gdb, qmp, at):
        self.gdb, self.qmp, self.symbols = gdb, qmp, at

    def register(self, name):
        return self.gdb.register(REGISTERS.index(name))

    def value(self, text):
        if text in REGISTERS:
            return self.register(text)
        return self.symbols[text] if text in self.symbols else int(text, 0)

    def write(self, address, data):
        if self.gdb.ask(f"M{address:x},{len(data):x}:{data.hex()}") != "OK":
            raise SystemExit("gdb: no write")

    def at(self, function, count="1"):
        for _ in range(int(count)):
            self.gdb.run_to(self.symbols[function])

    def page(self):
        while True:
            self.at("oldmem_read")  # (dst, pa, len)
            if self.register("rdx") == PAGE and self.physical(self.register("rsi"), READ).strip(b"\0"):
                break
        self.at("copy_faulty_start")

    def physical(self, pa, length):
        self.gdb.ask("Qqemu.PhyMemMode:1")
        data = bytes.fromhex(self.gdb.ask(f"m{pa:x},{length:x}"))
        self.gdb.ask("Qqemu.PhyMemMode:0")
        return data

    def ud2(self):
        self.write(self.register("rip"), UD2)

    def loop(self):
        self.write(self.register("rip"), JMP_SELF)

    def poll(self):
        rip = self.register("rip")
        distance = self.symbols["clock_relax"] - (rip + 5)
        self.write(rip, CALL + distance.to_bytes(4, "little", signed=True) + JMP_TO_CALL)

    def set(self, name, value):
        number = REGISTERS.index(name)
        self.gdb.ask("qXfer:features:read:target.xml:0,10")  # QEMU sets registers for a gdb that knows their numbers
        answer = self.gdb.ask(f"P{number:x}={self.value(value).to_bytes(8, 'little').hex()}")
        if answer != "OK":
            raise SystemExit(f"gdb: {name} not set: {answer!r}")

    def human(self, line):
        return self.qmp.ask("human-monitor-command", **{"command-line": line})

    def run(self, seconds):
        self.gdb.send("c")
        time.sleep(float(seconds))
        self.gdb.interrupt()

    def nmi(self, count, apart="0.01"):
        self.gdb.send("c")
        for _ in range(int(count)):
            self.qmp.ask("inject-nmi")
            time.sleep(float(apart))
        self.gdb.interrupt()

    def mce(self, *words):
        answer = self.human(f"mce {self.gdb.thread - 1} {' '.join(words)}")
        if answer:
            raise SystemExit(f"mce: {answer}")

    def steps(self, steps):
        for step in steps:
            name, *words = step.split()
            getattr(self, name)(*words)
        self.gdb.detach()
