# SPDX-License-Identifier: GPL-2.0-or-later
# The rest of the bad wire: more of each fault, long waits, liars, and a guest that panics behind it. The first part is in
# tests/wire/host.bats.
# shellcheck disable=SC2154 # wire.bash

. "$BATS_TEST_DIRNAME/../wire/wire.bash"

bats_require_minimum_version 1.5.0

each_offload() { # COMMAND...: with all, sums only, none
    local offload
    for offload in all csum none; do
        rm -rf "$out/in"
        "$@" --offload "$offload"
        lab_down
    done
}

lossy() { # WIRE-OPTIONS MIB SENDER-OPTION...
    # shellcheck disable=SC2086 # options
    lab_up $1
    arrives "$2" "${@:3}"
    did ab lost
}

@test "0.01 % lost" { each_offload lossy '--lose 0.01 --seed 3' 128; }
@test "0.1 % lost" { each_offload lossy '--lose 0.1' 64; }
@test "5 % lost" { each_offload lossy '--lose 5' 8; }
@test "1 % lost, 50 ms each way" { each_offload lossy '--lose 1 --delay 50:5' 2; }
@test "1 % lost, 100 ms each way" { each_offload lossy '--lose 1 --delay 100' 1; }
@test "5 % lost on the way there" { each_offload lossy '--only ab --lose 5' 8; }
@test "1 % lost, swapped, repeated and corrupted" { each_offload lossy '--lose 1 --swap 1:4 --repeat 1 --corrupt 1' 8; }

@test "20 % of the acknowledgements lost" {
    lab_up --only ba --lose 20
    arrives 16
    did ba lost
}

@test "1 % lost, the peer knows no SACK" {
    lab_up --lose 1
    in_lab sh -c 'echo 0 > /proc/sys/net/ipv4/tcp_sack'
    arrives 8
    did ab lost
}

@test "IPv6: lost, swapped, corrupted; a black hole" {
    lab_up --lose 1 --swap 1:3 --corrupt 0.5
    over_v6 arrives 16
    did ab lost
    lab_down
    rm -rf "$out/in"
    lab_up --hole 1400
    over_v6 arrives 4
    said 'vanish on the way: segments of 1220 bytes'
}

@test "a black hole for packets above 600 bytes, 1 % lost" {
    lab_up --hole 600 --lose 1
    arrives 4 --offload none
    said 'segments of 536 bytes'
}

@test "VLAN: the tag is on every frame" {
    lab_up --vlan 5 --lose 1
    arrives 16 -- dump.vlan=5
    did ab lost
    did ab large
    [ "$(wire_count ab untagged)" -eq 0 ]
}

# stalls WORDS...: the network target fails at dump.stall=, once, and the disk behind it has the dump.
stalls() {
    lab_send --mib 16 --speed 20 -- "$@" "dump.to=$to_v4" "$then_disk"
    [ "$status" -eq 0 ]
    said "target $to_v4: failed: stalled: " 'dump complete: 16777216 bytes'
    run ! grep -q 'again from byte 0' "$out/sender.txt"
}

@test "a window of zero for minutes" {
    lab_up
    listener 'sleep 1000'
    stalls dump.stall=200
}

@test "a trickle below 1 MiB per dump.stall=" {
    lab_up --rate 40:16
    lab_receiver
    stalls dump.stall=100 # of 20 a second: 5 s, 200 KiB
}

@test "a trickle that is enough" {
    lab_up --rate 300:32
    arrives 2 -- dump.stall=30
}

@test "a card that vouches for corrupted frames: the dump is whole, or the target has failed" {
    lab_up --only ba --corrupt 1 --vouch
    lab_receiver
    lab_send --mib 16 -- dump.stall=20 "dump.to=$to_v4" "$then_disk"
    [ "$status" -eq 0 ]
    said "target $to_v4: failed:" || same "$out"/in/*/vmcore 16
}

@test "reset twice in mid-dump: the next target" {
    lab_up
    listener 'head -c 3000000 > /dev/null'
    { until in_lab sh -c '! grep -q ":1BCD 00000000:0000 0A" /proc/net/tcp'; do sleep 0.02; done; listener 'head -c 2000000 > /dev/null'; sleep 60; } 3>&- &
    lab_pids+=($!)
    lab_send --mib 16 -- "dump.to=$to_v4" "$then_disk"
    [ "$status" -eq 0 ]
    said 'again from byte 0' 'dump complete:'
    [ "$(grep -c "target $to_v4: failed: connection reset" "$out/sender.txt")" -eq 2 ]
}

@test "ICMP says what it likes" {
    for lie in 'frag 68' unreachable redirect; do
        lab_up --rate 8000
        # shellcheck disable=SC2086 # a word and its argument
        lab_liar $lie
        rm -rf "$out/in"
        arrives 4
        lab_down
        lab_up --rate 8000
        # shellcheck disable=SC2086
        lab_liar ${lie/frag 68/toobig 0}
        rm -rf "$out/in"
        over_v6 arrives 4
        unset lab_ip lab_target lab_address
        lab_down
    done
}

@test "resets of yesterday" {
    lab_up --rate 8000
    lab_liar rst
    arrives 8
}

dhcp_is() { # KIND: sets $status
    rm -rf "$out/in"
    lab_up --rate 8000
    lab_receiver
    lab_liar dhcp "$1"
    lab_ip=ip=dhcp lab_send --mib 4 --speed 4 -- "dump.to=$to_v4" "$then_disk"
    lab_down
    [ "$status" -eq 0 ]
}

@test "DHCP servers that lie" {
    for kind in good zero-lease short-lease other-server mask gateway huge-options; do
        dhcp_is "$kind"
        same "$out"/in/*/vmcore 4
    done
    for kind in nak no-address multicast-address short-options endless-options silent; do
        dhcp_is "$kind"
        said "target $to_v4: failed: no DHCP offer in 20 s" 'dump complete:'
    done
}

@test "a lease of nothing, and a dump that takes longer" {
    lab_up --rate 400
    lab_liar dhcp zero-lease
    lab_ip=ip=dhcp arrives 4 --speed 20 # 200 s of our own
}

router_is() { # KIND RATE: sets $status
    rm -rf "$out/in"
    lab_up --rate "$2"
    lab_receiver '[fd09::1]'
    lab_liar ra "$1"
    lab_ip=ip=auto6 lab_send --mib 4 --speed "${3:-1}" -- "dump.to=$to_v6" "$then_disk"
    lab_down
    [ "$status" -eq 0 ]
}

@test "routers that lie" {
    for kind in good mtu-68 no-router short-lifetime takes-back; do
        router_is "$kind" 1000
        same "$out"/in/*/vmcore 4
    done
    for kind in prefix-96 no-lifetime empty zero-option long-option; do
        router_is "$kind" 8000 4
        said "target $to_v6: failed: no router advertisement in 10 s" 'dump complete:'
    done
}

# --- a guest: the image itself, with virtio-net and QEMU's TAP

guest_kernel() {
    local words
    words=$("$top/tools/guest-kernel")
    VMLINUZ=$(sed -n 's/^VMLINUZ=//p' <<< "$words")
    MODULES=$(sed -n 's/^MODULES=//p' <<< "$words")
}

# guest_dumps NIC-WORDS [OPTION...]: panics on the bridge and dumps to the receiver; its RAM in $out/guest/ram.img.
guest_dumps() {
    guest_kernel
    status=0
    in_lab "$top/tools/qemu-panic" -o "$out/guest" --net none --ram 512 --keep-ram --modules "$MODULES" --timeout 300 \
        --qemu "-netdev tap,id=n0,ifname=wq,script=no,downscript=no,vhost=off -device virtio-net-pci,netdev=n0,romfile=$1" \
        --target "$to_v4" --cmdline "console=ttyS0 ip=10.9.0.2::::::off {tcp} dump.to=$to_v4 dump.format=elf" \
        "${@:2}" "$VMLINUZ" 3>&- || status=$?
}

guest_dump_arrived() {
    wire_stop
    grep -a 'afterimage: ' "$out/guest/console.log"
    grep -aq 'dump complete:' "$out/guest/console.log"
    "$top/build/afterimagectl" verify --ram "$out/guest/ram.img" "$out"/in/*/vmcore
}

@test "a guest: lost, swapped, repeated, corrupted" {
    lab_up --lose 0.5 --swap 0.5:3 --repeat 0.5 --corrupt 0.2
    lab_receiver
    guest_dumps ''
    guest_dump_arrived
    did ab large
    did ab lost
    did ab corrupted
}

@test "a guest without offloads, 0.5 % lost" {
    lab_up --no-offload --lose 0.5
    lab_receiver
    guest_dumps ',csum=off,gso=off,guest_csum=off'
    guest_dump_arrived
    did ab lost
}

link() { # true|false: up or not
    python3 - "$top/tests/oracle" "$out/guest/qmp.sock" "$1" << 'END'
import sys
sys.path.insert(0, sys.argv[1])
from machine import Qmp
Qmp(sys.argv[2]).ask("set_link", name="n0", up=sys.argv[3] == "true")
END
}

console_shows() { # TEXT: waits for it
    local tries
    for ((tries = 0; tries < 3000; tries++)); do
        if grep -aqsF -- "$1" "$out/guest/console.log"; then return 0; fi
        sleep 0.1
    done
    return 1
}

@test "a guest: link down at entry, then up; down in mid-dump, then up" {
    lab_up --rate 40000
    lab_receiver
    {
        until [ -S "$out/guest/qmp.sock" ]; do sleep 0.05; done
        link false
        console_shows 'entered at'
        sleep 3
        link true
        console_shows '% '
        link false
        sleep 4
        link true
    } 3>&- &
    lab_pids+=($!)
    guest_dumps '' --qmp
    guest_dump_arrived
}
