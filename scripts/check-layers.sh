#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Includes go down the layers, or stay in one without a circle. preload/tl_format.h is the only
# file that crosses from one side to the other.
cd "$(dirname "$0")/.." || exit 1

# Top layer first. A room is a file name without suffix, or its longest prefix before a "_" here.
# shellcheck disable=SC2034 # both are read by name below
preload_layers='
hooks life
registry creators places ties watch audit holders report reach
fdmap stack modules heap tasks
sink section real options unwind loader_gate under build_id out
arena sys base tl_format timerleak'
# shellcheck disable=SC2034
analyzer_layers='
main cmd
emit text ci sarif formats gate output cli help image_set launch preflight report
classify lifetimes group site stack heap timer_state explain suppress default_suppressions baseline diff symbolize demangle
trace model
strbuf util utf8 tally names frame fingerprint version'

bad=0
complain()
{
	echo "check-layers: $*"
	bad=1
}

# Prints "LAYER ROOM" of a file; layers count from the top.
room()
{
	local name=$2 layer line
	while :; do
		layer=0
		while read -r line; do
			case " $line " in *" $name "*) echo "$layer $name" && return 0 ;; esac
			layer=$((layer + 1))
		done <<<"$1"
		case $name in *_*) name=${name%_*} ;; *) return 1 ;; esac
	done
}

edges=
for file in preload/*.[ch] analyzer/*.[ch]; do
	[ -e "$file" ] || continue
	side=${file%%/*}
	layers=${side}_layers
	layers=$(grep . <<<"${!layers}")
	base=${file##*/}
	if ! from=$(room "$layers" "${base%.*}"); then
		complain "$file belongs to no layer: add it here and say where"
		continue
	fi
	while IFS=: read -r line include; do
		include=${include#*[\"<]}
		include=${include%%[\">]*}
		case $include in
		*tl_format.h | *.def) continue ;;
		preload/* | ../preload/*)
			[ "$side" = preload ] || complain "$file:$line: $include: only tl_format.h crosses"
			;;
		analyzer/* | ../analyzer/*)
			[ "$side" = analyzer ] || complain "$file:$line: $include: the shim needs no analyzer"
			;;
		uthash.h)
			[ "$side" = analyzer ] || [ "$base" = arena.h ] ||
				complain "$file:$line: uthash comes by arena.h, which gives it our memory"
			continue
			;;
		dlfcn.h)
			[ "$base" != registry.c ] || complain "$file:$line: policy does not resolve symbols"
			continue
			;;
		esac
		include=${include##*/}
		[ -e "$side/$include" ] || continue
		to=$(room "$layers" "${include%.*}") || continue
		[ "${from% *}" -le "${to% *}" ] ||
			complain "$file:$line: $include lies above (layer $((${to% *})) over $((${from% *})))"
		[ "$base" = "$include" ] || edges="$edges$base $include"$'\n'
	done < <(grep -n '^#[[:space:]]*include' "$file")
	if [ "${file##*/}" = tl_format.h ] &&
		grep '^#[[:space:]]*include' "$file" | grep -vq '<stdint.h>'; then
		complain "$file includes more than <stdint.h>"
	fi
done
if ! circle=$(tsort <<<"$(sort -u <<<"$edges")" 2>&1 >/dev/null) || [ -n "$circle" ]; then
	complain "a circle: $(sed -n 's/^tsort: //p' <<<"$circle" | grep -v 'contains a loop' | tr '\n' ' ')"
fi
exit $bad
