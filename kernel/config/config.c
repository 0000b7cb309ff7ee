/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line's words, one table row each. */
#include "config/config.h"

#include <string.h>

#include "config/config_net.h"
#include "drivers/uart.h"
#include "dump/linux/filter.h"

#define STALL_DEFAULT_S 300
#define TIMEOUT_MAX_S (365u * 24 * 3600)
#define WORD_SHOWN 200 /* of a bad word: a console line holds no more */
#define MTU_MIN 576
#define MTU_MAX 9000

static bool set_choice(struct word v, const char *const *names, unsigned int n, void *out_int)
{
	for (unsigned int i = 0; i < n; i++) {
		if (word_is(v, names[i])) {
			*(unsigned int *)out_int = i;
			return true;
		}
	}
	return false;
}

static bool set_action(struct word v, enum power_action *out)
{
	static const char *const names[] = { "reboot", "poweroff", "halt" };

	return set_choice(v, names, ARRAY_SIZE(names), out);
}

static bool set_bool(struct word v, bool *out)
{
	u64 n;

	if (!parse_number(v, 1, &n))
		return false;
	*out = n;
	return true;
}

static bool set_u32(struct word v, u64 min, u64 max, u32 *out)
{
	u64 n;

	if (!parse_number(v, max, &n) || n < min)
		return false;
	*out = (u32)n;
	return true;
}

/* LENGTH@ADDRESS */
static bool parse_region(struct word v, u64 *len, u64 *start)
{
	size_t used;

	if (!parse_mem(v, len, &used) || used == v.len || v.p[used] != '@')
		return false;
	v = (struct word){ v.p + used + 1, v.len - used - 1 };
	return parse_mem(v, start, &used) && used == v.len;
}

static bool set_elfcorehdr(struct config *c, struct word v)
{
	u64 a, len;
	size_t used;

	if (!parse_region(v, &len, &a) && (!parse_mem(v, &a, &used) || used != v.len))
		return false;
	c->elfcorehdr = a;
	return true;
}

static bool set_vmcoreinfo(struct config *c, struct word v)
{
	u64 a, len;

	if (!parse_region(v, &len, &a))
		return false;
	c->vmcoreinfo = a;
	c->vmcoreinfo_len = len;
	return true;
}

static bool set_acpi_rsdp(struct config *c, struct word v)
{
	/* early_parse of Linux: kstrtoul base 16, the 0x optional */
	u64 a = 0;

	if (v.len > 2 && v.p[0] == '0' && (v.p[1] | 0x20) == 'x')
		return parse_number(v, ~0ull, &c->acpi_rsdp);
	for (size_t i = 0; i < v.len; i++) {
		int ch = v.p[i] | 0x20;
		int d = v.p[i] >= '0' && v.p[i] <= '9' ? v.p[i] - '0' :
		        ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;

		if (d < 0 || i >= 16)
			return false;
		a = a << 4 | (u64)d;
	}
	c->acpi_rsdp = a;
	return v.len;
}

static bool set_memmap(struct config *c, struct word v)
{
	while (v.p) {
		struct word one = word_cut(&v, ',');
		u64 size, start;
		size_t used;

		if (word_is(one, "exactmap")) {
			c->n_memmap = 0;
			continue;
		}
		/* size@addr is RAM; size#, size$ and size! mean other things: none of ours */
		if (!parse_mem(one, &size, &used))
			return false;
		if (used == one.len || one.p[used] != '@')
			continue;
		if (!parse_region(one, &size, &start))
			return false;
		if (c->n_memmap < ARRAY_SIZE(c->memmap)) {
			c->memmap[c->n_memmap].start = start;
			c->memmap[c->n_memmap++].len = size;
		}
	}
	return true;
}

static bool set_console(struct config *c, struct word v)
{
	struct word port = word_cut(&v, ',');
	u64 baud;

	if (port.len != 5 || memcmp(port.p, "ttyS", 4) || port.p[4] < '0' || port.p[4] > '3')
		return true; /* tty0, efifb...: not ours, not an error */
	if (v.p) { /* 115200n8: the number counts, parity and bits are 8n1 */
		size_t digits = 0;

		while (digits < v.len && v.p[digits] >= '0' && v.p[digits] <= '9')
			digits++;
		if (!parse_number((struct word){ v.p, digits }, 115200, &baud) || !baud)
			return false;
		c->baud[port.p[4] - '0'] = (u32)baud;
	}
	c->consoles |= (u8)(1 << (port.p[4] - '0'));
	return true;
}

static bool set_ip(struct config *c, struct word v)
{
	struct ip_config ip;

	if (!parse_ip(v, &ip))
		return false;
	if (c->n_ip == CONFIG_IPS) {
		log_info("ip=: more than %d, %.*s left out", CONFIG_IPS, (int)v.len, v.p);
		return true;
	}
	c->ip[c->n_ip++] = ip;
	return true;
}

static bool set_to(struct config *c, struct word v)
{
	struct target t;

	if (!parse_target(v, &t))
		return false;
	if (c->n_target == CONFIG_TARGETS) {
		log_info("dump.to=: more than %d targets, %.*s left out", CONFIG_TARGETS, (int)v.len, v.p);
		return true;
	}
	c->target[c->n_target++] = t;
	return true;
}

static bool set_gwmac(struct config *c, struct word v)
{
	if (!parse_mac(v, c->gwmac))
		return false;
	c->has_gwmac = true;
	return true;
}

static bool set_vlan(struct config *c, struct word v)
{
	u32 n;

	if (!set_u32(v, 1, 4094, &n))
		return false;
	c->vlan = (u16)n;
	return true;
}

static bool set_mtu(struct config *c, struct word v)
{
	u32 n;

	if (!set_u32(v, MTU_MIN, MTU_MAX, &n))
		return false;
	c->mtu = (u16)n;
	return true;
}

static bool set_format(struct config *c, struct word v)
{
	static const char *const names[] = { "elf", "kdump", "dmesg" };

	return set_choice(v, names, ARRAY_SIZE(names), &c->format);
}

static bool set_level(struct config *c, struct word v)
{
	u32 n;

	if (!set_u32(v, 0, LEVEL_MAX, &n))
		return false;
	c->level = (u8)n;
	c->has_level = true;
	return true;
}

static bool set_compress(struct config *c, struct word v)
{
	static const char *const names[CODECS] = { "lzo", "zstd", "zlib", "none" }; /* enum codec */

	return set_choice(v, names, ARRAY_SIZE(names), &c->codec);
}

static bool set_log(struct config *c, struct word v)
{
	static const char *const names[] = { "quiet", "info", "debug" };

	return set_choice(v, names, ARRAY_SIZE(names), &c->log_level);
}

static bool set_final(struct config *c, struct word v) { return set_action(v, &c->final); }
static bool set_failure(struct config *c, struct word v) { return set_action(v, &c->failure); }
static bool set_overwrite(struct config *c, struct word v) { return set_bool(v, &c->overwrite); }
static bool set_quiesce(struct config *c, struct word v) { return set_bool(v, &c->quiesce); }

static bool set_timeout(struct config *c, struct word v)
{
	return set_u32(v, 0, TIMEOUT_MAX_S, &c->timeout_s);
}

static bool set_stall(struct config *c, struct word v)
{
	return set_u32(v, 1, TIMEOUT_MAX_S, &c->stall_s);
}

static bool set_nic(struct config *c, struct word v) { return parse_nic(v, c); }

static const struct param {
	const char *name;
	bool (*set)(struct config *c, struct word value);
} params[] = {
	{ "elfcorehdr", set_elfcorehdr }, { "acpi_rsdp", set_acpi_rsdp },
	{ "memmap", set_memmap },         { "console", set_console },
	{ "ip", set_ip },                 { "dump.to", set_to },
	{ "dump.nic", set_nic },          { "dump.vlan", set_vlan },
	{ "dump.mtu", set_mtu },          { "dump.gwmac", set_gwmac },
	{ "dump.format", set_format },    { "dump.level", set_level },
	{ "dump.compress", set_compress }, { "dump.final", set_final },
	{ "dump.failure", set_failure },  { "dump.timeout", set_timeout },
	{ "dump.stall", set_stall },      { "dump.overwrite", set_overwrite },
	{ "dump.quiesce", set_quiesce },  { "dump.log", set_log },
	{ "dump.vmcoreinfo", set_vmcoreinfo },
};

/* lib/cmdline.c next_arg() of Linux: quotes around a value or a whole word are not part of it. */
static struct word unquoted(struct word w)
{
	if (!w.len || w.p[0] != '"')
		return w;
	w = (struct word){ w.p + 1, w.len - 1 };
	if (w.len && w.p[w.len - 1] == '"')
		w.len--;
	return w;
}

typedef void word_fn(struct config *c, struct word w);

static void each_word(struct config *c, const char *text, word_fn *fn)
{
	bool quoted = false;
	size_t start = 0, n = strlen(text);

	for (size_t i = 0; i <= n; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		if (i < n && (quoted || (text[i] != ' ' && text[i] != '\t' && text[i] != '\n')))
			continue;
		if (i > start)
			fn(c, unquoted((struct word){ text + start, i - start }));
		start = i + 1;
	}
}

static void early_word(struct config *c, struct word w)
{
	struct word value = w, name = word_cut(&value, '=');

	value = unquoted(value);
	if (value.p && word_is(name, "console"))
		set_console(c, value);
	if (value.p && word_is(name, "dump.log"))
		set_log(c, value);
}

static void config_word(struct config *c, struct word w)
{
	struct word value = w, name = word_cut(&value, '=');

	value = unquoted(value);
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		if (!word_is(name, params[i].name))
			continue;
		if (!value.p || !params[i].set(c, value))
			log_info("%.*s: not understood, ignored", (int)MIN(w.len, (size_t)WORD_SHOWN), w.p);
		return;
	}
	if (name.len > 5 && !memcmp(name.p, "dump.", 5))
		log_info("%.*s: no such parameter, ignored", (int)name.len, name.p);
}

void config_early(struct config *c, const char *text)
{
	*c = (struct config){
		.final = POWER_REBOOT, .failure = POWER_REBOOT, .stall_s = STALL_DEFAULT_S,
		.quiesce = true, .log_level = LOG_INFO, .format = FORMAT_KDUMP, .codec = CODEC_LZO,
	};
	each_word(c, text, early_word);
	if (!c->consoles)
		c->consoles = 1;
}

void config_parse(struct config *c, const char *text)
{
	each_word(c, text, config_word);
	if (!c->has_level)
		c->level = c->format == FORMAT_KDUMP ? LEVEL_MAX : 0;
}
