/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From nothing to an established connection: NIC, link, address, handshake. */
#include "tcp_connect.h"

#include <string.h>

#include "clock.h"
#include "drivers/netdev.h"
#include "ether.h"
#include "heartbeat.h"
#include "log.h"

#define LINK_US    (15 * SEC)
#define CONNECT_US (30 * SEC)
#define RETRY_US   SEC

void peer_print(const struct target *t, char out[PEER_TEXT_MAX])
{
	char host[ADDRESS_TEXT_MAX];

	address_print(t->host, t->v6, host);
	format(out, PEER_TEXT_MAX, "%s:%u", host, t->port);
}

static void nic_tell(const struct netdev *d, const struct config *cfg, u64 us)
{
	const u8 *m = d->mac;
	bool tso = d->caps & (NETDEV_TSO4 | NETDEV_TSO6);
	char vlan[16] = "";

	if (cfg->vlan)
		format(vlan, sizeof(vlan), ", VLAN %u", cfg->vlan);
	log_info("%s: MAC %02x:%02x:%02x:%02x:%02x:%02x, %s%s, link up, %llu ms", d->name, m[0], m[1],
	         m[2], m[3], m[4], m[5],
	         tso                      ? "cuts segments"
	         : d->caps & NETDEV_CSUM ? "sums checksums"
	                                 : "no offloads",
	         vlan, (unsigned long long)(us / MS));
}

static int link_wait(struct netdev *d, const struct config *cfg, char reason[REASON_MAX])
{
	u64 start = clock_us();
	bool up = WAIT_FOR(clock_expired() || d->ops->link_up(d), LINK_US);

	if (clock_expired()) {
		format(reason, REASON_MAX, "dump.timeout= is over while waiting for the link of %s", d->name);
		return -ETIME;
	}
	if (!up) {
		format(reason, REASON_MAX, "link down on %s", d->name);
		return -ENETDOWN;
	}
	nic_tell(d, cfg, clock_us() - start);
	return 0;
}

/* One handshake after the other, a second apart at least, until one succeeds or 30 s are over. lwIP
 * itself repeats a lost SYN each second. */
static int connect_wait(struct stream *st, const struct target *t, bool big, char reason[REASON_MAX])
{
	u64 start = clock_us(), next = start, now;
	char peer[PEER_TEXT_MAX];
	int err = 0;

	peer_print(t, peer);
	st->pcb = NULL;
	for (now = start; now < start + CONNECT_US; now = clock_us()) {
		if (!st->pcb && now >= next) {
			next = now + RETRY_US;
			err = stream_start(st, t, big);
		}
		if (ether_poll()) {
			format(reason, REASON_MAX, "the network device failed while connecting to %s", peer);
			return -EIO;
		}
		stream_tend(st);
		ether_kick();
		if (st->pcb && st->connected) {
			log_info("connected to %s, segments of %u bytes, %llu ms", peer, st->mss,
			         (unsigned long long)((clock_us() - start) / MS));
			return 0;
		}
		if (!st->pcb && st->error)
			err = st->error;
		if (clock_expired()) {
			format(reason, REASON_MAX, "dump.timeout= is over while connecting to %s", peer);
			return -ETIME;
		}
		clock_relax();
	}
	if (err == -ECONNREFUSED)
		format(reason, REASON_MAX, "connection refused by %s", peer);
	else if (err == -EHOSTUNREACH)
		format(reason, REASON_MAX, "no route to %s", peer);
	else
		format(reason, REASON_MAX, "no answer from %s in %u s", peer, (unsigned int)(CONNECT_US / SEC));
	return err ? err : -ETIMEDOUT;
}

static int nic_try(struct stream *st, struct netdev *d, const struct config *cfg,
                   const struct target *t, char reason[REASON_MAX])
{
	bool big = d->caps & (t->v6 ? NETDEV_TSO6 : NETDEV_TSO4);
	struct netif *n;
	int err = link_wait(d, cfg, reason);

	if (err) {
		d->ops->release(d);
		return err;
	}
	n = ether_attach(d, cfg);
	err = address_settle(n, cfg, t, reason);
	if (!err)
		err = connect_wait(st, t, big, reason);
	if (err) {
		stream_abort(st);
		ether_detach();
		return err;
	}
	ether_set_gso_size(big ? st->mss : 0);
	return 0;
}

/* The next one that dump.nic= allows. A MAC is known only when the device is open. */
static int nic_next(const struct config *cfg, unsigned int *at, struct netdev **out)
{
	const struct pci_addr *only = cfg->nic_by == NIC_PCI ? &cfg->nic_pci : NULL;

	while (!netdev_next(at, only, out)) {
		if (cfg->nic_by != NIC_MAC || !memcmp((*out)->mac, cfg->nic_mac, sizeof(cfg->nic_mac)))
			return 0;
		(*out)->ops->release(*out);
	}
	return -ENODEV;
}

int tcp_connect_any(struct stream *st, struct netdev **dev, const struct config *cfg,
                    const struct target *t, char reason[REASON_MAX])
{
	unsigned int at = 0;
	int err = -ENODEV;

	st->pcb = NULL;
	format(reason, REASON_MAX, cfg->nic_by == NIC_ANY
	                                   ? "no supported network device that starts"
	                                   : "no supported network device that dump.nic= allows starts");
	while (err != -ETIME && !nic_next(cfg, &at, dev)) {
		heartbeat_moved();
		err = nic_try(st, *dev, cfg, t, reason);
		if (!err)
			return 0;
		log_info("%s: %s", (*dev)->name, reason);
	}
	return err;
}
