#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The structure of dumps, and their contents against RAM.
load helper

flip() { # file offset: invert that byte
    python3 -c '
import sys
f = open(sys.argv[1], "r+b"); f.seek(int(sys.argv[2])); b = f.read(1)
f.seek(int(sys.argv[2])); f.write(bytes([b[0] ^ 255]))' "$1" "$2"
}

poke() { # file offset bytes-in-hex
    python3 -c '
import sys
f = open(sys.argv[1], "r+b"); f.seek(int(sys.argv[2])); f.write(bytes.fromhex(sys.argv[3]))' "$1" "$2" "$3"
}

@test "whole dumps" {
    need_fixtures elf kdump flat-elf flat-kdump zlib lzo zstd flat-zlib ram
    for kind in elf kdump flat-elf flat-kdump zlib lzo zstd flat-zlib; do
        run "$ctl" verify "$fixtures/$kind"
        [ "$status" = 0 ]
        output_has "whole"
        run "$ctl" verify --ram "$fixtures/ram" "$fixtures/$kind"
        [ "$status" = 0 ]
        output_has " 0 differing"
        output_has " 0 not in RAM"
    done
}

@test "an ELF core one byte short, one byte long, rounded up" {
    need_fixtures elf
    cp "$fixtures/elf" x
    truncate -s -1 x
    run "$ctl" verify x
    [ "$status" = 1 ]
    output_has "cut"
    cp "$fixtures/elf" x
    truncate -s +1 x
    run "$ctl" verify x
    [ "$status" = 1 ]
    output_has "1 bytes too many"
}

@test "every compressed page is decoded" {
    need_fixtures zlib lzo zstd kdump
    for kind in zlib lzo zstd; do
        run "$ctl" verify "$fixtures/$kind"
        [ "$status" = 0 ]
        output_has "all 768 compressed pages"
    done
    run "$ctl" verify "$fixtures/kdump"
    [[ $output != *compressed* ]]
}

@test "pages that do not decode are counted, also where RAM is compared" {
    need_fixtures zlib lzo zstd ram
    for kind in zlib lzo zstd; do
        cp "$fixtures/$kind" x
        for n in 769 770; do # descriptors of compressed pages; the table is at 16384, a size at 8 in each
            size=$(od -An -tu4 -j$((16384 + 24 * n + 8)) -N4 x)
            poke x $((16384 + 24 * n + 8)) "$(printf '%02x' $((size - 3)))"
        done
        run "$ctl" verify x
        [ "$status" = 1 ]
        output_has "2 of 768 compressed pages do not decode"
        output_has "page 0x301 does not decode"
        run "$ctl" verify --ram "$fixtures/ram" x
        [ "$status" = 1 ]
    done
}

@test "pages that the level leaves out are no fault" {
    need_fixtures level31 ram
    run "$ctl" verify --ram "$fixtures/ram" "$fixtures/level31"
    [ "$status" = 0 ]
    output_has "pages: 512 kept, 512 compared, 512 equal, 0 differing"
    run "$ctl" info "$fixtures/level31"
    output_has "512 of 1024 in RAM"
    output_has "31"
}

@test "flattened: end record, overlaps, hostile records" {
    need_fixtures flat-kdump flat-overlap flat-negative flat-far flat-huge
    cp "$fixtures/flat-kdump" x
    truncate -s -16 x
    run "$ctl" verify x
    [ "$status" = 1 ]
    output_has "no end record"
    run "$ctl" verify "$fixtures/flat-overlap"
    [ "$status" = 1 ]
    output_has "more than once"
    for kind in flat-negative flat-far flat-huge; do
        run "$ctl" verify "$fixtures/$kind"
        [ "$status" = 1 ]
        output_has "impossible record"
    done
}

@test "hostile kdump headers and descriptors" {
    need_fixtures kdump
    # offsets: header 428 block size, 432 sub header, 436 bitmaps; sub header at 4096; bitmap1 at 8192,
    # bitmap2 at 12288, descriptors at 16384
    for change in "428 00000000" "432 ffffffff" "432 00000000" "436 ffffffff" "436 01000000" "8 63000000" \
        "4192 ffffffffffffffff" "4192 0000000000000000" "4192 0000000001000000" \
        "4128 ffffffffffffff7f" "4144 00ffffffffffff7f" "4152 ffffffffffffffff" \
        "8192 00" "12288 00" "16384 ffffffffffffff7f" "16384 ffffffffffffffff" "16384 00000000" "16392 00000000" "16392 ffffffff" \
        "16396 08000000" "16396 01000000ffffffff" "424 08000000"; do
        cp "$fixtures/kdump" x
        poke x $change
        run timeout 20 "$ctl" verify x
        [ "$status" = 1 ] || {
            echo "$change: $status $output"
            return 1
        }
        run timeout 20 "$ctl" info x
        [ "$status" -le 1 ]
    done
}

@test "hostile ELF headers" {
    need_fixtures elf
    # offsets: 32 phoff, 54 phentsize, 56 phnum; first program header (notes) at 64, first PT_LOAD at 120
    for change in "4 01" "16 0200" "18 0300" "32 ffffffffffffffff" "54 0000" "56 0000" "56 ffff" "56 feff" \
        "72 ffffffffffffff7f" "96 ffffffffffffffff" "128 ffffffffffffffff" "152 ffffffffffffffff" "152 0000000000000040"; do
        cp "$fixtures/elf" x
        poke x $change
        run timeout 20 "$ctl" verify x
        [ "$status" = 1 ] || {
            echo "$change: $status $output"
            return 1
        }
        run timeout 20 "$ctl" info x
        [ "$status" -le 1 ]
    done
}

@test "one changed byte is found, in the dump or in RAM" {
    need_fixtures elf kdump ram
    cp "$fixtures/ram" ram
    flip ram $((0x142345))
    for kind in elf kdump; do
        run "$ctl" verify --ram ram --list list "$fixtures/$kind"
        [ "$status" = 1 ]
        output_has " 1 differing"
        output_has "differs: 0x142000"
        [ "$(cat list)" = 0x142000 ]
    done
    cp "$fixtures/kdump" x
    flip x $(($(stat -c %s x) - 1))
    run "$ctl" verify --ram "$fixtures/ram" x
    [ "$status" = 1 ]
    output_has "differs: 0x3ff000"
}

@test "a page that two ranges share is compared in its parts" {
    need_fixtures elf ram
    cp "$fixtures/ram" ram
    flip ram $((0x180017)) # the last byte of one range
    run "$ctl" verify --ram ram "$fixtures/elf"
    output_has " 1 differing"
    output_has "differs: 0x180000"
    cp "$fixtures/ram" ram
    flip ram $((0x180018)) # the first of the next
    run "$ctl" verify --ram ram "$fixtures/elf"
    output_has " 1 differing"
}

@test "differences below 1 MiB are counted apart" {
    need_fixtures elf ram
    cp "$fixtures/ram" ram
    flip ram $((0x2000))
    run "$ctl" verify --ram ram "$fixtures/elf"
    [ "$status" = 1 ]
    output_has "1 differing (1 below 1 MiB)"
}

@test "all differences are in the list" {
    need_fixtures elf
    truncate -s 4M ram
    run "$ctl" verify --ram ram --list list "$fixtures/elf"
    [ "$status" = 1 ]
    output_has "more"
    [ "$(wc -l < list)" = "$(sed -n 's/.* \([0-9]*\) differing.*/\1/p' <<< "$output")" ]
}

@test "RAM that ends before the dump, and RAM split at an address" {
    need_fixtures elf ram
    head -c $((0x300000)) "$fixtures/ram" > ram
    run "$ctl" verify --ram ram "$fixtures/elf"
    [ "$status" = 0 ]
    output_has " 255 not in RAM"
    # a dump with a range at 4 GiB: its contents follow the split
    python3 - << END
import sys
sys.path.insert(0, "$BATS_TEST_DIRNAME")
import fixture
ram = fixture.ram_image(4 << 20)
split = 0x280000
class Ram:
    def __getitem__(self, s):
        move = (4 << 30) - split if s.start >= 4 << 30 else 0
        return ram[s.start - move:s.stop - move]
open("elf", "wb").write(fixture.elf_core(Ram(), [(0x100000, 0, split - 0x100000), (4 << 30, 0, (4 << 20) - split)]))
END
    run "$ctl" verify --ram "$fixtures/ram" --ram-split $((0x280000)) elf
    [ "$status" = 0 ]
    output_has " 0 not in RAM"
    run "$ctl" verify --ram "$fixtures/ram" elf # all below 4 GiB: the upper range is nowhere
    output_has " 384 not in RAM"
}

@test "info tells who crashed and when" {
    need_fixtures elf kdump flat-kdump
    for kind in elf kdump flat-kdump; do
        run "$ctl" info "$fixtures/$kind"
        [ "$status" = 0 ]
        output_has "6.1.0-56-amd64"
        output_has "crashed-host"
        output_has "2025-11-22T02:51:51Z (1763779911)"
        output_has "2 with notes"
        output_has "panic line:   BUG: kernel NULL pointer dereference, address: 0x10"
        output_has "0123456789abcdef0123456789abcdef01234567"
        output_has "phys_base:    0x200000"
        output_has "4 levels"
        [[ $output == *complete:*yes* ]]
    done
}

@test "the log is decoded from every container" {
    need_fixtures elf kdump zlib lzo zstd flat-elf flat-zlib level-elf log
    for kind in elf kdump zlib lzo zstd flat-elf flat-zlib level-elf; do
        "$ctl" dmesg "$fixtures/$kind" > text
        cmp text "$fixtures/log"
    done
}

@test "an ELF core with a level: what is left out reads as zeros, ranges overlap" {
    need_fixtures level-elf ram
    run "$ctl" verify --ram "$fixtures/ram" "$fixtures/level-elf"
    [ "$status" = 0 ]
    output_has " 0 differing"
    run "$ctl" info "$fixtures/level-elf"
    output_has "of 1024 in RAM"
}

@test "no log: that is said" {
    need_fixtures elf
    head -c 8192 "$fixtures/elf" > x
    run "$ctl" dmesg x
    [ "$status" = 1 ]
    [ -n "$output" ]
    head -c 100000 /dev/zero > y
    run "$ctl" dmesg y
    [ "$status" = 1 ]
    run "$ctl" dmesg
    [ "$status" = 2 ]
}

@test "a hostile name does no harm on a terminal or in JSON" {
    "$fixture" elf x --nodename $'a"\x1b[31m\\b'
    run "$ctl" info x
    output_has 'a"?[31m\b'
    [[ $output != *$'\x1b'* ]]
}
