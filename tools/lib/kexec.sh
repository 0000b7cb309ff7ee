# SPDX-License-Identifier: GPL-2.0-or-later
# The kexec program for the guest: the host's own, or one unpacked in the cache (installing the package would ask questions and start services).
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh; fetching needs lib/apt.sh.

# Set kexec_program and kexec_libs (a library path, may be empty); fails where there is none that runs.
find_kexec() {
    local root lib
    root=$(cache_dir)/kexec-tools
    lib=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu
    for kexec_program in "$(command -v kexec || true)" /usr/sbin/kexec /sbin/kexec "$root/sbin/kexec" "$root/usr/sbin/kexec"; do
        [ -x "$kexec_program" ] || continue
        kexec_libs=
        case $kexec_program in "$root"/*) kexec_libs=$lib ;; esac
        LD_LIBRARY_PATH=$kexec_libs "$kexec_program" --version > /dev/null 2>&1 && return
    done
    return 1
}

# Put kexec and the libraries that the host lacks into the cache.
fetch_kexec() {
    local root new deb
    find_kexec && return
    root=$(cache_dir)/kexec-tools
    new=$root.new
    rm -rf "$new"
    say "fetching kexec-tools into the cache"
    apt_fetch_with_depends "$new/debs" kexec-tools
    for deb in "$new"/debs/*.deb; do dpkg-deb -x "$deb" "$new"; done
    rm -rf "$new/debs" "$root"
    mv "$new" "$root"
    find_kexec || die 1 "the kexec just fetched does not run on this host"
}
