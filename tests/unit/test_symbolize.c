/* SPDX-License-Identifier: MIT */
/*
 * The symbolizer against objects that the test compiles: what debug info, a symbol table, a
 * separate debug file or nothing at all give for the same two addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyzer/symbolize.h"
#include "preload/tl_format.h"

static char dir[] = "/tmp/test_symbolize.XXXXXX";

/* Lines are counted by the tests below. */
static const char source[] =
    "static int ticks = 3;\n"
    "int elsewhere(int) __attribute__((noinline));\n"
    "static inline __attribute__((always_inline)) int inner(int a)\n"
    "{\n"
    "	return elsewhere(a + ticks++) + 1;\n"
    "}\n"
    "static inline __attribute__((always_inline)) int middle(int a)\n"
    "{\n"
    "	return inner(a) * 2;\n"
    "}\n"
    "int outer(int a)\n"
    "{\n"
    "	return middle(a) + 5;\n"
    "}\n"
    "DECLARE\n"
    "int METHOD(int a)\n"
    "{\n"
    "	return elsewhere(a) + 7;\n"
    "}\n"
    "int main(void) { return 0; }\n"
    "int elsewhere(int a) { __asm__ volatile(\"\" : \"+r\"(a)); return a; }\n";

static void shell(const char *format, ...)
{
	char command[2048];
	va_list ap;
	int len = snprintf(command, sizeof(command), "cd %s && ", dir);

	va_start(ap, format);
	vsnprintf(command + len, sizeof(command) - (size_t)len, format, ap);
	va_end(ap);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static uint64_t number_from(const char *format, ...)
{
	char command[2048], line[256] = "";
	va_list ap;
	int len = snprintf(command, sizeof(command), "cd %s && ", dir);
	FILE *pipe;

	va_start(ap, format);
	vsnprintf(command + len, sizeof(command) - (size_t)len, format, ap);
	va_end(ap);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(line, sizeof(line), pipe));
	pclose(pipe);
	return strtoull(line, NULL, 16);
}

/* The return address of the only call in a function. */
static uint64_t after_call(const char *object, const char *function)
{
	return number_from("objdump -d --no-show-raw-insn %s | awk '/<%s>:/{f=1} f&&p{print $1; "
			   "exit} f&&/call/{p=1}'",
			   object, function);
}

static uint64_t symbol(const char *object, const char *name)
{
	return number_from("nm %s | awk '$3==\"%s\"{print $1}'", object, name);
}

struct subject {
	struct symbolizer *sym;
	int handle;
	char path[256];
	uint8_t id[32];
	size_t id_len;
};

static size_t read_build_id(const char *path, uint8_t id[32])
{
	char command[512], hex[128] = "";
	FILE *pipe;
	size_t i;

	snprintf(command, sizeof(command), "readelf -n %s | sed -n 's/.*Build ID: //p'", path);
	pipe = popen(command, "r");
	if (!pipe || !fgets(hex, sizeof(hex), pipe))
		hex[0] = '\0';
	if (pipe)
		pclose(pipe);
	for (i = 0; i < 32 && hex[2 * i] > ' '; i++)
		sscanf(hex + 2 * i, "%2hhx", &id[i]);
	return i;
}

static void open_at(struct subject *s, const char *path, const char *root)
{
	struct symbolizer_options options = {.symbolize = true, .debug_root = root};
	struct symbolizer_module module = {
	    .path = path, .build_id = s->id, .build_id_len = s->id_len};

	s->sym = symbolizer_new(&options);
	assert_non_null(s->sym);
	s->handle = symbolizer_add(s->sym, &module);
	assert_int_equal(s->handle, 0);
	assert_int_equal(symbolizer_add(s->sym, &module), 0);
}

static void open_subject(struct subject *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->path, sizeof(s->path), "%s/%s", dir, name);
	s->id_len = read_build_id(s->path, s->id);
	open_at(s, s->path, NULL);
}

static size_t warnings(const struct subject *s)
{
	const char *const *list = symbolizer_warnings(s->sym);
	size_t count = 0;

	while (list[count])
		count++;
	return count;
}

static void expect(const struct frame *frame, const char *function, const char *file, int line,
		   bool inlined)
{
	if (function)
		assert_string_equal(frame->function, function);
	else
		assert_null(frame->function);
	if (file)
		assert_string_equal(strrchr(frame->file, '/') + 1, file);
	else
		assert_null(frame->file);
	assert_int_equal(frame->line, line);
	assert_int_equal(frame->inlined, inlined);
}

static void expect_inlines(struct subject *s, uint64_t address)
{
	const struct frame *frames, *again;

	assert_int_equal(symbolizer_lookup(s->sym, s->handle, address, &frames), 3);
	expect(&frames[0], "inner", "t.c", 5, true);
	expect(&frames[1], "middle", "t.c", 9, true);
	expect(&frames[2], "outer", "t.c", 13, false);
	assert_int_equal(frames[0].file[0], '/');
	assert_int_equal(frames[2].offset, address);
	assert_string_equal(frames[2].module, s->path);
	assert_int_equal(symbolizer_lookup(s->sym, s->handle, address, &again), 3);
	assert_ptr_equal(frames, again);
}

static void check_inlines(const char *compiler, const char *flags)
{
	struct subject s;

	shell("%s -O1 -g %s -DDECLARE= -DMETHOD=method -o t t.c", compiler, flags);
	open_subject(&s, "t");
	expect_inlines(&s, after_call("t", "outer"));
	assert_string_equal(symbolizer_data(s.sym, 0, symbol("t", "ticks")), "ticks");
	assert_null(symbolizer_data(s.sym, 0, 1));
	assert_int_equal(warnings(&s), 0);
	symbolizer_free(s.sym);
}

static void inlined_frames(void **state)
{
	(void)state;
	check_inlines("gcc", "");
	check_inlines("gcc", "-no-pie");
	check_inlines("gcc", "-gdwarf-4");
	check_inlines("gcc", "-gz");
	check_inlines("gcc", "-gsplit-dwarf");
}

/* It writes no .debug_aranges. */
static void inlined_frames_by_clang(void **state)
{
	(void)state;
	if (system("command -v clang >/dev/null") != 0)
		skip();
	check_inlines("clang", "");
	check_inlines("clang", "-gdwarf-4");
}

static void functions_in_namespaces(void **state)
{
	static const char *const compilers[] = {"g++", "clang++"};
	const struct frame *frames;
	struct subject s;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		if (i && system("command -v clang++ >/dev/null") != 0)
			skip();
		shell("%s -x c++ -O1 -g '-DDECLARE=namespace space { struct C { int "
		      "method(int); }; }' -DMETHOD=space::C::method -o tpp cpp.cc",
		      compilers[i]);
		open_subject(&s, "tpp");
		assert_int_equal(
		    symbolizer_lookup(s.sym, 0, after_call("tpp", "_ZN5space1C6methodEi"), &frames),
		    1);
		expect(&frames[0], "space::C::method", "cpp.cc", 18, false);
		symbolizer_free(s.sym);
	}
}

/* gcc gives them no linker name; their scopes make them what they are. */
static void functions_local_to_a_file(void **state)
{
	const struct frame *frames;
	struct subject s;

	(void)state;
	shell("g++ -x c++ -O1 -g '-DDECLARE=namespace { struct C { int method(int); }; }' "
	      "-DMETHOD='__attribute__((used)) C::method' -o local cpp.cc");
	open_subject(&s, "local");
	assert_int_equal(symbolizer_lookup(s.sym, 0,
					   after_call("local", "_ZN12_GLOBAL__N_11C6methodEi"),
					   &frames),
			 1);
	assert_string_equal(frames[0].function, "(anonymous namespace)::C::method");
	symbolizer_free(s.sym);
}

static void symbols_alone(void **state)
{
	const struct frame *frames;
	struct subject s;
	uint64_t address, data;

	(void)state;
	shell("gcc -O1 -DDECLARE= -DMETHOD=method -o bare t.c");
	address = after_call("bare", "outer");
	data = symbol("bare", "ticks");
	open_subject(&s, "bare");
	assert_int_equal(symbolizer_lookup(s.sym, 0, address, &frames), 1);
	expect(&frames[0], "outer", NULL, 0, false);
	assert_string_equal(symbolizer_data(s.sym, 0, data + 1), "ticks");
	symbolizer_free(s.sym);

	shell("strip bare");
	open_subject(&s, "bare");
	assert_int_equal(symbolizer_lookup(s.sym, 0, address, &frames), 1);
	expect(&frames[0], NULL, NULL, 0, false);
	assert_null(symbolizer_data(s.sym, 0, data));
	assert_int_equal(strlen(frames[0].build_id), 40);
	symbolizer_free(s.sym);
}

static void separate_debug_info(void **state)
{
	struct subject s;
	uint64_t address;
	char root[300];

	(void)state;
	shell("gcc -O1 -g -DDECLARE= -DMETHOD=method -o sep t.c");
	address = after_call("sep", "outer");
	shell("objcopy --only-keep-debug sep sep.debug && strip sep && "
	      "objcopy --add-gnu-debuglink=sep.debug sep");
	open_subject(&s, "sep");
	expect_inlines(&s, address); /* .gnu_debuglink, beside it */
	symbolizer_free(s.sym);

	shell("id=$(readelf -n sep | sed -n 's/.*Build ID: //p') && "
	      "mkdir -p root/usr/lib/debug/.build-id/$(echo $id | cut -c1-2) && "
	      "mv sep.debug root/usr/lib/debug/.build-id/$(echo $id | cut -c1-2)/"
	      "$(echo $id | cut -c3-).debug");
	memset(&s, 0, sizeof(s));
	snprintf(s.path, sizeof(s.path), "%s/sep", dir);
	s.id_len = read_build_id(s.path, s.id);
	snprintf(root, sizeof(root), "%s/root", dir);
	open_at(&s, s.path, root);
	expect_inlines(&s, address); /* build-id directory under the root */
	symbolizer_free(s.sym);
	shell("rm sep");
	open_at(&s, s.path, root);
	expect_inlines(&s, address); /* the object itself is gone */
	assert_int_equal(warnings(&s), 0);
	symbolizer_free(s.sym);
}

static void expect_refused(struct subject *s, const char *why)
{
	const struct frame *frames;

	assert_int_equal(symbolizer_lookup(s->sym, 0, 0x1234, &frames), 1);
	expect(&frames[0], NULL, NULL, 0, false);
	assert_int_equal(symbolizer_lookup(s->sym, 0, 0x1250, &frames), 1);
	assert_int_equal(frames[0].offset, 0x1250);
	assert_null(symbolizer_data(s->sym, 0, 0x4000));
	assert_int_equal(warnings(s), 1);
	assert_non_null(strstr(symbolizer_warnings(s->sym)[0], why));
	symbolizer_free(s->sym);
}

static void unusable_objects(void **state)
{
	struct subject s;

	(void)state;
	shell("gcc -O1 -g -DDECLARE= -DMETHOD=method -o other t.c && "
	      "head -c 3000 other >cut && echo hello >words && : >empty && "
	      "(head -c 64 other; head -c 20000 /dev/urandom) >garbage && mkfifo -m 600 fifo");
	open_subject(&s, "other");
	symbolizer_free(s.sym);
	s.id[0] ^= 1;
	open_at(&s, s.path, NULL);
	expect_refused(&s, "build-id differs");
	open_at(&s, "/nonexistent/app", NULL);
	expect_refused(&s, "No such file");
	open_at(&s, "/nonexistent/app (deleted)", NULL);
	expect_refused(&s, "No such file");
	snprintf(s.path, sizeof(s.path), "%s/fifo", dir);
	open_at(&s, s.path, NULL);
	expect_refused(&s, "not a regular file");
	open_at(&s, dir, NULL);
	expect_refused(&s, "not a regular file");
	snprintf(s.path, sizeof(s.path), "%s/words", dir);
	open_at(&s, s.path, NULL);
	expect_refused(&s, "not an ELF file");
	snprintf(s.path, sizeof(s.path), "%s/empty", dir);
	open_at(&s, s.path, NULL);
	expect_refused(&s, "not an ELF file");
	snprintf(s.path, sizeof(s.path), "%s/garbage", dir);
	open_at(&s, s.path, NULL);
	expect_refused(&s, "build-id differs");
}

/* Without a recorded build-id a damaged file is opened: it may know nothing, but does no harm. */
static void damaged_objects(void **state)
{
	static const char *const names[] = {"cut", "garbage"};
	const struct frame *frames;
	struct subject s;
	uint64_t at;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(&s, 0, sizeof(s));
		snprintf(s.path, sizeof(s.path), "%s/%s", dir, names[i]);
		open_at(&s, s.path, NULL);
		for (at = 0; at < 0x5000; at += 0x101) {
			assert_true(symbolizer_lookup(s.sym, 0, at, &frames) >= 1);
			symbolizer_data(s.sym, 0, at);
		}
		symbolizer_free(s.sym);
	}
}

static void deleted_but_same_build(void **state)
{
	struct subject s;
	char path[sizeof(s.path)];

	(void)state;
	open_subject(&s, "other");
	symbolizer_free(s.sym);
	snprintf(path, sizeof(path), "%s/other (deleted)", dir);
	open_at(&s, path, NULL);
	memcpy(s.path, path, sizeof(s.path));
	expect_inlines(&s, after_call("other", "outer"));
	assert_int_equal(warnings(&s), 0);
	symbolizer_free(s.sym);
}

static void code_without_a_file(void **state)
{
	struct symbolizer_options options = {.symbolize = true};
	struct symbolizer_module vdso = {.path = "linux-vdso.so.1", .flags = TL_MOD_VDSO};
	const struct frame *frames;
	struct symbolizer *sym = symbolizer_new(&options);

	(void)state;
	assert_int_equal(symbolizer_lookup(sym, -1, 0x1000, &frames), 1);
	assert_null(frames[0].module);
	assert_string_equal(frames[0].build_id, "");
	assert_int_equal(frames[0].offset, 0x1000);
	assert_int_equal(symbolizer_lookup(sym, 99, 0x1000, &frames), 1);
	assert_int_equal(symbolizer_lookup(sym, symbolizer_add(sym, &vdso), 0x1000, &frames), 1);
	assert_null(frames[0].function);
	assert_string_equal(frames[0].module, "linux-vdso.so.1");
	assert_null(symbolizer_warnings(sym)[0]);
	symbolizer_free(sym);
}

static void not_asked_for(void **state)
{
	struct symbolizer_options options = {.symbolize = false};
	struct symbolizer_module module = {.path = "/nonexistent/app"};
	struct symbolizer *sym = symbolizer_new(&options);
	const struct frame *frames;

	(void)state;
	assert_int_equal(symbolizer_add(sym, &module), 0);
	assert_int_equal(symbolizer_lookup(sym, 0, 0x1000, &frames), 1);
	assert_null(frames[0].function);
	assert_null(symbolizer_warnings(sym)[0]);
	symbolizer_free(sym);
}

static int prepare(void **state)
{
	char path[300];
	FILE *file;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/t.c", dir);
	file = fopen(path, "w");
	if (!file || fputs(source, file) < 0 || fclose(file) != 0)
		return -1;
	shell("cp t.c cpp.cc");
	return 0;
}

static int clean(void **state)
{
	(void)state;
	shell("rm -rf %s", dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inlined_frames),	       cmocka_unit_test(inlined_frames_by_clang),
	    cmocka_unit_test(functions_in_namespaces), cmocka_unit_test(functions_local_to_a_file),
	    cmocka_unit_test(symbols_alone),	       cmocka_unit_test(separate_debug_info),
	    cmocka_unit_test(unusable_objects),	       cmocka_unit_test(damaged_objects),
	    cmocka_unit_test(deleted_but_same_build),  cmocka_unit_test(code_without_a_file),
	    cmocka_unit_test(not_asked_for),
	};

	return cmocka_run_group_tests(tests, prepare, clean);
}
