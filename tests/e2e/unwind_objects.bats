#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where the frame descriptions of an object are: not always where most linkers put them.

load common
load expect

# A function that makes a timerfd, four frames further in, without frame pointers.
chain() {
	cat <<-EOF
		#include <sys/timerfd.h>
		#include <time.h>
		__attribute__((noinline)) int inner(int depth)
		{
			volatile char room[100];
			room[depth] = 1;
			return depth ? inner(depth - 1) + room[depth] : timerfd_create(CLOCK_MONOTONIC, 0);
		}
		__attribute__((noinline)) int $1(void) { volatile int fd = inner(3); return fd + 1; }
	EOF
}

whole_chain() {
	jq_is "$json" '[.sites[] | [.stack[].function] | .[:6]]' \
		"[[\"inner\",\"inner\",\"inner\",\"inner\",\"$1\",\"main\"]]"
}

# header_at FILE: address of its .eh_frame_hdr.
header_at() { readelf -lW "$1" | awk '$1 == "GNU_EH_FRAME" {print $3}'; }

program_with_library() {
	{
		chain in_library
		echo 'const int word = 1;'
		awk 'BEGIN {for (i = 0; i < 40; i++) printf "int f%d(int a) {return a * %d;}\n", i, i}'
	} >l.c
	cc -O1 -g -shared -fPIC -fomit-frame-pointer -o libl.so l.c
	echo 'int in_library(void); int main(void) { volatile int r = in_library(); return r < 0; }' >p.c
	cc -O1 -g -o p p.c -L. -ll -Wl,-rpath,"$PWD"
}

@test "a library with its frame descriptions where a smaller program has them" {
	need cc
	program_with_library
	is "they lie at" "$(header_at libl.so)" "$(header_at p)"
	runjson ./p
	whole_chain in_library
}

# As BOLT and patchelf leave them.
headers_to_the_end() {
	python3 - "$1" <<-'EOF'
		import struct, sys
		elf = bytearray(open(sys.argv[1], 'rb').read())
		at, = struct.unpack_from('<Q', elf, 32)
		size, count = struct.unpack_from('<HH', elf, 54)
		elf += bytes(-len(elf) % 8)
		struct.pack_into('<Q', elf, 32, len(elf))
		elf += elf[at:at + size * count]
		elf[at:at + size * count] = bytes(size * count)
		open(sys.argv[1], 'wb').write(elf)
	EOF
}

@test "program headers at the end of the file" {
	need cc python3
	program_with_library
	headers_to_the_end libl.so
	runjson ./p
	whole_chain in_library
}

@test "program headers at the end of a file that is loaded later" {
	need cc python3
	program_with_library
	headers_to_the_end libl.so
	cat >p.c <<-EOF
		#include <dlfcn.h>
		int main(void)
		{
			void *library = dlopen("$PWD/libl.so", RTLD_NOW);
			int (*f)(void) = (int (*)(void))dlsym(library, "in_library");
			volatile int result = f();
			return result < 0;
		}
	EOF
	cc -O1 -g -o p p.c
	runjson ./p
	whole_chain in_library
}

# One input with a writable section of that name is enough.
@test "frame descriptions among the data" {
	need cc
	{ chain in_program; echo 'int main(void) { return in_program() < 0; }'; } >p.c
	cc -O1 -g -fomit-frame-pointer -S p.c
	printf '.section .eh_frame,"aw",@progbits\n.section .note.GNU-stack,"",@progbits\n' >w.s
	cc -g -o p p.s w.s
	readelf -SW p | grep -q ' \.eh_frame .* WA '
	runjson ./p
	whole_chain in_program
}

# As linkers do where one of many inputs has descriptions that they do not understand.
@test "no table of the frame descriptions" {
	local at
	need cc
	program_with_library
	at=$(readelf -SW libl.so | sed -n 's/.* \.eh_frame_hdr *[A-Z]* *[0-9a-f]* \([0-9a-f]*\) .*/\1/p')
	printf '\377\377' | dd of=libl.so bs=1 seek=$((0x$at + 2)) conv=notrunc status=none
	runjson ./p
	whole_chain in_library
}

@test "a call that does not return, last in assembler that nothing describes" {
	need cc
	cat >bare.s <<-'EOF'
		.globl bare
		.type bare, @function
		bare:	push %rbp
			mov %rsp, %rbp
			call make_and_leave
		.size bare, .-bare
		.globl next
		.type next, @function
		next:
		.cfi_startproc
			ret
		.cfi_endproc
		.size next, .-next
		.section .note.GNU-stack, "", @progbits
	EOF
	cat >p.c <<-'EOF'
		#include <setjmp.h>
		#include <sys/timerfd.h>
		#include <time.h>
		void bare(void);
		static jmp_buf back;
		__attribute__((noinline)) void make_and_leave(void)
		{
			timerfd_create(CLOCK_MONOTONIC, 0);
			longjmp(back, 1);
		}
		__attribute__((noinline)) int outer(void)
		{
			if (!setjmp(back))
				bare();
			return 1;
		}
		int main(void) { return outer() - 1; }
	EOF
	cc -O1 -g -fno-omit-frame-pointer -o p p.c bare.s
	runjson ./p
	jq_is "$json" '[.sites[] | [.stack[].function] | .[:4]]' \
		'[["make_and_leave","bare","outer","main"]]'
}

# As start files older than glibc 2.17 have it.
@test "an entry point that nothing describes" {
	need cc
	cat >start.s <<-'EOF'
		.globl _start
		.type _start, @function
		_start:	xor %ebp, %ebp
			mov %rdx, %r9
			pop %rsi
			mov %rsp, %rdx
			and $-16, %rsp
			push %rax
			push %rsp
			xor %r8d, %r8d
			xor %ecx, %ecx
			lea main(%rip), %rdi
			call *__libc_start_main@GOTPCREL(%rip)
			hlt
		.size _start, .-_start
		.section .note.GNU-stack, "", @progbits
	EOF
	{ chain in_program; echo 'int main(void) { return in_program() < 0; }'; } >p.c
	cc -O1 -g -nostartfiles -fomit-frame-pointer -o p p.c start.s
	runjson -o text:report ./p
	whole_chain in_program
	jq_is "$json" '.sites[0].stack[-1].function' _start
	[ "$(grep -cE 'deeper frames|could not be found out' report)" = 0 ]
}

# It keeps no frame pointer, so that nobody can tell who called it.
@test "code made at run time is the last that is known, and the report says so" {
	need cc
	cat >p.c <<-'EOF'
		#include <string.h>
		#include <sys/mman.h>
		#include <sys/timerfd.h>
		#include <time.h>
		static const unsigned char code[] = {
			0x55, 0x31, 0xed, 0x48, 0x83, 0xec, 0x10,        /* push %rbp; xor %ebp, %ebp; sub */
			0xff, 0xd7, 0x48, 0x83, 0xc4, 0x10, 0x5d, 0xc3}; /* call *%rdi; add; pop; ret */
		__attribute__((noinline)) static void make(void) { timerfd_create(CLOCK_MONOTONIC, 0); }
		int main(void)
		{
			void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			memcpy(at, code, sizeof(code));
			((void (*)(void (*)(void)))at)(make);
			return 0;
		}
	EOF
	cc -O1 -g -o p p.c
	runjson -o text:report -o folded:folded ./p
	jq_is "$json" '.sites[0].stack[0].function' make
	is "what the report says of it" "$(grep -c 'who called that could not be found out' report)" 1
	has "$(cat folded)" '^\[truncated\];'
}
