# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump area at the first byte of a disk, read by docs/area-format.md and by nothing of the code that writes it."""
import struct

AREA_BLOCK = 4096
EMPTY, IN_PROGRESS, COMPLETE = range(3)
WHOLE = 1

STAMP = struct.Struct("<8sIIII16sIIQQQ")
HEADER = struct.Struct("<8sII16sQIIQQII")
SECTION = struct.Struct("<IIQQII64s")
SECTIONS_MAX = 16
CRC_STAMP, CRC_HEADER = 20, 12  # where their checksums are


def _table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


TABLE = _table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def sealed(block, field):
    return crc32c(block[:field] + bytes(4) + block[field + 4:]) == int.from_bytes(block[field:field + 4], "little")


class Section:
    def __init__(self, raw):
        self.type, self.flags, self.offset, self.length, *_ = SECTION.unpack(raw)


class Header:
    def __init__(self, block):
        (self.magic, self.version, _, self.uuid, self.sequence, self.state, count, self.time, self.settled,
         self.writer, _) = HEADER.unpack_from(block)
        self.valid = self.magic == b"AIMGHEAD" and self.version == 1 and sealed(block, CRC_HEADER) and count <= SECTIONS_MAX
        at = HEADER.size
        self.sections = [Section(block[at + i * SECTION.size:at + (i + 1) * SECTION.size]) for i in range(count)] if self.valid else []


class Area:
    def __init__(self, disk):
        """`disk`: its bytes, which may change."""
        self.disk = disk
        self.payload = AREA_BLOCK
        block = bytes(disk[:AREA_BLOCK])
        magic, *_, uuid, _, extents, _, _, self.size = STAMP.unpack_from(block)
        if magic != b"AIMGAREA" or not sealed(block, CRC_STAMP) or extents != 1:
            raise ValueError("no stamp")
        self.uuid = uuid

    def header(self):
        """The one that counts; None: none."""
        copies = [Header(bytes(self.disk[self.payload + at:self.payload + at + AREA_BLOCK])) for at in (0, AREA_BLOCK)]
        copies = [h for h in copies if h.valid and h.uuid == self.uuid]
        return max(copies, key=lambda h: h.sequence, default=None)

    def section(self, s):
        at = self.payload + s.offset
        return self.disk[at:at + s.length]
