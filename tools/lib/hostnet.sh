# SPDX-License-Identifier: GPL-2.0-or-later
# The host's end of the guest's network: free ports, and a tap device of our own with a /30 that no other run has.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh.

# port_listening PORT: something listens on it (read from /proc, so that no connection is made).
port_listening() {
    local hex
    hex=$(printf ':%04X' "$1")
    grep -qsE "^ *[0-9]+: [0-9A-F]+$hex [0-9A-F:]+ 0A " /proc/net/tcp /proc/net/tcp6
}

# What is started here must not outlive this shell, not even if that is killed.
leashed() { exec setpriv --pdeathsig KILL "$@"; }

# start_listener COMMAND...: run it in the background with @PORT@ replaced by a free port, until it listens.
# Sets listener_pid and listener_port. Output goes where the caller sends it.
start_listener() {
    local tries waits
    for tries in 1 2 3 4 5 6 7 8; do
        listener_port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        ! port_listening "$listener_port" || continue
        "${@//@PORT@/$listener_port}" &
        listener_pid=$!
        for ((waits = 0; waits < 100; waits++)); do
            kill -0 "$listener_pid" 2> /dev/null || break
            if port_listening "$listener_port"; then return; fi
            sleep 0.05
        done
        kill "$listener_pid" 2> /dev/null || true
    done
    return 1
}

tap_name=

# Remove devices whose run was killed before it could: the alias tells whose each is.
tap_sweep() {
    local device owner
    for device in /sys/class/net/qp*; do
        owner=$(cat "$device/ifalias" 2> /dev/null) || continue
        case $owner in "qemu-panic "*) [ -e "/proc/${owner#qemu-panic }" ] || ip link del "${device##*/}" 2> /dev/null || true ;; esac
    done
}

# Sets tap_name, and host_ip, guest_ip, host_ip6, guest_ip6 of a network that only this run uses. Taking the name is what
# reserves the addresses: two devices cannot have one name. The caller removes the device with tap_remove.
tap_create() {
    local slot tries
    tap_sweep
    [ -e /dev/net/tun ] || die 2 "--net tap needs /dev/net/tun"
    for ((tries = 0; tries < 32; tries++)); do
        slot=$((RANDOM % 16384))
        [ ! -e "/sys/class/net/qp$slot" ] || continue
        ip tuntap add dev "qp$slot" mode tap vnet_hdr 2> /dev/null || continue
        tap_name=qp$slot
        break
    done
    [ -n "$tap_name" ] || die 2 "--net tap: cannot make a tap device (it needs root)"
    host_ip=10.213.$((slot / 64)).$((slot % 64 * 4 + 1))
    guest_ip=10.213.$((slot / 64)).$((slot % 64 * 4 + 2))
    host_ip6=$(printf 'fd00:7117:%x::1' "$slot")
    guest_ip6=$(printf 'fd00:7117:%x::2' "$slot")
    ip link set "$tap_name" alias "qemu-panic $$"
    ip addr add "$host_ip/30" dev "$tap_name"
    ip addr add "$host_ip6/64" dev "$tap_name" nodad 2> /dev/null || true # a host without IPv6 will do
    ip link set "$tap_name" up
}

tap_remove() {
    [ -z "$tap_name" ] || ip link del "$tap_name" 2> /dev/null || true
    tap_name=
}
