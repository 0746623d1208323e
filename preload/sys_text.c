/* SPDX-License-Identifier: MIT */
#include "sys.h"

extern char **environ;

/* ---- formatter ------------------------------------------------------------------------------ */

struct out {
	char *buf;
	size_t size, length;
};

struct spec {
	bool zero;
	int width;
	int size; /* 0 int, 1 long, 2 long long, 3 size_t */
	char kind;
};

/* The caller's list, by address: a va_list may be an array, which a parameter would turn into a
 * pointer (7.16 of C11). */
struct args {
	va_list list;
};

static void put(struct out *out, char c)
{
	if (out->length + 1 < out->size)
		out->buf[out->length] = c;
	out->length++;
}

static void put_bytes(struct out *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(out, s[i]);
}

static void pad(struct out *out, int n, char with)
{
	while (n-- > 0)
		put(out, with);
}

static void put_number(struct out *out, const struct spec *spec, uint64_t value, bool negative)
{
	unsigned int base = spec->kind == 'x' ? 16 : 10;
	char digits[20];
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while ((value /= base) != 0);
	if (!spec->zero)
		pad(out, spec->width - n - negative, ' ');
	if (negative)
		put(out, '-');
	if (spec->zero)
		pad(out, spec->width - n - negative, '0');
	while (n > 0)
		put(out, digits[--n]);
}

static void put_string(struct out *out, const struct spec *spec, const char *s)
{
	size_t n;

	if (!s)
		s = "(null)";
	n = tl_strlen(s);
	if (n < (size_t)spec->width)
		pad(out, spec->width - (int)n, ' ');
	put_bytes(out, s, n);
}

/* Length of the specification at s, which follows the '%', or 0 if it is none of ours. */
static size_t read_spec(const char *s, struct spec *spec)
{
	const char *start = s;

	*spec = (struct spec){0};
	if (*s == '0') {
		spec->zero = true;
		s++;
	}
	while (*s >= '0' && *s <= '9' && spec->width < 1000)
		spec->width = spec->width * 10 + (*s++ - '0');
	if (*s == 'z') {
		spec->size = 3;
		s++;
	}
	while (*s == 'l' && spec->size < 2) {
		spec->size++;
		s++;
	}
	spec->kind = *s;
	switch (spec->kind) {
	case 'd':
	case 'u':
	case 'x':
		return (size_t)(s - start) + 1;
	case 's':
	case 'c':
	case '%':
		return spec->size == 0 ? (size_t)(s - start) + 1 : 0;
	default:
		return 0;
	}
}

static uint64_t next_unsigned(struct args *args, int size)
{
	switch (size) {
	case 0:
		return va_arg(args->list, unsigned int);
	case 1:
		return va_arg(args->list, unsigned long);
	case 2:
		return va_arg(args->list, unsigned long long);
	default:
		return va_arg(args->list, size_t);
	}
}

static int64_t next_signed(struct args *args, int size)
{
	switch (size) {
	case 0:
		return va_arg(args->list, int);
	case 1:
		return va_arg(args->list, long);
	case 2:
		return va_arg(args->list, long long);
	default:
		return va_arg(args->list, ssize_t);
	}
}

static void put_arg(struct out *out, const struct spec *spec, struct args *args)
{
	int64_t value;

	switch (spec->kind) {
	case 's':
		put_string(out, spec, va_arg(args->list, const char *));
		break;
	case 'c':
		pad(out, spec->width - 1, ' ');
		put(out, (char)va_arg(args->list, int));
		break;
	case '%':
		put(out, '%');
		break;
	case 'd':
		value = next_signed(args, spec->size);
		put_number(out, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
		break;
	default:
		put_number(out, spec, next_unsigned(args, spec->size), false);
	}
}

int tl_vformat(char *buf, size_t size, const char *format, va_list list)
{
	struct out out = {buf, size, 0};
	struct args args;

	va_copy(args.list, list);
	while (*format) {
		struct spec spec;
		size_t length = *format == '%' ? read_spec(format + 1, &spec) : 0;

		if (length == 0) {
			put(&out, *format++);
			continue;
		}
		put_arg(&out, &spec, &args);
		format += 1 + length;
	}
	va_end(args.list);
	if (size > 0)
		buf[out.length < size ? out.length : size - 1] = '\0';
	return (int)out.length;
}

int tl_format(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = tl_vformat(buf, size, format, args);
	va_end(args);
	return length;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

bool tl_parse_u64(const char **s, int base, uint64_t *value)
{
	const char *at = *s;
	uint64_t sum = 0;

	for (; digit_of(*at) < base; at++)
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit_of(*at), &sum))
			return false;
	if (at == *s)
		return false;
	*s = at;
	*value = sum;
	return true;
}

bool tl_parse_i64(const char **s, uint64_t *magnitude, bool *negative)
{
	const char *at = *s;
	bool minus = *at == '-';

	if (minus)
		at++;
	if (!tl_parse_u64(&at, 10, magnitude))
		return false;
	*s = at;
	*negative = minus;
	return true;
}

/* ---- strings -------------------------------------------------------------------------------- */

/* Of the dynamic loader: the address of argc, with argv and the environment above it. */
extern void *__libc_stack_end __attribute__((weak));

/* Functions of DT_PREINIT_ARRAY run before libc has set environ. Once it was set, it being empty is
 * the host's wish. */
static char **environment(void)
{
	static bool set;
	char **at = environ;

	if (at)
		tl_store(&set, true);
	if (!at && !tl_load(&set) && &__libc_stack_end && __libc_stack_end)
		at = (char **)__libc_stack_end + 1 + *(long *)__libc_stack_end + 1;
	return at;
}

const char *tl_getenv(const char *name)
{
	char **e = environment();

	if (!e || !*name)
		return NULL;
	for (; *e; e++) {
		size_t n = tl_strlen(name);

		if (tl_starts(*e, name) && (*e)[n] == '=')
			return *e + n + 1;
	}
	return NULL;
}

size_t tl_strlen(const char *s)
{
	return __builtin_strlen(s);
}

bool tl_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

bool tl_starts(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

const char *tl_strstr(const char *s, const char *needle)
{
	for (; *s; s++)
		if (tl_starts(s, needle))
			return s;
	return *needle ? NULL : s;
}

size_t tl_strcopy(char *to, size_t size, const char *from)
{
	size_t n = tl_strlen(from);

	if (size > 0) {
		size_t keep = n < size ? n : size - 1;

		for (size_t i = 0; i < keep; i++)
			to[i] = from[i];
		to[keep] = '\0';
	}
	return n;
}
