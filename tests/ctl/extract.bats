#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Dumps out of areas, and what becomes of the area's headers.
load helper

area_with_dump() { # file [OPTION of fixture.py put...]
    local file=$1
    shift
    truncate -s 16M "$file"
    "$ctl" format "$file" > uuid
    "$fixture" put "$file" "$@"
}

state() { "$ctl" info "$1" | sed -n 's/^state: *//p'; }

@test "a complete dump comes out byte for byte, then the area is empty" {
    need_fixtures elf kdump zlib
    for kind in elf kdump zlib; do
        area_with_dump "a-$kind" --vmcore "$fixtures/$kind" --dmesg "[    0.000000] Linux version"
        [ "$(state "a-$kind")" = complete ]
        run "$ctl" extract "a-$kind" -o "d-$kind"
        echo "$output"
        [ "$status" = 0 ]
        cmp "d-$kind/vmcore" "$fixtures/$kind"
        grep -q 'Linux version' "d-$kind/vmcore-dmesg.txt"
        [ "$(find "d-$kind" -type f | wc -l)" = 2 ]
        [ "$(state "a-$kind")" = empty ]
        run "$ctl" extract "a-$kind" -o "d-$kind"
        [ "$status" = 1 ]
        output_has "empty"
    done
}

@test "pages of zeros become holes" {
    need_fixtures elf
    area_with_dump a --vmcore "$fixtures/elf"
    "$ctl" extract a -o d
    [ $(($(stat -c '%b * 512' d/vmcore))) -lt $(($(stat -c %s d/vmcore) * 9 / 10)) ]
}

@test "--keep leaves the area as it is, even read-only" {
    need_fixtures elf
    area_with_dump a --vmcore "$fixtures/elf"
    cp a before
    "$ctl" extract a --keep -o d
    cmp a before
    cmp d/vmcore "$fixtures/elf"
}

@test "nothing in the folder is overwritten" {
    need_fixtures elf
    for name in vmcore vmcore-incomplete vmcore-dmesg.txt vmcore.part; do
        area_with_dump a --vmcore "$fixtures/elf"
        mkdir d
        echo mine > "d/$name"
        run "$ctl" extract a -o d
        [ "$status" = 1 ]
        output_has "$name exists"
        [ "$(cat "d/$name")" = mine ]
        [ "$(ls d)" = "$name" ]
        [ "$(state a)" = complete ]
        rm -r a d
    done
}

@test "an incomplete dump is saved and said so" {
    need_fixtures elf kdump
    area_with_dump a --vmcore "$fixtures/elf" --state 1 --settled 1000000 --failure $'device failed\x07\nsecond line\n'
    run "$ctl" extract a -o d
    [ "$status" = 1 ]
    output_has "incomplete"
    output_has "at least 1000000"
    output_has "device failed?"
    output_has "second line"
    cmp d/vmcore-incomplete "$fixtures/elf"
    [ ! -e d/vmcore ]
    [ "$(state a)" = empty ]
    area_with_dump b --vmcore "$fixtures/kdump" --state 1
    run "$ctl" extract b -o e
    [ "$status" = 1 ]
    run "$ctl" info e/vmcore-incomplete # it does not pass for a whole one
    output_has "no: its header says that it is incomplete"
}

@test "an incomplete kdump dump: as long as its pages, bits of what is there" {
    need_fixtures kernel-3 ram log
    truncate -s 64M a
    "$ctl" format a > uuid
    # the section as it was planned: the whole area, with old pages, descriptors and data behind what was written
    (cat "$fixtures/kernel-3" && head -c 20000000 /dev/urandom) > planned
    "$fixture" put a --vmcore planned --state 1 --settled 1000
    run "$ctl" extract a -o d
    [ "$status" = 1 ]
    output_has "pages of it are there, 0 are lost"
    [ "$(stat -c %s d/vmcore-incomplete)" -lt "$(stat -c %s "$fixtures/kernel-3")" ]
    run "$ctl" verify --ram "$fixtures/ram" d/vmcore-incomplete
    output_has "incomplete"
    output_has "pages: 256 kept, 256 compared, 256 equal, 0 differing"
    [ "$(state a)" = empty ]
}

@test "an incomplete kdump dump with pages sent before their turn" {
    need_fixtures kernel-early-3 ram-early
    truncate -s 64M a
    "$ctl" format a > uuid
    "$fixture" put a --vmcore "$fixtures/kernel-early-3" --state 1
    run "$ctl" extract a -o d
    [ "$status" = 1 ]
    run "$ctl" verify --ram "$fixtures/ram-early" d/vmcore-incomplete
    # 256 of three cycles, and of the early ones those above them
    output_has "pages: 263 kept, 263 compared, 263 equal, 0 differing"
}

@test "a whole kdump dump of the capture kernel, the log decoded from it" {
    need_fixtures kernel log
    area_with_dump a --vmcore "$fixtures/kernel"
    "$ctl" extract a -o d
    cmp d/vmcore "$fixtures/kernel"
    cmp d/vmcore-dmesg.txt "$fixtures/log"
}

@test "a page of the copy that does not decode: the area stays" {
    need_fixtures kernel
    cp "$fixtures/kernel" x
    dd if=/dev/zero of=x bs=1 seek=$(($(stat -c %s x) - 20)) count=20 conv=notrunc status=none
    area_with_dump a --vmcore x
    run "$ctl" extract a -o d
    [ "$status" = 1 ]
    output_has "does not decode"
    [ -e d/vmcore-incomplete ]
    [ "$(state a)" = complete ]
}

@test "dmesg and info of an area" {
    need_fixtures kernel log
    area_with_dump a --vmcore "$fixtures/kernel" --dmesg "$(cat "$fixtures/log")"
    "$ctl" dmesg a | cmp - <(cat "$fixtures/log" | head -c -1)
    area_with_dump b --vmcore "$fixtures/kernel"
    "$ctl" dmesg b | cmp - "$fixtures/log"
    area_with_dump c --dmesg $'[    1.000000] Oops: 0002\nescape \x1b[31m\n'
    run "$ctl" dmesg c
    [ "$output" = $'[    1.000000] Oops: 0002\nescape ?[31m' ]
    run "$ctl" info c
    output_has "panic line:   Oops: 0002"
}

@test "a log alone" {
    area_with_dump a --dmesg "text"
    run "$ctl" extract a -o d
    [ "$status" = 0 ]
    [ "$(cat d/vmcore-dmesg.txt)" = text ]
    [ "$(state a)" = empty ]
}

@test "a damaged dump is saved, the area stays" {
    need_fixtures elf
    head -c 3000000 "$fixtures/elf" > short
    area_with_dump a --vmcore short
    run "$ctl" extract a -o d
    [ "$status" = 1 ]
    output_has "cut: 3000000 bytes"
    cmp d/vmcore-incomplete short
    [ "$(state a)" = complete ]
}

@test "no room: nothing is left behind, the area stays" {
    [ "$(id -u)" = 0 ] || skip "needs root"
    need_fixtures elf
    area_with_dump a --vmcore "$fixtures/elf"
    mkdir d
    mount -t tmpfs -o size=1M none d || skip "cannot mount"
    run "$ctl" extract a -o d
    left=$(ls d)
    umount d
    [ "$status" = 1 ]
    output_has "No space left"
    [ -z "$left" ]
    [ "$(state a)" = complete ]
}

@test "whichever header copy is torn, the other counts" {
    need_fixtures elf
    for torn in 1 2; do
        area_with_dump a --vmcore "$fixtures/elf" # sequence 2 in copy 1, sequence 1 (empty) in copy 0
        dd if=/dev/urandom of=a bs=512 seek=$((8 * torn + 3)) count=1 conv=notrunc status=none
        if [ "$torn" = 1 ]; then
            [ "$(state a)" = complete ]
            "$ctl" extract a -o "d$torn"
            cmp "d$torn/vmcore" "$fixtures/elf"
            # what marks the area empty was written over the torn copy
            [ "$(state a)" = empty ]
        else
            [ "$(state a)" = empty ] # the power went while 'complete' was written: as before it
        fi
        rm a
    done
}

@test "headers of another area do not count" {
    need_fixtures elf
    area_with_dump a --vmcore "$fixtures/elf"
    truncate -s 16M b
    "$ctl" format b
    dd if=a of=b bs=4096 skip=1 seek=1 count=2 conv=notrunc status=none
    run "$ctl" extract b -o d
    [ "$status" = 1 ]
    output_has "damaged"
}

@test "the sequence goes on through many dumps" {
    need_fixtures elf
    truncate -s 16M a
    "$ctl" format a
    for n in 1 2 3 4 5; do
        "$fixture" put a --vmcore "$fixtures/elf"
        "$ctl" extract a -o "d$n"
        cmp "d$n/vmcore" "$fixtures/elf"
        [ "$(state a)" = empty ]
    done
}

@test "an area in a partition of an image is found" {
    need_fixtures elf
    "$fixture" gpt disk
    truncate -s 12M part
    "$ctl" format part
    "$fixture" put part --vmcore "$fixtures/elf"
    dd if=part of=disk bs=1M seek=1 conv=notrunc status=none
    run "$ctl" info disk
    [ "$status" = 0 ]
    output_has "1048576"
    "$ctl" extract disk -o d
    cmp d/vmcore "$fixtures/elf"
    run "$ctl" extract disk -o e
    output_has "empty"
}

@test "an interrupt leaves area and folder as they were" {
    need_fixtures elf
    truncate -s 1500M a
    "$ctl" format a
    "$fixture" put a --vmcore "$fixtures/elf"
    # a dump as large as the area: mostly a hole in the image, so that only time passes
    python3 - << END
import sys
sys.path.insert(0, "$BATS_TEST_DIRNAME")
import fixture
f = open("a", "r+b")
stamp = f.read(4096)
f.seek(4096)
f.write(fixture.area_header(stamp[24:40], 9, 2, [(2, 1, 65536, (1500 << 20) - 4096 - 65536)]))
END
    mkdir d
    "$ctl" extract a -o d 2> log 3>&- &
    pid=$!
    wait_for 5 test -e d/vmcore.part
    kill -INT "$pid" || true
    rc=0
    wait "$pid" || rc=$?
    [ "$rc" = 1 ]
    grep -q interrupted log
    [ -z "$(ls d)" ]
    [ "$(state a)" = complete ]
}
