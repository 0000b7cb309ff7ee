# SPDX-License-Identifier: GPL-2.0-or-later
# Secure Boot: the image signed as a PE file, and what a locked-down kernel says to it.

load lib

# Debian's snakeoil key, which is in db of the firmware's variables that qemu-panic uses.
sign() {
    openssl rsa -in /usr/share/ovmf/PkKek-1-snakeoil.key -passin pass:snakeoil -out "$out/key" 2> /dev/null
    cert=/usr/share/ovmf/PkKek-1-snakeoil.pem
    cp "$top/build/afterimage" "$out/afterimage"
    sbsign --key "$out/key" --cert "$cert" --output "$out/signed" "$out/afterimage"
}

@test "sbsign signs it, sbverify accepts it, and nothing behind the headers may change" {
    sign
    sbverify --cert "$cert" "$out/signed"
    for at in 1024 100000 $(($(stat -c %s "$out/afterimage") - 1)); do
        cp "$out/signed" "$out/changed"
        byte=$(od -An -tu1 -j "$at" -N 1 "$out/changed")
        printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$out/changed" bs=1 seek="$at" conv=notrunc status=none
        run sbverify --cert "$cert" "$out/changed"
        [ "$status" -ne 0 ]
    done
}

@test "a locked-down kernel loads the signed image and it dumps" {
    sign
    panic_guest --firmware secureboot --image "$out/signed"
    dump_is_true
    grep -q 'locked down from EFI Secure Boot' "$out/dmesg.txt"
}

@test "a locked-down kernel refuses the unsigned image" {
    panic_guest --firmware secureboot
    [ "$status" -eq 3 ]
    [[ $output == *"kernel signature verification failed"* ]]
}
