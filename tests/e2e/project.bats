#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a user does with the tree: the demo, the installation, the dependencies.
load common

@test "make install: both routes work from the installed place" {
	split make -C "$ROOT" --no-print-directory -s B="$BUILD" install DESTDIR="$TEST_DIR/dest" \
		PREFIX=/usr/local
	is "status of make" "$status$stderr" 0
	local base=$TEST_DIR/dest/usr/local
	[ -s "$base/lib/pkgconfig/timerleak.pc" ]
	[ -s "$base/share/man/man1/timerleak.1" ]

	SHIM=$base/lib/libtimerleak.so TIMERLEAK=$base/bin/timerleak
	bare "$VICTIMS/01_select_timeout_leaking"
	is status "$status" 0
	# The function's name comes from the analyzer, found as ../bin from the library.
	has "$stderr" answer_or_timeout
	has "$stderr" '^SUMMARY: timerleak: 5 timers leaked at 1 site'
	split "$TIMERLEAK" run --max-leaks=0 -- "$VICTIMS/01_select_timeout_leaking"
	is status "$status" 23
	has "$stderr" '^SUMMARY: timerleak: 5 timers leaked at 1 site'

	split make -C "$ROOT" --no-print-directory -s B="$BUILD" uninstall DESTDIR="$TEST_DIR/dest" \
		PREFIX=/usr/local
	is "files left" "$(find "$TEST_DIR/dest" -type f)" ""
}

@test "the prefix is the place that both sides look in last" {
	grep -q 'DTL_LIBDIR=."/usr/local/lib"' "$BUILD/flags"
	has "$(strings "$TIMERLEAK")" '^/usr/local/lib'
}

@test "pkg-config gives the path for LD_PRELOAD" {
	need pkg-config
	make -C "$ROOT" --no-print-directory -s B="$TEST_DIR/b" PREFIX=/opt/x "$TEST_DIR/b/timerleak.pc"
	is preload "$(PKG_CONFIG_PATH=$TEST_DIR/b pkg-config --variable=preload timerleak)" \
		/opt/x/lib/libtimerleak.so
}

@test "the demo shows three shapes and a gate" {
	split "$ROOT/scripts/demo.sh"
	is "status, with $stdout$stderr" "$status" 0
	is "reports" "$(grep -c 'SUMMARY: timerleak: [1-9]' "$TEST_DIR/out")" "$(
		cd "$ROOT" && grep -c '_leaking$' scripts/demo.sh)"
	has "$stdout" '^status: 23$'
}

@test "install-deps: nothing missing, nothing said, no network" {
	# Where no namespace without network can be had, the words alone tell.
	local alone=()
	! unshare -n true 2>/dev/null || alone=(unshare -n)
	split "${alone[@]}" "$ROOT/scripts/install-deps.sh" build test
	is "status and words" "$status$stdout$stderr" 0
}

@test "install-deps: a missing tool is named, without rights it says what it would install" {
	mkdir bin
	for t in bash sh env dirname sed grep cat tr sort cc ldconfig apt-get; do
		ln -s "$(PATH=$PATH:/usr/sbin:/sbin command -v $t)" bin/ || true
	done
	printf '#!/bin/sh\necho 1000\n' >bin/id
	chmod 755 bin/id
	sed '/^PATH=/d' "$ROOT/scripts/install-deps.sh" >deps.sh
	split env PATH="$PWD/bin" bash ./deps.sh --check build
	is status "$status" 1
	has "$stdout" 'missing:.* make( |$)'
	split env PATH="$PWD/bin" bash ./deps.sh build
	is status "$status" 1
	has "$stderr" 'needs root .* make'
}

@test "a build directory has one name, or changed headers would be missed" {
	local dir
	printf '%s\n' 'show:; @echo $(B)' >"$TEST_DIR/show.mk"
	for dir in build "$ROOT/build" "$ROOT//build/"; do
		is B "$(make -C "$ROOT" --no-print-directory -s -f Makefile -f "$TEST_DIR/show.mk" B="$dir" show)" build
	done
}

@test "tests/README.md may not say what the tests did not see" {
	export BUILD=$TEST_DIR
	outcome ends exit bare "status 0, 1 leaked"
	split "$ROOT/scripts/outcomes.sh" --check 1
	is status "$status" 0
	split "$ROOT/scripts/outcomes.sh" --check 0 # nothing was skipped: the others are missing
	is status "$status" 1
	has "$stdout" 'ends, SIGKILL, run: .* the tests saw nothing'
	outcome ends exit bare "status 0, 2 leaked"
	split "$ROOT/scripts/outcomes.sh" --check 1
	is status "$status" 1
	has "$stdout" 'says "status 0, 1 leaked", the tests saw "status 0, 2 leaked"'
}

fail() { echo "not told: $*" && false; }

# completed WORD...: what bash offers after these
completed()
{
	COMP_WORDS=("$@" '') COMP_CWORD=$#
	[ "${*: -1}" = -o ] || COMP_WORDS[COMP_CWORD]=--
	_timerleak
	echo "${COMPREPLY[@]}"
}

@test "manual and completion know every format, option and key" {
	local word page offered
	page=$(sed 's/\\-/-/g; s/", "/ /g' "$ROOT/analyzer/timerleak.1")
	compopt() { :; }
	# shellcheck source=scripts/timerleak.bash
	. "$ROOT/scripts/timerleak.bash"
	offered=" $(completed timerleak report -o) "
	sed -n 's/^\t{"\([a-z]*\)", .*\(emit\|write\)_.*/\1/p' "$ROOT/analyzer/formats.c" >formats
	grep -qx gitlab formats
	while read -r word; do
		[[ $offered == *" $word: "* && $page == *[\ BI]"$word"[\ ,\;$'\n']* ]] || fail "$word"
	done <formats
	for word in run report diff; do
		offered=" $(completed timerleak "$word") "
		"$TIMERLEAK" "$word" --help | grep -oE -- '--[a-z]+(-[a-z]+)*' | sort -u |
			grep -vxE -- '--(help|version|output)' >options
		grep -qx -- --max-leaks options
		while read -r option; do
			[[ $offered == *" $option"[=\ ]* && $page == *$'\n.B'*[\ I]"$option"[\ =,$'\n']* ]] ||
				fail "$word $option"
		done <options
	done
	sed -n 's/^TL_OPTION_[A-Z]*(\([a-z_]*\),.*/\1/p' "$ROOT/preload/options.def" >keys
	grep -qx trace keys
	while read -r word; do
		[[ $page == *$'\n'".BR $word "[.,]* ]] || fail "$word"
	done <keys
}
