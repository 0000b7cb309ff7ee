# SPDX-License-Identifier: GPL-2.0-or-later
# One line per fuzz target: fuzz_NAME = the sources that tests/fuzz/fuzz_NAME.c is linked with
# (besides fake_log.c and fake_clock.c). Seeds: tests/fuzz/corpus/NAME/.
