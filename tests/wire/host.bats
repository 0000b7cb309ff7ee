# SPDX-License-Identifier: GPL-2.0-or-later
# afterimage's TCP on the host against Linux's over a bad wire: what arrives is the dump, byte for byte, or the target fails in
# its time and the next one has its turn. The rest is in tests/full/wire.bats.
# shellcheck disable=SC2154 # wire.bash

. "$BATS_TEST_DIRNAME/wire.bash"

@test "a good wire, with offloads" {
    lab_up
    arrives 64
    did ab large
}

@test "a good wire, no offloads on either side" {
    lab_up --no-offload
    arrives 16 --offload none
    [ "$(wire_count ab large)" -eq 0 ]
}

@test "1 % lost, both ways" {
    lab_up --lose 1
    arrives 16
    did ab lost
    did ba lost
}

@test "large frames lost whole" {
    lab_up --whole --lose 3
    arrives 16
    did ab lost
}

@test "1 % repeated, 1 % swapped, both ways" {
    lab_up --repeat 1 --swap 1:5
    arrives 16
    did ab swapped
    did ba repeated
}

@test "0.5 % corrupted: every sum is looked at" {
    lab_up --corrupt 0.5
    arrives 16
    did ab corrupted
    did ba corrupted
}

@test "an MTU black hole: short frames come through" {
    lab_up --hole 1400
    arrives 4
    did ab fallen
    said 'frames of 1460 bytes vanish on the way: segments of 536 bytes'
}

@test "the link is cut for a second" {
    lab_up --cut 2000000:1000
    arrives 8
    did ab cut
}

@test "everything in flight is lost, the peer knows no SACK" {
    lab_up --cut 2000000:600
    in_lab sh -c 'echo 0 > /proc/sys/net/ipv4/tcp_sack'
    arrives 16
    did ab cut
}

@test "a peer that vanishes in mid-dump: dump.stall= ends it, the next target has the dump" {
    lab_up --cut 3000000
    lab_receiver
    lab_send --mib 16 --speed 10 -- dump.stall=60 "dump.to=$to_v4" "$then_disk"
    [ "$status" -eq 0 ]
    said "target $to_v4: failed: stalled: " 'in 60 s' 'dump complete: 16777216 bytes'
    run grep -c 'again from byte 0' "$out/sender.txt"
    [ "$output" -eq 0 ]
}

@test "a reset in mid-dump: a second try from byte 0" {
    lab_up
    listener 'head -c 3000000 > /dev/null'
    { until in_lab sh -c '! grep -q ":1BCD 00000000:0000 0A" /proc/net/tcp'; do sleep 0.02; done; listener "cat > $out/second"; sleep 60; } 3>&- &
    lab_pids+=($!)
    lab_send --mib 16 -- "dump.to=$to_v4"
    [ "$status" -eq 0 ]
    said 'connection reset by 10.9.0.1:7117 after' 'again from byte 0' 'dump complete:'
    same "$out/second" 16
}

@test "somebody else's ARP answers do not lead it away" {
    lab_up --rate 8000
    lab_liar arp 02:00:00:00:00:66
    arrives 8
}
