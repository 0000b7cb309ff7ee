# SPDX-License-Identifier: GPL-2.0-or-later
# The command line of qemu-panic.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh.

options_usage() {
    cat << 'END'
usage: qemu-panic [OPTIONS] BZIMAGE

Boots BZIMAGE under QEMU, loads the capture image into its crashkernel= reservation with kexec, panics it, takes the dump.

  -o DIR                 where everything goes (default ./qemu-panic.out)
  --image FILE           the capture image (default build/afterimage)
  --load SYSCALL         kexec_load or kexec_file_load (default)
  --target TARGET        tcp: to a receiver started here (default); tcp6: the same over IPv6; disk: an AHCI disk made here;
                         anything else goes into dump.to= as it is. Repeatable, tried in the order given
  --receiver ctl|nc      afterimagectl receive (default) or a plain nc -l
  --net user|tap|none    QEMU's own network (default), or a tap device with offloads, made and removed here (needs root)
  --nic-opts WORDS       more properties of the virtio-net device: disable-legacy=on,...
  --disk-mib N           size of the disk of --target disk (default: RAM and 64 MiB)
  --ram MIB, --smp N     guest memory (1024) and CPUs (2)
  --cpu MODEL, --la57    CPU model (default max,la57=off); --la57: with 5-level paging
  --accel auto|kvm|tcg   default: kvm where it works
  --firmware bios|uefi|secureboot
                         SeaBIOS (default), OVMF, or OVMF with Secure Boot on and Debian's snakeoil key (password snakeoil)
                         in db: the guest kernel is locked down and loads signed images only (make sign)
  --crashkernel SIZE     default 2M
  --append WORDS         more words for the capture image's command line (an ip= replaces ours; repeatable)
  --cmdline WORDS        the capture image's whole command line. In both, {tcp}, {disk} and {ip} stand for the targets and
                         the ip= words that would have been used
  --guest-append WORDS   more words for the guest kernel's command line (repeatable)
  --panic CMD            shell command that crashes the guest (default: echo c > /proc/sysrq-trigger)
  --panic-cpu N          CPU that runs it
  --early FILE           shell script to run in the guest before kexec (repeatable)
  --setup FILE           shell script to run in the guest after kexec and before the panic (repeatable)
  --modules DIR          folder like /lib/modules/RELEASE, for what BZIMAGE has as modules
  --module NAME          load this module first, with what it depends on (repeatable)
  --add FILE[:PATH]      one more file in the guest (default /qp/NAME; repeatable)
  --traffic net,disk     keep the NIC, a second disk, or both busy at the moment of the panic
  --fast                 skip the kernel's decompressor (PVH entry): seconds less under TCG, but no KASLR and no ACPI root
                         pointer in what the capture image is handed; BIOS only
  --keep-ram             leave the guest's RAM as DIR/ram.img (below 4 GiB: the first 2 GiB, or all if less than 2.75 GiB)
  --keep-work            leave the disk images and the initramfs too
  --timeout S            give up after S seconds from the start (default 300)
  --qemu WORDS           more words for QEMU (repeatable; split at spaces)
  --qmp, --gdb-socket    a QMP socket at DIR/qmp.sock; a gdbstub at DIR/gdb.sock
  --gdb                  start stopped, wait for a debugger on port 1234, no timeout

DIR afterwards: vmcore (or vmcore-incomplete), dmesg.txt (the dump's vmcore-dmesg.txt, which stays too, or else by
makedumpfile), console.log, console.ts (each line with milliseconds since the start), qemu.log, and result with these lines:
  exit, verdict, reason, release, target, bytes, boot_seconds (start to panic), entry_seconds, first_byte_seconds,
  complete_seconds (from the panic line to the image's first line, to the first byte here, to the line "dump complete"),
  total_seconds

Exit status: 0 a complete dump; 1 none or an incomplete one; 2 wrong usage, or something here is missing; 3 the guest never
panicked or kexec did not load; 124 timeout.
END
}

options_default() {
    out=./qemu-panic.out image=$(built afterimage) ctl=$(built afterimagectl) bzimage=''
    load=kexec_file_load targets=() receiver='' net=user nic_opts='' disk_mib='' ram=1024 smp=2 cpu='' la57=off accel=auto
    firmware=bios crashkernel=2M append='' cmdline='' guest_append='' panic='echo c > /proc/sysrq-trigger' panic_cpu=''
    modules='' traffic=none fast=no keep_ram=no keep_work=no timeout=300 qemu_extra=() qmp=no gdb=no gdb_socket=no warm_reset=no
    initramfs_options=()
}

options_parse() {
    local words
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help) options_usage; exit 0 ;;
            --la57) la57=on ;;
            --fast | --keep-ram | --keep-work | --qmp | --gdb | --gdb-socket)
                words=${1#--}
                declare -g "${words//-/_}=yes" ;;
            --warm-reset) usage_error "--warm-reset is reserved" ;;
            -*)
                [ $# -gt 1 ] || usage_error "$1 is unknown or lacks its value"
                options_value "$1" "$2"
                shift ;;
            *)
                [ -z "$bzimage" ] || usage_error "one BZIMAGE only: $bzimage or $1?"
                bzimage=$1 ;;
        esac
        shift
    done
}

options_value() { # option value
    local name=${1#--} words
    case $1 in
        -o) out=$2 ;;
        --append) append+="${append:+ }$2" ;;
        --guest-append) guest_append+="${guest_append:+ }$2" ;;
        --target) targets+=("$2") ;;
        --early | --setup | --module | --add) initramfs_options+=("$1" "$2") ;;
        --qemu)
            read -r -a words <<< "$2"
            qemu_extra+=("${words[@]}") ;;
        --image | --load | --receiver | --net | --nic-opts | --disk-mib | --ram | --smp | --cpu | --accel | --firmware | --crashkernel | \
            --cmdline | --panic | --panic-cpu | --modules | --traffic | --timeout)
            declare -g "${name//-/_}=$2" ;;
        *) usage_error "unknown option $1" ;;
    esac
}

option_one_of() { # option value allowed...
    local option=$1 value=$2 allowed
    shift 2
    for allowed in "$@"; do [ "$value" != "$allowed" ] || return 0; done
    usage_error "$option: '$value' is none of: $*"
}

option_number() { # option value
    case $2 in '' | *[!0-9]* | 0*) [ "$2" = 0 ] || usage_error "$1: '$2' is not a number" ;; esac
}

options_check() {
    [ -n "$bzimage" ] || usage_error "BZIMAGE is missing"
    [ -r "$bzimage" ] || usage_error "no file $bzimage"
    bz_valid "$bzimage" || usage_error "$bzimage is not a bzImage"
    [ -r "$image" ] || usage_error "no capture image $image: run make, or name one with --image"
    [ ${#targets[@]} -gt 0 ] || targets=(tcp)
    option_one_of --load "$load" kexec_load kexec_file_load
    option_one_of --net "$net" user tap none
    option_one_of --accel "$accel" auto kvm tcg
    option_one_of --firmware "$firmware" bios uefi secureboot
    option_one_of --traffic "$traffic" none net disk net,disk disk,net
    option_number --ram "$ram"
    option_number --smp "$smp"
    option_number --timeout "$timeout"
    [ -z "$disk_mib" ] || option_number --disk-mib "$disk_mib"
    [ -z "$panic_cpu" ] || option_number --panic-cpu "$panic_cpu"
    [ "$fast" = no ] || [ "$firmware" = bios ] || usage_error "--fast goes with BIOS only"
    limit_ms=$((timeout * 1000))
    [ "$gdb" = no ] || limit_ms=0
    options_check_targets
}

options_check_targets() {
    local tcp=0 disk=0 target
    for target in "${targets[@]}"; do
        case $target in tcp | tcp6) tcp=$((tcp + 1)) ;; disk) disk=$((disk + 1)) ;; esac
    done
    if [ "$tcp" -gt 1 ] || [ "$disk" -gt 1 ]; then usage_error "--target: at most one of tcp and tcp6, and one disk"; fi
    [ "$tcp" = 0 ] || [ "$net" != none ] || usage_error "--target tcp needs a network"
    if [ -z "$receiver" ]; then
        receiver=ctl
        [ -x "$ctl" ] || receiver=nc
    fi
    option_one_of --receiver "$receiver" ctl nc
    if [ "$disk" = 1 ] || { [ "$tcp" = 1 ] && [ "$receiver" = ctl ]; }; then
        [ -x "$ctl" ] || die 2 "no $ctl: run make"
    fi
    [ "$receiver" = ctl ] || [ "$tcp" = 0 ] || need nc demo
}
