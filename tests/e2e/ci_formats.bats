#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What CI services read: stored reports byte for byte, their schemas, and readers that compare them
# with the JSON report; names that want to break out.
load common
load expect

GOLDEN=$BATS_TEST_DIRNAME/../golden

# every_format NAME OPTION...: all of them, as NAME.json and so on
every_format()
{
	local name=$1
	shift
	"$TIMERLEAK" report -o "json:$name.json" -o "sarif:$name.sarif" -o "junit:$name.xml" \
		-o "github:$name.github" -o "gitlab:$name.gitlab" "$@" 2>/dev/null
}

readers()
{
	xmllint --noout "$1.xml"
	"$SCHEMA_PYTHON" -W ignore -m jsonschema -i "$1.sarif" "$GOLDEN/sarif-2.1.0.schema.json"
	"$PYTHON" "$BATS_TEST_DIRNAME/ci_readers.py" "$1"
}

# python_with MODULE: the first in PATH may be another than the one that packages are for
python_with()
{
	local python
	for python in python3 /usr/bin/python3; do
		"$python" -W ignore -c "import $1" 2>/dev/null && echo "$python" && return
	done
}

needs_readers()
{
	need xmllint
	SCHEMA_PYTHON=$(python_with jsonschema) || true
	PYTHON=$(python_with junitparser) || true
	[ -n "$SCHEMA_PYTHON" ] || skip "no jsonschema for python3"
	[ -n "$PYTHON" ] || skip "no junitparser for python3"
}

@test "stored traces give the stored files, and their readers take them" {
	needs_readers
	local name suffix
	for name in empty every_class heap hostile; do
		(cd "$GOLDEN" && every_format "$TEST_DIR/$name" "$name.tlk")
		for suffix in sarif xml github gitlab; do
			diff -u "$GOLDEN/$name.$suffix" "$name.$suffix"
		done
		readers "$name"
	done
	# They can fail.
	sed -i 's/"level": "warning"/"level": "bad"/' hostile.sarif
	run "$SCHEMA_PYTHON" -W ignore -m jsonschema -i hostile.sarif "$GOLDEN/sarif-2.1.0.schema.json"
	[ "$status" != 0 ]
}

@test "functions and files with hostile names; the place is the first inside the source root" {
	needs_readers
	need "${CC:-cc}"
	mkdir -p src/sub away
	cat >src/p.c <<-'END'
		#include <sys/timerfd.h>
		#line 7 "sub/../sub/a:b,c%0A<&>\"']]>[x](y){0}.c"
		__attribute__((noinline)) int evil(void) __asm__("\"f<&>[x](y){0}%0A::error::,'\"");
		__attribute__((noinline)) int evil(void) { return timerfd_create(1, 0); }
		#line 3 "../away/library.h"
		__attribute__((noinline)) int outside(void) { return timerfd_create(1, 0) + 1; }
		#line 20 "p.c"
		__attribute__((noinline)) int inside(void) { return outside() + 1; }
		int main(void) { return evil() + inside() < 0; }
	END
	(cd src && "${CC:-cc}" -g -O1 -o ../p p.c)
	split "$TIMERLEAK" run --trace=p.tlk -o t.json -- ./p
	status_is 0
	every_format p --source-root=src p.tlk
	readers p
	json=p.gitlab
	json_is '[.[].location | [.path, .lines.begin]] | sort' \
		"$(jq -nc '["p.c", 20], ["sub/a:b,c%0A<&>\"'"'"']]>[x](y){0}.c", 8]' | jq -sc .)"
	grep -q '^::error file=p.c,line=20,title=1 timerfd leaked in outside::' p.github
	jq -e '.runs[0].results[] | .locations[0].physicalLocation.artifactLocation
		| select(.uri == "p.c" and .uriBaseId == "SRCROOT")' p.sarif
	# GitLab takes no absolute name: without a root those below the job's directory are cut.
	"$TIMERLEAK" report -o gitlab:h.gitlab p.tlk 2>/dev/null
	json=h.gitlab
	json_is '[.[].location.path | startswith("/")]' '[false,false]'
	# The same leak in another build is the same alert.
	sed -i '1i // a line' src/p.c
	(cd src && "${CC:-cc}" -g -O1 -o ../p p.c)
	"$TIMERLEAK" run -o sarif:q.sarif -- ./p 2>/dev/null
	diff <(jq '[.runs[0].results[].partialFingerprints]' p.sarif) \
		<(jq '[.runs[0].results[].partialFingerprints]' q.sarif)
}

@test "suppressed, baselined and held sites are no results; incomplete data is an error" {
	needs_readers
	echo 'class:orphaned' >rules
	every_format a --suppressions=rules "$GOLDEN/heap.tlk"
	readers a
	grep -q '<skipped message="class:orphaned"' a.xml
	every_format b --baseline=a.json --leak-kinds=definite,possible,held "$GOLDEN/heap.tlk"
	readers b
	head -c 20000 "$GOLDEN/heap.tlk" >cut.tlk
	every_format c cut.tlk
	readers c
	grep -q '<error type="incomplete"' c.xml
	grep -q '^::warning title=timerleak::the data is incomplete' c.github
	jq -e '.runs[0].invocations[0].executionSuccessful == false' c.sarif
}

@test "a lack of memory is an error, never a report that misses a name" {
	need "${CC:-cc}"
	cat >fail.c <<-'END'
		#include <dlfcn.h>
		#include <errno.h>
		#include <stdlib.h>
		#include <string.h>
		extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
		extern void *__libc_realloc(void *, size_t);
		static long count, at = -1;
		/* Of the analyzer's own calls: libdw ends badly by itself. */
		static int fails(void *caller)
		{
			Dl_info info;
			if (at < 0)
				at = atol(getenv("FAIL_AT"));
			if (!dladdr(caller, &info) || !strstr(info.dli_fname, "timerleak") || ++count != at)
				return 0;
			errno = ENOMEM;
			return 1;
		}
		#define CALL(f, ...) (fails(__builtin_return_address(0)) ? NULL : __libc_##f(__VA_ARGS__))
		void *malloc(size_t size) { return CALL(malloc, size); }
		void *calloc(size_t n, size_t size) { return CALL(calloc, n, size); }
		void *realloc(void *p, size_t size) { return CALL(realloc, p, size); }
	END
	"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -O1 -o fail.so fail.c
	split "$TIMERLEAK" run --trace=t.tlk -- "$VICTIMS/01_select_timeout_leaking"
	"$TIMERLEAK" report -o json:whole t.tlk 2>/dev/null
	local at status failed=0
	# Beyond these is what grows with the output.
	for at in $(seq 1 4 120); do
		status=0
		FAIL_AT=$at LD_PRELOAD=$PWD/fail.so "$TIMERLEAK" report -o json:part t.tlk 2>err >&2 || status=$?
		case $status in
		0) cmp part whole ;;
		2) grep -q 'out of memory\|t.tlk' err && failed=$((failed + 1)) ;;
		*) echo "allocation $at: status $status: $(cat err)" && false ;;
		esac
	done
	[ "$failed" -gt 15 ]
}
