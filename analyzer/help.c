/* SPDX-License-Identifier: MIT */
#include "help.h"

const char help_main[] =
    "Usage: timerleak COMMAND [OPTION]... [ARGUMENT]...\n"
    "\n"
    "Finds POSIX timers and timerfds that a program makes and never stops.\n"
    "\n"
    "  run [OPTION]... [--] PROGRAM [ARG]...   run a program and report its leaked timers\n"
    "  report [OPTION]... TRACE...|PID...|-    report from saved traces or running processes\n"
    "  diff [OPTION]... BASE NEW               what leaks anew, more, less, no more\n"
    "\n"
    "`timerleak COMMAND --help` lists the options of a command, --version tells the version.\n"
    "Without the launcher: LD_PRELOAD=libtimerleak.so PROGRAM reports on stderr at exit.\n";

#define HELP_OUTPUT                                                                          \
	"Output:\n"                                                                          \
	"  -o, --output=[FORMAT:]FILE   write a report, - is stdout; may be given again.\n"  \
	"                               FORMAT is text, json, html, pprof, folded (for\n"    \
	"                               flame graphs), heap (a pprof of the heap), sarif,\n" \
	"                               junit, github or gitlab; else the suffix decides:\n" \
	"                               .txt .json .html .pb.gz .folded .sarif .xml\n"       \
	"      --color=auto|always|never\n"                                                  \
	"\n"

#define HELP_GATES                                                                                \
	"Gates, for CI:\n"                                                                        \
	"      --max-leaks=N            fail if more than N timers leaked\n"                      \
	"      --max-undrained=N        fail if the expiry of more than N timers was not taken\n" \
	"      --leak-kinds=KIND,...    what counts as leaked: definite, possible, held\n"        \
	"                               (default: definite,possible)\n"                           \
	"      --error-exitcode=N       status of a failed gate, 1 to 255 (default: 23)\n"        \
	"\n"

#define HELP_SUPPRESSIONS                                                                      \
	"Suppressions:\n"                                                                      \
	"      --suppressions=FILE      rules as LeakSanitizer has them; may be given again\n" \
	"      --no-default-suppressions\n"                                                    \
	"                               also report what known programs keep on purpose\n"     \
	"      --gen-suppressions       after each leak a rule for it, ready to be copied\n"   \
	"      --baseline=FILE          count only what is not in that JSON report\n"          \
	"\n"

#define HELP_SYMBOLS                                                                        \
	"Symbols:\n"                                                                        \
	"      --source-root=DIR        name source files relative to DIR\n"                \
	"      --debug-root=DIR         look for programs and debug info under DIR first\n" \
	"      --debuginfod             ask debuginfod servers for debug info (network)\n"  \
	"\n"

const char help_run[] =
    "Usage: timerleak run [OPTION]... [--] PROGRAM [ARG]...\n"
    "\n"
    "Runs a program with the recorder loaded, waits for it and its children, and reports\n"
    "the timers that they leaked: on stderr, or where -o says.\n"
    "\n" HELP_OUTPUT HELP_GATES HELP_SUPPRESSIONS HELP_SYMBOLS "Running:\n"
    "      --trace=FILE             keep the trace of the program; children's get .PID.START\n"
    "      --follow[=SEC]           wait for descendants that outlive the program, SEC\n"
    "                               seconds or until they end\n"
    "      --heap=off|sampled|full  which heap blocks are recorded: none, a sample\n"
    "                               (default), or every one with its stack\n"
    "  -h, --help   -V, --version\n"
    "\n"
    "Exit status: the program's (128+N for signal N, 126 not executable, 127 not found);\n"
    "if that is 0: 23 a gate failed, 2 bad usage, 3 no trace can appear or appeared.\n";

const char help_report[] =
    "Usage: timerleak report [OPTION]... TRACE...|PID...|-\n"
    "\n"
    "Reports leaked timers from saved traces, from running processes (all digits mean a\n"
    "PID; ./123 is a file), or from a trace on stdin (-). Several are one report.\n"
    "\n" HELP_OUTPUT HELP_GATES HELP_SUPPRESSIONS HELP_SYMBOLS "Heap:\n"
    "      --heap-profile           instead of the leaks, what was allocated and what of it\n"
    "                               lives, by stack: a table and a tree\n"
    "  -h, --help   -V, --version\n"
    "\n"
    "Exit status: 0 clean or no gate, 23 a gate failed, 2 bad usage or unreadable input\n"
    "(what could be read is still reported).\n";

const char help_diff[] =
    "Usage: timerleak diff [OPTION]... BASE NEW\n"
    "\n"
    "Compares two traces or JSON reports, site by site: new, grown, shrunk, gone. Sites are\n"
    "the same whose functions are, whatever build and line they come from.\n"
    "\n"
    "  -o, --output=[FORMAT:]FILE   write it there, - is stdout; FORMAT is text or json, else\n"
    "                               the suffix decides; may be given again\n"
    "      --max-leaks=N            fail if more than N timers leak that did not before\n"
    "      --leak-kinds=KIND,...    what counts as leaked: definite, possible, held\n"
    "                               (default: definite,possible)\n"
    "      --error-exitcode=N       status of a failed gate, 1 to 255 (default: 23)\n"
    "      --suppressions=FILE   --no-default-suppressions\n"
    "      --source-root=DIR   --debug-root=DIR   --debuginfod   as for report\n"
    "      --color=auto|always|never   taken, but the text has no colours\n"
    "  -h, --help   -V, --version\n"
    "\n"
    "Exit status: 0, 23 a gate failed, 2 bad usage or unreadable input.\n";
