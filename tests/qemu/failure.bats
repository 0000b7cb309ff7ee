# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong: each ends in the failure action, says why, and writes nothing where it must not.

load lib

no_dump() {
    [ "$status" -eq 1 ]
    [ ! -e "$out/vmcore" ]
    console 'dump failed:' 'final action:'
}

@test "no such dump area: failed, the other disk untouched" {
    truncate -s 64M "$out/other.img"
    dd if=/dev/urandom of="$out/other.img" bs=1M count=1 conv=notrunc status=none
    before=$(sha256sum < "$out/other.img")
    panic_guest --net none --target disk:12345678-1234-1234-1234-123456789abc --append 'dump.failure=poweroff' \
        --qemu "-drive if=none,id=o0,file=$out/other.img,format=raw -device ide-hd,drive=o0"
    no_dump
    console 'final action: poweroff'
    [ "$before" = "$(sha256sum < "$out/other.img")" ]
}

@test "an area that is too small: refused before the first byte" {
    panic_guest --net none --target disk --disk-mib 256 --keep-work
    no_dump
    run "$ctl" info "$out/disk.img"
    [[ $output == *empty* ]]
}

@test "two areas with one UUID: failed, nothing written" {
    truncate -s 1200M "$out/a.img"
    uuid=$("$ctl" format --force "$out/a.img")
    cp --sparse=always "$out/a.img" "$out/b.img"
    before=$(sha256sum < "$out/a.img")
    panic_guest --net none --target "disk:$uuid" \
        --qemu "-drive if=none,id=o0,file=$out/a.img,format=raw -device ide-hd,drive=o0,bus=ide.2" \
        --qemu "-drive if=none,id=o1,file=$out/b.img,format=raw -device ide-hd,drive=o1,bus=ide.3"
    no_dump
    [ "$before" = "$(sha256sum < "$out/a.img")" ]
    [ "$before" = "$(sha256sum < "$out/b.img")" ]
}

@test "a complete dump that was not extracted is not overwritten" {
    truncate -s 1200M "$out/a.img"
    uuid=$("$ctl" format --force "$out/a.img")
    drive="-drive if=none,id=o0,file=$out/a.img,format=raw -device ide-hd,drive=o0"
    panic_guest --net none --target "disk:$uuid" --qemu "$drive"
    console 'dump complete:'
    before=$(sha256sum < "$out/a.img")
    panic_guest --net none --target "disk:$uuid" --qemu "$drive"
    no_dump
    console 'holds dump of 20'
    [ "$before" = "$(sha256sum < "$out/a.img")" ]
}

@test "a peer that refuses: told, failure action after the connect deadline" {
    panic_guest --net tap --cmdline 'console=ttyS0 {ip} dump.to=tcp://10.0.2.2:9 dump.format=elf dump.failure=poweroff'
    no_dump
}

@test "nobody answers: dump.timeout= ends it" {
    panic_guest --append 'dump.timeout=5' --target tcp://192.0.2.1:7
    no_dump
}

@test "a reader that stops reading: dump.stall= ends it" {
    exec 9< <(exec nc -l 127.0.0.1 7998 < /dev/null | sleep 100)
    panic_guest --append 'dump.stall=3' --target tcp://10.0.2.2:7998
    pkill -P $$ sleep || true
    no_dump
    console 'stalled'
    run grep -ac 'again from byte 0' "$out/console.log"
    [ "$output" -eq 0 ]
}

@test "a connection that breaks in mid-dump is tried once more from byte 0" {
    # one connection is cut after 50 MB, the next one taken whole
    {
        head -c 50000000 < <(exec nc -l 127.0.0.1 7997 < /dev/null) > /dev/null
        exec nc -l 127.0.0.1 7997 < /dev/null > "$out/second"
    } &
    panic_guest --target tcp://10.0.2.2:7997
    console 'again from byte 0' 'dump complete:'
    "$ctl" verify --ram "$out/ram.img" "$out/second"
}

# claim_ram FROM-TO: kexec_load's elfcorehdr will have these addresses (8 hexadecimal digits each) as RAM too.
claim_ram() {
    cat > "$out/early" << END
awk '!told && /^[0-9a-f]/ && \$1 > "$1" { print "$1 : System RAM"; told = 1 } { print }' /proc/iomem > /iomem
mount -o bind /iomem /proc/iomem
END
}

# There is no such memory: QEMU's virtio-net gives up on a frame from there. Its section of 128 MiB has RAM, so
# that it is not taken for absent.
@test "a device that breaks on a span is reset, and everything is copied" {
    claim_ram 44000000-440fffff
    ip addr add 198.18.0.1/32 dev lo
    "$ctl" receive --listen 198.18.0.1:7996 -o "$out/both" 3>&- &
    local receiver=$!
    panic_guest --ram 1056 --load kexec_load --net tap --early "$out/early" --target tcp://198.18.0.1:7996
    ip addr del 198.18.0.1/32 dev lo
    kill "$receiver"
    console 'needs a reset' 'again, copying every page' 'dump complete:'
    "$ctl" verify --ram "$out/ram.img" "$out"/both/*/vmcore
}

@test "registers where the elfcorehdr has RAM: no device is touched, no dump" {
    claim_ram fe800000-febfffff
    panic_guest --load kexec_load --net none --target disk --early "$out/early" --keep-work
    no_dump
    console 'no registers can be at 0xfe'
    run "$ctl" info "$out/disk.img"
    [[ $output == *empty* ]]
}

@test "no target at all" {
    panic_guest --net none --target disk --cmdline 'console=ttyS0 dump.format=elf'
    no_dump
    console 'no dump.to= target given'
}

@test "the low 16 MiB are refused" {
    panic_guest --net none --target disk --guest-append nokaslr --crashkernel 2M@10M
    no_dump
    console 'refused to run from the low 16 MiB'
}

@test "a typo never costs a dump" {
    panic_guest --net none --target disk --append 'dump.stall=forever dump.levle=3 dump.final=explode console=ttyS9 ip=nonsense quiet root=/dev/sda'
    dump_is_true
    console 'dump.stall=forever: not understood' 'dump.levle: no such parameter' 'dump.final=explode: not understood'
    run grep -ac 'root=' <(grep -a '^afterimage: ' "$out/console.log")
    [ "$output" -eq 0 ]
}
