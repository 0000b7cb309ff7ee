#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# End to end: Debian 12 with systemd, the package installed, armed by its units, a panic, a reboot, and the dump is there.
load ../e2e/guest

@test "disk: a partition; then with a newer kernel, the same image" {
    step << 'END'
install_package
[ "$(cat /sys/kernel/kexec_crash_loaded)" = 0 ]
not systemctl is-enabled afterimage afterimage-save afterimage-receive
uuid=$(afterimagectl format /dev/sda2)
conf "target disk:$uuid" "console ttyS0"
wrong 'armed: nothing is loaded'
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

# A machine that only receives: the package's unit, behind an address that needs a router. In its sandbox a system call that
# is refused ends it here, where it would go on with an error.
receiving_machine() {
    machine second
    devices=(-netdev stream,id=n0,server=on,addr.type=unix,addr.path="$out/wire" -device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:02)
    step << 'END'
vlan_up 10.77.0.1/24 Address=10.78.0.2/32
install_package
systemd-analyze security --no-pager --threshold=20 afterimage-receive
mkdir /etc/systemd/system/afterimage-receive.service.d
printf '[Service]\nSystemCallErrorNumber=kill\n' > /etc/systemd/system/afterimage-receive.service.d/strict.conf
systemctl daemon-reload
systemctl enable --now afterimage-receive
pid=$(systemctl show -p MainPID --value afterimage-receive)
until_true 3000 bash -c 'grep -qs "\"complete\": true" /var/lib/afterimage/*/info.json'
grep "^Uid:.$(id -u afterimage)" "/proc/$pid/status"
grep '^CapBnd:.0*$' "/proc/$pid/status"
grep '^Seccomp:.2$' "/proc/$pid/status"
until_true 300 web_has /metrics '^afterimage_receiver_dumps_total\{result="complete"\} 1$'
web_has /index.json '"nodename": "crashtest"'
web_has / 'Kernel panic - not syncing: sysrq triggered crash'
web_has "/dump/$(basename /var/lib/afterimage/10.*)/log" 'sysrq: Trigger a crash'
[ "$(stat -c '%U %a' /var/lib/afterimage/)" = 'afterimage 700' ]
journalctl -b -u afterimage-receive --no-pager
[ "$(systemctl show -p MainPID --value afterimage-receive)" = "$pid" ]
not grep -E 'SECCOMP auid|type=1326|SIGSYS' <(journalctl -b --no-pager)
systemctl stop afterimage-receive
[ "$(systemctl show -p Result --value afterimage-receive)" = success ]
END
    run_guest > "$out/second.qemu" 2>&1 3>&- &
    other=$!
    until [ -S "$out/wire" ]; do kill -0 "$other" && sleep 0.2; done
}

@test "the network: through a VLAN and a router, to the receiver's unit on another machine" {
    receiving_machine
    machine first
    devices=(-netdev stream,id=n0,server=off,addr.type=unix,addr.path="$out/wire" -device virtio-net-pci,netdev=n0)
    step << 'END'
vlan_up 10.77.0.2/24 Gateway=10.77.0.1
install_package
conf "target tcp://10.78.0.2:7117" "console ttyS0"
until_true 3000 bash -c '< /dev/tcp/10.78.0.2/7117'
systemctl enable --now afterimage-save afterimage
afterimagectl check
grep 'dump.vlan=7' /run/afterimage/armed
grep 'dump.gwmac=52:54:00:00:00:02' /run/afterimage/armed
grep 'ip=10.77.0.2::10.77.0.1:255.255.255.0::lan7:off' /run/afterimage/armed
panic
END
    step << 'END'
until_true 600 systemctl -q is-active afterimage # tried again each 30 s where the network came late
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
    file_on 'mkfs.xfs -q /dev/sda3; mkdir /dumps; echo "/dev/sda3 /dumps xfs x-systemd.device-timeout=900 0 2" >> /etc/fstab; mount /dumps' /dumps \
        'systemctl stop afterimage; umount /dumps; xfs_repair -n /dev/sda3; mount /dumps'
}

# One disk and one machine on which much is wrong; each is one sentence and exit status 1.
@test "what is wrong is told: the configuration, a peer, a driver, room, a file that moved; shrink; a full disk, lockdown, no reservation" {
    devices+=(-netdev 'user,id=n1,net=10.9.0.0/24' -device 'e1000,netdev=n1')
    step << 'END'
install_package
conf 'levle 31' 'target console:'
fails '/etc/afterimage.conf:1: levle: no such key' afterimagectl load
not systemctl start afterimage
journalctl -b -u afterimage | grep '/etc/afterimage.conf:1: levle: no such key'
systemctl stop afterimage
conf 'level 31'
fails '/etc/afterimage.conf names no target' afterimagectl load

conf 'target tcp://10.0.2.2:1' 'target tcp://10.0.2.77:7117'
wrong 'tcp://10.0.2.2:1: .*: Connection refused'
wrong 'tcp://10.0.2.77:7117: .*: (No route to host|Connection timed out)'
conf 'target tcp://10.9.0.2:7117'
wrong 'tcp://10.9.0.2:7117: .*: the capture kernel has no driver for this network device'
not afterimagectl load
[ "$(cat /sys/kernel/kexec_crash_loaded)" = 0 ]

fails 'allocating 102400 MiB: No space left on device' afterimagectl format --file /var/crash/area --size 100G
fails 'it is not on ext4 or xfs' afterimagectl format --file /run/area --size 8M
fails '/dev/sda1 is in use' afterimagectl format /dev/sda1
afterimagectl format --file /var/crash/area --size 8M
conf 'target file:/var/crash/area'
systemctl start afterimage
wrong 'file:/var/crash/area: .*: room for 7 MiB, a dump now would take'
chattr -i /var/crash/area
cp /var/crash/area /var/crash/moved
mv /var/crash/moved /var/crash/area
wrong '(armed: a file has moved since|file:/var/crash/area: left out)'
not afterimagectl status
rm /var/crash/area

afterimagectl format /dev/sda2 > uuid
conf "target disk:$(cat uuid)" 'console ttyS0'
had=$(mem_total)
afterimagectl shrink 2> said
cat said
came=$(sed -n 's/.*: \([0-9]*\) KiB of memory came back, 2048 KiB stay reserved$/\1/p' said)
[ "$came" = $(((256 - 2) * 1024)) ]
[ $(($(mem_total) - had)) = "$came" ]
systemctl enable afterimage-save afterimage
afterimagectl check
fallocate -l $(($(df --output=avail -B1M / | tail -n 1) - 20))M /filler
panic
END
    step << 'END'
fails 'not enough for a dump of' afterimagectl save
systemctl is-failed afterimage-save
journalctl -b -u afterimage-save | grep '/var/crash has .* MiB: not enough for a dump of .* MiB and min_free 10%'
wrong "disk:$(cat uuid): .*: holds a dump that was not extracted, which is not overwritten"
[ -z "$(ls /var/crash)" ]
rm /filler
systemctl start afterimage-save
afterimagectl check

echo integrity > /sys/kernel/security/lockdown
fails 'this kernel is locked down and /usr/lib/afterimage/afterimage is not signed' afterimagectl load
systemctl stop afterimage
[ "$(cat /sys/kernel/kexec_crash_loaded)" = 0 ]
echo $((512 << 10)) > /sys/kernel/kexec_crash_size
fails '512 KiB are reserved and about' afterimagectl load
echo 0 > /sys/kernel/kexec_crash_size
fails 'no memory is reserved: boot with crashkernel=2048K' afterimagectl load
fails 'no memory is reserved: boot with crashkernel=2048K' afterimagectl shrink
wrong 'armed: nothing is loaded'
END
    run_guest 256M
    steps_passed 1
    fs_is_clean
    guest_take /var/crash "$out"
    dump_is_good "$out"/crash/2*
}

# What is below a file system whose blocks are not a disk's own: made of sda2 and sda3, each torn down again.
@test "a file on dm-crypt, a thin volume, a RAID, a volume on two disks: refused, and nothing is left behind" {
    step << 'END'
install_package
refused() { # DEVICE TEXT
    mkfs.ext4 -q -O ^has_journal "$1"
    mount "$1" /mnt
    fails "$2" afterimagectl format --file /mnt/area --size 8M
    [ ! -e /mnt/area ]
    umount /mnt
}
sectors=$(blockdev --getsz /dev/sda3)
dmsetup create lay --table "0 $sectors crypt aes-cbc-essiv:sha256 00112233445566778899aabbccddeeff 0 /dev/sda3 0"
refused /dev/mapper/lay 'below it is a device-mapper device of type crypt: only the blocks of plain linear ones'
dmsetup remove --retry lay

dd if=/dev/zero of=/dev/sda2 bs=4096 count=1 conv=fsync
dmsetup create pool --table "0 $sectors thin-pool /dev/sda2 /dev/sda3 128 0"
dmsetup message pool 0 'create_thin 0'
dmsetup create lay --table '0 524288 thin /dev/mapper/pool 0'
refused /dev/mapper/lay 'below it is a device-mapper device of type thin'
dmsetup remove --retry lay
dmsetup remove --retry pool

modprobe raid1
echo md7 > /sys/module/md_mod/parameters/new_array
md=/sys/block/md7/md
echo none > "$md/metadata_version"
echo raid1 > "$md/level"
echo 1 > "$md/raid_disks"
cat /sys/class/block/sda3/dev > "$md/new_dev"
echo 0 > "$md/dev-sda3/slot"
echo 300000 > "$md/dev-sda3/size"
echo 300000 > "$md/component_size"
echo active > "$md/array_state"
refused /dev/md7 'md7 below it is a RAID'
echo clear > "$md/array_state"

truncate -s 300M loop
dmsetup create lay --table "0 262144 linear /dev/sda3 0
262144 262144 linear $(losetup -f --show loop) 0"
refused /dev/mapper/lay 'below it is on more than one disk'
dmsetup remove --retry lay
END
    run_guest 2M
    steps_passed 0
    fs_is_clean
}
