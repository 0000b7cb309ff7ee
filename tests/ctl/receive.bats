#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Dumps over real sockets.
load helper

send() { "$fixture" send "$port" "$@"; } # exit status 3: the receiver reset the connection

@test "ELF, kdump and flattened, complete" {
    need_fixtures elf kdump zlib flat-elf flat-kdump log
    for kind in elf kdump zlib flat-elf flat-kdump; do
        start_receiver --once --listen 127.0.0.1:0
        send "$fixtures/$kind"
        wait "$receiver"
        dir=$(only_dump)
        cmp "$dir/vmcore" "$fixtures/${kind#flat-}"
        [ "$(ls "$dir")" = $'info.json\nvmcore\nvmcore-dmesg.txt' ]
        cmp "$dir/vmcore-dmesg.txt" "$fixtures/log"
        [ "$(json "$dir/info.json" panic_line)" = 'BUG: kernel NULL pointer dereference, address: 0x10' ]
        [ "$(cat receiver.out)" = "$dir" ]
        [ "$(json "$dir/info.json" nodename)" = crashed-host ]
        [ "$(json "$dir/info.json" release)" = 6.1.0-56-amd64 ]
        [ "$(json "$dir/info.json" crash_time)" = 2025-11-22T02:51:51Z ]
        [ "$(json "$dir/info.json" crash_time_epoch)" = 1763779911 ]
        [ "$(json "$dir/info.json" bytes)" = "$(stat -c %s "$fixtures/$kind")" ]
        [ "$(json "$dir/info.json" complete)" = True ]
        [ "$(json "$dir/info.json" peer)" = 127.0.0.1 ]
        [[ $(json "$dir/info.json" container) == elf || $(json "$dir/info.json" container) == kdump ]]
        [[ ${dir#in/} =~ ^127\.0\.0\.1-[0-9]{8}T[0-9]{6}Z$ ]]
        rm -r in
    done
}

@test "cut streams are incomplete, reset, and still tell who they are" {
    need_fixtures elf kdump flat-elf flat-kdump log
    for kind in elf kdump flat-elf flat-kdump; do
        head -c 2500000 "$fixtures/$kind" > cut
        start_receiver --once --listen 127.0.0.1:0
        run send cut
        [ "$status" = 3 ]
        if wait "$receiver"; then false; fi
        dir=$(only_dump)
        [ "$(ls "$dir" | grep -v dmesg)" = $'info.json\nvmcore-incomplete' ]
        [[ $kind == flat* ]] || cmp "$dir/vmcore-dmesg.txt" "$fixtures/log" # it lies before the cut
        [ "$(json "$dir/info.json" complete)" = False ]
        [ -n "$(json "$dir/info.json" reason)" ]
        [ "$(json "$dir/info.json" release)" = 6.1.0-56-amd64 ]
        [ "$kind" != elf ] || cmp "$dir/vmcore-incomplete" cut
        [[ $kind != *kdump ]] || [ "$(od -An -tu1 -j424 -N1 "$dir/vmcore-incomplete" | tr -d ' ')" = 8 ]
        rm -r in
    done
}

@test "the capture kernel's stream, whole and cut" {
    need_fixtures flat-kernel kernel ram log
    start_receiver --once --listen 127.0.0.1:0
    send "$fixtures/flat-kernel"
    wait "$receiver"
    cmp "$(only_dump)/vmcore" "$fixtures/kernel"
    cmp "$(only_dump)/vmcore-dmesg.txt" "$fixtures/log"
    rm -r in
    head -c $(($(stat -c %s "$fixtures/flat-kernel") * 9 / 10)) "$fixtures/flat-kernel" > cut
    start_receiver --once --listen 127.0.0.1:0
    run send cut
    if wait "$receiver"; then false; fi
    dir=$(only_dump)
    cmp "$dir/vmcore-dmesg.txt" "$fixtures/log"
    run "$ctl" verify --ram "$fixtures/ram" "$dir/vmcore-incomplete"
    output_has " 0 differing"
    output_has "incomplete"
}

@test "a log alone" {
    need_fixtures log
    start_receiver --listen 127.0.0.1:0
    send "$fixtures/log"
    wait_for 10 dumps_ended 1
    head -c -5 "$fixtures/log" > cut
    send cut || true
    wait_for 10 dumps_ended 2
    stop_receiver
    cmp in/*/vmcore-dmesg.txt "$fixtures/log"
    cmp in/*/vmcore-dmesg-incomplete.txt cut
    info=$(dirname in/*/vmcore-dmesg.txt)/info.json
    [ "$(json "$info" container)" = dmesg ]
    [ "$(json "$info" complete)" = True ]
    [ "$(json "$info" panic_line)" = 'BUG: kernel NULL pointer dereference, address: 0x10' ]
}

@test "a connection that was reset: the structure decides" {
    need_fixtures elf
    start_receiver --listen 127.0.0.1:0
    head -c 1000000 "$fixtures/elf" > cut
    send --reset cut
    wait_for 10 dumps_ended 1
    stop_receiver
    [ "$receiver_status" = 0 ]
    [ -e "$(only_dump)/vmcore-incomplete" ]
    grep -q 'connection broke' receiver.log
}

@test "flattened: end record missing, hostile records, overlap, trailing bytes, the sender's mark" {
    need_fixtures flat-kdump flat-negative flat-far flat-huge flat-overlap flat-incomplete kdump
    head -c -16 "$fixtures/flat-kdump" > no-end
    (cat "$fixtures/flat-kdump" && echo x) > trailing
    start_receiver --listen 127.0.0.1:0
    n=0
    for file in no-end trailing "$fixtures"/flat-{negative,far,huge,incomplete}; do
        run send "$file"
        n=$((n + 1))
        wait_for 10 dumps_ended "$n"
    done
    [ "$(ls -d in/*/vmcore-incomplete | wc -l)" = 6 ]
    [ -z "$(ls -d in/*/vmcore 2> /dev/null)" ]
    send "$fixtures/flat-overlap"
    wait_for 10 dumps_ended 7
    stop_receiver
    cmp in/*/vmcore "$fixtures/kdump"
}

@test "no container: kept as unknown; no byte: nothing" {
    start_receiver --listen 127.0.0.1:0
    : > empty
    send empty
    head -c 100000 /dev/urandom > noise
    send noise
    wait_for 10 dumps_ended 1
    echo -n x > tiny
    send tiny
    wait_for 10 dumps_ended 2
    stop_receiver
    [ "$(ls -d in/*/ | wc -l)" = 2 ]
    cat in/*/unknown | cmp - <(cat noise tiny) || cat in/*/unknown | cmp - <(cat tiny noise)
    [ "$(json "$(ls -d in/*/ | head -n 1)/info.json" container)" = unknown ]
}

@test "IPv6 and IPv4 on the default socket" {
    [ -e /proc/net/if_inet6 ] || skip "no IPv6"
    need_fixtures elf
    start_receiver --listen '[::]:0'
    send --host ::1 "$fixtures/elf"
    send --host 127.0.0.1 "$fixtures/elf"
    wait_for 10 dumps_ended 2
    stop_receiver
    [ -e in/--1-*/vmcore ]
    [ -e in/127.0.0.1-*/vmcore ]
    [ "$(json in/--1-*/info.json peer)" = ::1 ]
}

@test "fifty connections at once" {
    need_fixtures flat-kdump kdump
    start_receiver --listen 127.0.0.1:0
    files=()
    for i in $(seq 50); do files+=("$fixtures/flat-kdump"); done
    send "${files[@]}"
    wait_for 30 dumps_ended 50
    stop_receiver
    [ "$receiver_status" = 0 ]
    [ "$(ls -d in/*/vmcore | wc -l)" = 50 ]
    for f in in/*/vmcore; do cmp "$f" "$fixtures/kdump"; done
    [ "$(sort -u receiver.out | wc -l)" = 50 ]
}

@test "an interrupt keeps what has come" {
    need_fixtures elf
    for signal in INT TERM; do
        start_receiver --listen 127.0.0.1:0
        exec 9<> "/dev/tcp/127.0.0.1/$port"
        head -c 1500000 "$fixtures/elf" >&9
        wait_for 10 test -e "$(echo in/*)"/vmcore.part || wait_for 5 grep -q receiving receiver.log
        sleep 0.3
        kill -"$signal" "$receiver"
        rc=0
        wait "$receiver" || rc=$?
        exec 9>&-
        [ "$rc" = 1 ]
        cmp "$(only_dump)/vmcore-incomplete" <(head -c 1500000 "$fixtures/elf")
        grep -q 'receiver was stopped' "$(only_dump)/info.json"
        rm -r in
    done
    start_receiver --listen 127.0.0.1:0
    kill -INT "$receiver"
    wait "$receiver" # nothing was cut
}

@test "a slow sender does not hold up the others" {
    need_fixtures elf
    start_receiver --listen 127.0.0.1:0
    exec 9<> "/dev/tcp/127.0.0.1/$port"
    head -c 100 "$fixtures/elf" >&9
    send "$fixtures/elf"
    wait_for 10 dumps_ended 1
    tail -c +101 "$fixtures/elf" >&9
    exec 9>&-
    wait_for 10 dumps_ended 2
    stop_receiver
    for f in in/*/vmcore; do cmp "$f" "$fixtures/elf"; done
    [ "$(ls -d in/*/vmcore | wc -l)" = 2 ]
}

@test "one byte at a time over the container's first bytes" {
    need_fixtures flat-kdump kdump
    start_receiver --once --listen 127.0.0.1:0
    python3 - "$port" "$fixtures/flat-kdump" << 'END'
import socket, sys
data = open(sys.argv[2], "rb").read()
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for i in range(5000):
    s.send(data[i:i + 1])
s.sendall(data[5000:])
s.shutdown(socket.SHUT_WR)
s.recv(1)
END
    wait "$receiver"
    cmp "$(only_dump)/vmcore" "$fixtures/kdump"
}

@test "no room: the sender is told, the next dump is taken" {
    [ "$(id -u)" = 0 ] || skip "needs root"
    need_fixtures elf
    mkdir in
    mount -t tmpfs -o size=1M none in || skip "cannot mount"
    start_receiver --listen 127.0.0.1:0
    run send "$fixtures/elf"
    send_status=$status
    wait_for 10 dumps_ended 1
    names=$(ls in/*)
    rm -r in/*
    head -c 500000 "$fixtures/elf" > cut
    run send cut
    wait_for 10 dumps_ended 2
    stop_receiver
    umount in
    [ "$send_status" = 3 ]
    [[ $names == *vmcore* ]]
    grep -q 'No space left' receiver.log
}

@test "too few descriptors: connections wait for their turn" {
    need_fixtures elf
    printf '#!/bin/bash\nulimit -n 20\nexec "%s" "$@"\n' "$ctl" > limited
    chmod +x limited
    ctl=$PWD/limited
    start_receiver --listen 127.0.0.1:0
    files=()
    for i in $(seq 16); do files+=("$fixtures/elf"); done
    send "${files[@]}"
    wait_for 30 dumps_ended 16
    stop_receiver
    [ "$(ls -d in/*/vmcore | wc -l)" = 16 ]
}
