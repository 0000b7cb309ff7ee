# SPDX-License-Identifier: GPL-2.0-or-later
# What the steps share that run in the guest of the end-to-end tests (tests/e2e/guest-step).
# shellcheck shell=bash

conf() { printf '%s\n' "$@" > /etc/afterimage.conf; } # LINE...

install_package() {
    dpkg -i afterimage.deb < /dev/null
    hash -r
}

panic() {
    sync
    echo 1 > /proc/sys/kernel/sysrq
    echo c > /proc/sysrq-trigger
    sleep 60
    return 1
}

not() { if "$@"; then return 1; fi; } # where `!` would let a script go on

# fails TEXT COMMAND...: exit status 1 and one line on standard error, in which TEXT is.
fails() {
    local text=$1 status=0 said
    shift
    said=$("$@" 2>&1 > /dev/null) || status=$?
    echo "$* -> $status: $said"
    [ "$status" = 1 ] && [ "$(wc -l <<< "$said")" = 1 ] && [[ $said == *"$text"* ]]
}

# wrong REGEX: check's exit status is 1, and one of its lines about what is wrong matches.
wrong() {
    local said status=0
    said=$(afterimagectl check) || status=$?
    echo "$said"
    [ "$status" = 1 ] && grep -Eq "^WRONG    $1" <<< "$said"
}

mem_total() { awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo; } # KiB

# web_has PATH REGEX: a line of what the receiver's page answers there matches.
web_has() {
    exec 5<> /dev/tcp/127.0.0.1/7118
    printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&5
    timeout 60 cat <&5 > answer
    exec 5>&-
    head -n 1 answer | grep -q '^HTTP/1.[01] 200 ' && grep -qE "$2" answer
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 1
    done
}

# vlan_up ADDRESS LINE...: the only address is on VLAN 7; more lines of that network.
vlan_up() {
    local address=$1
    shift
    printf '%s\n' '[NetDev]' 'Name=lan7' 'Kind=vlan' '[VLAN]' 'Id=7' > /etc/systemd/network/10-lan7.netdev
    printf '%s\n' '[Match]' 'Name=en*' '[Network]' 'VLAN=lan7' 'LinkLocalAddressing=no' > /etc/systemd/network/20-en.network
    printf '%s\n' '[Match]' 'Name=lan7' '[Network]' "Address=$address" "$@" > /etc/systemd/network/20-lan7.network
    systemctl restart systemd-networkd
    until_true 600 ip -4 route get 10.77.0.9
}
