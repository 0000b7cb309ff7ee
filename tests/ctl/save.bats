#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# After the reboot: dumps from their areas to a folder, with a summary, hooks, a floor and a limit.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    root=$PWD/root
    mkdir -p root/etc/hooks crash
    truncate -s 16M area
    "$ctl" format area > uuid
}

conf() { printf '%s\n' "target disk:$PWD/area" "path $PWD/crash" "min_free 0%" "hooks /etc/hooks" "$@" > root/etc/afterimage.conf; }

put() { need_fixtures elf kdump; "$fixture" put area --vmcore "$fixtures/$1" "${@:2}"; }

state() { "$ctl" info area | sed -n 's/^state: *//p'; }

save() { run "$ctl" save --root "$root"; echo "$output"; }

@test "a dump is saved with its summary and one line, the area emptied, and nothing is there the second time" {
    conf
    put kdump --dmesg $'[    1.000000] Kernel panic - not syncing: so it is\n'
    save
    [ "$status" = 0 ]
    dir=$(echo crash/*)
    cmp "$dir/vmcore" "$fixtures/kdump"
    grep -q 'so it is' "$dir/vmcore-dmesg.txt"
    [ "$(json "$dir/summary.json" complete)" = True ]
    [ "$(json "$dir/summary.json" panic_line)" = 'Kernel panic - not syncing: so it is' ]
    [ "$(json "$dir/summary.json" bytes)" = "$(stat -c %s "$dir/vmcore")" ]
    [ "$(json "$dir/summary.json" target)" = "disk:$PWD/area" ]
    release=$(json "$dir/summary.json" release)
    [ "$release" = "$("$ctl" info "$dir/vmcore" | sed -n 's/^release: *//p')" ]
    [ "$(grep -c 'saved the dump of' <<< "$output")" = 1 ]
    output_has "Kernel panic - not syncing: so it is: $PWD/$dir"
    [ "$(state)" = empty ]
    save
    [ "$status" = 0 ]
    [ -z "$output" ]
    [ "$(ls crash | wc -l)" = 1 ]
}

@test "two crashes of one second have folders of their own" {
    conf
    put elf
    save
    put elf
    save
    [ "$status" = 0 ]
    [ "$(ls crash | wc -l)" = 2 ]
}

@test "an incomplete dump is saved and said so" {
    conf
    put elf --state 1
    save
    dir=$(echo crash/*)
    [ -s "$dir/vmcore-incomplete" ]
    [ "$(json "$dir/summary.json" complete)" = False ]
    output_has "saved an INCOMPLETE dump"
    [ "$(state)" = empty ]
}

@test "no room above the floor: the dump stays in its area" {
    conf "min_free 100%"
    put elf
    save
    [ "$status" = 1 ]
    output_has "not enough for a dump of"
    [ "$(state)" = complete ]
    [ -z "$(ls crash)" ]
}

@test "keep: the oldest of our own folders go, and nothing else" {
    conf "keep 2"
    mkdir -p crash/20200101T000000Z crash/20200102T000000Z crash/20190101T000000Z crash/mine
    touch crash/20200101T000000Z/{vmcore,summary.json} crash/20200102T000000Z/summary.json crash/20190101T000000Z/vmcore crash/mine/summary.json
    put elf
    save
    [ "$status" = 0 ]
    [ ! -e crash/20200101T000000Z ]
    [ -e crash/20200102T000000Z ]
    [ -e crash/20190101T000000Z ]
    [ -e crash/mine ]
    [ "$(ls crash | wc -l)" = 4 ]
}

@test "hooks run in order with the dump's folder; one that fails is told" {
    conf
    printf '#!/bin/sh\necho first "$1" $(ls "$1") >> %s/hooked\n' "$PWD" > root/etc/hooks/10-first
    printf '#!/bin/sh\necho second >> %s/hooked; exit 3\n' "$PWD" > root/etc/hooks/20-second
    printf '#!/bin/sh\necho not me >> %s/hooked\n' "$PWD" > root/etc/hooks/30-off
    printf '#!/bin/sh\necho nor me >> %s/hooked\n' "$PWD" > root/etc/hooks/40.dpkg-old
    chmod +x root/etc/hooks/{10-first,20-second,40.dpkg-old}
    put elf
    save
    [ "$status" = 0 ]
    [ "$(sed -n 1p hooked)" = "first $PWD/$(echo crash/*) summary.json vmcore vmcore-dmesg.txt" ]
    [ "$(sed -n 2p hooked)" = second ]
    [ "$(wc -l < hooked)" = 2 ]
    output_has "20-second $PWD/$(echo crash/*): ended with status 3"
}

@test "an area that is not there is an error, and the others are saved" {
    conf "target disk:$PWD/none"
    put elf
    save
    [ "$status" = 1 ]
    output_has "$PWD/none: No such file"
    [ -s crash/*/vmcore ]
}
