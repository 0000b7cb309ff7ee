# SPDX-License-Identifier: GPL-2.0-or-later
# afterimage.mb2 under GRUB: on BIOS and UEFI, and after a warm reset of a machine on which nothing was armed.

load lib

# start_receiver: sets port; the dump goes to $out/received.
start_receiver() {
    "$ctl" receive --once --listen 127.0.0.1:0 -o "$out/received" 2> "$out/receiver.log" 3>&- &
    receiver=$!
    for _ in {1..50}; do
        port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\)$/\1/p' "$out/receiver.log")
        [ -z "$port" ] || return 0
        sleep 0.1
    done
    return 1
}

# machine ISO RAM_MIB WORD...: run QEMU until it powers off or resets itself; RAM stays in ram.img.
machine() {
    local iso=$1 ram=$2
    shift 2
    truncate -s "${ram}M" "$out/ram.img"
    timeout 400 qemu-system-x86_64 -nodefaults -display none -m "$ram" -smp 2 -cpu max,la57=off \
        -object "memory-backend-file,id=ram,size=${ram}M,share=on,mem-path=$out/ram.img" \
        -chardev "stdio,id=console,signal=off,logfile=$out/console.log" -serial chardev:console \
        -drive "if=none,id=cd,media=cdrom,file=$iso" -device ide-cd,drive=cd,id=cd0,bus=ide.0 \
        -netdev user,id=net0 -device virtio-net-pci,netdev=net0,romfile= "$@" < /dev/null > /dev/null 3>&-
}

grub_image() { "$BATS_TEST_DIRNAME/grub-image" "$@"; }

received() {
    wait "$receiver"
    mv "$out"/received/*/vmcore "$out/vmcore"
}

@test "GRUB on BIOS boots it and it dumps" {
    start_receiver
    grub_image "$top/build/afterimage.mb2" "$out/g.iso" console=ttyS0 "dump.to=tcp://10.0.2.2:$port" dump.format=elf
    machine "$out/g.iso" 256 -machine q35,memory-backend=ram -no-reboot
    console 'by multiboot2' 'dump complete:' 'final action: reboot'
    received
    "$ctl" verify --ram "$out/ram.img" "$out/vmcore"
}

@test "GRUB on UEFI boots it and it dumps" {
    start_receiver
    grub_image "$top/build/afterimage.mb2" "$out/g.iso" console=ttyS0 "dump.to=tcp://10.0.2.2:$port" dump.format=elf \
        dump.final=poweroff
    cp /usr/share/OVMF/OVMF_VARS_4M.fd "$out/vars.fd"
    machine "$out/g.iso" 256 -machine q35,memory-backend=ram,smm=off -no-reboot \
        -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
        -drive "if=pflash,format=raw,file=$out/vars.fd"
    console 'by multiboot2' 'dump complete:' 'final action: poweroff'
    received
    "$ctl" verify --ram "$out/ram.img" "$out/vmcore"
}

# The init cannot load anything: it only panics.
initramfs() {
    mkdir -p "$out/root/bin" "$out/root/proc"
    cp "$(command -v busybox)" "$out/root/bin/busybox"
    ln -s busybox "$out/root/bin/sh"
    cat > "$out/root/init" <<- 'END'
		#!/bin/sh
		/bin/busybox mount -t proc proc /proc
		/bin/busybox sleep 1000 &
		echo c > /proc/sysrq-trigger
	END
    chmod +x "$out/root/init"
    (cd "$out/root" && find . | cpio -o -H newc -R 0:0 --quiet > "$out/initramfs")
}

# What Linux cannot do without lies at the top of its RAM, which must be above 4 GiB, out of the way of
# firmware and GRUB (docs/grub.md).
@test "nothing armed, panic, warm reset into GRUB: the dump tells the panic" {
    initramfs
    grub_image --linux "$VMLINUZ" "$out/initramfs" "$out/linux.iso" console=ttyS0 panic=0 quiet
    start_receiver
    grub_image "$top/build/afterimage.mb2" "$out/g.iso" console=ttyS0 "dump.to=tcp://10.0.2.2:$port" dump.format=elf \
        dump.final=poweroff
    "$BATS_TEST_DIRNAME/warm-reset" "$out/qmp" "$out/console.log" "$out/g.iso" 3>&- &
    machine "$out/linux.iso" 768 -machine q35,memory-backend=ram,max-ram-below-4g=256M \
        -qmp "unix:$out/qmp,server=on,wait=off"
    console 'its kernel is there' 'dump complete:' 'final action: poweroff'
    received
    "$ctl" verify "$out/vmcore"
    makedumpfile --dump-dmesg "$out/vmcore" "$out/dmesg.txt"
    dmesg_has_panic
}
