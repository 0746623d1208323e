#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs that bring another world along: static ones, other libcs and word sizes, runtimes of other
# languages, sanitizers.

load common
load expect
load survive

# build OUT FLAG...: the six timers, built in that way; CC chooses the compiler
build() {
	local out=$1
	shift
	"${CC:-gcc}" -D_GNU_SOURCE -O1 -g -w "$@" -o "$out" "$ROOT/tests/victims/survive_host.c" \
		>build.log 2>&1
}

# outside CMD...: nothing can be preloaded, so nothing is different and nothing is said
outside() {
	six_bare "$@"
	is stderr "$stderr" ""
}

@test "static and static-pie" {
	for how in static static-pie; do
		build $how -$how || skip "no static libc"
		outside ./$how plain
		refused 'statically linked' ./$how plain
		host $how "runs, not recorded" "refused: static, status 3"
	done
}

# Not every kernel runs them; none is started by the launcher, and the library itself has no way to
# be built for them (time64, other structures).
@test "32 bits" {
	build small -m32 || skip "no 32-bit libc"
	! gcc -m32 -std=gnu11 -D_GNU_SOURCE -fsyntax-only "$ROOT/preload/sys.c" 2>build.log
	has "$(cat build.log)" 'error: .*x86-64 and aarch64'
	refused 'another word size' ./small plain
	outcome hosts "32 bits" run "refused: another word size, status 3"
	[ "$(./small plain 2>/dev/null)" = "$SIX" ] || skip "this kernel runs no 32-bit programs"
	six_bare ./small plain
	said 'wrong ELF class'
	outcome hosts "32 bits" bare "runs, not recorded (said by the loader)"
}

@test "musl" {
	need musl-gcc
	cat >six.c <<-'EOF'
		#include <stdio.h>
		int main(void) { return puts("six made, two stopped") < 0; }
	EOF
	musl-gcc -static -o static six.c || skip "musl-gcc does not link"
	outside ./static
	refused 'statically linked' ./static
	host "musl, static" "runs, not recorded" "refused: static, status 3"
	# What is preloaded must load there as well, and pass on what it stands in front of.
	cat >calls.c <<-'EOF'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <fcntl.h>
		#include <malloc.h>
		#include <poll.h>
		#include <pthread.h>
		#include <signal.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/epoll.h>
		#include <sys/syscall.h>
		#include <sys/timerfd.h>
		#include <sys/wait.h>
		#include <time.h>
		#include <unistd.h>
		static struct itimerspec soon = {.it_value.tv_nsec = 1000000};
		static void *blocks(void *arg)
		{
			for (int i = 0; i < 1000; i++)
				free(realloc(malloc(i), 2 * i + 1));
			return arg;
		}
		static int posix(void)
		{
			struct sigevent ev = {.sigev_notify = SIGEV_NONE};
			timer_t t;
			return timer_create(CLOCK_MONOTONIC, &ev, &t) || timer_settime(t, 0, &soon, NULL) ||
			       timer_gettime(t, &soon) || timer_delete(t);
		}
		static int fds(void)
		{
			int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), set = epoll_create1(0);
			struct epoll_event event = {.events = EPOLLIN};
			struct pollfd wait = {fd, POLLIN, 0};
			unsigned long long n = 0;
			timerfd_settime(fd, 0, &soon, NULL);
			epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
			return poll(&wait, 1, -1) != 1 || read(fd, &n, 8) != 8 || n != 1 ||
			       close(fcntl(fd, F_DUPFD_CLOEXEC, 50));
		}
		static int children(void)
		{
			int status;
			pid_t pid = fork();
			if (!pid)
				_exit(5);
			return waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 5 ||
			       system("exit 3") != 3 << 8;
		}
		int main(void)
		{
			pthread_t thread;
			void *p;
			FILE *f = freopen("/dev/zero", "r", fopen("/dev/null", "r"));
			pthread_create(&thread, NULL, blocks, NULL);
			blocks(NULL);
			pthread_join(thread, NULL);
			if (posix() || fds() || children() || posix_memalign(&p, 64, 100) || fclose(f) ||
			    dlopen("libnone.so", RTLD_NOW) || syscall(SYS_getpid) != getpid())
				return 1;
			free(p);
			free(aligned_alloc(64, 64));
			return puts("six made, two stopped") < 0;
		}
	EOF
	musl-gcc -pthread -o dynamic calls.c
	./dynamic >plain || skip "no musl at run time"
	six_bare ./dynamic
	is stderr "$stderr" "timerleak: this program does not run on glibc: nothing is recorded"
	TIMERLEAK_OPTIONS=enabled=0 outside ./dynamic
	refused 'musl' ./dynamic
	host musl "runs, not recorded (said)" "refused: musl, status 3"
}

@test "Go" {
	need go gcc
	export GOCACHE=$BUILD/go-cache GO111MODULE=off
	cat >pure.go <<-'EOF'
		package main

		import "fmt"

		func main() { fmt.Println("six made, two stopped") }
	EOF
	cat >mixed.go <<-'EOF'
		package main

		/*
		#include <signal.h>
		#include <sys/timerfd.h>
		#include <time.h>
		#include <unistd.h>
		static void three(void)
		{
			struct sigevent ev = {.sigev_notify = SIGEV_NONE};
			timer_t t;
			timer_create(CLOCK_MONOTONIC, &ev, &t);
			timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
			close(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
		}
		*/
		import "C"
		import "fmt"

		func main() {
			done := make(chan bool)
			for i := 0; i < 2; i++ {
				go func() { C.three(); done <- true }()
			}
			<-done
			<-done
			fmt.Println("six made, two stopped")
		}
	EOF
	CGO_ENABLED=0 go build -o pure pure.go || skip "go does not build"
	outside ./pure
	refused 'statically linked' ./pure
	host "Go" "runs, not recorded" "refused: static, status 3"
	CGO_ENABLED=1 go build -o mixed mixed.go || skip "cgo does not build"
	six_run ./mixed
	json_is '[.sites[].stack[0].function] | unique' '["three"]'
	# Go ends by a bare system call: nobody is left to report.
	outside ./mixed
	json=$TEST_DIR/kept.json
	"$TIMERLEAK" report -o "json:$json" "$XDG_RUNTIME_DIR"/timerleak-*/*.tlk 2>>err
	json_is '[.complete, .summary.created, .summary.stopped, .summary.undecided]' '[true,6,2,4]'
	host "Go with cgo" "no report, the trace is kept" "full report of the C part"
}

@test "Java" {
	need java javac
	cat >Six.java <<-'EOF'
		public class Six {
			public static void main(String[] args) throws Exception {
				java.util.Timer timer = new java.util.Timer();
				Thread thread = new Thread(() -> { });
				timer.schedule(new java.util.TimerTask() { public void run() { } }, 1);
				thread.start();
				thread.join();
				Thread.sleep(20);
				timer.cancel();
				System.out.println("six made, two stopped");
			}
		}
	EOF
	javac Six.java
	six_bare java -Xshare:auto -XX:TieredStopAtLevel=1 Six
	summary_is 0
	within $LIMIT java -Xshare:auto -XX:TieredStopAtLevel=1 Six
	unharmed
	json_is "$COUNTS" '[true,0,0,0,0,0,0,0,0,0]'
	host "Java" "full report: none made" "full report: none made"
}

# The interpreter itself, not a script that looks for one.
python() {
	python3 -c 'import sys; print(sys.executable)'
}

@test "Python, by ctypes" {
	need python3
	cat >six.py <<-'EOF'
		import ctypes, os, threading
		libc = ctypes.CDLL(None)
		def three():
		    timer = ctypes.c_void_p()
		    event = (ctypes.c_int * 16)(0, 0, 0, 1)  # SIGEV_NONE
		    libc.timer_create(1, event, ctypes.byref(timer))
		    libc.timerfd_create(1, 0o2000000)
		    os.close(libc.timerfd_create(1, 0o2000000))
		for _ in range(2):
		    thread = threading.Thread(target=three)
		    thread.start()
		    thread.join()
		print("six made, two stopped")
	EOF
	six_bare "$(python)" six.py
	said '^==[0-9]+== +6 +2 +4 '
	six_run "$(python)" six.py
	host "Python" "full report" "full report"
}

@test "node" {
	need node
	local script='const t = setInterval(() => { clearInterval(t);
		require("fs").readFile("/dev/null", () => console.log("six made, two stopped")); }, 5)'
	six_bare node -e "$script"
	summary_is 0
	within $LIMIT node -e "$script"
	unharmed
	json_is '[.complete, .gate.leaked, .summary.untracked]' '[true,0,0]'
	host "node" "full report: none leaked" "full report: none leaked"
}

# A runtime that does not come first ends the program; the launcher puts it there.
@test "AddressSanitizer and ThreadSanitizer" {
	local name
	for name in address thread; do
		build sane -fsanitize=$name || skip "no $name sanitizer"
		[ "$(./sane plain 2>/dev/null)" = "$SIX" ] || skip "$name does not run here"
		six_run ./sane plain
		warned 'the heap is not recorded: a sanitizer watches it'
		outcome hosts "${name^}Sanitizer" run "timers only, heap off (said)"
	done
	build sane -fsanitize=address
	split timeout $LIMIT env LD_PRELOAD="$SHIM" ./sane plain
	[ "$status" != 0 ]
	said 'ASan runtime does not come first'
	outcome hosts AddressSanitizer bare "refused by its runtime (said): use run"
	build sane -fsanitize=thread
	six_bare ./sane plain
	full_report
	said 'note: the heap is not recorded: a sanitizer watches it'
	outcome hosts ThreadSanitizer bare "timers only, heap off (said)"
}
