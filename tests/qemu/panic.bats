# SPDX-License-Identifier: GPL-2.0-or-later
# Real panics of a stock Debian kernel: loaders x targets x machines, each dump equal to the RAM.

load lib

@test "kexec_file_load, virtio-net with offloads, 1 CPU" {
    panic_guest --load kexec_file_load --net tap --smp 1
    dump_is_true
    dmesg_has_panic
    console 'by kexec_file_load' 'ready' 'dump complete:' 'final action: reboot'
}

@test "kexec_load, virtio-net with offloads, 4 CPUs, the panic on CPU 3" {
    panic_guest --load kexec_load --net tap --smp 4 --panic-cpu 3
    dump_is_true
    dmesg_has_panic
    console 'by kexec_load' '4 CPUs'
}

@test "kexec_file_load, AHCI, 4 CPUs, the panic on CPU 2" {
    panic_guest --load kexec_file_load --target disk --net none --smp 4 --panic-cpu 2
    dump_is_true
    dmesg_has_panic
}

@test "kexec_load, AHCI" {
    panic_guest --load kexec_load --target disk --net none
    dump_is_true
}

@test "virtio-net without offloads (user network), plain nc -l" {
    panic_guest --receiver nc
    dump_is_true
}

@test "1M is enough for kexec_file_load" {
    panic_guest --crashkernel 1M --target disk --net none
    dump_is_true
}

@test "5-level paging, kexec_file_load, virtio-net" {
    panic_guest --la57 --net tap
    dump_is_true
}

@test "5-level paging, kexec_load, AHCI" {
    panic_guest --la57 --load kexec_load --target disk --net none
    dump_is_true
}

@test "UEFI, kexec_file_load, virtio-net" {
    panic_guest --firmware uefi --net tap
    dump_is_true
}

@test "UEFI, kexec_load, AHCI" {
    panic_guest --firmware uefi --load kexec_load --target disk --net none
    dump_is_true
}

@test "5 GiB of RAM, the reservation above 4 GiB, AHCI" {
    panic_guest --ram 5120 --crashkernel '2M,high' --target disk --net none
    dump_is_true
    grep -aE 'entered at 0x1[0-9a-f]{8} ' "$out/console.log"
}

@test "5 GiB of RAM, the reservation above 4 GiB, virtio-net" {
    panic_guest --ram 5120 --crashkernel '2M,high' --load kexec_load --net tap
    dump_is_true
}

@test "NIC and disk busy at the moment of the panic, virtio-net" {
    panic_guest --traffic net,disk --net tap
    dump_is_true
}

@test "NIC and disk busy at the moment of the panic, AHCI" {
    panic_guest --traffic net,disk --net tap --target disk
    dump_is_true
}

@test "IPv6, static and SLAAC's link-local peer" {
    panic_guest --target tcp6 --net tap
    dump_is_true
}

@test "DHCP from the user network" {
    panic_guest --append 'ip=dhcp'
    dump_is_true
}

# Of QEMU's NVMe controller; with the AHCI, the SMBus and the physical function that is six.
@test "virtual functions of SR-IOV are quiesced too" {
    cat > "$out/enable" << 'END'
cd /sys/bus/pci/devices/0000:01:00.0
echo 3 > sriov_numvfs
for vf in virtfn*; do printf '\004' | dd of="$vf/config" bs=1 seek=4 conv=notrunc 2> /dev/null; done
END
    panic_guest --target disk --net none --module nvme --setup "$out/enable" --qemu "-device pcie-root-port,id=root0 \
        -device nvme-subsys,id=sub -device nvme,serial=x,subsys=sub,bus=root0,sriov_max_vfs=3,sriov_vq_flexible=6,sriov_vi_flexible=3"
    dump_is_true
    console 'quiesced 6 functions' '0 kept bus mastering'
}

@test "poweroff after success" {
    panic_guest --target disk --net none --append 'dump.final=poweroff'
    dump_is_true
    console 'final action: poweroff'
}

@test "the first target does not answer, the second holds the dump" {
    panic_guest --net tap --target disk \
        --cmdline 'console=ttyS0 {ip} dump.to=disk:00000000-0000-0000-0000-000000000000 dump.to={disk} dump.format=elf'
    dump_is_true
    console 'target disk:00000000-0000-0000-0000-000000000000: failed:' 'dump complete:'
}
