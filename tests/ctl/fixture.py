#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the small dumps, streams, RAM images and dump areas of the tests in this folder."""
import argparse
import ctypes
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
LOG = ["Linux version 6.1.0-56-amd64", "a line\nand its second half", "BUG: kernel NULL pointer dereference, address: 0x10",
       "tab\tand \x01", "Kernel panic - not syncing: Fatal exception"]
LOG_TEXT = """[    0.000000] Linux version 6.1.0-56-amd64
[    1.000001] a line
               and its second half
[    2.000002] BUG: kernel NULL pointer dereference, address: 0x10
[    3.000003] tab\tand \\x01
[    4.000004] Kernel panic - not syncing: Fatal exception
"""
PANIC_LINE = "BUG: kernel NULL pointer dereference, address: 0x10"


ZERO_RUN = (0x301, 0x302)  # pages of zeros that are neighbours


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
        put_log(ram)
    return ram


def put_log(ram):
    """Page tables that map 2 MiB of the kernel's image, and a log: struct printk_ringbuffer as in 6.1."""
    def at(pa, data):
        ram[pa:pa + len(data)] = data
    tables, head, descs, infos, text = PHYS_BASE + 0x41000, PHYS_BASE + 0x45000, 0x45200, 0x45400, 0x46000
    for pa in (tables, tables + PAGE, tables + 2 * PAGE, head, head + PAGE):
        at(pa, bytes(PAGE))
    at(tables + 511 * 8, struct.pack("<Q", tables + PAGE | 0x67))  # the tables' PGD, PUD and PMD entry
    at(tables + PAGE + 510 * 8, struct.pack("<Q", tables + 2 * PAGE | 0x67))
    at(tables + 2 * PAGE, struct.pack("<Q", PHYS_BASE | 0xE3))
    at(head, struct.pack("<Q", KERNEL_VA + 0x45100))  # prb, and the ring it points to
    at(head + 0x100, struct.pack("<IIQQQQ", 3, 0, KERNEL_VA + descs, KERNEL_VA + infos, 7 + len(LOG), 8))
    at(head + 0x130, struct.pack("<IIQ", 10, 0, KERNEL_VA + text))
    lpos = 0
    for n, line in enumerate(LOG):
        line, slot = line.encode(), n % 8
        size = round_up(8 + len(line), 8)
        at(PHYS_BASE + descs + 24 * slot, struct.pack("<QQQ", 8 + n | 2 << 62, lpos, lpos + size))
        at(PHYS_BASE + infos + 88 * slot, struct.pack("<QQH", n, n * 1000001000, len(line)))
        at(PHYS_BASE + text + lpos, struct.pack("<Q", 8 + n) + line)
        lpos += size


def vmcoreinfo():
    lines = {
        "SYMBOL(init_top_pgt)": f"{KERNEL_VA + 0x41000:x}", "SYMBOL(prb)": f"{KERNEL_VA + 0x45000:x}",
        "OFFSET(printk_ringbuffer.desc_ring)": 0, "OFFSET(printk_ringbuffer.text_data_ring)": 48,
        "OFFSET(atomic_long_t.counter)": 0, "OFFSET(prb_desc_ring.count_bits)": 0, "OFFSET(prb_desc_ring.descs)": 8,
        "OFFSET(prb_desc_ring.infos)": 16, "OFFSET(prb_desc_ring.head_id)": 24, "OFFSET(prb_desc_ring.tail_id)": 32,
        "OFFSET(prb_data_ring.size_bits)": 0, "OFFSET(prb_data_ring.data)": 8, "SIZE(prb_desc)": 24,
        "OFFSET(prb_desc.state_var)": 0, "OFFSET(prb_desc.text_blk_lpos)": 8, "OFFSET(prb_data_blk_lpos.begin)": 0,
        "OFFSET(prb_data_blk_lpos.next)": 8, "SIZE(printk_info)": 88, "OFFSET(printk_info.ts_nsec)": 8,
        "OFFSET(printk_info.text_len)": 16,
    }
    return (
        f"OSRELEASE={RELEASE}\nBUILD-ID=0123456789abcdef0123456789abcdef01234567\nPAGESIZE=4096\n"
        f"SYMBOL(init_uts_ns)={UTS_VA:x}\nOFFSET(uts_namespace.name)=0\nNUMBER(phys_base)={PHYS_BASE}\n"
        + "".join(f"{k}={v}\n" for k, v in lines.items()) + f"KERNELOFFSET=0\nCRASHTIME={CRASH_TIME}\n"
    ).encode()


def note(name, kind, desc):
    name = name.encode() + b"\0"
    head = struct.pack("<III", len(name), len(desc), kind)
    return head + name.ljust(round_up(len(name), 4), b"\0") + desc.ljust(round_up(len(desc), 4), b"\0")


def notes(cpus=2):
    return b"".join(note("CORE", 1, bytes(336)) for _ in range(cpus)) + note("VMCOREINFO", 0, vmcoreinfo())


def elf_core(ram, ranges, left_out=0):
    """An ELF core as /proc/vmcore: ranges are (pa, va, size) of RAM; the last bytes of each may be left out of the file."""
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
        phdrs += struct.pack("<IIQQQQQQ", 1, 7, data + len(body) + pa - start, va, pa, size, size + left_out, 0)
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


def level_core(ram):
    """Every fourth page, which is one of zeros, is left out, as makedumpfile -E does."""
    ranges = [(PHYS_BASE, KERNEL_VA, 0xF000)]
    ranges += [(pa, 0xFFFF888000000000 + pa, 3 * PAGE) for pa in range(PAGE, len(ram), 4 * PAGE)]
    return elf_core(ram, ranges, PAGE)


def lzo(page):
    lib = ctypes.CDLL("liblzo2.so.2")
    out, n, work = ctypes.create_string_buffer(2 * PAGE), ctypes.c_ulong(), ctypes.create_string_buffer(1 << 17)
    assert lib.lzo1x_1_compress(page, ctypes.c_ulong(len(page)), out, ctypes.byref(n), work) == 0
    return out.raw[:n.value]


def zstd(page):
    lib = ctypes.CDLL("libzstd.so.1")
    lib.ZSTD_compress.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(2 * PAGE)
    n = lib.ZSTD_compress(out, ctypes.c_size_t(len(out)), page, ctypes.c_size_t(len(page)), 1)
    return out.raw[:n]


CODECS = {"zlib": (1, lambda page: zlib.compress(page, 1)), "lzo": (2, lzo), "zstd": (0x20, zstd)}


def kdump_head(ram, codec, status, level):
    """Header, sub header and notes; and the length of a bitmap."""
    pages = len(ram) // PAGE
    text = notes()
    vmci = vmcoreinfo()
    sub_blocks = round_up(104 + len(text)) // PAGE
    bitmap_len = round_up((pages + 7) // 8)
    flag = CODECS[codec][0] if codec else 0
    header = b"KDUMP   " + struct.pack("<i", 6) + utsname() + bytes(6) + struct.pack("<qq", CRASH_TIME, 0)
    header += struct.pack("<IIiIIIIIII", status | flag, PAGE, sub_blocks, 2 * bitmap_len // PAGE, pages, 0, 0, 0, 0, 2)
    note_off = PAGE + 104
    vmci_off = note_off + text.index(vmci)
    sub = struct.pack("<QiiQQQQQQQQQQQ", PHYS_BASE, level, 0, 0, 0, vmci_off, len(vmci), note_off, len(text),
                      0, 0, 0, 0, pages)
    assert len(header) == 464 and len(sub) == 104
    return header.ljust(PAGE, b"\0") + (sub + text).ljust(sub_blocks * PAGE, b"\0"), bitmap_len


def pages_of(ram, codec, pfns, zero_off, data_off, known=()):
    """Descriptors and data of these pages, the data at data_off; zero pages are at zero_off; known ones have a descriptor."""
    flag, compress = CODECS.get(codec, (0, None))
    descs, data = b"", bytearray()
    for pfn in pfns:
        if pfn in known:
            descs += known[pfn]
            continue
        page, flags = bytes(ram[pfn * PAGE:(pfn + 1) * PAGE]), 0
        offset = data_off + len(data)
        if page == bytes(PAGE):
            offset = zero_off
        else:
            if compress:
                flags, page = flag, compress(page)
            data += page
        descs += struct.pack("<qIIQ", offset, len(page), flags, 0)
    return descs, bytes(data)


def bits(pfns, length, base=0):
    out = bytearray(length)
    for pfn in pfns:
        out[(pfn - base) // 8] |= 1 << (pfn - base) % 8
    return bytes(out)


def kdump(ram, codec=None, status=0, first=0):
    """kdump-compressed of every page from `first` on, zero pages shared; raw where no codec is asked for."""
    pages = len(ram) // PAGE
    head, bitmap_len = kdump_head(ram, codec, status, 31 if first else 1)
    data_off = len(head) + 2 * bitmap_len + 24 * (pages - first)
    descs, data = pages_of(ram, codec, range(first, pages), data_off, data_off + PAGE)
    return head + bits(range(pages), bitmap_len) + bits(range(first, pages), bitmap_len) + descs + bytes(PAGE) + data


CYCLE, BATCH = 128, 16  # pages; the capture kernel's are larger


EARLY = (0x202, 0x203, 0x245, 0x10, 0x11, 0x1FF, 0x301, 0x302, 0x3F1)  # in the order in which they are sent


def early_records(ram, codec, head, zero_off, at):
    """Pages sent before their turn: the header with room for their table, records, and descriptors by page."""
    sub_blocks, = struct.unpack_from("<i", head, 432)
    table = len(head)
    head = head[:432] + struct.pack("<i", sub_blocks + 2) + head[436:] + bytes(2 * PAGE)
    descs, known, data = b"", {}, b""
    for pfn in EARLY:
        desc, page = pages_of(ram, codec, [pfn], zero_off + 2 * PAGE, at + 2 * PAGE + len(data))
        known[pfn] = desc
        data += page
        if pfn == ZERO_RUN[1]:  # its neighbour's descriptor stands for both
            descs = descs[:-8] + struct.pack("<Q", ZERO_RUN[0] | 1 << 40)
        else:
            descs += desc[:16] + struct.pack("<Q", pfn)
    signature = b"AFTIMGE1" + struct.pack("<QQ", table, PAGE // 24)
    return head, known, [(table + PAGE, signature.ljust(PAGE, b"\0")), (table, descs), (at + 2 * PAGE, data)]


def kernel_records(ram, codec="lzo", early=False):
    """The capture kernel's way, as (offset, bytes): per cycle a piece of each bitmap, then descriptors and data in turns,
    the data behind the largest possible table. Every third page is left out."""
    pages = len(ram) // PAGE
    head, bitmap_len = kdump_head(ram, codec, 0, 31)
    known, front = {}, []
    if early:
        zero_off = len(head) + 2 * bitmap_len + 24 * pages
        head, known, front = early_records(ram, codec, head, zero_off, zero_off + PAGE)
    desc_off = len(head) + 2 * bitmap_len
    zero_off = desc_off + 24 * pages
    at, records = zero_off + PAGE, [(0, head[:len(head) - 2 * PAGE * early]), (zero_off, bytes(PAGE))] + front
    at += len(front[-1][1]) if early else 0
    for start in range(0, pages, CYCLE):
        cycle = range(start, min(start + CYCLE, pages))
        kept = [pfn for pfn in cycle if pfn % 3 or 0x241 <= pfn <= 0x246]
        records.append((len(head) + start // 8, bits(cycle, CYCLE // 8, start)))
        records.append((len(head) + bitmap_len + start // 8, bits(kept, CYCLE // 8, start)))
        for n in range(0, len(kept), BATCH):
            descs, data = pages_of(ram, codec, kept[n:n + BATCH], zero_off, at, known)
            records += [(desc_off, descs), (at, data)]
            desc_off += len(descs)
            at += len(data)
    return records


def kernel_plain(ram, cycles=None, early=False):
    """The same in a dump area, where a cycle's bitmaps come last; after some cycles only, if that is asked for."""
    records = kernel_records(ram, early=early)
    if cycles is not None:
        starts = [n for n, r in enumerate(records) if len(r[1]) == CYCLE // 8][::2]
        # of the cycle in which it ended, all but its bitmaps
        records = records[:starts[cycles]] + records[starts[cycles] + 2:starts[cycles + 1]]
        head = bytearray(records[0][1])
        struct.pack_into("<I", head, 424, 8 | 2)
        records[0] = (0, bytes(head))
    out = bytearray(max(at + len(data) for at, data in records))
    for at, data in records:
        out[at:at + len(data)] = data
    return bytes(out)


FLAT_START = b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1)
FLAT_END = b"\xff" * 16


def record(offset, data):
    return struct.pack(">qq", offset, len(data)) + data


def kernel_stream(records):
    return FLAT_START.ljust(PAGE, b"\0") + b"".join(record(*r) for r in records)


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
    for name in ("log", "ram", "ram-early", "elf", "kdump", "zlib", "lzo", "zstd", "level31", "level-elf", "kernel", "flat-kernel", "kernel-3", "kernel-early",
                 "kernel-early-3", "flat-early", "flat-early-cut", "flat-elf", "flat-kdump", "flat-hole",
                 "flat-overlap", "flat-zlib", "flat-incomplete",
                 "flat-negative", "flat-far", "flat-huge", "elf-far"):
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
    ram_early = bytearray(ram)
    for page in ZERO_RUN:
        ram_early[page * PAGE:(page + 1) * PAGE] = bytes(PAGE)
    make = {
        "log": LOG_TEXT.encode,
        "ram": lambda: ram,
        "ram-early": lambda: ram_early,
        "elf": lambda: default_core(ram),
        "elf-far": lambda: elf_core(ram, [(0x0, 0, 0x10000)])[:-1],
        "kdump": lambda: kdump(ram),
        "zlib": lambda: kdump(ram, "zlib"),
        "lzo": lambda: kdump(ram, "lzo"),
        "zstd": lambda: kdump(ram, "zstd"),
        "level31": lambda: kdump(ram, "lzo", first=512),
        "kernel": lambda: kernel_plain(ram),
        "kernel-3": lambda: kernel_plain(ram, 3),
        "kernel-early": lambda: kernel_plain(ram_early, early=True),
        "kernel-early-3": lambda: kernel_plain(ram_early, 3, early=True),
        "flat-kernel": lambda: kernel_stream(kernel_records(ram)) + FLAT_END,
        "flat-early": lambda: kernel_stream(kernel_records(ram_early, early=True)) + FLAT_END,
        "flat-early-cut": lambda: kernel_stream(kernel_records(ram_early, early=True)[:5]),
        "level-elf": lambda: level_core(ram),
        "flat-elf": lambda: flat(default_core(ram)),
        "flat-kdump": lambda: flat(kdump(ram)),
        "flat-zlib": lambda: flat(kdump(ram, "zlib")),
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
