#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Streams caught by other listeners.
load helper

@test "a flattened file is rearranged" {
    need_fixtures elf kdump zlib kernel flat-elf flat-kdump flat-zlib flat-kernel
    for kind in elf kdump zlib kernel; do
        "$ctl" repair "$fixtures/flat-$kind" -o "out-$kind"
        cmp "out-$kind" "$fixtures/$kind"
    done
    [ "$(ls)" = $'out-elf\nout-kdump\nout-kernel\nout-zlib' ]
}

@test "plain dumps are checked and copied" {
    need_fixtures elf kdump
    for kind in elf kdump; do
        "$ctl" repair "$fixtures/$kind" -o "out-$kind"
        cmp "out-$kind" "$fixtures/$kind"
    done
}

@test "a cut file is stored as far as it goes, and marked" {
    need_fixtures flat-kdump flat-elf elf kdump
    for kind in flat-kdump flat-elf elf kdump; do
        head -c 2000000 "$fixtures/$kind" > cut
        run "$ctl" repair cut -o "out-$kind"
        [ "$status" = 1 ]
        output_has "incomplete"
        [ -s "out-$kind" ]
    done
    cmp -n 2000000 out-elf "$fixtures/elf"
    [ "$(od -An -tu1 -j424 -N1 out-flat-kdump | tr -d ' ')" = 8 ]
    [ "$(od -An -tu1 -j424 -N1 out-kdump | tr -d ' ')" = 8 ]
    run "$ctl" info out-flat-kdump
    output_has "crashed-host"
}

kept() { sed -n 's/^pages: *\([0-9]*\) .*/\1/p'; }

@test "a cut kernel's stream: what has come is there, nothing else is promised" {
    need_fixtures flat-kernel ram kernel log
    size=$(stat -c %s "$fixtures/flat-kernel")
    before=0
    for percent in 15 20 35 50 65 80 90 97; do
        head -c $((size * percent / 100)) "$fixtures/flat-kernel" > cut
        run "$ctl" repair cut -o out
        [ "$status" = 1 ]
        output_has "no end record"
        run "$ctl" verify --ram "$fixtures/ram" out
        [ "$status" = 1 ]
        output_has "its header says that it is incomplete"
        output_has " 0 differing"
        [[ $output != *"not decode"* && $output != *"not in the file"* ]]
        now=$(kept <<< "$output")
        [ "$now" -ge "$before" ]
        run "$ctl" info out
        [[ $output != *lost* ]] # no bit of bitmap2 without its page
        before=$now
        rm out
    done
    [ "$before" -gt 600 ]
    run "$ctl" repair cut -o out # the last but one byte: the log is in it
    "$ctl" dmesg out | cmp - "$fixtures/log"
}

@test "pages sent before their turn: in a whole stream where they belong, in a cut one all the same" {
    need_fixtures flat-early flat-early-cut kernel-early ram-early
    "$ctl" repair "$fixtures/flat-early" -o whole
    cmp whole "$fixtures/kernel-early"
    run "$ctl" verify --ram "$fixtures/ram-early" whole
    [ "$status" = 0 ]
    run "$ctl" repair "$fixtures/flat-early-cut" -o out # nothing but these has come
    [ "$status" = 1 ]
    run "$ctl" verify --ram "$fixtures/ram-early" out
    output_has "pages: 9 kept, 9 compared, 9 equal, 0 differing"
    for percent in $(seq 37 7 99); do
        head -c $(($(stat -c %s "$fixtures/flat-early") * percent / 100)) "$fixtures/flat-early" > cut
        rm -f out
        run "$ctl" repair cut -o out
        [ "$status" = 1 ]
        run "$ctl" verify --ram "$fixtures/ram-early" out
        output_has " 0 differing"
        [[ $output != *"not decode"* && $output != *"not in the file"* ]]
        # the highest is there whatever has come: the bit of 0x3f1 in bitmap 2, behind 4 blocks and bitmap 1
        [ $((0x$(od -An -tx1 -j$((5 * 4096 + 0x3f1 / 8)) -N1 out | tr -d ' ') >> 1 & 1)) = 1 ]
    done
}

@test "an early table that lies" {
    need_fixtures kernel-early ram-early
    for lie in 0:ffffffff 8:ffffffffffffff7f 8:00000000 12:07000000 16:ffffffffff000000 16:0000000000ffffff 16:ffffffffffffffff; do
        cp "$fixtures/kernel-early" x
        python3 - x "$lie" << 'END'
import struct, sys
f = open(sys.argv[1], "r+b")
at, value = sys.argv[2].split(":")
f.seek(424)
f.write(struct.pack("<I", 8 | 2))
head = f.seek(432) and struct.unpack("<i", f.read(4))[0]
f.seek((1 + head) * 4096 - 8192 + 24 + int(at))  # the second descriptor
f.write(bytes.fromhex(value))
f.seek((1 + head) * 4096 + 4096)
f.write(bytes(4096))  # bitmap 2: nothing but the early pages is there
END
        run "$ctl" repair x -o out
        [ "$status" -le 1 ]
        run "$ctl" verify --ram "$fixtures/ram-early" out
        [ "$status" -eq 1 ]
        [[ $output != *"not in the file"* ]]
        rm -f out
    done
}

@test "every way to cut within a cycle" {
    need_fixtures flat-kernel ram
    for n in $(seq 8100 331 24000); do
        head -c "$n" "$fixtures/flat-kernel" > cut
        rm -f out
        run "$ctl" repair cut -o out
        [ "$status" = 1 ]
        run "$ctl" verify --ram "$fixtures/ram" out
        output_has " 0 differing"
        [[ $output != *"not decode"* ]]
    done
}

@test "a page lost in the middle keeps its place, with a descriptor of zeros" {
    need_fixtures kernel ram
    cp "$fixtures/kernel" x
    python3 - x << 'END'
import struct, sys
f = open(sys.argv[1], "r+b")
f.seek(16384 + 24 * 100)
f.write(struct.pack("<qIIQ", 1 << 30, 100, 2, 0))
END
    run "$ctl" repair x -o out
    [ "$status" = 1 ]
    run "$ctl" info out
    output_has "lost:         1 pages"
    run "$ctl" verify --ram "$fixtures/ram" out
    output_has " 0 differing"
    [[ $(od -An -tx1 -j$((16384 + 24 * 100)) -N24 out | tr -d ' \n') =~ ^0{48}$ ]]
}

@test "every length of cut ends well" {
    need_fixtures flat-kdump elf
    for n in 0 1 15 31 32 33 4095 4096 4097 4111 4112 4113 4600 8208 8230 70000; do
        for kind in flat-kdump elf; do
            head -c "$n" "$fixtures/$kind" > cut
            run "$ctl" repair cut -o out
            [ "$status" = 1 ]
            [ -n "$output" ]
            rm -f out
        done
    done
}

@test "an existing file is not overwritten" {
    need_fixtures elf
    echo mine > out
    run "$ctl" repair "$fixtures/elf" -o out
    [ "$status" = 1 ]
    output_has "exists"
    [ "$(cat out)" = mine ]
}

@test "hostile records end the dump there" {
    need_fixtures flat-negative flat-far flat-huge kdump
    for kind in flat-negative flat-far flat-huge; do
        run "$ctl" repair "$fixtures/$kind" -o "out-$kind"
        [ "$status" = 1 ]
        output_has "impossible record"
        [ "$(stat -c %s "out-$kind")" = "$(stat -c %s "$fixtures/kdump")" ]
    done
}

@test "of overlapping records the last counts" {
    need_fixtures flat-overlap kdump
    "$ctl" repair "$fixtures/flat-overlap" -o out
    cmp out "$fixtures/kdump"
}

@test "bytes after the end, a sender's own mark, and no dump at all" {
    need_fixtures flat-kdump elf flat-incomplete
    (cat "$fixtures/flat-kdump" && echo more) > long
    run "$ctl" repair long -o out1
    [ "$status" = 1 ]
    output_has "5 bytes after the end record"
    (cat "$fixtures/elf" && echo more) > long
    run "$ctl" repair long -o out2
    [ "$status" = 1 ]
    output_has "5 bytes too many"
    run "$ctl" repair "$fixtures/flat-incomplete" -o out3
    [ "$status" = 1 ]
    output_has "says that it is incomplete"
    head -c 100000 /dev/urandom > noise
    run "$ctl" repair noise -o out4
    [ "$status" = 1 ]
    [ ! -e out4 ]
    [ -z "$(ls | grep part)" ]
}
