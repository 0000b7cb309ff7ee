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

# fails TEXT COMMAND...: exit status 1 and one line on standard error, in which TEXT is.
fails() {
    local text=$1 status=0 said
    shift
    said=$("$@" 2>&1 > /dev/null) || status=$?
    echo "$* -> $status: $said"
    [ "$status" = 1 ] && [ "$(wc -l <<< "$said")" = 1 ] && [[ $said == *"$text"* ]]
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
    until_true 60 ip -4 route get 10.77.0.9
}
