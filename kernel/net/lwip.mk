# SPDX-License-Identifier: GPL-2.0-or-later
# lwIP as this kernel builds it, from the pinned Debian source in build/deps/lwip: its files, our objects around them, and the
# flags that both need besides the kernel's own. Nothing outside kernel/net sees lwIP's headers.
lwip_dir := build/deps/lwip/src
lwip_src := $(addprefix $(lwip_dir)/, \
	$(addprefix core/, def.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c \
		tcp.c tcp_in.c tcp_out.c timeouts.c udp.c \
		ipv4/dhcp.c ipv4/etharp.c ipv4/icmp.c ipv4/ip4.c ipv4/ip4_addr.c \
		ipv6/ethip6.c ipv6/icmp6.c ipv6/ip6.c ipv6/ip6_addr.c ipv6/mld6.c ipv6/nd6.c) \
	netif/ethernet.c)

# What lwIP's headers would be warned about is not ours to change: -isystem.
lwip_cflags := -isystem $(lwip_dir)/include -Ikernel/net -isystem kernel/net/compat
net_obj := $(addprefix kernel/net/, \
	lwip_port.o frame.o ether.o address.o stream.o sack.o recovery.o ring.o tcp_connect.o tcp_sink.o)
# The same for the tests on the host, with the host's libc.
net_test_src := $(patsubst %.o,%.c,$(filter kernel/net/%,$(net_obj))) $(lwip_src)
net_test_cflags := -isystem $(lwip_dir)/include -Ikernel/net -Itests/net -Wno-address -Wno-unused-parameter
