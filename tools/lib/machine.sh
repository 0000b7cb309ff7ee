# SPDX-License-Identifier: GPL-2.0-or-later
# The QEMU machine of qemu-panic: every part adds its words to the array `qemu`.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh.

# kvm where it works (/dev/kvm alone is no proof: the CPU must say it can), else TCG.
machine_accel() {
    if [ "$accel" = auto ]; then
        accel=tcg
        if { : <> /dev/kvm; } 2> /dev/null && grep -qwE 'svm|vmx' /proc/cpuinfo; then accel=kvm; fi
    fi
    qemu+=(-accel "$accel")
}

machine_base() {
    local model=$cpu
    [ -n "$model" ] || model=max,la57=$la57
    qemu=(qemu-system-x86_64 -name qemu-panic -machine "q35,memory-backend=ram")
    machine_accel
    qemu+=(-cpu "$model" -smp "$smp" -m "${ram}M" -nodefaults -display none -monitor none)
    qemu+=(-chardev "stdio,id=console,signal=off,logfile=$out/console.log,logappend=off" -serial chardev:console)
    [ "$warm_reset" = yes ] || qemu+=(-no-reboot)
    [ "$gdb" = no ] || qemu+=(-S -s)
    [ "$qmp" = no ] || qemu+=(-qmp "unix:$out/qmp.sock,server=on,wait=off")
    [ "$gdb_socket" = no ] || qemu+=(-chardev "socket,id=gdb,path=$out/gdb.sock,server=on,wait=off" -gdb chardev:gdb)
}

# RAM that stays after the run is a file; tmpfs keeps QEMU from writing it to a disk while the guest runs.
machine_ram() {
    local room stale owner
    if [ "$keep_ram" = no ]; then
        qemu+=(-object "memory-backend-ram,id=ram,size=${ram}M")
        return
    fi
    ram_file=$out/ram.img
    for stale in /dev/shm/qemu-panic.*.*; do # of runs that were killed
        owner=${stale#/dev/shm/qemu-panic.}
        [ -e "/proc/${owner%%.*}" ] || rm -f "$stale"
    done
    room=$(df --output=avail -m /dev/shm 2> /dev/null | tail -n 1) || room=0
    if [ "${room:-0}" -gt $((ram + 256)) ]; then ram_file=$(mktemp "/dev/shm/qemu-panic.$$.XXXXXX"); fi
    truncate -s "${ram}M" "$ram_file"
    qemu+=(-object "memory-backend-file,id=ram,size=${ram}M,share=on,mem-path=$ram_file")
}

machine_ram_keep() {
    [ -n "${ram_file:-}" ] && [ "$ram_file" != "$out/ram.img" ] || return 0
    if [ "$(stat -c %d "$ram_file")" = "$(stat -c %d "$out")" ]; then
        mv "$ram_file" "$out/ram.img"
    else
        cp --sparse=always "$ram_file" "$out/ram.img"
        rm -f "$ram_file"
    fi
}

machine_firmware() {
    local code vars smm=off codes=(/usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_CODE.fd /usr/share/edk2/ovmf/OVMF_CODE.fd)
    case $firmware in
        bios) return ;;
        secureboot)
            smm=on codes=(/usr/share/OVMF/OVMF_CODE_4M.snakeoil.fd)
            qemu+=(-global cfi.pflash01.secure=on) ;;
    esac
    for code in "${OVMF_CODE:-}" "${codes[@]}"; do
        vars=${code/CODE/VARS}
        if ! [ -r "$code" ] || ! [ -r "$vars" ]; then continue; fi
        cp "$vars" "$out/vars.fd"
        chmod u+w "$out/vars.fd"
        qemu+=(-machine "smm=$smm") # but for Secure Boot OVMF has no use for it, and it costs a second
        qemu+=(-drive "if=pflash,unit=0,format=raw,readonly=on,file=$code" -drive "if=pflash,unit=1,format=raw,file=$out/vars.fd")
        return
    done
    die 2 "no OVMF firmware found; run tools/deps demo, or name OVMF_CODE="
}

# The NIC has no option ROM: nobody boots from it, and loading it takes time.
machine_net() {
    case $net in
        none) return ;;
        user) qemu+=(-netdev "user,id=net0") ;;
        tap) qemu+=(-netdev "tap,id=net0,ifname=$tap_name,script=no,downscript=no") ;;
    esac
    qemu+=(-device "virtio-net-pci,netdev=net0,mac=52:54:00:12:34:56,romfile=${nic_opts:+,$nic_opts}")
}

# machine_disk FILE PORT: a disk on the AHCI controller that q35 has. The host's own disk is not what is measured: cache=unsafe.
machine_disk() {
    qemu+=(-drive "if=none,id=disk$2,format=raw,cache=unsafe,file=$1" -device "ide-hd,drive=disk$2,bus=ide.$2")
}

gdb_hint() {
    cat >&2 << END
stopped; debug with:  gdb ${image}.sym -ex 'target remote :1234'
the image's symbols, once the console has said where it was entered (gdb counts from there):
    add-symbol-file ${image}.sym -o 0xADDR
END
}
