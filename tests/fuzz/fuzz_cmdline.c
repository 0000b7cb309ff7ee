/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hostile or mistyped command line: the parsed configuration stays within what it promises. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

static void check(const struct config *c, const char *text, size_t size)
{
	if (c->n_target > CONFIG_TARGETS || c->n_ip > CONFIG_IPS || c->n_memmap > ARRAY_SIZE(c->memmap) ||
	    !c->consoles || c->consoles > 15 || c->vlan > 4094 || !c->stall_s || c->level > 31 ||
	    c->nic_pci.dev > 31 || c->nic_pci.fn > 7)
		abort();
	for (unsigned int i = 0; i < c->n_target; i++) {
		const struct target *t = &c->target[i];

		if (t->text < text || t->text + t->text_len > text + size || !t->text_len ||
		    (t->kind == TARGET_TCP && !t->port))
			abort();
	}
	for (unsigned int i = 0; i < c->n_ip; i++)
		if (c->ip[i].prefix_len > (c->ip[i].v6 ? 128 : 32) ||
		    (c->ip[i].autoconf == IP_STATIC && !c->ip[i].has_client))
			abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct config c;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	config_early(&c, text);
	config_parse(&c, text);
	check(&c, text, size);
	free(text);
	return 0;
}
