# SPDX-License-Identifier: GPL-2.0-or-later
# What became of a run of qemu-panic: exit status, the result file, a few lines for the reader.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh and lib/console.sh.

# Sets exit_status, word and reason.
verdict_judge() {
    if [ "$watch_status" = 124 ]; then
        exit_status=124 word=timeout reason="stopped after $timeout s, $(verdict_stage)"
    elif [ -n "$guest_complaint" ]; then
        exit_status=3 word=not-panicked reason="guest: $guest_complaint"
    elif [ -z "$seen_loaded$seen_entry" ]; then
        exit_status=3 word=not-panicked reason="the guest ended before kexec had loaded the image, $(verdict_stage)"
    elif [ -z "$seen_panic$seen_entry" ]; then
        exit_status=3 word=not-panicked reason="the guest ended without a panic, $(verdict_stage)"
    elif [ -e "$out/vmcore" ] && [ -n "$seen_complete" ] && [ -z "$seen_failed" ]; then
        exit_status=0 word=complete reason=
    elif [ -e "$out/vmcore" ] || [ -e "$out/vmcore-incomplete" ]; then
        exit_status=1 word=incomplete reason="the dump is not complete, $(verdict_stage)"
    else
        exit_status=1 word=none reason="no dump, $(verdict_stage)"
    fi
}

# How far it came, in words.
verdict_stage() {
    if [ -n "$seen_complete" ]; then echo "after the image had called it complete"
    elif [ -n "$seen_failed" ]; then echo "after the image had reported its failure"
    elif [ -n "$seen_entry" ]; then echo "after the image had been entered"
    elif [ -n "$seen_panic" ]; then echo "after the panic, but nothing was heard of the image"
    elif [ -n "$seen_loaded" ]; then echo "after kexec, before the panic"
    elif [ -n "$seen_up" ]; then echo "in the guest's /init"
    elif [ -s "$out/console.ts" ]; then echo "while the guest booted"
    else echo "before the guest said anything"
    fi
}

verdict_result() {
    local bytes=0 moment=${seen_panic:-$seen_panicking} file
    for file in vmcore vmcore-incomplete; do
        [ ! -e "$out/$file" ] || { bytes=$(stat -c %s "$out/$file"); break; }
    done
    cat > "$out/result" << END
exit=$exit_status
verdict=$word
reason=$reason
release=$console_release
target=$(sed -n 's/^afterimage: dump complete: .*, //p' "$out/console.log" | tr -d '\r' | tail -n 1)
bytes=$bytes
boot_seconds=$(console_seconds 0 "$moment")
entry_seconds=$(console_seconds "$moment" "$seen_entry")
first_byte_seconds=$(console_seconds "$moment" "$seen_first")
complete_seconds=$(console_seconds "$moment" "$seen_complete")
total_seconds=$(console_seconds 0 "$(($(now_ms) - start_ms))")
END
}

verdict() {
    verdict_judge
    verdict_result
    if [ "$exit_status" = 0 ]; then
        say "complete: $out/vmcore, $(stat -c %s "$out/vmcore") bytes, $(console_seconds "${seen_panic:-$seen_panicking}" "$seen_complete") s after the panic"
        return
    fi
    say "$word: $reason; the last lines on the console:"
    tail -n 15 "$out/console.log" | tr -d '\r' | sed 's/^/    /' >&2
    if [ ! -s "$out/console.log" ]; then tail -n +2 "$out/qemu.log" | sed 's/^/    /' >&2; fi
}
