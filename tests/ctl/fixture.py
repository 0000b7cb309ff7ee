#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the small dumps, streams, RAM images and dump areas of the tests in this folder."""
import argparse
import struct
import sys
import uuid
import zlib

PAGE = 4096
PHYS_BASE = 0x200000
UTS_VA = 0xFFFFFFFF80000000 + 0x3100  # pa 0x203100
KERNEL_VA = 0xFFFFFFFF80000000
CRASH_TIME = 1763779911  # 2025-11-22T02:51:51Z
NODENAME = "crashed-host"
RELEASE = "6.1.0-56-amd64"


def round_up(x, n=PAGE):
    return (x + n - 1) // n * n


def utsname(nodename=NODENAME):
    fields = ["Linux", nodename, RELEASE, "#1 SMP", "x86_64", "(none)"]
    return b"".join(f.encode("latin-1").ljust(65, b"\0")[:65] for f in fields)


def ram_image(size, nodename=NODENAME):
    """RAM whose pages differ; every 4th is zero; the node's name where vmcoreinfo says it is."""
    ram = bytearray(size)
    for page in range(size // PAGE):
        if page % 4:
            ram[page * PAGE:(page + 1) * PAGE] = struct.pack("<Q", 0x1122334400000000 + page) * (PAGE // 8)
    at = PHYS_BASE + 0x3100
    if size >= at + 390:
        ram[at:at + 390] = utsname(nodename)
    return ram


def vmcoreinfo():
    return (
        f"OSRELEASE={RELEASE}\nPAGESIZE=4096\nSYMBOL(init_uts_ns)={UTS_VA:x}\n"
        f"OFFSET(uts_namespace.name)=0\nNUMBER(phys_base)={PHYS_BASE}\nCRASHTIME={CRASH_TIME}\n"
    ).encode()


def note(name, kind, desc):
    name = name.encode() + b"\0"
    head = struct.pack("<III", len(name), len(desc), kind)
    return head + name.ljust(round_up(len(name), 4), b"\0") + desc.ljust(round_up(len(desc), 4), b"\0")


def notes(cpus=2):
    return b"".join(note("CORE", 1, bytes(336)) for _ in range(cpus)) + note("VMCOREINFO", 0, vmcoreinfo())


def elf_core(ram, ranges):
    """An ELF core as /proc/vmcore: ranges are (pa, va, size) of RAM."""
    text = notes()
    phnum = 1 + len(ranges)
    head = round_up(64 + 56 * phnum)
    data = head + round_up(len(text))
    ehdr = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    ehdr += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, phnum, 0, 0, 0)
    phdrs = struct.pack("<IIQQQQQQ", 4, 0, head, 0, 0, len(text), len(text), 0)
    body = b""
    for pa, va, size in ranges:
        start, end = pa // PAGE * PAGE, round_up(pa + size)
        phdrs += struct.pack("<IIQQQQQQ", 1, 7, data + len(body) + pa - start, va, pa, size, size, 0)
        body += bytes(ram[start:end])
    return (ehdr + phdrs).ljust(head, b"\0") + text.ljust(data - head, b"\0") + body


def default_core(ram):
    top = len(ram)
    direct = 0xFFFF888000000000
    return elf_core(ram, [
        (PHYS_BASE, KERNEL_VA, 0x10000),
        (0x1000, direct + 0x1000, 0x9E000),
        (0x100000, direct + 0x100000, 0x80018),
        (0x180018, direct + 0x180018, top - 0x180018 - 0x1000),
    ])


def kdump(ram, compressed=False, status=0):
    """kdump-compressed of every page, zero pages shared; raw, or zlib where asked for."""
    pages = len(ram) // PAGE
    text = notes()
    vmci = vmcoreinfo()
    sub_blocks = round_up(104 + len(text)) // PAGE
    bitmap_len = round_up((pages + 7) // 8)
    header = b"KDUMP   " + struct.pack("<i", 6) + utsname() + bytes(6) + struct.pack("<qq", CRASH_TIME, 0)
    header += struct.pack("<IiiIIIIIII", status, PAGE, sub_blocks, 2 * bitmap_len // PAGE, pages, 0, 0, 0, 0, 2)
    note_off = PAGE + 104
    vmci_off = note_off + text.index(vmci)
    sub = struct.pack("<QiiQQQQQQQQQQQ", PHYS_BASE, 1, 0, 0, 0, vmci_off, len(vmci), note_off, len(text),
                      0, 0, 0, 0, pages)
    assert len(header) == 464 and len(sub) == 104
    bitmap = bytearray(bitmap_len)
    for pfn in range(pages):
        bitmap[pfn // 8] |= 1 << pfn % 8
    descs, data = b"", bytes(PAGE)
    desc_off = (1 + sub_blocks) * PAGE + 2 * bitmap_len
    data_off = desc_off + 24 * pages
    for pfn in range(pages):
        page = bytes(ram[pfn * PAGE:(pfn + 1) * PAGE])
        flags = 0
        if page == bytes(PAGE):
            offset = data_off
        else:
            if compressed:
                flags, page = 1, zlib.compress(page, 1)
            offset = data_off + len(data)
            data += page
        descs += struct.pack("<qIIQ", offset, len(page), flags, 0)
    out = header.ljust(PAGE, b"\0") + (sub + text).ljust(sub_blocks * PAGE, b"\0")
    return out + bytes(bitmap) + bytes(bitmap) + descs + data


FLAT_START = b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1)
FLAT_END = b"\xff" * 16


def record(offset, data):
    return struct.pack(">qq", offset, len(data)) + data


def flat(plain, step=65536, extra=b"", end=True):
    """Flattened, header first, the rest in another order than the file's."""
    out = FLAT_START.ljust(PAGE, b"\0") + record(0, plain[:PAGE])
    for at in list(range(PAGE, len(plain), 2 * step)) + list(range(PAGE + step, len(plain), 2 * step)):
        out += record(at, plain[at:at + step])
    return out + extra + (FLAT_END if end else b"")


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def area_header(area_uuid, sequence, state, sections=(), time=CRASH_TIME, settled=0):
    h = b"AIMGHEAD" + struct.pack("<II", 1, 0) + area_uuid
    h += struct.pack("<QIIQQII", sequence, state, len(sections), time, settled, 1, 0)
    for kind, flags, offset, length in sections:
        h += struct.pack("<IIQQII", kind, flags, offset, length, 0, 0) + bytes(64)
    h = h.ljust(PAGE, b"\0")
    return h[:12] + struct.pack("<I", crc32c(h)) + h[16:]


def put_dump(args):
    """Writes a dump into a formatted area, as the capture kernel does, into the other header copy."""
    with open(args.file, "r+b") as f:
        f.seek(args.start)
        stamp = f.read(PAGE)
        assert stamp[:8] == b"AIMGAREA"
        area_uuid = stamp[24:40]
        copies = [f.read(PAGE), f.read(PAGE)]
        sequences = [struct.unpack_from("<Q", c, 32)[0] for c in copies]
        current = 1 if sequences[1] > sequences[0] else 0
        base = args.start + PAGE
        sections, at = [], 16 * PAGE

        def put(kind, data, whole):
            nonlocal at
            f.seek(base + at)
            f.write(data)
            sections.append((kind, 1 if whole else 0, at, len(data)))
            at += round_up(len(data))

        if args.dmesg:
            put(1, args.dmesg.encode(), True)
        if args.failure:
            put(3, args.failure.encode("latin-1"), True)
        vmcore = b""
        if args.vmcore:
            with open(args.vmcore, "rb") as v:
                vmcore = v.read()
            put(2, vmcore, args.state == 2)
        other = 1 - current
        f.seek(base + other * PAGE)
        f.write(area_header(area_uuid, sequences[current] + 1, args.state, sections,
                            settled=args.settled if args.settled is not None else len(vmcore)))


def gpt_image(path, size, start_lba, sectors):
    """A disk of 512-byte sectors with a GPT of one partition."""
    total = size // 512
    entry = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4").bytes_le + uuid.uuid4().bytes_le
    entry += struct.pack("<QQQ", start_lba, start_lba + sectors - 1, 0) + bytes(72)
    entries = entry.ljust(128 * 128, b"\0")

    def header(mine, other, entries_lba):
        h = b"EFI PART" + struct.pack("<IIIIQQQQ", 0x10000, 92, 0, 0, mine, other, 34, total - 34)
        h += uuid.uuid4().bytes_le + struct.pack("<QIII", entries_lba, 128, 128, zlib.crc32(entries))
        return (h[:16] + struct.pack("<I", zlib.crc32(h)) + h[20:]).ljust(512, b"\0")

    mbr = bytes(446) + struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, total - 1)
    with open(path, "wb") as f:
        f.truncate(size)
        f.write(mbr.ljust(510, b"\0") + b"\x55\xaa" + header(1, total - 1, 2) + entries)
        f.seek((total - 33) * 512)
        f.write(entries + header(total - 1, 1, total - 33))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    sub = p.add_subparsers(dest="what", required=True)
    for name in ("ram", "elf", "kdump", "flat-elf", "flat-kdump", "flat-hole", "flat-overlap", "flat-zlib", "flat-incomplete",
                 "flat-negative", "flat-far", "flat-huge", "zlib", "elf-far"):
        s = sub.add_parser(name)
        s.add_argument("file")
        s.add_argument("--mib", type=int, default=4)
        s.add_argument("--nodename", default=NODENAME)
    s = sub.add_parser("put")
    s.add_argument("file")
    s.add_argument("--start", type=int, default=0)
    s.add_argument("--vmcore")
    s.add_argument("--dmesg")
    s.add_argument("--failure")
    s.add_argument("--state", type=int, default=2)
    s.add_argument("--settled", type=int)
    s = sub.add_parser("gpt")
    s.add_argument("file")
    s.add_argument("--mib", type=int, default=16)
    s.add_argument("--lba", type=int, default=2048)
    s = sub.add_parser("send")
    s.add_argument("port", type=int)
    s.add_argument("files", nargs="+")
    s.add_argument("--host", default="127.0.0.1")
    s.add_argument("--reset", action="store_true")
    args = p.parse_args()
    if args.what == "put":
        return put_dump(args)
    if args.what == "gpt":
        return gpt_image(args.file, args.mib << 20, args.lba, (args.mib << 11) - 4096)
    if args.what == "send":
        return send(args)
    ram = ram_image(args.mib << 20, args.nodename)
    make = {
        "ram": lambda: ram,
        "elf": lambda: default_core(ram),
        "elf-far": lambda: elf_core(ram, [(0x0, 0, 0x10000)])[:-1],
        "kdump": lambda: kdump(ram),
        "zlib": lambda: kdump(ram, True),
        "flat-elf": lambda: flat(default_core(ram)),
        "flat-kdump": lambda: flat(kdump(ram)),
        "flat-zlib": lambda: flat(kdump(ram, True)),
        "flat-incomplete": lambda: flat(kdump(ram, status=8)),
        "flat-hole": lambda: flat(kdump(ram))[:PAGE + 16 + PAGE] + FLAT_END,
        "flat-overlap": lambda: flat(kdump(ram), extra=record(PAGE, b"x" * 100) + record(PAGE, kdump(ram)[PAGE:2 * PAGE])),
        "flat-negative": lambda: flat(kdump(ram), end=False) + struct.pack(">qq", -5, 10) + bytes(10) + FLAT_END,
        "flat-far": lambda: flat(kdump(ram), end=False) + struct.pack(">qq", 1 << 60, 10) + bytes(10) + FLAT_END,
        "flat-huge": lambda: flat(kdump(ram), end=False) + struct.pack(">qq", 0, 1 << 62) + bytes(10),
    }[args.what]
    with open(args.file, "wb") as f:
        f.write(make())


def send(args):
    """All files at once, each on its own connection; exit status 3 if a connection was reset at the end."""
    import socket
    import threading
    resets, done = [], []

    def one(path):
        with open(path, "rb") as f, socket.create_connection((args.host, args.port)) as s:
            data = f.read()
            try:
                for at in range(0, len(data), 100001):
                    s.sendall(data[at:at + 100001])
                if args.reset:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    s.shutdown(socket.SHUT_WR)
                    s.settimeout(60)
                    while s.recv(4096):
                        pass
            except (ConnectionResetError, BrokenPipeError):
                resets.append(path)
        done.append(path)

    threads = [threading.Thread(target=one, args=(f,)) for f in args.files]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    sys.exit(3 if resets else 0 if len(done) == len(args.files) else 1)


if __name__ == "__main__":
    main()
