#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# status of an armed machine, and the crash on purpose: the machine is a folder. tests/full/e2e.bats has a real one.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    root=$PWD/root
    mkdir -p root/{boot,etc,run/afterimage,var/lib} root/proc/sys/kernel/random root/sys/kernel/security
    echo 2097152 > root/sys/kernel/kexec_crash_size
    echo 1 > root/sys/kernel/kexec_crash_loaded
    echo 'flags : fpu pdpe1gb lm' > root/proc/cpuinfo
    echo 'btime 1700000100' > root/proc/stat
    echo boot-1 > root/proc/sys/kernel/random/boot_id
    : > root/proc/sysrq-trigger
    cp "$top/build/afterimage" root/boot/afterimage
    conf 'target console:'
    printf '%s\n' 1700000000 /boot/afterimage dump.to=console: > root/run/afterimage/armed
}

conf() { printf '%s\n' 'image /boot/afterimage' "$@" > root/etc/afterimage.conf; }

status_of() { # KEY of its JSON
    "$ctl" status --json --root "$root" 2> /dev/null | python3 -c "import json, sys; print(json.load(sys.stdin)['$1'])"
}

@test "status: armed as configured, or what is not as it should be" {
    run "$ctl" status --root "$root"
    echo "$output"
    [ "$status" = 0 ]
    output_has 'armed: yes, as configured'
    output_has 'loaded: 2023-11-14T22:13:20Z, /boot/afterimage'
    output_has 'reserved: 2048 KiB, needed: about '
    output_has 'target: console:, settled'
    [ "$(status_of armed)" = True ]
    [ "$(status_of mismatch)" = None ]
    [ "$(status_of command_line)" = dump.to=console: ]
    [ "$(status_of reserved_bytes)" = 2097152 ]
    conf 'target console:' 'level 1'
    run "$ctl" status --root "$root"
    [ "$status" = 1 ]
    output_has 'armed: NO: with other words'
    rm root/run/afterimage/armed
    run "$ctl" status --root "$root"
    [ "$status" = 1 ]
    output_has 'armed: NO: something else than afterimagectl'
    echo 0 > root/sys/kernel/kexec_crash_loaded
    run "$ctl" status --json --root "$root"
    [ "$status" = 1 ]
    [ "$(status_of armed)" = False ]
    [ "$(status_of loaded)" = False ]
    rm root/etc/afterimage.conf
    run "$ctl" status --root "$root"
    [ "$status" = 1 ]
    output_has 'armed: NO: nothing is loaded'
}

@test "status: a target that was left out is not armed as configured" {
    conf 'target disk:00000000-0000-4000-8000-000000000000' 'target console:'
    mkdir -p root/sys/class/block
    run "$ctl" status --root "$root"
    [ "$status" = 1 ]
    output_has 'armed: NO: a target was left out'
}

@test "test: nothing is done unless all is good and yes was typed" {
    [ "$(id -u)" = 0 ] || skip "only root may load a capture kernel"
    run "$ctl" test --root "$root" <<< no
    [ "$status" = 1 ]
    output_has 'not confirmed: nothing was done'
    run "$ctl" test --root "$root" < /dev/null
    [ "$status" = 1 ]
    echo 0 > root/sys/kernel/kexec_crash_loaded
    run "$ctl" test --yes --root "$root"
    [ "$status" = 1 ]
    output_has 'not everything is as it should be: nothing was done'
    [ ! -s root/proc/sysrq-trigger ]
    [ ! -e root/var/lib/afterimage-test ]
    run "$ctl" test --report --root "$root"
    [ "$status" = 1 ]
    output_has 'no test was made'
}

@test "test: a mark, the crash, and the report before and after the dump was saved" {
    [ "$(id -u)" = 0 ] || skip "only root may load a capture kernel"
    run "$ctl" test --root "$root" <<< yes # a folder does not crash
    [ "$status" = 1 ]
    output_has 'the machine did not crash'
    [ "$(cat root/proc/sysrq-trigger)" = c ]
    grep -qx 'boot boot-1' root/var/lib/afterimage-test
    grep -qx 'target console:' root/var/lib/afterimage-test
    run "$ctl" test --report --root "$root"
    [ "$status" = 1 ]
    output_has 'did not crash this machine'
    echo boot-2 > root/proc/sys/kernel/random/boot_id
    run "$ctl" test --report --root "$root"
    [ "$status" = 1 ]
    output_has 'no dump on this machine'
}

@test "test: save adds the dump of the test, and no other" {
    printf '%s\n' 'time 1700000000' 'boot boot-1' 'target disk:x' > root/var/lib/afterimage-test
    echo boot-2 > root/proc/sys/kernel/random/boot_id
    truncate -s 16M area
    "$ctl" format area > uuid
    need_fixtures kdump
    "$fixture" put area --vmcore "$fixtures/kdump"
    crash_time=$("$ctl" info "$fixtures/kdump" | sed -n 's/^crash time: *//p')
    printf 'time %s\nboot boot-1\ntarget disk:x\n' "$(($(date -d "$crash_time" +%s) + 3600))" > root/var/lib/afterimage-test
    conf "target disk:$PWD/area" "path $PWD/crash" 'min_free 0%'
    run "$ctl" save --root "$root"
    [ "$status" = 0 ]
    [[ $output != *"test:"* ]] # a dump from before the test
    printf 'time %s\nboot boot-1\ntarget disk:x\n' "$(date -d "$crash_time" +%s)" > root/var/lib/afterimage-test
    "$fixture" put area --vmcore "$fixtures/kdump"
    run "$ctl" save --root "$root"
    [ "$status" = 0 ]
    output_has 'test: the dump came through'
    run "$ctl" test --report --root "$root"
    echo "$output"
    [ "$status" = 0 ]
    output_has 'the dump came through'
    output_has "dump: $PWD/crash/"
    output_has 'saved: '
}
