/* SPDX-License-Identifier: MIT */
#include <features.h>
#if defined(__x86_64__) && defined(__GLIBC__)
#define VERSION "GLIBC_2.2.5"
#define ID	int
#include "client.h"
#else
int main(void)
{
	return 77;
}
#endif
