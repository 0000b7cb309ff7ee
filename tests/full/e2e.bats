#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# End to end: Debian 12 with systemd, the package installed, armed by its units, a panic, a reboot, and the dump is there.
load ../e2e/guest

@test "disk: a partition; then with a newer kernel, the same image" {
    step << 'END'
install_package
[ "$(cat /sys/kernel/kexec_crash_loaded)" = 0 ]
! systemctl is-enabled afterimage afterimage-save afterimage-receive
uuid=$(afterimagectl format /dev/sda2)
conf "target disk:$uuid" "console ttyS0"
fails "nothing is loaded" afterimagectl check || afterimagectl check | grep 'WRONG    armed: nothing is loaded'
systemctl enable --now afterimage-save afterimage
afterimagectl check
panic
END
    step << 'END'
systemctl is-active afterimage
[ "$(cat /sys/kernel/kexec_crash_loaded)" = 1 ]
journalctl -b -u afterimage-save | grep 'saved the dump of crashtest'
afterimagectl check
END
    run_guest 2M
    steps_passed 1
    fs_is_clean
    guest_take /var/crash "$out"
    dump_is_good "$out"/crash/2*

    take_kernel "$(cat "$GUEST/release.new")"
    step << 'END'
uname -r | grep '^6\.12'
afterimagectl check
panic
END
    step << 'END'
[ "$(ls -d /var/crash/2* | wc -l)" = 2 ]
[ -z "$(afterimagectl save 2>&1)" ]
END
    run_guest 2M
    steps_passed 2
    fs_is_clean
    rm -rf "$out/crash"
    guest_take /var/crash "$out"
    dump_is_good "$(ls -d "$out"/crash/2* | tail -n 1)" 6.12
}

# A machine that only receives: the package's unit, in its sandbox, behind an address that needs a router.
receiving_machine() {
    machine second
    devices=(-netdev stream,id=n0,server=on,addr.type=unix,addr.path="$out/wire" -device virtio-net-pci,netdev=n0)
    step << 'END'
vlan_up 10.77.0.1/24 Address=10.78.0.2/32
install_package
systemctl enable --now afterimage-receive
until_true 1000 grep -qs '"complete": true' /var/lib/afterimage/*/info.json
sleep 5
systemctl is-active afterimage-receive
END
    run_guest > "$out/second.qemu" 2>&1 3>&- &
    other=$!
}

@test "the network: through a VLAN and a router, to the receiver's unit on another machine" {
    receiving_machine
    machine first
    devices=(-netdev stream,id=n0,server=off,addr.type=unix,addr.path="$out/wire" -device virtio-net-pci,netdev=n0)
    step << 'END'
vlan_up 10.77.0.2/24 Gateway=10.77.0.1
install_package
conf "target tcp://10.78.0.2:7117" "console ttyS0"
until_true 600 bash -c '< /dev/tcp/10.78.0.2/7117'
systemctl enable --now afterimage-save afterimage
afterimagectl check
grep 'dump.vlan=7' /run/afterimage/armed
grep 'dump.gwmac=' /run/afterimage/armed
grep 'ip=10.77.0.2::10.77.0.1:255.255.255.0::lan7:off' /run/afterimage/armed
panic
END
    step << 'END'
systemctl is-active afterimage
afterimagectl check || true
END
    run_guest 2M
    steps_passed 1
    fs_is_clean
    wait "$other"
    other=
    machine second
    steps_passed 0
    guest_take /var/lib/afterimage "$out"
    dump_is_good "$out"/afterimage/10.*/
}

# file_on PREPARE FOLDER: a file there takes the dump of `afterimagectl test`, twice the same file.
file_on() {
    step << END
$1
install_package
df -T $2
afterimagectl format --file $2/afterimage.img --size auto
conf 'target file:$2/afterimage.img' 'console ttyS0'
systemctl enable --now afterimage-save afterimage
afterimagectl status
afterimagectl check
afterimagectl test --yes
END
    step << END
systemctl is-active afterimage
journalctl -b -u afterimage-save --no-pager
afterimagectl status
afterimagectl status --json | tee status.json
afterimagectl test --report
journalctl -b -u afterimage-save | grep 'test: the dump came through, '
[ "\$(afterimagectl info $2/afterimage.img | sed -n 's/^state: *//p')" = empty ]
$3
dpkg --purge afterimage
[ ! -e /var/lib/afterimage-test ]
END
    run_guest 2M
    steps_passed 1
    log_has 1 'armed: yes, as configured'
    log_has 2 'the dump came through'
    fs_is_clean
    guest_take /var/crash "$out"
    dump_is_good "$out"/crash/2*
}

@test "file: on the root's ext4; afterimagectl test and its report" { file_on "mkdir -p /var/crash" /var/crash; }

@test "file: on an xfs of its own" {
    file_on 'mkfs.xfs -q /dev/sda3; mkdir /dumps; echo "/dev/sda3 /dumps xfs defaults 0 2" >> /etc/fstab; mount /dumps' /dumps \
        'systemctl stop afterimage; umount /dumps; xfs_repair -n /dev/sda3; mount /dumps'
}
