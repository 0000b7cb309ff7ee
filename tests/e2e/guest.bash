# SPDX-License-Identifier: GPL-2.0-or-later
# What the end-to-end tests share: one machine per test, with a disk of its own, that boots until its steps are done.
# shellcheck shell=bash disable=SC2154 # bats sets its own variables

top=$(realpath "$BATS_TEST_DIRNAME/../..")
e2e=$top/tests/e2e
# shellcheck source=tools/lib/common.sh
. "$top/tools/lib/common.sh"
# shellcheck source=tools/lib/hostnet.sh
. "$top/tools/lib/hostnet.sh"

setup_file() {
    if [ -z "${GUEST:-}" ] && ! { [ "$(id -u)" = 0 ] && command -v debootstrap > /dev/null; }; then
        skip "NOT TESTED: making the Debian guest needs root and debootstrap"
    fi
    GUEST=${GUEST:-$("$e2e/make-guest")} || return 1
    export GUEST
    make -C "$top" -s deb > /dev/null
}

setup() {
    out=$(mktemp -d "${TMPDIR:-/dev/shm}/afterimage-e2e.XXXXXX")
    other=
    machine first
}

# machine NAME: the helpers below mean this one, which is made when first named. $words: more of its kernel's command line;
# $devices: more of QEMU's options.
machine() {
    disk=$out/$1.img share=$out/$1 console=$out/$1.log words='' devices=(-netdev 'user,id=n0' -device 'virtio-net-pci,netdev=n0')
    [ ! -e "$disk" ] || return 0
    mkdir -p "$share/steps"
    echo 0 > "$share/count"
    cp "$top"/build/deb/afterimage_*.deb "$share/afterimage.deb"
    cp "$e2e/steps.sh" "$share/lib.sh"
    cp "$e2e/boot.sh" "$share"
    cp --sparse=always "$GUEST/disk.img" "$disk"
    take_kernel "$(cat "$GUEST/release")"
}

teardown() {
    [ -z "$other" ] || kill "$other" 2> /dev/null || true
    if [ -n "${BATS_TEST_COMPLETED:-}" ]; then
        rm -rf "$out"
    else
        rm -f "$out"/*.img
        echo "files in $out"
        tail -n 20 "$out"/*.log
    fi
}

# The next step, from standard input: a bash script that runs in the guest with -eu, behind steps.sh.
step() {
    local n
    n=$(find "$share/steps" -type f | wc -l)
    { echo '. ./lib.sh'; cat; } > "$share/steps/$((n + 1))"
}

system() { echo "$disk?offset=$((1 << 20))"; } # the guest's root file system, for e2fsprogs

# What the machine boots from now on, taken out of its disk as GRUB would.
take_kernel() { # RELEASE
    debugfs -R "dump /boot/vmlinuz-$1 $share/vmlinuz" "$(system)" 2> /dev/null
    debugfs -R "dump /boot/initrd.img-$1 $share/initrd" "$(system)" 2> /dev/null
}

# run_guest [RESERVATION]: boots, and boots again by itself, until it powers off. On two busy cores a boot may take minutes.
run_guest() {
    (leashed timeout "${GUEST_SECONDS:-3600}" setpriv --pdeathsig KILL qemu-system-x86_64 -M q35 -accel tcg -cpu max -smp 2 -m 768 \
        -nodefaults -display none -serial file:"$console" \
        -drive if=none,id=d0,format=raw,file="$disk" -device ide-hd,bus=ide.0,drive=d0 \
        -virtfs local,path="$share",mount_tag=e2e,security_model=none,multidevs=remap "${devices[@]}" \
        -kernel "$share/vmlinuz" -initrd "$share/initrd" \
        -append "root=/dev/sda1 rw console=ttyS0 tsc=reliable no_timer_check cryptomgr.notests systemd.show_status=0 \
            systemd.default_timeout_start_sec=900 ${1:+crashkernel=$1} $words")
}

# Every step ended with status 0, or as a crash does: with none.
steps_passed() { # NUMBER OF STEPS THAT CRASH
    local n all=("$share"/steps/*) crashed=0
    for ((n = 1; n <= ${#all[@]}; n++)); do
        if [ ! -e "$share/status.$n" ]; then
            ((++crashed))
        elif [ "$(cat "$share/status.$n")" != 0 ]; then
            cat "$share/log.$n"
            return 1
        fi
    done
    [ "$crashed" = "$1" ] || { echo "$crashed steps did not end"; return 1; }
}

# The journal of ext4 is replayed as the next boot would; nothing else may be wrong.
fs_is_clean() {
    e2fsck -fp "$(system)" || return 1
    e2fsck -fn "$(system)"
}

guest_take() { # PATH FOLDER
    debugfs -R "rdump $1 $2" "$(system)" > "$out/debugfs.txt" 2>&1
    [ -e "$2/${1##*/}" ]
}

log_has() { # STEP TEXT
    grep -qF -- "$2" "$share/log.$1" || { echo "no '$2' in step $1:"; cat "$share/log.$1"; return 1; } >&2
}

console_has() { grep -qaF -- "$1" "$console" || { echo "not on the console: $1" >&2; return 1; }; }

# crash_reads VMCORE [RELEASE]: a reader opens it with the kernel's symbols and sees who crashed and why.
crash_reads() {
    local words crash
    words=$("$top/tools/guest-kernel" --dbg ${2:+--release "$2"}) || return 1
    crash=$("$top/tools/unstable-program" crash) || return 1
    printf 'sys\nbt\nlog | tail -n 60\nquit\n' > "$out/commands"
    "$crash" -s -i "$out/commands" "$(sed -n 's/^VMLINUX=//p' <<< "$words")" "$1" > "$out/crash.txt" 2>&1
    cat "$out/crash.txt"
    grep -q 'NODENAME: crashtest' "$out/crash.txt" && grep -q 'sysrq_handle_crash' "$out/crash.txt"
}

# The programs of the package that the guest installs, on this side.
packaged_ctl() {
    [ -e "$out/package" ] || dpkg -x "$share/afterimage.deb" "$out/package"
    echo "$out/package/usr/sbin/afterimagectl"
}

# dump_is_good FOLDER [RELEASE]: complete, of this guest, its log with it, and read by crash.
dump_is_good() {
    local about
    ls -l "$1"
    [ -s "$1/vmcore" ] && [ ! -e "$1/vmcore-incomplete" ]
    about=$(cat "$1"/summary.json "$1"/info.json 2> /dev/null || true)
    grep -q '"nodename": "crashtest"' <<< "$about"
    grep -q '"complete": true' <<< "$about"
    "$(packaged_ctl)" verify "$1/vmcore"
    [ ! -e "$1/summary.json" ] || grep -q 'sysrq triggered crash' "$1/vmcore-dmesg.txt"
    crash_reads "$1/vmcore" "${2:-}"
}
