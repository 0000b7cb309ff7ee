// SPDX-License-Identifier: GPL-2.0-or-later
// The options that commands about this machine share.
#include "conf/options.h"

#include <string.h>

#include "conf/conf.h"
#include "host/sysfile.h"

#define OWN_MAX 4

int options_parse(const struct command *cmd, int argc, char **argv, const struct option *own,
		  const char **config)
{
	static const struct option common[] = { { "config", required_argument, NULL, 'c' },
						{ "root", required_argument, NULL, 'r' },
						COMMON_OPTIONS };
	struct option all[OWN_MAX + ARRAY_SIZE(common)];
	size_t n = 0;
	int c;

	for (; own && own[n].name && n < OWN_MAX; n++)
		all[n] = own[n];
	memcpy(all + n, common, sizeof(common));
	*config = CONF_PATH;
	while ((c = getopt_long(argc, argv, "h", all, NULL)) >= 0) {
		if (c == 'c')
			*config = optarg;
		else if (c == 'r')
			sys_root(optarg);
		else if (c)
			return command_option(cmd, c);
	}
	return optind == argc ? OPTIONS_GO_ON : command_misuse(cmd, "takes no arguments");
}
