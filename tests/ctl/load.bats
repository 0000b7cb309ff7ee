#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Configuration, settling the targets, and what check says; the machine is a folder and a network namespace.
load helper

# make_machine: /proc, /sys and /etc of a machine with a virtio-net (eth0), an AHCI controller and crashkernel=2M.
make_machine() {
    root=$BATS_TEST_TMPDIR/root
    mkdir -p "$root"/{proc/sys/kernel,etc,run,boot} "$root"/sys/{kernel/security,class/net/eth0,class/block,bus/pci/devices}
    echo 2097152 > "$root/sys/kernel/kexec_crash_size"
    echo 0 > "$root/sys/kernel/kexec_crash_loaded"
    echo '[none] integrity confidentiality' > "$root/sys/kernel/security/lockdown"
    echo 'root=/dev/sda1 crashkernel=2M' > "$root/proc/cmdline"
    echo 'flags : fpu pdpe1gb lm' > "$root/proc/cpuinfo"
    printf 'MemTotal: 1048576 kB\nMemFree: 524288 kB\nBuffers: 0 kB\nCached: 262144 kB\nShmem: 0 kB\nAnonPages: 65536 kB\n' > "$root/proc/meminfo"
    pci_device 0000:00:03.0 0x1af4 0x1041 0x020000
    mkdir -p "$root/sys/devices/pci0000:00/0000:00:03.0/virtio0"
    ln -s '../../../devices/pci0000:00/0000:00:03.0/virtio0' "$root/sys/class/net/eth0/device"
    cp "$top/build/afterimage" "$root/boot/afterimage"
    conf "image /boot/afterimage" "target tcp://10.99.0.1:7117"
}

pci_device() { # name vendor device class
    mkdir -p "$root/sys/bus/pci/devices/$1"
    echo "$2" > "$root/sys/bus/pci/devices/$1/vendor"
    echo "$3" > "$root/sys/bus/pci/devices/$1/device"
    echo "$4" > "$root/sys/bus/pci/devices/$1/class"
}

conf() { printf '%s\n' "$@" > "$root/etc/afterimage.conf"; } # line...

# Two namespaces: ours with eth0, and the peer's with a router at .1 and a host behind it.
make_network() {
    [ "$(id -u)" = 0 ] || skip "network namespaces need root"
    us=ai-us-$$ peer=ai-peer-$$
    ip netns add "$us"
    ip netns add "$peer"
    ip -n "$us" link add eth0 type veth peer name eth0 netns "$peer"
    ip -n "$us" addr add 10.99.0.2/24 dev eth0
    ip -n "$us" addr add fd99::2/64 dev eth0 nodad
    ip -n "$peer" addr add 10.99.0.1/24 dev eth0
    ip -n "$peer" addr add fd99::1/64 dev eth0 nodad
    ip -n "$peer" link set eth0 address 52:54:00:00:00:01
    ip -n "$peer" addr add 10.98.0.1/32 dev lo
    ip -n "$us" link set eth0 up
    ip -n "$us" link set lo up
    ip -n "$peer" link set eth0 up
    ip -n "$peer" link set lo up
    ip -n "$us" route add default via 10.99.0.1
    ip -n "$us" -6 route add default via fd99::1
}

teardown() {
    [ -z "${listener:-}" ] || kill "$listener" 2> /dev/null || true
    [ -z "${us:-}" ] || { ip netns del "$us"; ip netns del "$peer"; }
}

here() { run ip netns exec "$us" "$ctl" "$@" --root "$root"; } # afterimagectl ARGUMENT... on that machine

@test "each line of a configuration that is wrong is told, with its number" {
    make_machine
    conf "target tcp://a:1" "levle 31" "level 32" "" "# level x" "compress gzip" "target nfs:x" "min_free 101%" "stall"
    run "$ctl" load --dry-run --root "$root"
    [ "$status" = 1 ]
    output_has "/etc/afterimage.conf:2: levle: no such key"
    output_has "/etc/afterimage.conf:3: level 32: not a number from 0 to 31"
    output_has "/etc/afterimage.conf:6: compress gzip: not one of lzo|zstd|zlib|none"
    output_has "/etc/afterimage.conf:7: target nfs:x: not"
    output_has "/etc/afterimage.conf:8: min_free 101%"
    output_has "/etc/afterimage.conf:9: stall: needs a value"
    [ "$(wc -l <<< "$output")" = 6 ]
}

@test "no configuration, no target and too many targets are errors" {
    make_machine
    rm "$root/etc/afterimage.conf"
    run "$ctl" load --dry-run --root "$root"
    [ "$status" = 1 ]
    output_has "/etc/afterimage.conf: No such file"
    conf "level 31"
    run "$ctl" load --dry-run --root "$root"
    [ "$status" = 1 ]
    output_has "names no target"
    for _ in {1..9}; do echo 'target console:'; done > "$root/etc/afterimage.conf"
    run "$ctl" load --dry-run --root "$root"
    [ "$status" = 1 ]
    output_has ":9: target: 8 at most"
}

@test "every key reaches the command line" {
    make_machine
    conf "image /boot/afterimage" "target console:   # the last resort" "format elf" "level 1" "final_action halt" "failure_action poweroff" \
        "timeout 60" "stall 9" "overwrite 1" "quiesce 0" "log debug" "console ttyS1,9600" "console ttyS0" "append dump.compress=none x=y"
    run "$ctl" load --dry-run --root "$root"
    [ "$status" = 0 ]
    [ "$output" = "dump.to=console: console=ttyS1,9600 console=ttyS0 dump.format=elf dump.level=1 dump.final=halt dump.failure=poweroff dump.timeout=60 dump.stall=9 dump.overwrite=1 dump.quiesce=0 dump.log=debug dump.compress=none x=y" ]
}

@test "the address of the VMCOREINFO note goes along; one that is none does not" {
    make_machine
    conf "image /boot/afterimage" "target console:"
    echo '0x00000000045c5000 1024' > "$root/sys/kernel/vmcoreinfo"
    run "$ctl" load --dry-run --root "$root"
    [ "$output" = "dump.to=console: dump.vmcoreinfo=0x1024@0x45c5000" ]
    echo '0x0000000000000000 1024' > "$root/sys/kernel/vmcoreinfo"
    run "$ctl" load --dry-run --root "$root"
    [ "$output" = "dump.to=console:" ]
}

@test "a target in our own network: its device, address and MTU" {
    make_machine
    make_network
    here load --dry-run
    [ "$status" = 0 ]
    [ "$output" = "dump.to=tcp://10.99.0.1:7117 dump.nic=PCI:0000:00:03.0 dump.mtu=1500 ip=10.99.0.2:::255.255.255.0::eth0:off" ]
}

@test "a target behind a router: gateway and its MAC, and the route's MTU" {
    make_machine
    make_network
    ip -n "$us" route add 10.98.0.1/32 via 10.99.0.1 mtu 1400
    conf "image /boot/afterimage" "target tcp://10.98.0.1:7117"
    here load --dry-run
    [ "$status" = 0 ]
    [ "$output" = "dump.to=tcp://10.98.0.1:7117 dump.nic=PCI:0000:00:03.0 dump.mtu=1400 dump.gwmac=52:54:00:00:00:01 ip=10.99.0.2::10.99.0.1:255.255.255.0::eth0:off" ]
}

@test "IPv6, and both families in one command line" {
    make_machine
    make_network
    conf "image /boot/afterimage" "target tcp://[fd99::1]:7117" "target tcp://10.99.0.1:7118"
    here load --dry-run
    [ "$status" = 0 ]
    output_has "dump.to=tcp://[fd99::1]:7117 dump.to=tcp://10.99.0.1:7118 "
    output_has "ip=[fd99::2]:::64::eth0:off ip=10.99.0.2:::255.255.255.0::eth0:off"
}

@test "through a bridge: the device below it" {
    make_machine
    make_network
    ip -n "$us" addr flush dev eth0
    ip -n "$us" link add br0 type bridge
    ip -n "$us" link set eth0 master br0
    ip -n "$us" addr add 10.99.0.2/24 dev br0
    ip -n "$us" link set br0 up
    here load --dry-run
    [ "$status" = 0 ]
    output_has "dump.nic=PCI:0000:00:03.0 dump.mtu=1500 ip=10.99.0.2:::255.255.255.0::br0:off"
}

@test "ip dhcp leaves the address to the capture kernel" {
    make_machine
    make_network
    conf "image /boot/afterimage" "target tcp://10.99.0.1:7117" "ip dhcp"
    here load --dry-run
    [ "$status" = 0 ]
    [ "$output" = "dump.to=tcp://10.99.0.1:7117 dump.nic=PCI:0000:00:03.0 dump.mtu=1500 ip=dhcp" ]
}

@test "a name that is none, no route, another interface, no PCI device: one sentence each, and the other targets stay" {
    make_machine
    make_network
    conf "image /boot/afterimage" "target tcp://no-such-host.invalid:7117" "target console:"
    here load --dry-run
    [ "$status" = 0 ]
    output_has "target tcp://no-such-host.invalid:7117: no-such-host.invalid: "
    output_has "dump.to=console:"
    ip -n "$us" route del default
    conf "image /boot/afterimage" "target tcp://10.1.2.3:7117"
    here load --dry-run
    [ "$status" = 1 ]
    output_has "no route to 10.1.2.3: Network is unreachable"
    conf "image /boot/afterimage" "target tcp://10.99.0.1:7117" "interface lo"
    here load --dry-run
    [ "$status" = 1 ]
    output_has "the route does not go through lo"
    rm "$root/sys/class/net/eth0/device"
    conf "image /boot/afterimage" "target tcp://10.99.0.1:7117"
    here load --dry-run
    [ "$status" = 1 ]
    output_has "eth0: no PCI network device below it"
    output_has "no target could be settled"
}

@test "check: all is well but that nothing is loaded" {
    make_machine
    make_network
    here check
    [ "$status" = 1 ]
    output_has "WRONG    tcp://10.99.0.1:7117: eth0, 0000:00:03.0: Connection refused"
    ip netns exec "$peer" nc -lk 10.99.0.1 7117 > /dev/null 3>&- &
    listener=$!
    wait_for 5 ip netns exec "$peer" nc -z 10.99.0.1 7117
    here check
    output_has "ok       reservation and image"
    output_has "ok       tcp://10.99.0.1:7117: eth0, 0000:00:03.0: the peer takes connections"
    output_has "WRONG    armed: nothing is loaded"
    [ "$status" = 1 ]
    echo 1 > "$root/sys/kernel/kexec_crash_loaded"
    mkdir -p "$root/run/afterimage"
    printf '1\n/boot/afterimage\n%s\n' "$(ip netns exec "$us" "$ctl" load --dry-run --root "$root")" > "$root/run/afterimage/armed"
    here check
    [ "$status" = 0 ]
    sed -i 's/7117/7118/' "$root/run/afterimage/armed"
    here check
    [ "$status" = 1 ]
    output_has "WRONG    armed: with other words"
}

@test "check: no driver, no reservation, too small a one, lockdown, not an image" {
    make_machine
    make_network
    pci_device 0000:00:03.0 0x8086 0x100e 0x020000
    here check
    [ "$status" = 1 ]
    output_has "the capture kernel has no driver for this network device"
    here load
    [ "$status" = 1 ]
    output_has "target tcp://10.99.0.1:7117: the capture kernel has no driver for the network device"
    output_has "no target would take a dump"
    echo 0 > "$root/sys/kernel/kexec_crash_size"
    here check
    [ "$status" = 1 ]
    output_has "no memory is reserved: boot with crashkernel="
    echo 524288 > "$root/sys/kernel/kexec_crash_size"
    here check
    [ "$status" = 1 ]
    output_has "512 KiB are reserved and about"
    echo 2097152 > "$root/sys/kernel/kexec_crash_size"
    echo 'none [integrity] confidentiality' > "$root/sys/kernel/security/lockdown"
    here check
    [ "$status" = 1 ]
    output_has "/boot/afterimage is not signed"
    conf "image /etc/afterimage.conf" "target console:"
    here check
    [ "$status" = 1 ]
    output_has "/etc/afterimage.conf is no image that kexec loads"
}

@test "check: a dump area that is too small, full, or nowhere" {
    make_machine
    truncate -s 64M area
    uuid=$("$ctl" format area)
    conf "image /boot/afterimage" "target disk:$PWD/area"
    run "$ctl" load --dry-run --root "$root"
    [ "$output" = "dump.to=disk:$uuid" ]
    run "$ctl" check --root "$root"
    [ "$status" = 1 ]
    output_has "has no driver for this disk's controller"
    output_has "WRONG    disk:$PWD/area: $PWD/area: room for 63 MiB, a dump now would take 192 MiB at most"
    conf "image /boot/afterimage" "target disk:00000000-0000-4000-8000-000000000000"
    run "$ctl" check --root "$root"
    [ "$status" = 1 ]
    output_has "no disk or partition holds the dump area 00000000"
}

@test "--from-kdump: Fedora's, SUSE's and Debian's, line by line" {
    make_machine
    cat > "$root/etc/kdump.conf" << 'END'
# a comment
path /var/crash
core_collector makedumpfile -l --message-level 7 -d 17
failure_action shell
final_action poweroff
ext4 UUID=1234
dracut_args --omit-drivers x
unheard of
END
    run "$ctl" load --from-kdump --dry-run --root "$root"
    output_has "/etc/kdump.conf:2: path /var/crash: taken over: target file:/var/crash/afterimage.img"
    output_has "/etc/kdump.conf:3: core_collector makedumpfile -l --message-level 7 -d 17: taken over: level 17"
    output_has "/etc/kdump.conf:4: failure_action shell: there is no second Linux"
    output_has "/etc/kdump.conf:5: final_action poweroff: taken over: final_action poweroff"
    output_has "/etc/kdump.conf:6: ext4 UUID=1234: the capture kernel mounts no file system"
    output_has "/etc/kdump.conf:7: dracut_args --omit-drivers x: not needed"
    output_has "/etc/kdump.conf:8: unheard of: not known here, left out"
    rm "$root/etc/kdump.conf"
    mkdir "$root/etc/sysconfig" "$root/etc/default"
    printf '%s\n' 'KDUMP_SAVEDIR="ssh://me@host/var"' 'KDUMP_DUMPLEVEL=9 # nine' "KDUMP_DUMPFORMAT='lzo'" 'KDUMP_KEEP_OLD_DUMPS=5' \
        'KDUMP_FREE_DISK_SIZE=64' 'KDUMP_IMMEDIATE_REBOOT="no"' > "$root/etc/sysconfig/kdump"
    run "$ctl" load --from-kdump --dry-run --root "$root"
    output_has "/etc/sysconfig/kdump:1: KDUMP_SAVEDIR ssh://me@host/var: cannot be done; where it is another machine, run"
    output_has $'\nlevel 9\n'
    output_has $'\ncompress lzo\n'
    output_has $'\nkeep 5\n'
    output_has $'\nmin_free 64M\n'
    output_has $'\nfinal_action halt\n'
    rm "$root/etc/sysconfig/kdump"
    printf '%s\n' 'USE_KDUMP=1' 'KDUMP_COREDIR="/srv/crash"' 'MAKEDUMP_ARGS="-c -d 31"' 'NFS="host:/x"' > "$root/etc/default/kdump-tools"
    run "$ctl" load --from-kdump --dry-run --root "$root"
    output_has "target file:/srv/crash/afterimage.img"
    output_has "compress zlib"
    output_has "/etc/default/kdump-tools:4: NFS host:/x: cannot be done"
    rm "$root/etc/default/kdump-tools"
    run "$ctl" load --from-kdump --dry-run --root "$root"
    [ "$status" = 1 ]
    output_has "none of /etc/kdump.conf, /etc/sysconfig/kdump and /etc/default/kdump-tools is here"
}

@test "shrink says what would come back, and that it is little enough already" {
    make_machine
    conf "image /boot/afterimage" "target console:"
    [ "$(id -u)" = 0 ] || skip "only root may load"
    run "$ctl" shrink --dry-run --root "$root"
    [ "$status" = 0 ]
    output_has "2048 KiB are reserved, 2048 KiB are needed: nothing to give back"
    echo $((192 << 20)) > "$root/sys/kernel/kexec_crash_size"
    run "$ctl" shrink --dry-run --root "$root"
    [ "$status" = 0 ]
    output_has "194560 KiB of 196608 KiB would come back"
}
