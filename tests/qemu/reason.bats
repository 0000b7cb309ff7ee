# SPDX-License-Identifier: GPL-2.0-or-later
# Why a dump failed is there at the next boot: in the dump area, with the firmware (ACPI ERST), in CMOS RAM.

load lib

silent=tcp://192.0.2.1:7 # nobody answers

# reboot_and_ask OPTION...: the guest boots again after the dump failed, says what it finds, and powers off.
reboot_and_ask() {
    cat > "$out/ask" << 'END'
mount -t pstore pstore /sys/fs/pstore
for file in /sys/fs/pstore/dmesg-erst-*; do [ ! -e "$file" ] || sed 's/^/pstore: /' "$file"; done
/qp/afterimagectl status > /found
grep -q 'none known' /found && exit
cat /found
/qp/afterimagectl status --json | tr -d '\n'
echo
/qp/afterimagectl status --clear > /dev/null
/qp/afterimagectl status
poweroff -f
sleep 10
END
    panic_guest --early "$out/ask" --add "$ctl" --append dump.timeout=3 --target $silent --qemu '-action reboot=reset' "$@"
    [ "$status" -eq 1 ]
    [ "$(grep -ac 'entered at' "$out/console.log")" -eq 1 ]
}

# last_failures FIELD: of the JSON on the console.
last_failures() {
    grep -ao '{ *"last_failures".*}' "$out/console.log" | python3 -c "import json, sys; print(json.load(sys.stdin)['last_failures']$1)"
}

@test "ERST: pstore and afterimagectl status have it after the reboot" {
    reboot_and_ask --qemu "-object memory-backend-file,id=erst,size=64K,share=on,mem-path=$out/erst -device acpi-erst,memdev=erst"
    console "the reason is kept in ACPI's ERST" "pstore: failed $silent phase=open errno=62" \
        "target $silent failed in phase open (Timer expired):" 'last failure: none known'
    [ "$(last_failures '[0]["targets"][0]["reason"]')" = "dump.timeout= is over while connecting to 192.0.2.1:7" ]
    [[ "$(last_failures '[0]["targets"][0]["device"]')" == *'virtio-net 0000:00:01.0: status 0xf, link up'* ]]
    [[ "$(last_failures '[0]["release"]')" == 6.1.* ]]
}

@test "no ERST: CMOS RAM has a few numbers of it" {
    reboot_and_ask
    console 'the reason is kept in CMOS RAM' 'last failure: CMOS RAM' 'a target failed in phase open (Timer expired)' \
        'last failure: none known'
    [ "$(last_failures '[0]["targets"][0]["errno"]')" = 62 ]
    [ "$(last_failures '[0]["crash_time"]' | cut -c 1-2)" = 20 ]
}

@test "what failed before stands in the area beside the dump" {
    panic_guest --target $silent --target disk --disk-mib 1100 --append dump.format=kdump
    [ "$status" -eq 0 ]
    console 'dump complete:' 'the reason is kept in the area disk:'
    "$ctl" verify "$out/vmcore"
    grep -q "^failed $silent phase=open" "$out/failure.txt" # qemu-panic has extracted the area
}

@test "a disk that fails in the middle: the area says so" {
    # QEMU fails each write that touches sector 140000
    truncate -s 1200M "$out/a.img"
    uuid=$("$ctl" format --force "$out/a.img")
    panic_guest --net none --target "disk:$uuid" \
        --qemu "-blockdev driver=file,node-name=f0,filename=$out/a.img" \
        --qemu '-blockdev driver=blkdebug,node-name=b0,image=f0,inject-error.0.event=pwritev,inject-error.0.iotype=write,inject-error.0.sector=140000' \
        --qemu '-blockdev driver=raw,node-name=d0,file=b0 -device ide-hd,drive=d0'
    [ "$status" -eq 1 ]
    console 'the reason is kept in the area'
    "$ctl" status --json "$out/a.img" > "$out/found"
    cat "$out/found"
    grep -qF '"phase": "data"' "$out/found"
    grep -qF '"errno": 5,' "$out/found"
    grep -q '"device": "ahci 0000:00:1f.2 port 5: IS 0x.* TFD 0x' "$out/found"
    run "$ctl" info "$out/a.img"
    [[ $output == *'in progress'* ]]
}

@test "an area that is too small says so and stays empty" {
    truncate -s 300M "$out/a.img"
    uuid=$("$ctl" format --force "$out/a.img")
    panic_guest --net none --target "disk:$uuid" --qemu "-drive if=none,id=o0,file=$out/a.img,format=raw -device ide-hd,drive=o0"
    [ "$status" -eq 1 ]
    "$ctl" status "$out/a.img" | tee "$out/found"
    grep -q "target disk:$uuid failed in phase open (No space left on device)" "$out/found"
    run "$ctl" info "$out/a.img"
    [[ $output == *empty* ]]
}
