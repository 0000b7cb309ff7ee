# SPDX-License-Identifier: GPL-2.0-or-later
# A dump is worth what its readers say of it: crash, drgn, gdb, readelf, makedumpfile.

load lib

setup_file() {
    local words
    words=$("$top/tools/guest-kernel" --dbg) || return 1
    export VMLINUZ MODULES VMLINUX RELEASE
    eval "$words"
    export READERS
    READERS=$(mktemp -d "${TMPDIR:-/tmp}/afterimage-readers.XXXXXX")
    # named, so that a backtrace can be told from another one; on CPU 1, so that it is not the first
    qemu_panic "$READERS" --keep-ram --smp 2 --panic-cpu 1 --net tap --append dump.format=elf
}

teardown_file() { rm -rf "${READERS:?}"; }

setup() { out=$READERS; }
teardown() { :; }

@test "crash: release, panic, backtrace of the panicking task on its CPU, log" {
    run crash -s "$VMLINUX" "$out/vmcore" <<< $'sys\nbt\nlog | tail -n 40\nquit'
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"RELEASE: $RELEASE"* ]]
    [[ $output == *'PANIC: "Kernel panic - not syncing: sysrq triggered crash"'* ]]
    [[ $output == *'CPU: 1 '*'COMMAND:'* ]]
    [[ $output == *'sysrq_handle_crash'* ]]
    [[ $output == *'write_sysrq_trigger'* ]]
    [[ $output == *'__crash_kexec'* ]]
}

# A value of the dump's own vmcoreinfo.
vmcoreinfo() { grep -aoE "^$1=-?[0-9a-f]+" "$out/vmcore" | head -n 1 | cut -d= -f2; }

@test "crash says the same of the dump as of the whole RAM" {
    # crash reads a raw RAM image itself; a guest below 2.75 GiB is one flat file
    local commands=$'kmem -i\nmod\nps\nruntime\nquit' source args
    for source in vmcore ram; do
        case $source in
            vmcore) args=("$out/vmcore") ;;
            ram) args=("$out/ram.img@0" --kaslr "0x$(vmcoreinfo KERNELOFFSET)" -m "phys_base=$(vmcoreinfo 'NUMBER\(phys_base\)')") ;;
        esac
        crash -s "$VMLINUX" "${args[@]}" <<< "$commands" 2>&1 |
            grep -vE '^NOTE: setting phys_base|^$' > "$out/crash.$source" || true
    done
    grep -q 'TOTAL MEM' "$out/crash.ram"
    diff "$out/crash.ram" "$out/crash.vmcore"
}

@test "drgn: the panicking task's stack" {
    cat > "$out/stack.py" << 'END'
from drgn.helpers.linux import per_cpu

print("release", prog["init_uts_ns"].name.release.string_().decode())
print(prog.stack_trace(per_cpu(prog["runqueues"], 1).curr))
END
    run drgn -q -c "$out/vmcore" -s "$VMLINUX" "$out/stack.py"
    echo "$output"
    [[ $output == *"release $RELEASE"* ]]
    [[ $output == *sysrq_handle_crash* ]]
}

@test "gdb: opens the core, reads memory by the kernel text mapping" {
    run gdb -batch -nx -ex 'info files' -ex 'info threads' "$VMLINUX" "$out/vmcore"
    echo "$output" | head -n 40
    [ "$status" -eq 0 ]
    [[ $output == *"file type elf64-x86-64"* ]]
    [[ $output == *load1* ]]
}

@test "readelf: no complaint, PT_NOTE first, notes of both CPUs and VMCOREINFO" {
    run readelf -hlnW "$out/vmcore"
    [ "$status" -eq 0 ]
    [[ $output != *[Ww]arning* && $output != *[Ee]rror* ]]
    [[ $output == *CORE* ]]
    [ "$(grep -c NT_PRSTATUS <<< "$output")" -eq 2 ]
    [[ $output == *VMCOREINFO* ]]
    [ "$(grep -A2 'Program Headers:' <<< "$output" | grep -c NOTE)" -eq 1 ]
}

@test "makedumpfile refilters it" {
    makedumpfile -d 31 -l "$out/vmcore" "$out/small"
    makedumpfile --dump-dmesg "$out/small" "$out/small.dmesg"
    grep -q 'sysrq triggered crash' "$out/small.dmesg"
}
