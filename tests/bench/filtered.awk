# SPDX-License-Identifier: GPL-2.0-or-later
# The rows of BENCH.md on dumps of level 31: what report.awk calls.

function filtered_line(    key, place) {
    key = $3 SUBSEP $4 SUBSEP $5 SUBSEP $6
    place = $3 SUBSEP $5 SUBSEP $6
    if (!(place in filtered_seen)) { filtered_key[++filtereds] = place; filtered_seen[place] = 1 }
    if ($17 != "-" && $17 + 0 > others) others = $17 + 0
    if ($8 != "ok") {
        failed[++failures] = "level 31, " $3 " " $4 " " gib($5) " " $6 " run " $7 ": " $8
        filtered_bad[key]++
        return
    }
    add("f-entry" SUBSEP key, $9); add("f-first" SUBSEP key, $10); add("f-done" SUBSEP key, $11)
    add("f-bytes" SUBSEP key, $12); add("f-kept" SUBSEP key, $13); add("f-each" SUBSEP key, $14 / $13)
    if ($15 != "-" && $16 > $15) add("f-pages" SUBSEP key, 0.8 * $13 / ($16 - $15))
}

function same_line(    key) {
    key = $3 SUBSEP $4
    if (!(key in same_seen)) { same_key[++sames] = key; same_seen[key] = 1 }
    add("same-kept" SUBSEP key, $6); add("same-their-kept" SUBSEP key, $8)
    add("same-each" SUBSEP key, $7 / $6); add("same-their-each" SUBSEP key, $9 / $8)
}

function gib(mib) { return mib / 1024 " GiB" }
function filtered_fill(fill) { return fill == "zero" ? "memory mostly zero" : "memory full" }
function count(key, unit) { return samples[key] ? sprintf("%.0f", median(key)) unit : "" }

# ours against makedumpfile's on the same RAM: at most goal times as much
function at_most(what, theirs, ours, unit, goal,    have, ratio) {
    have = samples[theirs] && samples[ours]
    if (have) ratio = median(ours) / median(theirs)
    row(what, count(theirs, unit), count(ours, unit), have ? sprintf("%.4f", ratio) : "-", "at most " goal, verdict(have, ratio <= goal))
}

function filtered_rows(    i, k, theirs, ours, what) {
    if (!filtereds) row("level 31 with lzo, to the disk and over tap", "", "", "-", "5 times sooner", "not measured")
    for (i = 1; i <= filtereds; i++) {
        split(filtered_key[i], k, SUBSEP)
        theirs = k[1] SUBSEP "kdump" SUBSEP k[2] SUBSEP k[3]
        ours = k[1] SUBSEP "afterimage" SUBSEP k[2] SUBSEP k[3]
        what = (k[1] == "disk" ? "to the disk" : "over " k[1]) ", " gib(k[2]) ", " filtered_fill(k[3])
        sooner("panic to whole dump of level 31 with lzo " what, "f-done" SUBSEP theirs, "f-done" SUBSEP ours, 5)
        if (k[1] == "disk" && k[3] == "zero") continue # the disk shows no more than Linux writing its cache back
        what = "pages a second between 10 and 90 % of it" (k[1] == "disk" ? " (of its bytes)" : "")
        faster(what, "makedumpfile", "f-pages" SUBSEP theirs, "f-pages" SUBSEP ours, 2, "pages/s")
    }
    for (i = 1; i <= sames; i++) {
        split(same_key[i], k, SUBSEP)
        what = "kept pages of the same RAM, level 31, " gib(k[1]) ", " filtered_fill(k[2])
        at_most(what, "same-their-kept" SUBSEP same_key[i], "same-kept" SUBSEP same_key[i], " pages", 1.02)
        at_most("bytes of the stream for each of them", "same-their-each" SUBSEP same_key[i], "same-each" SUBSEP same_key[i], " bytes", 1.01)
    }
    if (!sames) row("kept pages of the same RAM, level 31", "", "", "-", "at most 1.02", "not measured")
}

function filtered_times(place, side,    k, key, runs) {
    split(place, k, SUBSEP)
    key = SUBSEP k[1] SUBSEP side SUBSEP k[2] SUBSEP k[3]
    runs = samples["f-done" key] + filtered_bad[substr(key, 2)]
    if (!runs) return
    print "| " k[1] " | " gib(k[2]) " | " (k[3] == "zero" ? "zero" : "full") " | " side " | " samples["f-done" key] + 0 " of " runs " | " \
        spread("f-entry" key, "s") " | " spread("f-first" key, "s") " | " spread("f-done" key, "s") " | " \
        count("f-bytes" key) " | " count("f-kept" key) " | " count("f-each" key) " | " count("f-pages" key) " |"
}

function filtered_table(    i) {
    if (!filtereds) return
    print "\nLevel 31 with lzo, the same milestones:\n"
    print "| to | RAM | memory | side | runs complete | entered | first byte | whole dump | bytes | pages kept | bytes for each | pages a second |"
    print "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= filtereds; i++) {
        filtered_times(filtered_key[i], "kdump")
        filtered_times(filtered_key[i], "afterimage")
    }
}

function filtered_how() {
    print "* Level 31 is makedumpfile -l -d 31 with one thread, written to the disk, or with -F to nc; dump.format=kdump dump.level=31 dump.compress=lzo."
    print "  It leaves page cache and user memory out, so \"full\" is there a ramdisk (module brd, whose pages are the kernel's own) with the same"
    print "  contents, as large for one side as for the other. The receiver stores the flattened stream as it comes."
    print "* A page is kept if its bit in bitmap2 is set. Over tap it has arrived with the last byte of its data in the stream (a zero page, whose data"
    print "  all share, with the page before it): pages a second are the 80 % between the moments at which 10 and 90 % of the kept pages had arrived."
    print "  On a disk these moments are those of 10 and 90 % of the bytes; with memory mostly zero they tell of Linux's write cache only."
    print "* The same RAM: makedumpfile -F -l -d 31 on the host, on the RAM file that afterimage has just dumped (tests/oracle/raw-elf)."
}
