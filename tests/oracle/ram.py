# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's RAM in the files that QEMU keeps it in, by physical address, and the elfcorehdr found in it."""
import os
import struct

import numpy as np

PAGE = 4096
CHUNK = 4 << 20
FOUR_GIB = 4 << 30
Q35_LOW_MAX = 0xB0000000  # q35 with at least this much RAM puts 2 GiB of it below 4 GiB, else all
Q35_LOW = 2 << 30

ELF_MAGIC = 0x464C457F
ET_CORE = 4
PT_LOAD, PT_NOTE = 1, 4
EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")
NOTE = struct.Struct("<III")


class Ram:
    """Pieces (physical address, length, file descriptor, offset in the file)."""

    def __init__(self, path, dimms=(), writable=False):
        """`dimms`: (physical address, path) of memory added to q35's own."""
        size = os.path.getsize(path)
        low = size if size < Q35_LOW_MAX else Q35_LOW
        fd = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
        self.pieces = [(0, low, fd, 0)]
        if low < size:
            self.pieces.append((FOUR_GIB, size - low, fd, low))
        for pa, dimm in dimms:
            self.pieces.append((pa, os.path.getsize(dimm), os.open(dimm, os.O_RDONLY), 0))

    def _spans(self, pa, length):
        """(offset from pa, length, file descriptor or None, offset in the file), in order."""
        done = 0
        while done < length:
            at, want = pa + done, length - done
            for base, size, fd, off in self.pieces:
                if base <= at < base + size:
                    want = min(want, base + size - at)
                    yield done, want, fd, off + at - base
                    break
            else:
                want = min([want] + [base - at for base, *_ in self.pieces if base > at])
                yield done, want, None, 0
            done += want

    def read(self, pa, length):
        """Bytes; where there is no RAM, zeros."""
        return b"".join(bytes(n) if fd is None else os.pread(fd, n, off) for _, n, fd, off in self._spans(pa, length))

    def write(self, pa, data):
        for at, n, fd, off in self._spans(pa, len(data)):
            if fd is not None:
                os.pwrite(fd, data[at:at + n], off)

    def chunks(self):
        """(physical address, bytes) of all that is no hole in the files, by whole pages."""
        for base, size, fd, off in self.pieces:
            at = 0
            while at < size:
                try:
                    at = os.lseek(fd, off + at, os.SEEK_DATA) - off
                except OSError:
                    break
                if at >= size:
                    break
                end = min(os.lseek(fd, off + at, os.SEEK_HOLE) - off, size)
                at -= at % PAGE
                while at < end:
                    data = os.pread(fd, min(CHUNK, size - at), off + at)
                    yield base + at, data
                    at += len(data)


def dimm(word):
    """PA=FILE of a command line."""
    address, path = word.split("=", 1)
    return int(address, 0), path


class CoreHeader:
    """The elfcorehdr as kexec left it: every p_offset is a physical address."""

    def __init__(self, ram, pa):
        self.pa = pa
        fields = EHDR.unpack(ram.read(pa, EHDR.size))
        self.ehdr = fields
        ident, e_type, _, _, _, phoff, _, _, _, phentsize, phnum, *_ = fields
        if ident[4] != 2 or e_type != ET_CORE or phentsize != PHDR.size or not phnum:
            raise ValueError("no ELF64 core header")
        table = ram.read(pa + phoff, phnum * PHDR.size)
        self.phdrs = [PHDR.unpack_from(table, i * PHDR.size) for i in range(phnum)]
        self.loads = [p for p in self.phdrs if p[0] == PT_LOAD]
        self.notes = b"".join(self._notes(ram, p) for p in self.phdrs if p[0] == PT_NOTE)
        self.nr_cpus = sum(1 for p in self.phdrs if p[0] == PT_NOTE) - 1

    @staticmethod
    def _notes(ram, phdr):
        """The real size of one PT_NOTE: fs/proc/vmcore.c, get_note_number_and_size_elf64()."""
        _, _, offset, _, paddr, _, memsz, _ = phdr
        if offset != paddr:
            raise ValueError("PT_NOTE of another place: a header that was exported")
        data, real = ram.read(offset, memsz), 0
        while real + NOTE.size <= memsz:
            namesz, descsz, _ = NOTE.unpack_from(data, real)
            size = NOTE.size + (namesz + 3 & ~3) + (descsz + 3 & ~3)
            if namesz == 0 or real + size > memsz:
                break
            real += size
        return data[:real]

    def is_ram(self, pa):
        return any(p[2] <= pa < p[2] + p[6] for p in self.loads)

    def vmcoreinfo(self):
        """Its text, from the merged notes."""
        return vmcoreinfo_of(self.notes)


def vmcoreinfo_of(notes):
    at = 0
    while at + NOTE.size <= len(notes):
        namesz, descsz, _ = NOTE.unpack_from(notes, at)
        desc = at + NOTE.size + (namesz + 3 & ~3)
        if notes[at + NOTE.size:at + NOTE.size + namesz].rstrip(b"\0") == b"VMCOREINFO":
            return notes[desc:desc + descsz]
        at = desc + (descsz + 3 & ~3)
    return b""


def find_core_header(ram):
    """The one page-aligned ET_CORE header whose PT_NOTEs lie where they say and hold a real VMCOREINFO, and which lies in
    none of its own PT_LOADs: what it was copied from may still be in RAM, it itself is in the reservation."""
    found = []
    for pa, data in ram.chunks():
        words = np.frombuffer(data, "<u4")[::PAGE // 4]
        for page in np.flatnonzero(words == ELF_MAGIC):
            try:
                header = CoreHeader(ram, pa + int(page) * PAGE)
            except ValueError:
                continue
            if b"\nPAGESIZE=" in header.vmcoreinfo() and not header.is_ram(header.pa):
                found.append(header)
    if len(found) != 1:
        raise SystemExit(f"{len(found)} elfcorehdrs in this RAM, at {[hex(h.pa) for h in found]}")
    return found[0]


class Contents:
    """What the crashed machine had at a physical address: the RAM, and the backup copy of its low end."""

    def __init__(self, ram):
        self.ram = ram
        self.header = find_core_header(ram)
        self.moved = [p for p in self.header.loads if p[2] != p[4]]
        self.at, self.data = 0, b""

    def read(self, pa, length):
        for _, _, offset, _, paddr, _, memsz, _ in self.moved:
            if paddr <= pa < paddr + memsz:
                return self.ram.read(pa - paddr + offset, length)
        if not self.at <= pa <= self.at + len(self.data) - length:
            self.at = pa & -PAGE
            self.data = self.ram.read(self.at, CHUNK)
        return self.data[pa - self.at:pa - self.at + length]
