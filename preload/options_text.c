/* SPDX-License-Identifier: MIT */
#include "options_text.h"
#include "options.h"
#include "sys.h"
#include <sys/syscall.h>
#include <sys/utsname.h>

#define COMPARED 32

/* ---- words ---------------------------------------------------------------------------------- */

static size_t word_length(const char *s, char separator)
{
	size_t n = 0;

	while (s[n] && s[n] != separator)
		n++;
	return n;
}

static bool same(const char *word, size_t length, const char *text)
{
	return tl_strlen(text) == length && __builtin_memcmp(word, text, length) == 0;
}

int tl_options_word(const char *words, const char *text)
{
	for (int i = 0; *text; i++) {
		size_t n = word_length(words, '|');

		if (same(words, n, text))
			return i;
		if (!words[n])
			break;
		words += n + 1;
	}
	return -1;
}

void tl_options_word_at(const char *words, int index, char *text, size_t size)
{
	size_t n;

	for (; index > 0; index--)
		words += word_length(words, '|') + 1;
	n = word_length(words, '|') + 1;
	tl_strcopy(text, n < size ? n : size, words);
}

static const char *const kind_names[] = {"definite", "possible", "held"};

unsigned tl_options_parse_kinds(const char *list)
{
	unsigned kinds = 0;

	for (;;) {
		size_t n = word_length(list, ','), i = 0;

		while (i < TL_ARRAY_LEN(kind_names) && !same(list, n, kind_names[i]))
			i++;
		if (i == TL_ARRAY_LEN(kind_names))
			return 0;
		kinds |= 1u << i;
		if (!list[n])
			return kinds;
		list += n + 1;
	}
}

void tl_options_kinds(unsigned kinds, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < TL_ARRAY_LEN(kind_names) && n < size; i++)
		if (kinds & 1u << i)
			n += (size_t)tl_format(text + n, size - n, "%s%s", n ? "," : "",
					       kind_names[i]);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned tl_options_distance(const char *a, const char *b)
{
	unsigned row[COMPARED + 1], diagonal, above;
	size_t na = tl_strlen(a), nb = tl_strlen(b);

	na = na < COMPARED ? na : COMPARED;
	nb = nb < COMPARED ? nb : COMPARED;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		diagonal = row[0]++;
		for (size_t j = 1; j <= nb; j++) {
			above = row[j];
			row[j] =
			    least(least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[nb];
}

/* ---- patterns ------------------------------------------------------------------------------- */

struct expansion {
	char *path;
	size_t size, length;
	bool fits;
};

static void add(struct expansion *to, const char *text, size_t n)
{
	if (to->length + n >= to->size) {
		to->fits = false;
		return;
	}
	__builtin_memcpy(to->path + to->length, text, n);
	to->length += n;
}

static void add_pid(struct expansion *to)
{
	char digits[16];

	add(to, digits, (size_t)tl_format(digits, sizeof(digits), "%d", tl_sys_getpid()));
}

static void add_host(struct expansion *to)
{
	struct utsname name;

	if (tl_syscall(SYS_uname, (long)&name, 0, 0, 0, 0, 0) == 0)
		add(to, name.nodename, tl_strlen(name.nodename));
}

static void add_program(struct expansion *to)
{
	char exe[1024]; /* as long as the trace has it */
	size_t base = 0;

	if (tl_sys_readlink("/proc/self/exe", exe, sizeof(exe)) <= 0)
		return;
	for (size_t i = 0; exe[i]; i++)
		if (exe[i] == '/')
			base = i + 1;
	add(to, exe + base, tl_strlen(exe + base));
}

/* s is behind "%q"; returns the position behind the brace, or s if it is none. */
static const char *add_variable(struct expansion *to, const char *s)
{
	char name[128];
	const char *value;
	size_t n = 0;

	if (*s == '{')
		n = word_length(s + 1, '}');
	if (n == 0 || n >= sizeof(name) || s[n + 1] != '}') {
		add(to, "%q", 2);
		return s;
	}
	tl_strcopy(name, n + 1, s + 1);
	value = tl_getenv(name);
	if (value)
		add(to, value, tl_strlen(value));
	return s + n + 2;
}

static const char *add_special(struct expansion *to, const char *s)
{
	switch (*s) {
	case 'p':
		add_pid(to);
		return s + 1;
	case 'h':
		add_host(to);
		return s + 1;
	case 'n':
		add_program(to);
		return s + 1;
	case 'q':
		return add_variable(to, s + 1);
	case '%':
		add(to, "%", 1);
		return s + 1;
	default:
		add(to, "%", 1);
		return s;
	}
}

bool tl_options_expand(const char *pattern, char *path, size_t size)
{
	struct expansion to = {path, size, 0, size > 0};

	while (*pattern && to.fits) {
		if (*pattern == '%') {
			pattern = add_special(&to, pattern + 1);
			continue;
		}
		add(&to, pattern++, 1);
	}
	if (size > 0)
		path[to.length < size ? to.length : size - 1] = '\0';
	return to.fits;
}
