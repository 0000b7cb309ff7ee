# SPDX-License-Identifier: GPL-2.0-or-later
# The tables of BENCH.md. Every number is computed from raw lines of one session; what has none is said to be not measured.
# Fields: 1 session, 2 time, then as lib/series.sh records them.

BEGIN { NONE = "not measured in this run" }

$1 != session { next }
{ n = split(FILENAME, path, "/"); kind = path[n]; sub(/\.tsv$/, "", kind); lines++ }

kind == "machine" && !($3 in machine) { machine_order[++machines] = $3; machine[$3] = $4; next }
kind == "machine" && index("; " machine[$3] ";", "; " $4 ";") == 0 { machine[$3] = machine[$3] "; " $4 }
kind == "size" { init_size[$3] = $4; file_size[$3] = $5 }
kind == "memory" { memory[++memories] = $0 }

kind == "crashkernel" {
    key = $3 SUBSEP series_kernel($4) SUBSEP $5 SUBSEP $6 SUBSEP pages($7)
    if ($9 == "ok") { if (!(key in ck_ok) || $8 < ck_ok[key]) ck_ok[key] = $8 }
    else if (!(key in ck_bad) || $8 > ck_bad[key]) ck_bad[key] = $8
}

kind == "dump" {
    key = $3 SUBSEP $4 SUBSEP $5 SUBSEP $6
    if ($14 != "-" && $14 + 0 > others) others = $14 + 0
    if ($8 != "ok") { failed[++failures] = $3 " " $4 " " $5 " " $6 " run " $7 ": " $8; bad[key]++; next }
    add("entry" SUBSEP key, $9); add("first" SUBSEP key, $10); add("done" SUBSEP key, $11)
    add("rate" SUBSEP key, $12 / $11 / 1048576); add("zero" SUBSEP key, $13); add("bytes" SUBSEP key, $12)
}

kind == "sim" { sim[++sims] = $3 "\t" $4 "\t" $5; sim_value[$3, $4] = $5 }
kind == "filtered" { filtered_line() }
kind == "same" { same_line() }
kind == "wire" { wire_line() }

kind == "rate" {
    if ($6 != "ok") { failed[++failures] = $3 " " $4 " run " $5 ": " $6; next }
    add("rate" SUBSEP $3 SUBSEP $4, $7 / $8 / 1048576)
}

kind == "phase" { phase_line($3, $4, $5, $6) }

# --- numbers

function add(key, value) { if (value != "-" && value != "") sample[key, ++samples[key]] = value + 0 }

function sorted(key,    i, j, v) {
    for (i = 1; i <= samples[key]; i++) {
        v = sample[key, i]
        for (j = i - 1; j > 0 && order[j] > v; j--) order[j + 1] = order[j]
        order[j + 1] = v
    }
    return samples[key] + 0
}

function median(key,    n) {
    n = sorted(key)
    return n % 2 ? order[(n + 1) / 2] : (order[n / 2] + order[n / 2 + 1]) / 2
}

function number(v) { return v >= 100 ? sprintf("%.0f", v) : v >= 10 ? sprintf("%.1f", v) : v >= 1 ? sprintf("%.2f", v) : sprintf("%.3f", v) }

# "1.23 s (1.20 to 1.40)"; empty where nothing was measured
function spread(key, unit,    n, m) {
    n = sorted(key)
    if (!n) return ""
    m = median(key)
    return number(m) " " unit (n > 1 ? " (" number(order[1]) " to " number(order[n]) ")" : " (one run)")
}

function size(bytes) {
    if (bytes == "") return NONE
    return bytes >= 1048576 * 10 ? sprintf("%.1f MiB", bytes / 1048576) : sprintf("%.1f KiB", bytes / 1024)
}

function crashkernel(kib) { return kib % 1024 ? kib "K" : kib / 1024 "M" }
function series_kernel(release) { sub(/^linux-/, "", release); return release ~ /^6\.12/ ? "6.12" : release ~ /^6\.1\./ ? "6.1" : release }
function pages(cpu) { return cpu ~ /\+pdpe1gb/ ? "with" : cpu ~ /-pdpe1gb/ ? "without" : "default" }

# --- rows of the first table

function row(what, other, ours, ratio, goal, reached) {
    print "| " what " | " (other == "" ? NONE : other) " | " (ours == "" ? NONE : ours) " | " ratio " | " goal " | " reached " |"
}

function verdict(have, reached) { return have ? (reached ? "yes" : "**no**") : "not measured" }

# times of both sides: how many times sooner is ours
function sooner(what, key_other, key_ours, goal,    have, ratio) {
    have = samples[key_other] && samples[key_ours]
    if (have) ratio = median(key_other) / median(key_ours)
    row(what, spread(key_other, "s"), spread(key_ours, "s"), have ? number(ratio) " times sooner" : "-", goal " times sooner", verdict(have, ratio >= goal))
}

# rates: ours against something that is not kdump
function faster(what, name, key_other, key_ours, goal, unit,    have, ratio) {
    have = samples[key_other] && samples[key_ours]
    if (have) ratio = median(key_ours) / median(key_other)
    if (unit == "") unit = "MiB/s"
    row(what, samples[key_other] ? name ": " spread(key_other, unit) : "", spread(key_ours, unit),
        have ? number(ratio) " of " name "'s rate" : "-", goal " of " name "'s rate", verdict(have, ratio >= goal))
}

function ck_cell(side, kernel, load, ram, gib_pages,    key) {
    key = side SUBSEP kernel SUBSEP load SUBSEP ram SUBSEP gib_pages
    if (!(key in ck_ok)) return (key in ck_bad) ? "none up to " crashkernel(ck_bad[key]) : ""
    return crashkernel(ck_ok[key]) ((key in ck_bad) ? " (" crashkernel(ck_bad[key]) " fails)" : "")
}

function ck_row(what, kernel, load, ram, gib_pages, goal,    key, have) {
    key = "afterimage" SUBSEP kernel SUBSEP load SUBSEP ram SUBSEP gib_pages
    have = (key in ck_ok) || (key in ck_bad)
    row("smallest crashkernel=, " what ", " load, ram == 1024 ? ck_cell("kdump", kernel, load, ram, gib_pages) : "not part of it", ck_cell("afterimage", kernel, load, ram, gib_pages),
        "-", "at most " crashkernel(goal), verdict(have, (key in ck_ok) && ck_ok[key] <= goal))
}

function size_row(what, side, goal,    have) {
    have = init_size[side] != ""
    row("image and .bss (init_size), " what, init_size["kdump"] == "" ? "" : size(init_size["kdump"]) ", and the initramfs", have ? size(init_size[side]) : "",
        have && init_size["kdump"] ? number(init_size["kdump"] / init_size[side]) " times smaller" : "-", "at most " goal " KiB",
        verdict(have, init_size[side] <= goal * 1024))
}

# the page filter on a machine that is only simulated (tests/sim)
function sim_row(    mix, reading) {
    mix = "filter level 31, a server's mix"
    reading = sim_value["reading", "s/TiB"]
    row("page filter at level 31, per TiB of RAM, " (sims ? sim_value["RAM", "TiB"] " TiB and 8192 CPUs" : "16 TiB") " (simulated on the host)",
        sims ? "reading the struct pages alone: " number(reading) " s" : "", sims ? number(sim_value[mix, "s/TiB"]) " s" : "",
        sims ? sim_value[mix, "of reading's speed %"] " % of reading's speed" : "-", "none set", sims ? "-" : "not measured")
}

function sim_table(    i, s) {
    if (!sims) return
    print "\n## The page filter on a simulated machine\n"
    print "tests/sim: the image's filter code on the host, struct pages of a made-up machine with 8192 CPUs, given as it reads them. \"Reading\" copies"
    print "the same struct pages and does nothing else. What the image does besides, mapping each page, is not in it.\n"
    print "| what | unit | |"
    print "|---|---|---|"
    for (i = 1; i <= sims; i++) { split(sim[i], s, "\t"); print "| " s[1] " | " s[2] " | " s[3] " |" }
}

function fill_name(fill,    key, i, share) {
    share = ""
    for (i = 1; i <= 3; i++) {
        key = "zero" SUBSEP (i == 1 ? "disk" : i == 2 ? "tap" : "user") SUBSEP "afterimage" SUBSEP "elf" SUBSEP fill
        if (samples[key]) { share = sprintf(" (%.0f %% zero)", median(key)); break }
    }
    return (fill == "zero" ? "memory mostly zero" : "memory full") share
}

function key_of(what, series, side, fill) { return what SUBSEP series SUBSEP side SUBSEP "elf" SUBSEP fill }

# --- phases: the same line may come more than once; the last one before the target is ready counts

function phase_line(mode, run, seconds, text,    p) {
    if (text ~ / entered at 0x/) p = 1
    else if (text ~ /^power: /) p = 2
    else if (text ~ /^pci: quiesced/) p = 3
    else if (text ~ /^crashed kernel /) p = 4
    else if (text ~ /, link up, | disk of [0-9]+ MiB/) p = 5
    else if (text ~ /^address /) p = 6
    else if (text ~ /^connected to /) p = 7
    else if (text ~ /^target .*: ready/) p = 8
    else if (text == "first byte on the host") p = 9
    else return
    if (!((mode, run, p) in phase)) phase_runs[mode, p]++
    phase[mode, run, p] = seconds
    if (run > phase_max[mode]) phase_max[mode] = run
}

function phase_cell(mode, p,    i, key) {
    key = "phase" SUBSEP mode SUBSEP p
    if (!(key in samples))
        for (i = 1; i <= phase_max[mode]; i++) if ((mode, i, p) in phase) add(key, phase[mode, i, p])
    return samples[key] ? sprintf("%.0f ms", median(key) * 1000) : "-"
}

function times_row(series, side, fill,    key) {
    key = SUBSEP series SUBSEP side SUBSEP "elf" SUBSEP fill
    if (!samples["done" key] && !bad[series, side, "elf", fill]) return
    print "| " series " | " side " | " fill " | " samples["done" key] + 0 " of " samples["done" key] + bad[series, side, "elf", fill] " | " \
        spread("entry" key, "s") " | " spread("first" key, "s") " | " spread("done" key, "s") " | " (samples["bytes" key] ? sprintf("%.0f", median("bytes" key)) : "") " | " (samples["zero" key] ? sprintf("%.1f %%", median("zero" key)) : "") " |"
}

END {
    if (!lines) { print "report: no raw lines of session " session > "/dev/stderr"; exit 1 }
    print "# afterimage and Linux kdump, measured\n"
    print "Written by `make bench` (tests/bench/report) from the raw lines of session " session " in build/bench/; not edited by hand. Figures are"
    print "medians, with minimum and maximum; how and on what, below.\n"

    print "## Figures\n"
    print "| figure | Linux kdump (or what else is compared) | afterimage | ratio | goal | reached |"
    print "|---|---|---|---|---|---|"
    ck_row("1 GiB, Debian 6.1", "6.1", "kexec_load", 1024, "default", 2048)
    ck_row("1 GiB, Debian 6.1", "6.1", "kexec_file_load", 1024, "default", 1024)
    ck_row("1 GiB, Debian 6.12", "6.12", "kexec_load", 1024, "default", 2048)
    ck_row("1 GiB, Debian 6.12", "6.12", "kexec_file_load", 1024, "default", 2048)
    for (i = 1; i <= 2; i++) {
        p = i == 1 ? "with" : "without"
        ck_row("20 GiB " p " 1 GiB pages, Debian 6.1", "6.1", "kexec_load", 20480, p, 2048)
        ck_row("20 GiB " p " 1 GiB pages, Debian 6.1", "6.1", "kexec_file_load", 20480, p, 1024)
    }
    size_row("every codec", "afterimage", 896)
    size_row("lzo only", "afterimage-lzo", 640)
    for (f = 1; f <= 2; f++) {
        fill = f == 1 ? "zero" : "dense"
        name = fill_name(fill)
        sooner("panic to first byte, disk, " name, key_of("first", "disk", "kdump", fill), key_of("first", "disk", "afterimage", fill), 50)
        sooner("panic to first byte, tap, " name, key_of("first", "tap", "kdump", fill), key_of("first", "tap", "afterimage", fill), 50)
        sooner("panic to first byte, user network, " name, key_of("first", "user", "kdump", fill), key_of("first", "user", "afterimage", fill), 50)
    }
    sooner("panic to first byte, user network, afterimage with DHCP (kdump: static address)", key_of("first", "user", "kdump", "zero"), key_of("first", "dhcp", "afterimage", "zero"), 20)
    for (f = 1; f <= 2; f++) {
        fill = f == 1 ? "zero" : "dense"
        name = fill_name(fill)
        sooner("panic to whole ELF on the disk, " name, key_of("done", "disk", "kdump", fill), key_of("done", "disk", "afterimage", fill), 15)
        faster("the same as a rate, from the panic on, " name, "dd", "rate" SUBSEP "dd" SUBSEP fill, key_of("rate", "disk", "afterimage", fill), 0.5)
        sooner("panic to whole ELF over tap, " name, key_of("done", "tap", "kdump", fill), key_of("done", "tap", "afterimage", fill), 10)
        faster("the same as a rate, from the panic on, " name, "sendfile", "rate" SUBSEP "sendfile" SUBSEP "dense", key_of("rate", "tap", "afterimage", fill), 2)
        sooner("panic to whole ELF over the user network, " name, key_of("done", "user", "kdump", fill), key_of("done", "user", "afterimage", fill), 5)
    }
    filtered_rows()
    wire_rows()
    if (memories) split(memory[memories], m, "\t")
    row("memory used, 16 TiB and 8192 CPUs (simulated on the host)", "not measured", memories ? "init_size; " m[7] " bytes of heap" : "", "-", "init_size", memories ? (m[7] == 0 ? "yes" : "**no**") : "not measured")

    sim_row()
    print "\n## Failed runs\n"
    if (!failures) print "None."
    for (i = 1; i <= failures; i++) print "* " failed[i]

    print "\n## Where the time goes\n"
    print "Each side's own milestones, seconds from the panic line. kdump enters when init of the capture Linux runs, afterimage with its first line.\n"
    print "| series | side | memory | runs complete | entered | first byte | whole dump | bytes | zero pages |"
    print "|---|---|---|---|---|---|---|---|---|"
    split("disk tap user dhcp", all, " ")
    for (i = 1; i <= 4; i++) for (f = 1; f <= 2; f++) for (s = 1; s <= 2; s++)
        times_row(all[i], s == 2 ? "afterimage" : "kdump", f == 1 ? "zero" : "dense")
    filtered_table()
    print "\nafterimage from the panic line to the first byte, with dump.log=debug, whose lines take time of their own (median; a line is printed"
    print "when its phase is over):\n"
    print "| phase | disk | tap, static address | user network, DHCP |"
    print "|---|---|---|---|"
    split("entry: panic output, other CPUs, purgatory|ACPI tables|PCI walked and quiesced|core header read|disk found, or link up|address|connected|target ready|first byte on the host", phase_name, "|")
    for (p = 1; p <= 9; p++) print "| " phase_name[p] " | " phase_cell("disk", p) " | " phase_cell("tap", p) " | " phase_cell("dhcp", p) " |"

    print "\n## Memory\n"
    print "kernel/dump/ on the host, with a made-up elfcorehdr and a sink that only counts. Static memory is part of the image and does not grow.\n"
    print "| RAM | CPUs | elfcorehdr | dump | heap | stack | headers walked in | whole walk |"
    print "|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= memories; i++) {
        split(memory[i], m, "\t")
        print "| " (m[3] >= 1024 ? m[3] / 1024 " TiB" : m[3] " GiB") " | " m[4] " | " m[5] " bytes | " m[6] " bytes | " m[7] " bytes | " m[8] " bytes | " number(m[9]) " s | " number(m[10]) " s |"
    }

    sim_table()
    print "\n## How\n"
    print "* Both sides run through tools/qemu-panic: the same QEMU machine, guest kernel, initramfs machinery, modules loaded, NIC and disk brought up, and"
    print "  `echo c > /proc/sysrq-trigger`. The two sides take turns. RAM, disk image and received dump are files in one folder; unless the"
    print "  machine table says otherwise RAM is allocated before the guest starts, as in a machine that has run for long: else the host would"
    print "  allocate each untouched page at the moment the dump reads it, at the same cost for both sides, which hides more of the faster one."
    print "  The disk is raw with cache=unsafe."
    print "* The other side is Debian's kernel as capture kernel with busybox, makedumpfile and OpenBSD nc in an initramfs as small as it gets: `dd` of"
    print "  /proc/vmcore to the disk with conv=fsync, nc of it over the network, a static address. Its reservation is larger, so its dump is smaller:"
    print "  times are for the whole dump of each."
    print "* One program (tests/bench/witness.c) stamps the console, receives the stream and watches the disk image, for both sides, by one clock,"
    print "  to a millisecond. Time counts from the line `Kernel panic - not syncing`. The dump is whole when its last byte is received; on a disk,"
    print "  when `dump complete` is said, or dd has ended with its fsync."
    print "* A run counts if the dump is complete: makedumpfile --dump-dmesg finds the panic line in it; afterimage's also passes `afterimagectl verify`,"
    print "  kdump's has the length that its headers say. Any other run is listed as failed."
    print "* \"Mostly zero\" is memory as the guest's boot left it; \"full\" is tmpfs filled with random pages and kernel symbols, two to one. The share of"
    print "  zero pages is counted in the RAM file, of the pages that the dump covers."
    filtered_how()
    wire_how()
    print "* dd is the host's, of the RAM file just dumped, bs=1M, to a new file in the same folder. sendfile() is a Linux guest's that has not crashed,"
    print "  from tmpfs, over the same tap device and NIC, to the same receiver."

    print "\n## Machine\n"
    print "| | |"
    print "|---|---|"
    for (i = 1; i <= machines; i++) print "| " machine_order[i] " | " machine[machine_order[i]] " |"
    print "| CPU used by anything else during a run, at most | " sprintf("%.2f", others) " of " machine["cores"] " cores |"
}
