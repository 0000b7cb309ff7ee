# SPDX-License-Identifier: GPL-2.0-or-later
# A bench session: its settings, its working folder, its tap device, and the raw lines it leaves in build/bench/*.tsv.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs tools/lib/common.sh and tools/lib/hostnet.sh.

session_settings() {
    : "${BENCH_RUNS:=5}" "${BENCH_SIDES:=afterimage kdump}" "${BENCH_FILLS:=zero dense}" "${BENCH_ACCEL:=tcg}"
    : "${BENCH_LOAD:=kexec_load}" "${BENCH_RAM:=1024}" "${BENCH_CK_KDUMP:=192M}" "${BENCH_CK_AFTERIMAGE:=2M}"
    : "${BENCH_CK_KERNELS:=6.1 6.12}" "${BENCH_TIMEOUT:=400}" "${BENCH_PREALLOC:=yes}"
    : "${BENCH_FILTERED:=1024 2048 8192}" "${BENCH_FILTERED_MODES:=tap disk}" "${BENCH_SIM:=16}"
    : "${BENCH_SESSION:=$(date -u +%Y%m%dT%H%M%SZ)}"
    case $BENCH_SESSION in *[!A-Za-z0-9._-]*) usage_error "BENCH_SESSION: letters, digits, . _ - only" ;; esac
    case $BENCH_RUNS in '' | *[!0-9]* | 0*) usage_error "BENCH_RUNS: '$BENCH_RUNS' is not a number" ;; esac
    records=$top_dir/build/bench
    programs=$records/bin
}

# record FILE FIELD...: one raw line; fields are separated by tabs and '-' where there is nothing to say.
record() {
    local file=$records/$1.tsv line="$BENCH_SESSION" field
    shift
    line+=$'\t'$(date -u +%Y-%m-%dT%H:%M:%SZ)
    for field in "$@"; do line+=$'\t'${field:--}; done
    printf '%s\n' "$line" >> "$file"
}

session_build() {
    local name
    mkdir -p "$programs"
    for name in witness:-pthread zero_pages: kdump_pages: sendfile:-static fill:-static; do
        [ "$programs/${name%:*}" -nt "$bench_dir/${name%:*}.c" ] ||
            "${CC:-gcc}" -O2 -Wall -Wextra -o "$programs/${name%:*}" "$bench_dir/${name%:*}.c" ${name#*:}
    done
}

# Guest RAM, disk image and received dump lie in one folder, so that none of them is nearer than another: tmpfs where there is room.
session_work() {
    local room
    work=${BENCH_WORK:-}
    if [ -z "$work" ]; then
        room=$(df --output=avail -m /dev/shm 2> /dev/null | tail -n 1) || room=0
        if [ "${room:-0}" -gt $((BENCH_RAM * 5)) ]; then
            work=$(mktemp -d /dev/shm/afterimage-bench.XXXXXX)
        else
            work=$(mktemp -d "$records/work.XXXXXX")
        fi
    else
        mkdir -p "$work"
        work=$(mktemp -d "$(realpath "$work")/bench.XXXXXX")
    fi
}

session_machine() {
    local revision
    revision=$(git -C "$top_dir" log -1 --format=%h 2> /dev/null || echo unknown)
    [ -z "$(git -C "$top_dir" status --porcelain --untracked-files=no 2> /dev/null)" ] || revision+=' with changes'
    record machine date "$(date -u '+%Y-%m-%d %H:%M UTC')"
    record machine revision "$revision"
    record machine cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    record machine cores "$(nproc)"
    record machine memory "$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024)) MiB"
    record machine host "$(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r)"
    record machine qemu "$(qemu-system-x86_64 --version | head -n 1)"
    record machine guest "q35, -accel $BENCH_ACCEL -cpu max,la57=off -smp 1 -m ${BENCH_RAM}M, SeaBIOS"
    record machine kernel "Debian $release ($(cat "$(dirname "$vmlinuz")/version" 2> /dev/null || echo unknown))"
    record machine kexec-tools "$(LD_LIBRARY_PATH=$kexec_libs "$kexec_program" --version 2>&1 | head -n 1)"
    record machine makedumpfile "$(makedumpfile -v 2>&1 | grep -m1 -o 'version [0-9.]*')"
    record machine busybox "$(busybox 2>&1 | head -n 1 | cut -d' ' -f2)"
    record machine netcat "$(dpkg-query -W -f '${Package} ${Version}' netcat-openbsd 2> /dev/null)"
    record machine files "$(stat -f -c %T "$work")"
    record machine 'RAM allocated before the guest starts' "$BENCH_PREALLOC"
    record machine loaded "with $BENCH_LOAD, crashkernel=$BENCH_CK_KDUMP for kdump, $BENCH_CK_AFTERIMAGE for afterimage"
}

# Sets vmlinuz, modules, release; NAME is 6.1 or another release that tools/guest-kernel knows.
session_kernel() { # release
    local VMLINUZ MODULES RELEASE words
    words=$("$tools_dir/guest-kernel" --release "$1") || die 2 "no guest kernel $1"
    eval "$words"
    vmlinuz=$VMLINUZ modules=$MODULES release=$RELEASE
}

session_start() {
    session_settings
    session_build
    find_kexec || die 2 "no kexec here; run tools/deps bench"
    session_kernel 6.1
    session_work
    trap session_end EXIT
    trap 'exit 130' INT TERM HUP
    cp "$top_dir/build/afterimage" "$work/afterimage" # one image for the whole session, whoever builds meanwhile
    session_machine
}

# shellcheck disable=SC2317 # reached by the trap
session_end() {
    local pid
    for pid in ${run_pids:-}; do kill "$pid" 2> /dev/null || true; done
    tap_remove
    rm -rf "$work"
}
