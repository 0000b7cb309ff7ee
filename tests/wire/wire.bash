# SPDX-License-Identifier: GPL-2.0-or-later
# What the bats files of the bad wire share: a lab for each test, and what may come of a dump in it.
# shellcheck shell=bash disable=SC2154 # bats and lab.bash

top=$(realpath "$BATS_TEST_DIRNAME/../..")
. "$top/tests/wire/lab.bash"

setup() {
    out=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)/afterimage-wire.XXXXXX")
    if [ "$(id -u)" != 0 ] || [ ! -e /dev/net/tun ]; then skip 'needs root and a TAP device'; fi
}

teardown() {
    lab_down
    rm -rf "$out"
}

to_v4=tcp://10.9.0.1:7117
to_v6='tcp://[fd09::1]:7117'
then_disk='dump.to=disk:12345678-1234-1234-1234-123456789abc' # the sender's disk takes everything

# same FILE MIB: it is the sender's dump of so many MiB.
same() { "$wire_programs/sender" --print --mib "$2" | cmp - "$1"; }

# arrives MIB [SENDER OPTION...] [-- WORDS]: to a receiver behind the wire, whole, at the first try.
arrives() {
    local mib=$1 options=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    lab_receiver "${lab_address:-10.9.0.1}"
    lab_send --mib "$mib" "${options[@]}" -- "dump.to=${lab_target:-$to_v4}" "${@:2}"
    wire_stop
    [ "$status" -eq 0 ]
    grep -q ' wrong=0 .* fin=[1-9]' "$out/sender.txt"
    same "$out"/in/*/vmcore "$mib"
}

# over_v6 arrives ...: the same over IPv6, with a static address.
over_v6() {
    lab_target=$to_v6 lab_address='[fd09::1]' lab_ip=${lab_ip-'ip=[fd09::2]:::64::eth0:off'}
    "$@"
}

did() { [ "$(wire_count "$1" "$2")" -gt 0 ]; } # did ab|ba NAME: it really happened

said() { # TEXT...: each in a line of the sender
    local text
    for text in "$@"; do
        grep -qF -- "$text" "$out/sender.txt" || {
            echo "the sender did not say: $text"
            return 1
        }
    done
}

# listener COMMAND: once, with what is received on its standard input.
listener() {
    leashed nsenter -t "$lab_pid" -n sh -c "nc -l 10.9.0.1 7117 < /dev/null | $1" 3>&- &
    lab_pids+=($!)
    until in_lab sh -c 'grep -q ":1BCD 00000000:0000 0A" /proc/net/tcp'; do sleep 0.02; done
}
