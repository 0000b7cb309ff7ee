# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of bad disks share: one crash, frozen as the image was entered, dumped again and again to a disk that fails.
# shellcheck shell=bash disable=SC2154 # of bats and of lib.bash

area_at=$((1 << 20)) disk_bytes=$((400 << 20)) # a partition, noise before and behind it
file='driver=file,filename={out}/disk.img'
injected='driver=blkdebug,image.driver=file,image.filename={out}/disk.img,inject-error.0.event=none,inject-error.0.errno=5'
logged='driver=blklogwrites,file.driver=file,file.filename={out}/disk.img,log.driver=file,log.filename={out}/log.img'

# A guest so small that a dump of it takes seconds. Sets FROZEN, its folder; $FROZEN/part.img and UUID, the disk.
freeze_guest() {
    local words
    words=$("$top/tools/guest-kernel") || return 1
    eval "$words"
    FROZEN=$(mktemp -d "${TMPDIR:-/tmp}/afterimage-disk.XXXXXX")
    out=$FROZEN
    frozen_guest --ram 256 --net none --target disk --disk-mib 400 --append "room=$(printf '%0200d' 0)" || return 1
    [ "$status" -eq 0 ] || return 1
    rm -f "$out"/{vmcore,ram.img,disk.img}
    UUID=$(make_partition "$out/part.img") || return 1
    export VMLINUZ MODULES FROZEN UUID
}

# make_partition FILE: a disk of disk_bytes with a dump area in its one partition; prints the UUID.
make_partition() {
    local last=$((disk_bytes - area_at)) area=$1.area
    truncate -s $((last - area_at)) "$area"
    "$ctl" format --force "$area" || return 1
    truncate -s "$disk_bytes" "$1"
    head -c "$area_at" /dev/urandom | dd of="$1" conv=notrunc status=none
    head -c "$area_at" /dev/urandom | dd of="$1" bs="$area_at" seek=$((last / area_at)) conv=notrunc status=none
    dd if="$area" of="$1" bs="$area_at" seek=1 conv=notrunc,sparse status=none
    rm "$area"
    { # MBR: four entries from byte 446 on; type 0x83, first sector, sectors
        printf '\0\0\0\0\x83\0\0\0'
        le32 $((area_at / 512))
        le32 $(((last - area_at) / 512))
        head -c 48 /dev/zero
        printf '\x55\xaa'
    } | dd of="$1" bs=1 seek=446 conv=notrunc status=none
}

le32() {
    local octal
    printf -v octal '\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24))
    printf '%b' "${octal//\\/\\0}"
}

# sector BYTE: where this byte of the area's logical space is on the disk, for inject-error.
sector() { echo $(((area_at + 4096 + $1) / 512)); }

# dumped DRIVE [--ask TEXT COMMAND]... WORD...: the frozen guest's dump to the partition on a disk0 like this, and if that
# fails to the console. Whatever happens, nothing outside the area is written.
dumped() {
    local drive=$1 options=()
    shift
    while [ "$1" = --ask ]; do
        options+=("${@:1:3}")
        shift 3
    done
    run "$top/tests/oracle/rerun" --to none --disk "$FROZEN/part.img" --drive "$drive" "${options[@]}" "$FROZEN" "$out" \
        "dump.to=disk:$UUID" dump.to=console: "$@"
    echo "$output"
    [ "$(stat -c %s "$out/disk.img")" -ne "$disk_bytes" ] || around_is_untouched
}

around_is_untouched() {
    local behind=$((disk_bytes - area_at))
    cmp -n "$area_at" "$FROZEN/part.img" "$out/disk.img"
    cmp -i "$behind" "$FROZEN/part.img" "$out/disk.img"
}

# The whole dump is in the area, page by page the RAM's.
area_is_complete() {
    "$ctl" extract --keep -o "$out/got" "$out/disk.img"
    "$ctl" verify --ram "$out/ram.img" "$out/got/vmcore"
}

# area_says STATE: and what there is of an incomplete dump is true.
area_says() {
    local settled
    run "$ctl" info "$out/disk.img"
    echo "$output"
    [[ $output =~ state:\ +"$1" ]]
    [ "$1" = 'in progress' ] || return 0
    [[ $output =~ settled:\ +([0-9]+) ]]
    settled=${BASH_REMATCH[1]}
    run "$ctl" extract --keep -o "$out/got" "$out/disk.img"
    [ "$status" -eq 1 ]
    [ ! -e "$out/got/vmcore" ]
    [ "$(head -c 8 "$out/got/vmcore-incomplete")" = 'KDUMP   ' ] || return 0 # not even its header
    run "$ctl" verify --ram "$out/ram.img" "$out/got/vmcore-incomplete"
    echo "$settled settled; $output"
    [[ $output == *" 0 differing "* ]]
}

# The target failed for this reason; the next one had its turn.
next_target_had_its_turn() { # REASON
    console "target disk:$UUID: failed: $1" 'target console:: ready' ', console:'
}

qmp_throttle() { # bytes per second
    printf '{"execute":"block_set_io_throttle","arguments":{"device":"disk0","bps":0,"bps_rd":0,"bps_wr":%d,"iops":0,"iops_rd":0,"iops_wr":0}}' "$1"
}
qmp_drive_del='{"execute":"human-monitor-command","arguments":{"command-line":"drive_del disk0"}}'

# cut_anywhere BASE OPTION...: power cuts of the dump in $out/log.img, which began on the disk BASE.
cut_anywhere() {
    local base=$1
    shift
    run "$top/tests/oracle/powercut" "$@" --last "$out/ram.img" "$ctl" "$base" "$out/log.img"
    echo "$output"
    [ "$status" -eq 0 ] || return 1
    echo "# $output" >&3
}
