# SPDX-License-Identifier: GPL-2.0-or-later
# A network namespace of its own with the bad wire in it:
#
#   afterimage on the host (ws), a guest (wq), Linux in a namespace (wl) ── bridge br0 ── wa [wire] wb: 10.9.0.1, fd09::1
#
# shellcheck shell=bash disable=SC2034,SC2154

wire_programs=$top/build/wire
lab_pids=()

leashed() { exec setpriv --pdeathsig KILL "$@"; }
in_lab() { nsenter -t "$lab_pid" -n "$@"; }
in_peer() { nsenter -t "$lab_peer_pid" -n "$@"; } # the Linux of lab_linux()

# An empty network namespace, which lasts as long as its process: its pid in new_pid.
namespace_new() {
    leashed unshare -n sleep infinity 3>&- &
    new_pid=$!
    lab_pids+=("$new_pid")
    until [ "$(readlink "/proc/$new_pid/ns/net" 2> /dev/null)" != "$(readlink /proc/self/ns/net)" ] &&
        [ "$(cat "/proc/$new_pid/comm")" = sleep ]; do sleep 0.01; done
}

# lab_up [WIRE OPTION...]: everything but somebody who sends.
lab_up() {
    local device
    namespace_new
    lab_pid=$new_pid
    in_lab sh -e << END
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore # br0 has no answer for what is behind the wire
ip link set lo up
ip link add br0 type bridge mcast_snooping 0
ip link set br0 up
for device in ws wq wa wb; do ip tuntap add dev \$device mode tap vnet_hdr; done
for device in ws wq wa; do ip link set \$device master br0 up; done
echo 0 > /proc/sys/net/ipv6/conf/wb/disable_ipv6
ip link set wb address 52:54:00:00:00:01 up
ip addr add 10.9.0.1/24 dev wb
ip -6 addr add fd09::1/64 dev wb nodad
END
    wire_start "$@"
}

# The wire alone; wire_stop first, if there was one.
wire_start() {
    leashed nsenter -t "$lab_pid" -n "$wire_programs/wire" "$@" wa wb > "$out/wire.txt" 3>&- &
    wire_pid=$!
    until grep -qs ready "$out/wire.txt"; do
        kill -0 "$wire_pid" || return 1
        sleep 0.01
    done
}

# Afterwards wire_count tells what was done.
wire_stop() {
    kill "$wire_pid" 2> /dev/null || return 0
    wait "$wire_pid" 2> /dev/null || true
    cat "$out/wire.txt"
}

wire_count() { sed -n "s/^$1 .*\<$2=\([0-9]*\).*/\1/p" "$out/wire.txt"; } # ab|ba name

# afterimagectl receive behind the wire, into $out/in.
lab_receiver() { # [ADDRESS]
    local tries
    leashed nsenter -t "$lab_pid" -n "$top/build/afterimagectl" receive --listen "${1:-10.9.0.1}:7117" -o "$out/in" \
        > "$out/receiver.txt" 2> "$out/receiver.log" 3>&- &
    lab_pids+=($!)
    for ((tries = 0; tries < 200; tries++)); do
        if grep -qs 'listening on' "$out/receiver.log"; then return 0; fi
        sleep 0.02
    done
    cat "$out/receiver.log"
    return 1
}

# lab_liar LIE [ARGUMENT]: from now on, on the bridge (tests/wire/liar).
lab_liar() {
    leashed nsenter -t "$lab_pid" -n "$top/tests/wire/liar" br0 "$@" > "$out/liar.txt" 2>&1 3>&- &
    liar_pid=$!
    lab_pids+=("$liar_pid")
    until grep -qs ready "$out/liar.txt"; do
        kill -0 "$liar_pid" || return 1
        sleep 0.02
    done
}

# lab_send OPTION... -- WORDS: afterimage on the host dumps; its lines in $out/sender.txt, its status in $status.
lab_send() {
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    status=0
    in_lab timeout -k 5 "${sender_timeout:-120}" "$wire_programs/${sender:-sender-san}" "${options[@]}" ws \
        "${lab_ip-ip=10.9.0.2::::::off} $*" > "$out/sender.txt" 2>&1 3>&- || status=$?
    cat "$out/sender.txt"
}

# A Linux with 10.9.0.2 on the bridge: what afterimage is compared with.
lab_linux() {
    namespace_new
    lab_peer_pid=$new_pid
    in_lab ip link add wl type veth peer name wl0 netns "$lab_peer_pid"
    in_lab ip link set wl master br0 up
    in_peer ip link set lo up
    in_peer ip link set wl0 up
    in_peer ip addr add 10.9.0.2/24 dev wl0
}

lab_down() {
    wire_stop > /dev/null
    kill "${lab_pids[@]}" 2> /dev/null || true
    wait "${lab_pids[@]}" 2> /dev/null || true
    lab_pids=()
}
