# SPDX-License-Identifier: GPL-2.0-or-later
# afterimage's TCP on the host against Linux's over a bad wire: what arrives is the dump, byte for byte.
# shellcheck disable=SC2154 # lab.bash

top=$(realpath "$BATS_TEST_DIRNAME/../..")
. "$BATS_TEST_DIRNAME/lab.bash"

setup() {
    out=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)/afterimage-wire.XXXXXX")
    [ "$(id -u)" = 0 ] && [ -e /dev/net/tun ] || skip 'needs root and a TAP device'
}

teardown() {
    lab_down
    rm -rf "$out"
}

# arrives [SENDER OPTION...]: the wire does what the WIRE options say, and the dump is whole.
arrives() {
    lab_receiver
    lab_send "$@" -- dump.to=tcp://10.9.0.1:7117
    wire_stop
    [ "$status" -eq 0 ]
    grep -q ' wrong=0 ' "$out/sender.txt"
    "$wire_programs/sender" --print "$@" | cmp - "$out"/in/*/vmcore
}

@test "a good wire, with offloads" {
    lab_up
    arrives --mib 64
    [ "$(wire_count ab large)" -gt 0 ]
}

@test "a good wire, no offloads on either side" {
    lab_up --no-offload
    arrives --mib 16 --offload none
    [ "$(wire_count ab large)" -eq 0 ]
}

@test "0.1 % lost, segments cut by the card" {
    lab_up --lose 0.1
    arrives --mib 64
    [ "$(wire_count ab lost)" -gt 0 ]
}

@test "1 % repeated, 1 % swapped, both ways" {
    lab_up --repeat 1 --swap 1:3
    arrives --mib 32
    [ "$(wire_count ab swapped)" -gt 0 ]
    [ "$(wire_count ba repeated)" -gt 0 ]
}

@test "0.2 % corrupted: every sum is looked at" {
    lab_up --corrupt 0.2
    arrives --mib 32
    [ "$(wire_count ab corrupted)" -gt 0 ]
    [ "$(wire_count ba corrupted)" -gt 0 ]
}
