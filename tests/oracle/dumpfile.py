# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps decoded by nothing of ours: kdump-compressed (plain or flattened, any codec) and ELF."""
import bisect
import ctypes
import ctypes.util
import mmap
import struct
import zlib

import numpy as np

from ram import EHDR, PAGE, PHDR, PT_LOAD, PT_NOTE, vmcoreinfo_of

FLAT_SIGNATURE = b"makedumpfile\0"
FLAT_START = 4096
FLAT_RECORD = struct.Struct(">qq")
FLAT_END = -1

KDUMP_SIGNATURE = b"KDUMP   "
UTS_NAMES = ("sysname", "nodename", "release", "version", "machine", "domainname")
HEADER = struct.Struct("<8si390s6xqqIiiiIIIIIi")
HEADER_FIELDS = ("signature", "header_version", "utsname", "seconds", "microseconds", "status", "block_size", "sub_hdr_size",
                 "bitmap_blocks", "max_mapnr", "total_ram_blocks", "device_blocks", "written_blocks", "current_cpu", "nr_cpus")
SUB_HEADER = struct.Struct("<QiiQQqQqQqQQQQ")
SUB_FIELDS = ("phys_base", "dump_level", "split", "start_pfn", "end_pfn", "offset_vmcoreinfo", "size_vmcoreinfo", "offset_note",
              "size_note", "offset_eraseinfo", "size_eraseinfo", "start_pfn_64", "end_pfn_64", "max_mapnr_64")
DESC = np.dtype([("offset", "<i8"), ("size", "<u4"), ("flags", "<u4"), ("page_flags", "<u8")])
RAW, ZLIB, LZO, ZSTD = 0, 1, 2, 0x20
CODEC_NAMES = {RAW: "raw", ZLIB: "zlib", LZO: "lzo", ZSTD: "zstd"}
INCOMPLETE = 0x8


class DumpError(Exception):
    """What is wrong with a dump."""


def _library(name, soname):
    return ctypes.CDLL(ctypes.util.find_library(name) or soname)


class _Codecs:
    """One page in, one page out."""

    def __init__(self):
        self.lzo = self.zstd = None
        self.out = ctypes.create_string_buffer(PAGE)
        self.length = ctypes.c_size_t()

    def unlzo(self, data):
        if not self.lzo:
            self.lzo = _library("lzo2", "liblzo2.so.2").lzo1x_decompress_safe
            self.lzo.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        self.length.value = PAGE
        if self.lzo(data, len(data), self.out, ctypes.byref(self.length), None) or self.length.value != PAGE:
            raise DumpError("a page that lzo does not decode")
        return self.out.raw

    def unzstd(self, data):
        if not self.zstd:
            self.zstd = _library("zstd", "libzstd.so.1").ZSTD_decompress
            self.zstd.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
            self.zstd.restype = ctypes.c_size_t
        if self.zstd(self.out, PAGE, data, len(data)) != PAGE:
            raise DumpError("a page that zstd does not decode")
        return self.out.raw

    def page(self, flags, data):
        if flags == RAW:
            page = data
        elif flags == LZO:
            page = self.unlzo(data)
        elif flags == ZLIB:
            page = zlib.decompress(data)
        elif flags == ZSTD:
            page = self.unzstd(data)
        else:
            raise DumpError(f"descriptor flags {flags:#x}")
        if len(page) != PAGE:
            raise DumpError(f"a page of {len(page)} bytes")
        return page


class Plain:
    flattened = False
    overlaps = 0

    def __init__(self, data):
        self.data = data
        self.size = len(data)

    def read(self, offset, length):
        if offset < 0 or offset + length > self.size:
            raise DumpError(f"{length} bytes at {offset} are not in the file")
        return self.data[offset:offset + length]


class Flattened:
    """Records by the place they belong to; what no record fills is zeros."""
    flattened = True

    def __init__(self, data):
        records, at, self.size = [], FLAT_START, 0
        while True:
            if at + FLAT_RECORD.size > len(data):
                raise DumpError("flattened, without its end record")
            offset, length = FLAT_RECORD.unpack_from(data, at)
            at += FLAT_RECORD.size
            if offset == FLAT_END and length == FLAT_END:
                break
            if offset < 0 or length <= 0 or at + length > len(data):
                raise DumpError(f"a record of {length} bytes for {offset}")
            records.append((offset, length, at))
            self.size = max(self.size, offset + length)
            at += length
        if at != len(data):
            raise DumpError(f"{len(data) - at} bytes behind the end record")
        self.data = data
        self.order = records
        self.records = sorted(records)  # stable: of two for one place the later is read last, and wins
        self.starts = [r[0] for r in self.records]
        self.overlaps = sum(a[0] + a[1] > b[0] for a, b in zip(self.records, self.records[1:]))
        self.longest = max((r[1] for r in self.records), default=0)

    def read(self, offset, length):
        first = bisect.bisect_right(self.starts, offset) - 1
        if first >= 0:
            start, size, at = self.records[first]
            if offset + length <= start + size and not self.overlaps:
                at += offset - start
                return self.data[at:at + length]
        out = bytearray(length)
        first = bisect.bisect_left(self.starts, offset - self.longest)
        for start, size, at in self.records[first:bisect.bisect_left(self.starts, offset + length)]:
            begin, end = max(start, offset), min(start + size, offset + length)
            if begin < end:
                out[begin - offset:end - offset] = self.data[at + begin - start:at + end - start]
        return bytes(out)


class Kdump:
    kind = "kdump"

    def __init__(self, file):
        self.file = file
        fields = HEADER.unpack(file.read(0, HEADER.size))
        self.header = dict(zip(HEADER_FIELDS, fields))
        if self.header["block_size"] != PAGE:
            raise DumpError(f"block_size {self.header['block_size']}")
        names = self.header.pop("utsname")
        for i, name in enumerate(UTS_NAMES):
            self.header[name] = names[i * 65:(i + 1) * 65].split(b"\0")[0].decode("latin1")
        sub = SUB_HEADER.unpack(file.read(PAGE, SUB_HEADER.size))
        self.header.update(zip(SUB_FIELDS, sub))
        h = self.header
        self.notes = file.read(h["offset_note"], h["size_note"])
        self.vmcoreinfo = file.read(h["offset_vmcoreinfo"], h["size_vmcoreinfo"])
        at = (1 + h["sub_hdr_size"]) * PAGE
        half = h["bitmap_blocks"] // 2 * PAGE
        self.bitmap1 = self._bits(at, half)
        self.bitmap2 = self._bits(at + half, half)
        self.kept = np.flatnonzero(self.bitmap2)
        at += 2 * half
        self.descs = np.frombuffer(file.read(at, len(self.kept) * DESC.itemsize), DESC)
        self.codecs = _Codecs()

    def _bits(self, offset, length):
        return np.unpackbits(np.frombuffer(self.file.read(offset, length), np.uint8), bitorder="little").astype(bool)

    def shared(self):
        """Which descriptors point to contents that another one has too (the zero page)."""
        _, inverse, count = np.unique(self.descs["offset"], return_inverse=True, return_counts=True)
        return count[inverse] > 1

    def contents(self):
        """(physical address, page) of all that is kept; contents that are shared are decoded once."""
        last_offset, page = None, None
        for pfn, (offset, size, flags, _) in zip(self.kept.tolist(), self.descs.tolist()):
            if offset != last_offset:
                if size > PAGE:
                    raise DumpError(f"page {pfn:#x}: {size} bytes")
                try:
                    page = self.codecs.page(flags, self.file.read(offset, size))
                except (DumpError, zlib.error) as e:
                    raise DumpError(f"page {pfn:#x}: {e}") from e
                last_offset = offset
            yield pfn * PAGE, page


class Elf:
    kind = "elf"

    def __init__(self, file):
        self.file = file
        ehdr = EHDR.unpack(file.read(0, EHDR.size))
        table = file.read(ehdr[5], ehdr[10] * PHDR.size)
        phdrs = [PHDR.unpack_from(table, i * PHDR.size) for i in range(ehdr[10])]
        self.loads = [p for p in phdrs if p[0] == PT_LOAD]
        self.notes = b"".join(file.read(p[2], p[5]) for p in phdrs if p[0] == PT_NOTE)
        self.vmcoreinfo = vmcoreinfo_of(self.notes)
        last = max(p[4] + p[6] for p in self.loads)
        self.bitmap1 = np.zeros(-(-last // PAGE), bool)
        self.bitmap2 = self.bitmap1.copy()
        for _, _, _, _, paddr, filesz, memsz, _ in self.loads:
            self.bitmap1[paddr // PAGE:-(-(paddr + memsz) // PAGE)] = True
            if filesz:
                self.bitmap2[paddr // PAGE:-(-(paddr + filesz) // PAGE)] = True
        self.kept = np.flatnonzero(self.bitmap2)
        self.header = {}

    def contents(self):
        for _, _, offset, _, paddr, filesz, _, _ in self.loads:
            at = 0
            while at < filesz:
                length = min(PAGE - (paddr + at) % PAGE, filesz - at)
                yield paddr + at, self.file.read(offset + at, length)
                at += length


def open_dump(path):
    with open(path, "rb") as f:
        data = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
    file = Flattened(data) if data[:len(FLAT_SIGNATURE)] == FLAT_SIGNATURE else Plain(data)
    start = file.read(0, 8)
    if start == KDUMP_SIGNATURE:
        return Kdump(file)
    if start[:4] == b"\x7fELF":
        return Elf(file)
    raise DumpError(f"{path}: no dump that is known here")
