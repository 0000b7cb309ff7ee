/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an elfcorehdr's p_vaddr would say, by the crashed kernel's page tables. */
#include "dump/source/oldmap.h"

#include "dump/linux/kernel_va.h"
#include "dump/linux/vmcoreinfo.h"

#define TEXT_ALIGN  (2 * MIB)
#define KERNEL_HALF (1ull << 63)
#define HOLES_MAX   4096 /* far more than there are below the direct mapping */

/* As far as the tables map the image the way phys_base says. */
static void find_text(struct oldmap *m, u64 text)
{
	u64 len = 0;
	pa_t linear, pa;

	while (kernel_va_image(text + len, &linear) && kernel_va_walk(text + len, &pa, NULL) &&
	       pa == linear)
		len += TEXT_ALIGN;
	if (!len || !kernel_va_image(text, &m->text_pa))
		return;
	m->text = text;
	m->text_len = len;
}

/* The direct mapping is the lowest thing in the kernel's half, and maps the image, too. */
static void find_direct_map(struct oldmap *m, pa_t text_pa)
{
	u64 va = KERNEL_HALF, len, offset;
	pa_t pa;
	bool found = kernel_va_walk(va, &pa, &len);

	for (int i = 0; !found && i < HOLES_MAX && va + len > va; i++) {
		va += len;
		found = kernel_va_walk(va, &pa, &len);
	}
	if (!found || kernel_va_image(va, &pa))
		return;
	offset = va - pa;
	if (offset % GIB == 0 && kernel_va_walk(offset + text_pa, &pa, NULL) && pa == text_pa)
		m->page_offset = offset;
}

void oldmap_find(struct oldmap *m)
{
	u64 text;
	pa_t text_pa;

	*m = (struct oldmap){ 0 };
	if (kernel_va_init() || !vmcoreinfo_value("SYMBOL", "_stext", &text))
		return;
	text = ALIGN_DOWN(text, TEXT_ALIGN);
	if (!kernel_va_image(text, &text_pa))
		return;
	find_text(m, text);
	find_direct_map(m, text_pa);
}
