/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyzer/preflight.h"
#include "analyzer/preflight_elf.h"

static char dir[] = "/tmp/test_preflight.XXXXXX";
static struct preflight result;

/* This program stands for the shim: what matters is its class and machine. */
static enum preflight_verdict look(const char *program)
{
	return preflight(&result, program, "/proc/self/exe");
}

static void shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(name, mode);
}

static void search_as_execvp(void **state)
{
	(void)state;
	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("a/dir", 0755);
	write_file("a/prog", "x", 0644);
	write_file("b/prog", "x", 0755);
	write_file("a/locked", "x", 0644);
	write_file("here", "x", 0755);
	setenv("PATH", "nowhere:a:b", 1);
	assert_int_equal(look("prog"), PREFLIGHT_OK);
	assert_string_equal(result.path, "b/prog");
	assert_int_equal(look("locked"), PREFLIGHT_NOT_EXECUTABLE);
	assert_int_equal(look("dir"), PREFLIGHT_NOT_EXECUTABLE);
	assert_int_equal(look("missing"), PREFLIGHT_NOT_FOUND);
	assert_int_equal(look("here"), PREFLIGHT_NOT_FOUND);
	assert_int_equal(look(""), PREFLIGHT_NOT_FOUND);
	assert_int_equal(look("./here"), PREFLIGHT_OK);
	assert_int_equal(look("./here/below"), PREFLIGHT_NOT_EXECUTABLE);
	setenv("PATH", "a::b", 1);
	assert_int_equal(look("here"), PREFLIGHT_OK);
	setenv("PATH", "", 1);
	assert_int_equal(look("here"), PREFLIGHT_OK);
	unsetenv("PATH");
	assert_int_equal(look("sh"), PREFLIGHT_OK);
	setenv("PATH", "/usr/bin:/bin", 1);
}

static void long_names(void **state)
{
	char name[2 * PATH_MAX];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(look(name), PREFLIGHT_NOT_EXECUTABLE);
	name[0] = '/';
	assert_int_equal(look(name), PREFLIGHT_NOT_EXECUTABLE);
}

static void scripts(void **state)
{
	(void)state;
	write_file("one", "#!/bin/sh\n", 0755);
	write_file("two", "#! \t./one -x\n", 0755);
	write_file("loop", "#!./loop\n", 0755);
	write_file("none", "#!\n", 0755);
	write_file("missing", "#!/nonexistent\n", 0755);
	write_file("plain", "exit 0\n", 0755);
	assert_int_equal(look("./one"), PREFLIGHT_OK);
	assert_string_equal(result.path, "/bin/sh");
	assert_int_equal(look("./two"), PREFLIGHT_OK);
	assert_string_equal(result.path, "/bin/sh");
	assert_int_equal(look("./loop"), PREFLIGHT_OK);
	assert_int_equal(look("./none"), PREFLIGHT_OK);
	assert_int_equal(look("./missing"), PREFLIGHT_OK); /* exec will say it */
	assert_int_equal(look("./plain"), PREFLIGHT_OK);
}

static void expect_no_trace(const char *program, const char *why)
{
	assert_int_equal(look(program), PREFLIGHT_NO_TRACE);
	if (!strstr(result.reason, why))
		fail_msg("%s: %s", program, result.reason);
}

static void programs(void **state)
{
	(void)state;
	write_file("x.c", "int main(void) { return 0; }\n", 0644);
	shell("gcc -o dynamic x.c && gcc -static -o static x.c && "
	      "gcc -static-pie -o static-pie x.c && gcc -no-pie -o fixed x.c && "
	      "gcc -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1 -o musl x.c && "
	      "gcc -Wl,--dynamic-linker=/system/bin/linker64 -o bionic x.c");
	assert_int_equal(look("./dynamic"), PREFLIGHT_OK);
	assert_string_equal(result.sanitizer, "");
	assert_int_equal(look("./fixed"), PREFLIGHT_OK);
	expect_no_trace("./static", "statically");
	expect_no_trace("./static-pie", "statically");
	expect_no_trace("./musl", "musl");
	expect_no_trace("./bionic", "Bionic");
	write_file("script", "#!./static\n", 0755);
	expect_no_trace("./script", "statically");
	shell("cp dynamic class && printf '\\001' | dd of=class bs=1 seek=4 conv=notrunc "
	      "2>/dev/null");
	expect_no_trace("./class", "word size");
	shell("cp dynamic mips && printf '\\010' | dd of=mips bs=1 seek=18 conv=notrunc "
	      "2>/dev/null");
	expect_no_trace("./mips", "another machine");
}

static void sanitizers(void **state)
{
	(void)state;
	if (system("gcc -fsanitize=address -o asan x.c 2>/dev/null") != 0)
		skip();
	assert_int_equal(look("./asan"), PREFLIGHT_OK);
	assert_int_equal(strncmp(result.sanitizer, "libasan.so.", 11), 0);
}

static void privileges(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	shell("cp dynamic uid && chown 65534 uid && chmod u+s uid && "
	      "cp dynamic gid && chown :65534 gid && chmod g+s gid && "
	      "cp dynamic own && chmod u+s,g+s own");
	expect_no_trace("./uid", "set-uid");
	expect_no_trace("./gid", "set-gid");
	assert_int_equal(look("./own"), PREFLIGHT_OK); /* changes nothing for its owner */
}

static void damaged_files(void **state)
{
	struct elf_facts facts;
	char command[128];
	int size;

	(void)state;
	for (size = 1; size < 2000; size += 61) {
		snprintf(command, sizeof(command), "head -c %d dynamic >cut && chmod +x cut", size);
		shell(command);
		look("./cut");
		assert_int_equal(preflight_elf("cut", &facts), 0);
	}
	assert_int_equal(preflight_elf("nonexistent", &facts), -1);
}

static int prepare(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int clean(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return chdir("/") == 0 ? system(command) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(search_as_execvp), cmocka_unit_test(long_names),
	    cmocka_unit_test(scripts),		cmocka_unit_test(programs),
	    cmocka_unit_test(sanitizers),	cmocka_unit_test(privileges),
	    cmocka_unit_test(damaged_files),
	};

	return cmocka_run_group_tests(tests, prepare, clean);
}
