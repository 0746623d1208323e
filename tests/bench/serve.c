/* SPDX-License-Identifier: MIT */
/*
 * serve PORT CLIENT... -- SERVER...: what a server costs that a client asks for a fixed number of
 * things. Starts it (words as launch.h takes them), runs the client once it accepts connections on
 * that port of 127.0.0.1, ends it by SIGTERM and says its CPU time and peak memory alone as "cpu"
 * and "peak".
 */
#include "bench.h"
#include "launch.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int accepts(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), no;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	no = connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	return no == 0;
}

/* Half a minute is enough for one under Valgrind. */
static int ready(int port)
{
	for (int i = 0; i < 3000; i++) {
		if (accepts(port))
			return 1;
		usleep(10000);
	}
	return 0;
}

static int ask(char **client)
{
	pid_t pid = launch(client);
	int status = 1;

	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static double children_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* The client is waited for before the server, so that what comes after it is the server's. */
static int run(int port, char **client, char **server)
{
	struct usage used = {0};
	pid_t pid = launch(server);
	double before;
	int status, asked;

	if (pid < 0)
		return 1;
	asked = ready(port) && ask(client);
	before = children_us();
	kill(pid, SIGTERM);
	status = launch_wait(pid, 30, &used);
	measured("cpu", children_us() - before);
	measured("peak", used.peak);
	return !asked || (status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
}

int main(int argc, char **argv)
{
	int i = 2;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	if (i + 1 >= argc)
		return 2;
	argv[i] = NULL;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return run(atoi(argv[1]), argv + 2, argv + i + 1);
}
