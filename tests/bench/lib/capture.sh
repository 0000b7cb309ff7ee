# SPDX-License-Identifier: GPL-2.0-or-later
# The capture Linux's initramfs: made by tools/guest-initramfs, less what only the crashing side needs.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/session.sh.

# Sets capture: the compressed initramfs for dumps to a disk or over the network, of the kernel in use.
capture_initramfs() { # disk|net
    local options=() root=$work/capture-root
    capture=$work/capture-$1-$release.cpio.gz
    [ ! -e "$capture" ] || return 0
    case $1 in
        disk) options=(--module ahci --module sd_mod) ;;
        net) options=(--module virtio_pci --module virtio_net --add "$(command -v nc.openbsd):bin/nc.openbsd") ;;
    esac
    "$tools_dir/guest-initramfs" -o "$work/capture.cpio" --image /dev/null --modules "$modules" "${options[@]}" \
        --add "$(command -v makedumpfile):bin/makedumpfile" --add "$bench_dir/capture-init:init"
    rm -rf "$root"
    mkdir "$root"
    (cd "$root" && cpio --quiet -i < "$work/capture.cpio" && rm -r sbin/kexec qp/image qp/panic &&
        find . -mindepth 1 -print0 | cpio --quiet --null -o -H newc -R 0:0) | gzip -9n > "$capture"
    rm -rf "$root" "$work/capture.cpio"
}
