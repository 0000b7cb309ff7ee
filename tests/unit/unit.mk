# SPDX-License-Identifier: GPL-2.0-or-later
# One line per unit test: unit_NAME = the sources under test that tests/unit/test_NAME.c is linked
# with (besides test_main.c, fake_log.c, fake_clock.c). NOCLOCK in the list leaves fake_clock.c out.
unit_area = kernel/dump/area.c
