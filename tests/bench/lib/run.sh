# SPDX-License-Identifier: GPL-2.0-or-later
# One run of one side: panic the guest through tools/qemu-panic with the witness as clock and receiver, check what came.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/session.sh and lib/capture.sh.
#
# A run is described by these variables (run_defaults sets them):
#   side=afterimage|kdump  mode=disk|tap|user  what=elf|d31l  fill=zero|dense|kernel  ck=SIZE  load=kexec_load|kexec_file_load
#   ram=MIB  cpu=MODEL  ip=static|dhcp  words=WORDS (more for afterimage)  keep_ram=yes|no  prealloc=yes|no  sparse=yes|no
# (elf: all memory; d31l: makedumpfile's level 31 with lzo) and leaves its result in
#   verdict (ok, or what was wrong), entry, first, complete (seconds from the panic line), bytes, zero_share (per cent)
# and of d31l
#   kept (pages in bitmap2), content (bytes without holes), tenth, ninth (seconds at which 10 and 90 % of the pages had come)

run_defaults() {
    side=afterimage mode=disk what=elf fill=zero ck='' load=$BENCH_LOAD ram=$BENCH_RAM cpu=max,la57=off ip=static words=''
    keep_ram=yes prealloc=$BENCH_PREALLOC sparse=no run_limit=$BENCH_TIMEOUT
}

run_pids=''

# --- network: addresses of the guest and of this side, and QEMU's words; the NIC is the same everywhere
run_network() {
    local netdev
    guest_ip=10.0.2.15 host_ip=10.0.2.2 listen=127.0.0.1 prefix=24 netmask=255.255.255.0
    case $mode in
        disk) return ;;
        user) netdev=user,id=net0 ;;
        tap)
            if [ -z "$tap_name" ]; then
                tap_create
                tap_host=$host_ip tap_guest=$guest_ip
            fi
            host_ip=$tap_host guest_ip=$tap_guest listen=$host_ip prefix=30 netmask=255.255.255.252
            netdev=tap,id=net0,ifname=$tap_name,script=no,downscript=no ;;
    esac
    qp+=(--qemu "-netdev $netdev -device virtio-net-pci,netdev=net0,mac=52:54:00:12:34:56,romfile=")
    guest_words+=" qp.ip=$guest_ip/$prefix"
}

# Start the witness; with a network it is the receiver too and tells its port.
run_witness() {
    local options=(-c "$run/qp/console.log" -e "$run/events" -p "$run/progress")
    rm -f "$run/port"
    case $mode in
        disk) options+=(-d "$run/${disk_file}") ;;
        *) options+=(-l "$listen" -s "$run/received") ;;
    esac
    [ "$sparse" = no ] || options+=(-z)
    "$programs/witness" "${options[@]}" > "$run/port" &
    witness_pid=$!
    run_pids=$witness_pid
    [ "$mode" != disk ] || return 0
    for _ in {1..100}; do
        [ ! -s "$run/port" ] || break
        sleep 0.02
    done
    port=$(cat "$run/port")
    [ -n "$port" ] || die 1 "the witness does not listen"
}

run_stop_witness() {
    kill "$witness_pid" 2> /dev/null || true
    wait "$witness_pid" 2> /dev/null || true
    run_pids=
}

# --- the two sides
run_afterimage() {
    case $what in
        elf) words="dump.format=elf dump.level=0${words:+ $words}" ;;
        d31l) words="dump.format=kdump dump.level=31 dump.compress=lzo${words:+ $words}" ;;
    esac
    qp+=(--image "$work/afterimage")
    case $mode in
        disk) qp+=(--target disk --append "$words" --disk-mib $((ram + 256))) ;;
        *)
            [ "$ip" = dhcp ] || words="ip=$guest_ip::$host_ip:$netmask::eth0:off $words"
            qp+=(--target "tcp://$host_ip:$port" --append "$words") ;;
    esac
}

run_kdump() {
    local where=net
    [ "$mode" != disk ] || where=disk
    capture_initramfs "$where"
    printf 'console=ttyS0 irqpoll nr_cpus=1 reset_devices panic=1 quiet kd.what=%s kd.where=%s kd.ip=%s kd.sink=%s\n' \
        "$what" "$where" "$guest_ip/$prefix" "$host_ip:${port:-0}" > "$run/capture-cmdline"
    qp+=(--image "$vmlinuz" --target console: --add "$capture:qp/capture" --add "$run/capture-cmdline:qp/capture-cmdline")
    case $load in kexec_load) guest_words+=" bench.kdump=c" ;; *) guest_words+=" bench.kdump=s" ;; esac
    [ "$mode" = disk ] || return 0
    truncate -s $((ram + 256))M "$run/$disk_file"
    qp+=(--qemu "-drive if=none,id=disk0,format=raw,cache=unsafe,file=$run/$disk_file -device ide-hd,drive=disk0,bus=ide.0")
}

# What fills the guest's memory. The kernel's share is as large whichever side's reservation is in the way: the same pages are kept.
run_fill() {
    case $fill in
        dense) guest_words+=" bench.fill=user:$ram:32" ;;
        kernel)
            qp+=(--module brd)
            guest_words+=" bench.fill=kernel:$((ram - ram / 16 - 320)):0" ;;
    esac
}

# run_guest: the run itself; qemu-panic's status in qp_status, its files in $run/qp.
run_guest() {
    local guest_words='' disk_file=kdump-disk.img port='' options=(--load "$load")
    run=$work/run
    rm -rf "$run"
    mkdir -p "$run/qp"
    qp=("$tools_dir/qemu-panic" -o "$run/qp" --accel "$BENCH_ACCEL" --cpu "$cpu" --smp 1 --ram "$ram" --net none --crashkernel "$ck"
        --modules "$modules" --module ahci --module sd_mod --module virtio_pci --module virtio_net
        --setup "$bench_dir/guest-setup" --add "$programs/fill" --timeout "$run_limit")
    [ "$side" != afterimage ] || disk_file=qp/disk.img
    run_network
    run_witness
    case $side in
        afterimage) run_afterimage ;;
        kdump) run_kdump ;;
        sendfile)
            qp+=(--image "$work/afterimage" --target console: --add "$programs/sendfile")
            guest_words+=" bench.sendfile=$host_ip:$port:$((ram / 2))" ;;
    esac
    run_fill
    [ "$keep_ram" = no ] || options+=(--keep-ram)
    [ "$prealloc" = no ] || options+=(--qemu -mem-prealloc)
    qp_status=0
    "${qp[@]}" "${options[@]}" --guest-append "${guest_words# }" "$vmlinuz" > "$run/qp.log" 2>&1 || qp_status=$?
    run_stop_witness
}

# --- what the witness saw

# Microseconds of the first (or last) event WORD whose text holds a fixed string; empty if there is none.
run_event() { # first|last word [text]
    awk -v which="$1" -v word="$2" -v text="${3:-}" '
        $2 == word && (text == "" || index($0, text)) { at = $1; if (which == "first") exit }
        END { if (at) print at }' "$run/events"
}

# Seconds between two events in microseconds, as 1.234; empty where one is missing.
run_seconds() { # from to
    [ -n "$1" ] && [ -n "$2" ] || return 0
    printf '%d.%03d\n' $((($2 - $1) / 1000000)) $((($2 - $1) / 1000 % 1000))
}

run_times() {
    local end
    panic=$(run_event first console 'Kernel panic - not syncing')
    case $side in
        afterimage) entry=$(run_event first console ' entered at 0x') end='afterimage: dump complete' ;;
        *) entry=$(run_event first console 'kd: up') end='kd: dump ends' ;;
    esac
    end=$(run_event first console "$end")
    if [ "$mode" = disk ]; then
        first=$(run_event first disk-first) complete=$end
        bytes=$(awk '$2 == "disk-last" { print $3 }' "$run/events")
    else
        first=$(run_event first first) complete=$(run_event last last)
        bytes=$(awk '$2 == "last" { n = $3 } END { print n }' "$run/events")
    fi
    entry=$(run_seconds "$panic" "$entry")
    first=$(run_seconds "$panic" "$first")
    complete=$(run_seconds "$panic" "$complete")
}

# Where an ELF file ends by its own headers.
elf_end() { # file
    local offset size end=0
    while read -r offset size; do
        if [ $((offset + size)) -gt "$end" ]; then end=$((offset + size)); fi
    done < <(readelf -lW "$1" 2> /dev/null | awk '$1 == "NOTE" || $1 == "LOAD" { print $2, $5 }')
    echo "$end"
}

# The dump as a file: sets dump, and bytes where only its headers tell.
run_dump_file() {
    case $side-$mode-$what in
        kdump-disk-elf)
            dump=$run/$1
            bytes=$(elf_end "$dump")
            truncate -s "$bytes" "$dump" ;;
        kdump-disk-*) dump=$run/$1 ;;
        *-tap-d31l | *-user-d31l)
            dump=$run/dump
            makedumpfile -R "$dump" < "$run/received" > "$run/rearrange.log" 2>&1 ;;
        afterimage-disk-*)
            dump=$run/qp/vmcore
            bytes=$(stat -c %s "$dump" 2> /dev/null || true) ;;
        *) dump=$run/received ;;
    esac
    [ -s "$dump" ]
}

# ok, or what is wrong. Both sides: the panic line is found in the dump by makedumpfile; then what each side says of itself.
run_judge() {
    local text stream
    if [ "$side" = kdump ]; then
        grep -aq 'kd: dump ends, status 0' "$run/events" || { verdict='capture Linux did not finish'; return; }
    else
        [ "$qp_status" = 0 ] || [ "$mode" != disk ] || { verdict="qemu-panic: $(sed -n 's/^reason=//p' "$run/qp/result")"; return; }
        grep -aq 'afterimage: dump complete' "$run/events" || { verdict='no "dump complete"'; return; }
    fi
    run_dump_file kdump-disk.img || { verdict='no dump'; return; }
    rm -f "$run/dmesg"
    makedumpfile --dump-dmesg "$dump" "$run/dmesg" > "$run/dmesg.log" 2>&1 || true
    grep -aqs 'Kernel panic - not syncing' "$run/dmesg" || { verdict='no panic line in the dump'; return; }
    if [ "$side" = afterimage ]; then
        stream=$run/received
        [ "$mode" != disk ] || stream=$dump
        text=$("$top_dir/build/afterimagectl" verify "$stream" 2>&1) || { verdict="verify: $(tail -n 1 <<< "$text")"; return; }
    elif [ "$what" = elf ]; then
        [ "$(stat -c %s "$dump")" = "$(elf_end "$dump")" ] || { verdict='dump is short'; return; }
    fi
    verdict=ok
}

run_zero_share() {
    zero_share=
    [ "$what" = elf ] && [ "$keep_ram" = yes ] && [ "$verdict" = ok ] || return 0
    zero_share=$("$programs/zero_pages" "$run/qp/ram.img" "$dump" | awk '{ printf "%.1f", $1 * 100 / $2 }') || true
}

# What a filtered dump holds, and when its pages came.
run_pages() {
    local file=$run/received from=0 to=0
    kept='' content='' tenth='' ninth=''
    [ "$what" = d31l ] && [ "$verdict" = ok ] || return 0
    [ "$mode" != disk ] || file=$dump
    read -r kept content from to < <("$programs/kdump_pages" "$file" "$run/progress") || verdict='pages not counted'
    tenth=$(run_seconds "$panic" "$from") ninth=$(run_seconds "$panic" "$to")
}

# CPU time spent by the whole machine, and by this program and what it ran, in ticks.
cpu_ticks() { # machine|ours
    local fields
    case $1 in
        machine)
            read -r -a fields < /proc/stat
            echo $((fields[1] + fields[2] + fields[3] + fields[6] + fields[7])) ;;
        ours)
            read -r -a fields < "/proc/$$/stat"
            echo $((fields[13] + fields[14] + fields[15] + fields[16])) ;;
    esac
}

# One whole run: sets the results, and others: how many cores were busy with what is none of ours. Its files stay in $run until the next.
run_once() {
    local machine ours from panic=''
    entry='' first='' complete='' bytes='' zero_share='' dump='' verdict=''
    machine=$(cpu_ticks machine) ours=$(cpu_ticks ours) from=${EPOCHREALTIME/[.,]/}
    run_guest
    others=$(awk -v busy=$(($(cpu_ticks machine) - machine)) -v ours=$(($(cpu_ticks ours) - ours)) \
        -v us=$((${EPOCHREALTIME/[.,]/} - from)) -v hz="$(getconf CLK_TCK)" \
        'BEGIN { n = (busy - ours) / hz / (us / 1000000); printf "%.2f", n < 0 ? 0 : n }')
    if grep -aq 'Kernel panic - not syncing' "$run/events" 2> /dev/null; then
        run_times
        run_judge
    else
        verdict="no panic: $(sed -n 's/^reason=//p' "$run/qp/result" 2> /dev/null || tail -n 1 "$run/qp.log")"
    fi
    run_zero_share
    run_pages
}
