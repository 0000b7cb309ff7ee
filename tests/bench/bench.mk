# SPDX-License-Identifier: GPL-2.0-or-later
# make bench: measures afterimage and Linux kdump side by side and writes BENCH.md. BENCH_SERIES, BENCH_RUNS and the other
# settings that tests/bench/bench --help lists come from make's command line or the environment.
bench: all
	tools/deps bench
	tests/bench/bench
