# SPDX-License-Identifier: GPL-2.0-or-later
# The bad wire (tests/wire): the wire itself, and afterimage's network half as a program, quick and with sanitizers.
wire_src := $(addprefix tests/wire/,wire.c lane.c segment.c)
sender_src := tests/wire/sender.c tests/wire/rest.c tests/net/clock.c tests/net/tap.c kernel/run.c kernel/config/config.c kernel/config/config_net.c \
	kernel/dump/disk/area.c kernel/format.c $(net_test_src)
wire_cflags := -std=gnu11 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Ikernel -I.
sender_cflags = -Itests/hosted $(wire_cflags) $(net_test_cflags) -fno-strict-aliasing -Wno-main-return-type

wire: $(addprefix $(B)/wire/,wire sender sender-san)
$(B)/wire/wire: $(wire_src) $(wildcard tests/wire/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(wire_cflags) -O2 -o $@ $(wire_src)
$(B)/wire/sender: $(sender_src) $(wildcard tests/net/*.h) $(headers)
	@mkdir -p $(@D)
	$(Q)$(CC) $(sender_cflags) -O2 -o $@ $(sender_src)
$(B)/wire/sender-san: $(sender_src) $(wildcard tests/net/*.h) $(headers)
	@mkdir -p $(@D)
	$(Q)$(CC) $(sender_cflags) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -o $@ $(sender_src)
.PHONY: wire
