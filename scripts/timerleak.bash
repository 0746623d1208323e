# SPDX-License-Identifier: MIT
# Completion of timerleak(1) for bash.
# shellcheck shell=bash
_timerleak()
{
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} i
	local formats='text: json: html: pprof: heap: folded: sarif: junit: github: gitlab:'
	local common='-o --max-leaks= --max-undrained= --leak-kinds= --error-exitcode=
		--suppressions= --no-default-suppressions --gen-suppressions --baseline= --source-root= --debug-root=
		--debuginfod --color=auto --color=always --color=never --help'
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'run report diff --help --version' -- "$word")
		return
	fi
	if [ "$command" = run ]; then
		common="$common --heap=off --heap=sampled --heap=full --trace= --follow"
		# From the program on, its own completion.
		for ((i = 2; i < COMP_CWORD; i++)); do
			case ${COMP_WORDS[i]} in
			-o) i=$((i + 1)) ;;
			--)
				_command_offset $((i + 1)) 2>/dev/null
				return
				;;
			esac
		done
	elif [ "$command" = diff ]; then
		formats='text: json:'
		common='-o --max-leaks= --leak-kinds= --error-exitcode= --suppressions=
			--no-default-suppressions --source-root= --debug-root= --debuginfod
			--color= --help'
	else
		common="$common --heap-profile"
	fi
	if [ "${COMP_WORDS[COMP_CWORD - 1]}" = -o ]; then
		mapfile -t COMPREPLY < <(compgen -f -W "$formats" -- "$word")
		return
	fi
	case $word in
	-*) mapfile -t COMPREPLY < <(compgen -W "$common" -- "$word") ;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	esac
	case ${COMPREPLY[0]-} in *=) compopt -o nospace ;; esac
}
complete -o filenames -F _timerleak timerleak
