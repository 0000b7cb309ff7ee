# SPDX-License-Identifier: GPL-2.0-or-later
# Where a dump goes on the host and how it is taken from there: a receiver for TCP, a formatted image for a disk.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh and lib/hostnet.sh; all files are in $out.

# start_receiver ADDRESS: sets receiver_pid and receiver_port. ADDRESS of IPv6 in brackets.
start_receiver() {
    case $receiver in
        ctl) start_listener leashed "$ctl" receive --once --listen "$1:@PORT@" -o "$out/received" > "$out/receiver.log" 2>&1 ;;
        nc) start_listener receive_with_nc "$1" @PORT@ 2> "$out/receiver.log" ;;
    esac || die 2 "the receiver does not listen: $(tail -n 3 "$out/receiver.log")"
    receiver_pid=$listener_pid receiver_port=$listener_port
}

receive_with_nc() { # address port
    local address=${1#[}
    leashed nc -d -l "${address%]}" "$2" > "$out/stream"
}

# make_disk MIB: an empty dump area in disk.img; sets disk_uuid.
make_disk() {
    truncate -s "$1M" "$out/disk.img"
    disk_uuid=$("$ctl" format --force "$out/disk.img" 2> "$out/format.log") || die 2 "format failed: $(tail -n 3 "$out/format.log")"
    disk_uuid=$(grep -oiE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' <<< "$disk_uuid" | head -n 1)
    [ -n "$disk_uuid" ] || die 2 "format printed no UUID"
    disk_blocks=$(stat -c %b "$out/disk.img")
}

# first_byte_seen: a byte of the dump is on this side. Asked often, so it starts no program where it can.
first_byte_seen() {
    local file
    [ ! -s "$out/stream" ] || return 0
    for file in "$out"/received/*/*; do [ ! -s "$file" ] || return 0; done
    [ -n "${disk_blocks:-}" ] && [ "$(stat -c %b "$out/disk.img")" -gt $((disk_blocks + 256)) ]
}

# After the machine has gone: give the receiver the time to finish what it has, not to wait for what will not come.
# Sets receiver_status.
stop_receiver() {
    local waits limit=5
    receiver_status=1
    [ -n "${receiver_pid:-}" ] || return 0
    if first_byte_seen; then limit=1200; fi
    for ((waits = 0; waits < limit; waits++)); do
        kill -0 "$receiver_pid" 2> /dev/null || break
        sleep 0.1
    done
    kill "$receiver_pid" 2> /dev/null || true
    receiver_status=0
    wait "$receiver_pid" 2> /dev/null || receiver_status=$?
    receiver_pid=
}

# A plain listener cannot tell a whole dump from a cut one: the sender's own count can.
take_stream() {
    local size
    [ -s "$out/stream" ] || return 0
    size=$(stat -c %s "$out/stream")
    if [ "$size" != "${console_bytes:-none}" ]; then
        mv "$out/stream" "$out/vmcore-incomplete"
    elif cmp -s -n 12 "$out/stream" <(echo makedumpfile); then
        if makedumpfile -R "$out/vmcore" < "$out/stream" > "$out/rearrange.log" 2>&1; then rm "$out/stream"; fi
    else
        mv "$out/stream" "$out/vmcore"
    fi
}

# What `afterimagectl receive` stored, whatever its name, up into $out.
take_received() {
    local dir
    for dir in "$out"/received/*/; do
        [ -d "$dir" ] || continue
        mv "$dir"* "$out"
        rmdir "$dir"
    done
    [ ! -d "$out/received" ] || rmdir "$out/received" 2> /dev/null || true
}

take_disk() {
    [ -n "${disk_uuid:-}" ] || return 0
    "$ctl" extract "$out/disk.img" -o "$out" > "$out/extract.log" 2>&1 || say "extract: $(tail -n 1 "$out/extract.log")"
}

# Bring whatever arrived to vmcore or vmcore-incomplete, and its log to dmesg.txt.
collect_dump() {
    local dump=$out/vmcore
    stop_receiver
    take_stream
    take_received
    [ -e "$out/vmcore" ] || take_disk
    [ -e "$dump" ] || dump=$out/vmcore-incomplete
    if [ -e "$out/vmcore-dmesg.txt" ]; then
        cp "$out/vmcore-dmesg.txt" "$out/dmesg.txt"
    elif [ -e "$dump" ]; then
        timeout 120 makedumpfile --dump-dmesg "$dump" "$out/dmesg.txt" > "$out/dmesg.log" 2>&1 || rm -f "$out/dmesg.txt"
    fi
}
