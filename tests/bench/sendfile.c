/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rate Linux reaches with sendfile(): `sendfile ADDRESS PORT FILE [CONGESTION-CONTROL]`, linked
 * statically, run in a guest or a namespace. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct stat st;
	char end;
	int file, sock;

	if (argc < 4 || argc > 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return 2;
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	file = open(argv[3], O_RDONLY);
	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (argc == 5 && setsockopt(sock, IPPROTO_TCP, TCP_CONGESTION, argv[4], (socklen_t)strlen(argv[4]))) {
		perror(argv[4]);
		return 1;
	}
	if (file < 0 || fstat(file, &st) || connect(sock, (struct sockaddr *)&to, sizeof(to))) {
		perror("sendfile");
		return 1;
	}
	for (off_t at = 0; at < st.st_size;) {
		if (sendfile(sock, file, &at, (size_t)(st.st_size - at)) <= 0) {
			perror("sendfile");
			return 1;
		}
	}
	shutdown(sock, SHUT_WR);
	return read(sock, &end, 1) == 0 ? 0 : 1; /* the peer has closed: it has everything */
}
