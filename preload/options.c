/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "options_text.h"
#include "sys.h"
#include <sys/auxv.h>

#define INPUT_MAX 16384 /* of an environment string that may be anything */
#define KEY_MAX	  32
#define WARNINGS  8

enum type { NUMBER, SWITCH, CHOICE, KINDS, NAMES_FILE };

struct row {
	const char *key;
	enum type type;
	size_t offset;
	int64_t fallback, min, max;
	const char *words; /* of a choice; of a file: words that are none */
	const char *help;
};

#define AT(key) offsetof(struct tl_options, key)
static const struct row rows[] = {
#define TL_OPTION_NUMBER(key, fallback, min, max, help) \
	{#key, NUMBER, AT(key), fallback, min, max, "", help},
#define TL_OPTION_SWITCH(key, fallback, help) {#key, SWITCH, AT(key), fallback, 0, 1, "", help},
#define TL_OPTION_CHOICE(key, fallback, words, help) \
	{#key, CHOICE, AT(key), fallback, 0, 0, words, help},
#define TL_OPTION_KINDS(key, fallback, help) {#key, KINDS, AT(key), fallback, 0, 0, "", help},
#define TL_OPTION_FILE(key, special, help)   {#key, NAMES_FILE, AT(key), 0, 0, 0, special, help},
#include "options.def"
#undef TL_OPTION_NUMBER
#undef TL_OPTION_SWITCH
#undef TL_OPTION_CHOICE
#undef TL_OPTION_KINDS
#undef TL_OPTION_FILE
};

static TL_BIG char run_dir[TL_OPTION_PATH], trace_main[TL_OPTION_PATH];

/* Defaults hold from the start: hooks may run before any constructor. */
struct tl_options tl_options = {
#define TL_OPTION_NUMBER(key, fallback, min, max, help) .key = fallback,
#define TL_OPTION_SWITCH(key, fallback, help)		.key = fallback,
#define TL_OPTION_CHOICE(key, fallback, words, help)	.key = fallback,
#define TL_OPTION_KINDS(key, fallback, help)		.key = fallback,
#define TL_OPTION_FILE(key, special, help)
#include "options.def"
    .run_dir = run_dir,
    .trace_main = trace_main,
};

struct item {
	char key[KEY_MAX];
	bool has_value, cut, open_quote;
	char value[TL_OPTION_PATH];
};

static TL_BEGIN struct item item; /* too big for the stack that a hook may run on */
static TL_BIG char files[3][TL_OPTION_PATH];
static TL_BIG char warnings[WARNINGS][200];
static unsigned warned, lost_warnings;

/* ---- warnings ------------------------------------------------------------------------------- */

static void TL_PRINTF(1, 2) warn(const char *format, ...)
{
	va_list args;

	if (warned == WARNINGS) {
		lost_warnings++;
		tl_format(warnings[WARNINGS - 1], sizeof(warnings[0]),
			  "TIMERLEAK_OPTIONS: %u more mistakes", lost_warnings + 1);
		return;
	}
	va_start(args, format);
	tl_vformat(warnings[warned], sizeof(warnings[0]), format, args);
	va_end(args);
	for (char *c = warnings[warned++]; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

const char *tl_options_warning(unsigned i)
{
	return i < warned ? warnings[i] : NULL;
}

static const char *nearest_key(const char *key)
{
	unsigned best = ~0u;
	const char *found = rows[0].key;

	for (size_t i = 0; i < TL_ARRAY_LEN(rows); i++) {
		unsigned distance = tl_options_distance(key, rows[i].key);

		if (distance < best) {
			best = distance;
			found = rows[i].key;
		}
	}
	return found;
}

static void warn_value(const struct row *row, const char *wanted)
{
	char shown[48];

	tl_strcopy(shown, sizeof(shown), item.value);
	warn("TIMERLEAK_OPTIONS: %s: '%s' is not %s; the default is used", row->key, shown, wanted);
}

/* ---- values --------------------------------------------------------------------------------- */

static void *field(const struct row *row)
{
	return (char *)&tl_options + row->offset;
}

static void set_number(const struct row *row)
{
	const char *at = item.value;
	char wanted[80];
	uint64_t number;

	if (tl_parse_u64(&at, 10, &number) && !*at && number >= (uint64_t)row->min &&
	    number <= (uint64_t)row->max) {
		*(int64_t *)field(row) = (int64_t)number;
		return;
	}
	*(int64_t *)field(row) = row->fallback;
	tl_format(wanted, sizeof(wanted), "a number from %lld to %lld", (long long)row->min,
		  (long long)row->max);
	warn_value(row, wanted);
}

static void set_switch(const struct row *row)
{
	int yes = item.has_value ? tl_options_word("1|yes|true|on", item.value) : 0;
	int no = tl_options_word("0|no|false|off", item.value);

	*(bool *)field(row) = yes >= 0 || (no < 0 && row->fallback);
	if (yes < 0 && no < 0)
		warn_value(row, "0 or 1");
}

static void set_choice(const struct row *row)
{
	int index = tl_options_word(row->words, item.value);

	*(int *)field(row) = index < 0 ? (int)row->fallback : index;
	if (index < 0)
		warn_value(row, row->words);
}

static void set_kinds(const struct row *row)
{
	unsigned kinds = tl_options_parse_kinds(item.value);

	*(unsigned *)field(row) = kinds ? kinds : (unsigned)row->fallback;
	if (!kinds)
		warn_value(row, "a list of definite,possible,held");
}

static char *file_buffer(const struct row *row)
{
	return files[row->offset == AT(trace) ? 0 : row->offset == AT(suppressions) ? 1 : 2];
}

static void set_file(const struct row *row)
{
	char *buffer = file_buffer(row);
	bool special = tl_options_word(row->words, item.value) >= 0 || tl_starts(item.value, "fd:");
	bool fits = true;

	*(const char **)field(row) = NULL;
	if (tl_options.secure && !special) {
		warn("TIMERLEAK_OPTIONS: %s is ignored: the process has gained privileges",
		     row->key);
		return;
	}
	if (row->offset == AT(log_path))
		tl_strcopy(buffer, TL_OPTION_PATH, item.value);
	else
		fits = tl_options_expand(item.value, buffer, TL_OPTION_PATH);
	if (fits && item.value[0])
		*(const char **)field(row) = buffer;
	else
		warn_value(row, "a usable path");
}

static void set(const struct row *row)
{
	switch (row->type) {
	case NUMBER:
		set_number(row);
		break;
	case SWITCH:
		set_switch(row);
		break;
	case CHOICE:
		set_choice(row);
		break;
	case KINDS:
		set_kinds(row);
		break;
	case NAMES_FILE:
		set_file(row);
		break;
	}
}

static void apply(void)
{
	for (size_t i = 0; i < TL_ARRAY_LEN(rows); i++) {
		if (!tl_streq(rows[i].key, item.key))
			continue;
		if (item.cut)
			warn("TIMERLEAK_OPTIONS: %s: the value is too long", item.key);
		else if (item.has_value || rows[i].type == SWITCH)
			set(&rows[i]);
		else
			warn("TIMERLEAK_OPTIONS: %s: a value is missing", item.key);
		return;
	}
	warn("TIMERLEAK_OPTIONS: unknown key '%s': did you mean '%s'?", item.key,
	     nearest_key(item.key));
}

/* ---- items ---------------------------------------------------------------------------------- */

static bool is_separator(char c)
{
	return c == ':' || c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const char *read_key(const char *s, const char *end)
{
	size_t n = 0;

	for (; s < end && !is_separator(*s) && *s != '='; s++)
		if (n + 1 < sizeof(item.key))
			item.key[n++] = *s;
	item.key[n] = '\0';
	return s;
}

/* log_path=fd:3: that colon does not separate. */
static bool belongs(const char *s, const char *end, size_t n)
{
	return *s == ':' && n == 2 && item.value[0] == 'f' && item.value[1] == 'd' && s + 1 < end &&
	       s[1] >= '0' && s[1] <= '9' && tl_streq(item.key, "log_path");
}

static const char *read_value(const char *s, const char *end)
{
	size_t n = 0;
	char quote = 0;

	for (; s < end; s++) {
		if (quote ? *s == quote : *s == '"' || *s == '\'') {
			quote = quote ? 0 : *s;
			continue;
		}
		if (!quote && is_separator(*s) && !belongs(s, end, n))
			break;
		if (n + 1 < sizeof(item.value))
			item.value[n++] = *s;
		else
			item.cut = true;
	}
	item.value[n] = '\0';
	item.open_quote = quote != 0;
	return s;
}

static void parse(const char *s)
{
	const char *end = s + tl_strlen(s);

	if (end - s > INPUT_MAX) {
		end = s + INPUT_MAX;
		warn("TIMERLEAK_OPTIONS: longer than %d bytes, the rest is ignored", INPUT_MAX);
	}
	while (s < end) {
		if (is_separator(*s)) {
			s++;
			continue;
		}
		item.has_value = item.cut = item.open_quote = false;
		item.value[0] = '\0';
		s = read_key(s, end);
		if (s < end && *s == '=') {
			item.has_value = true;
			s = read_value(s + 1, end);
		}
		if (item.open_quote)
			warn("TIMERLEAK_OPTIONS: %s: a quote is not closed", item.key);
		apply();
	}
}

/* ---- the launcher --------------------------------------------------------------------------- */

static void read_launcher(void)
{
	const char *dir = tl_getenv("TIMERLEAK_RUN"), *mine = tl_getenv("TIMERLEAK_TRACE_MAIN");
	uint64_t pid;

	if (!dir || dir[0] != '/')
		return;
	if (tl_options.secure) {
		tl_options.enabled = false;
		return;
	}
	if (tl_strcopy(tl_options.run_dir, TL_OPTION_PATH, dir) >= TL_OPTION_PATH)
		return;
	tl_options.under_run = true;
	if (!mine || !tl_parse_u64(&mine, 10, &pid) || *mine != ':' || pid > INT32_MAX)
		return;
	if (tl_strcopy(tl_options.trace_main, TL_OPTION_PATH, mine + 1) >= TL_OPTION_PATH)
		tl_options.trace_main[0] = '\0';
	tl_options.trace_main_pid = (int)pid;
}

void tl_options_init(void)
{
	int saved = errno;
	const char *text = tl_getenv("TIMERLEAK_OPTIONS");

	tl_options.secure = getauxval(AT_SECURE) != 0;
	if (text)
		parse(text);
	read_launcher();
	errno = saved;
}

/* ---- help ----------------------------------------------------------------------------------- */

static void show_value(const struct row *row, char *text, size_t size)
{
	const char *file;

	switch (row->type) {
	case NUMBER:
		if (*(int64_t *)field(row) < row->min)
			tl_strcopy(text, size, "none");
		else
			tl_format(text, size, "%lld", (long long)*(int64_t *)field(row));
		break;
	case SWITCH:
		tl_strcopy(text, size, *(bool *)field(row) ? "1" : "0");
		break;
	case CHOICE:
		tl_options_word_at(row->words, *(int *)field(row), text, size);
		break;
	case KINDS:
		tl_options_kinds(*(unsigned *)field(row), text, size);
		break;
	case NAMES_FILE:
		file = *(const char **)field(row);
		tl_strcopy(text, size, file ? file : row->offset == AT(log_path) ? "stderr" : "");
	}
}

bool tl_options_help(unsigned i, char *line, size_t size)
{
	char value[80];

	if (i >= TL_ARRAY_LEN(rows))
		return false;
	show_value(&rows[i], value, sizeof(value));
	tl_format(line, size, "  %s=%s  %s", rows[i].key, value, rows[i].help);
	return true;
}
