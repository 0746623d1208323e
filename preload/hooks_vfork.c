/* SPDX-License-Identifier: MIT */
/*
 * vfork and clone: the child may run in our memory.
 *
 * What such a child closes is not closed here. Only that a program has made one is noted, so that
 * others are spared the question (tl_life_vfork_child) at each close. Stubs of assembly, since
 * nothing may be on the stack between the program and libc: the child comes back through the same
 * frame first. Those that libc itself makes (posix_spawn, system) come by no hook, and neither do
 * their calls. One that is made by a system call of the program's own goes unseen: what its child
 * closes is missing then, and the audit counts it as untracked.
 */
#include "hooks.h"
#include "life_fork.h"

void tl_hook_find_vfork(void);
int tl_hook_clone(int (*function)(void *), void *stack, int flags, void *argument, void *a, void *b,
		  void *c);

/* Before the constructor has run. */
__attribute__((used)) void tl_hook_find_vfork(void)
{
	tl_real_init();
}

__attribute__((used)) int tl_hook_clone(int (*function)(void *), void *stack, int flags,
					void *argument, void *a, void *b, void *c)
{
	tl_real_init();
	return tl_real_clone ? tl_real_clone(function, stack, flags, argument, a, b, c)
			     : tl_hook_absent();
}

#if defined(__x86_64__)
__asm__(".text\n"
	".globl vfork, __vfork\n"
	".type vfork, @function\n"
	".set __vfork, vfork\n"
	"vfork:\n"
	".cfi_startproc\n"
	"	endbr64\n"
	"	movl $1, tl_fork_shares(%rip)\n"
	"	mov tl_real_vfork(%rip), %rax\n"
	"	test %rax, %rax\n"
	"	jne 1f\n"
	"	sub $8, %rsp\n"
	".cfi_adjust_cfa_offset 8\n"
	"	call tl_hook_find_vfork\n"
	"	add $8, %rsp\n"
	".cfi_adjust_cfa_offset -8\n"
	"	mov tl_real_vfork(%rip), %rax\n"
	"1:	jmp *%rax\n"
	".cfi_endproc\n"
	".size vfork, .-vfork\n"

	".globl clone, __clone\n"
	".type clone, @function\n"
	".set __clone, clone\n"
	"clone:\n"
	".cfi_startproc\n"
	"	endbr64\n"
	"	lea tl_not_alone(%rip), %rax\n"
	"	mov %rax, tl_one_thread(%rip)\n"
	"	test $0x4000, %edx\n" /* CLONE_VFORK */
	"	je 1f\n"
	"	movl $1, tl_fork_shares(%rip)\n"
	"1:	mov tl_real_clone(%rip), %rax\n"
	"	test %rax, %rax\n"
	"	je tl_hook_clone\n"
	"	jmp *%rax\n"
	".cfi_endproc\n"
	".size clone, .-clone\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl vfork, __vfork\n"
	".type vfork, %function\n"
	".set __vfork, vfork\n"
	"vfork:\n"
	".cfi_startproc\n"
	"	mov w17, #1\n"
	"	adrp x16, tl_fork_shares\n"
	"	str w17, [x16, :lo12:tl_fork_shares]\n"
	"	adrp x16, tl_real_vfork\n"
	"	ldr x16, [x16, :lo12:tl_real_vfork]\n"
	"	cbnz x16, 1f\n"
	"	stp x29, x30, [sp, #-16]!\n"
	".cfi_adjust_cfa_offset 16\n"
	".cfi_rel_offset x29, 0\n"
	".cfi_rel_offset x30, 8\n"
	"	bl tl_hook_find_vfork\n"
	"	ldp x29, x30, [sp], #16\n"
	".cfi_adjust_cfa_offset -16\n"
	".cfi_restore x29\n"
	".cfi_restore x30\n"
	"	adrp x16, tl_real_vfork\n"
	"	ldr x16, [x16, :lo12:tl_real_vfork]\n"
	"1:	br x16\n"
	".cfi_endproc\n"
	".size vfork, .-vfork\n"

	".globl clone, __clone\n"
	".type clone, %function\n"
	".set __clone, clone\n"
	"clone:\n"
	".cfi_startproc\n"
	"	tbz w2, #14, 1f\n" /* CLONE_VFORK */
	"	mov w17, #1\n"
	"	adrp x16, tl_fork_shares\n"
	"	str w17, [x16, :lo12:tl_fork_shares]\n"
	"1:	adrp x16, tl_real_clone\n"
	"	ldr x16, [x16, :lo12:tl_real_clone]\n"
	"	cbz x16, tl_hook_clone\n"
	"	br x16\n"
	".cfi_endproc\n"
	".size clone, .-clone\n");
#endif
