#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing to build and test: install-deps.sh [--check] [build] [test] [long] [bench]
# Asks no network and needs no rights when nothing is missing. Tested with apt; the names for the
# other package managers are given in good faith.
set -u

# set, probe, then the packages of apt dnf pacman zypper apk; "-" = part of another line's package.
# cmd:NAME a program, inc:FILE a header, lib:NAME a library that the loader finds, ar:FILE for cc,
# py:NAME a module.
table='
build cmd:cc                   gcc               gcc               gcc            gcc                 gcc
build inc:stdio.h              libc6-dev         glibc-devel       glibc          glibc-devel         musl-dev
build cmd:make                 make              make              make           make                make
build inc:uthash.h             uthash-dev        uthash-devel      uthash         uthash-devel        uthash-dev
build inc:elfutils/libdw.h     libdw-dev         elfutils-devel    elfutils       libdw-devel         elfutils-dev
build inc:libelf.h             libelf-dev        elfutils-libelf-devel libelf     libelf-devel        elfutils-dev
build inc:jansson.h            libjansson-dev    jansson-devel     jansson        libjansson-devel    jansson-dev
build inc:libiberty/demangle.h libiberty-dev     binutils-devel    binutils       binutils-devel      binutils-dev
build cmd:protoc-c             protobuf-c-compiler protobuf-c-compiler protobuf-c protobuf-c         protobuf-c-compiler
build inc:protobuf-c/protobuf-c.h libprotobuf-c-dev protobuf-c-devel protobuf-c   libprotobuf-c-devel protobuf-c-dev
build inc:zlib.h               zlib1g-dev        zlib-devel        zlib           zlib-devel          zlib-dev
build lib:libunwind.so.8       libunwind8        libunwind         libunwind      libunwind8          libunwind
test  cmd:g++                  g++               gcc-c++           gcc            gcc-c++             g++
test  ar:libasan.so            -                 libasan           gcc            libasan8            -
test  ar:libubsan.so           -                 libubsan          gcc            libubsan1           -
test  ar:libtsan.so            -                 libtsan           gcc            libtsan2            -
test  inc:cmocka.h             libcmocka-dev     libcmocka-devel   cmocka         libcmocka-devel     cmocka-dev
test  inc:libunwind.h          libunwind-dev     libunwind-devel   libunwind      libunwind-devel     libunwind-dev
test  cmd:bats                 bats              bats              bats           bats                bats
test  cmd:clang                clang             clang             clang          clang               clang
test  cmd:clang-tidy           clang-tidy        clang-tools-extra clang          clang-tools         clang-extra-tools
test  cmd:cppcheck             cppcheck          cppcheck          cppcheck       cppcheck            cppcheck
test  cmd:clang-format-14      clang-format-14   -                 -              -                   -
test  cmd:shellcheck           shellcheck        ShellCheck        shellcheck     ShellCheck          shellcheck
test  cmd:git                  git               git               git            git                 git
test  cmd:go                   golang-go         golang            go             go                  go
test  cmd:jq                   jq                jq                jq             jq                  jq
test  cmd:gdb                  gdb               gdb               gdb            gdb                 gdb
test  cmd:strace               strace            strace            strace         strace              strace
test  cmd:eu-strip             elfutils          elfutils          elfutils       elfutils            elfutils
test  cmd:setarch              util-linux        util-linux        util-linux     util-linux          util-linux
test  cmd:ps                   procps            procps-ng         procps-ng      procps              procps
test  cmd:python3              python3           python3           python         python3             python3
test  cmd:ruby                 ruby              ruby              ruby           ruby                ruby
test  cmd:stress-ng            stress-ng         stress-ng         stress-ng      stress-ng           stress-ng
test  cmd:redis-server         redis-server      redis             redis          redis               redis
test  cmd:redis-benchmark      redis-tools       redis             redis          redis               redis
test  lib:libjemalloc.so.2     libjemalloc2      jemalloc          jemalloc       libjemalloc2        jemalloc
test  lib:libtcmalloc_minimal.so.4 libtcmalloc-minimal4 gperftools-libs gperftools libtcmalloc4       gperftools
test  lib:libeatmydata.so.1    libeatmydata1     libeatmydata      libeatmydata   libeatmydata        libeatmydata
test  lib:faketime/libfaketime.so.1 libfaketime  libfaketime       libfaketime    libfaketime         libfaketime
test  cmd:musl-gcc             musl-tools        musl-gcc          musl           -                   musl-dev
test  cmd:aarch64-linux-gnu-g++ g++-aarch64-linux-gnu -            -              -                   -
test  cmd:qemu-aarch64         qemu-user         qemu-user         qemu-user      qemu-linux-user     qemu-aarch64
test  cmd:valgrind             valgrind          valgrind          valgrind       valgrind            valgrind
test  inc:valgrind/callgrind.h -                 valgrind-devel    valgrind       valgrind-devel      valgrind-dev
test  cmd:sqlite3              sqlite3           sqlite            sqlite         sqlite3             sqlite
test  cmd:nginx                nginx-light       nginx             nginx          nginx               nginx
test  cmd:ab                   apache2-utils     httpd-tools       apache         apache2-utils       apache2-utils
test  cmd:pkg-config           pkg-config        pkgconf-pkg-config pkgconf       pkg-config          pkgconf
test  py:jsonschema            python3-jsonschema python3-jsonschema python-jsonschema python3-jsonschema py3-jsonschema
test  py:junitparser           python3-junitparser -               -              -                   -
test  cmd:xmllint              libxml2-utils     libxml2           libxml2        libxml2-tools       libxml2-utils
long  cmd:debootstrap          debootstrap       debootstrap       debootstrap    debootstrap         debootstrap
bench cmd:heaptrack            heaptrack         heaptrack         heaptrack      heaptrack           heaptrack
bench cmd:valgrind             valgrind          valgrind          valgrind       valgrind            valgrind
bench cmd:perl                 perl              perl              perl           perl                perl
bench cmd:objcopy              binutils          binutils          binutils       binutils            binutils
bench cmd:sqlite3              sqlite3           sqlite            sqlite         sqlite3             sqlite
bench cmd:redis-server         redis-server      redis             redis          redis               redis
bench cmd:redis-benchmark      redis-tools       redis             redis          redis               redis
bench cmd:nginx                nginx-light       nginx             nginx          nginx               nginx
bench cmd:ab                   apache2-utils     httpd-tools       apache         apache2-utils       apache2-utils
bench lib:libjemalloc.so.2     libjemalloc2      jemalloc          jemalloc       libjemalloc2        jemalloc
bench lib:libtcmalloc.so.4     libgoogle-perftools4 gperftools-libs gperftools    libtcmalloc4        gperftools
bench ar:liblsan.so            -                 liblsan           gcc            liblsan0            -
'

check=
sets=
for word in "$@"; do
	case $word in
	--check) check=1 ;;
	build | test | long | bench) sets="$sets $word" ;;
	*)
		echo "usage: install-deps.sh [--check] [build] [test] [long] [bench]" >&2
		exit 2
		;;
	esac
done
: "${sets:= build test}"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

column=7
libraries=
manager=none
for m in apt-get:3 dnf:4 pacman:5 zypper:6 apk:7; do
	if command -v "${m%:*}" >/dev/null; then
		manager=${m%:*} column=${m#*:}
		break
	fi
done

present()
{
	local name=${1#*:} dir
	case $1 in
	cmd:*) command -v "$name" >/dev/null ;;
	inc:*)
		for dir in /usr/include /usr/local/include /usr/include/*-linux-*; do
			[ -e "$dir/$name" ] && return 0
		done
		return 1
		;;
	lib:*)
		: "${libraries:=$(ldconfig -p 2>/dev/null)}"
		grep -q "[[:space:]]$name " <<<"$libraries" && return 0
		for dir in /usr/lib /usr/lib64 /lib /usr/local/lib /usr/lib/*-linux-*; do
			[ -e "$dir/$name" ] && return 0
		done
		return 1
		;;
	py:*)
		# The first in PATH may be another than the one that packages are for, and slower.
		/usr/bin/python3 -c "import $name" 2>/dev/null || python3 -c "import $name" 2>/dev/null
		;;
	# Without a compiler the line of the compiler says enough.
	ar:*) ! command -v cc >/dev/null || [ "$(cc -print-file-name="$name")" != "$name" ] ;;
	esac
}

missing=
packages=
while read -r set probe names; do
	case "$sets " in *" $set "*) ;; *) continue ;; esac
	# shellcheck disable=SC2086 # the names of a line are words without blanks
	package=$(set -- $names && eval "echo \${$((column - 2))}")
	[ "$package" = - ] && [ "${probe%%:*}" = cmd ] && continue
	present "$probe" && continue
	missing="$missing ${probe#*:}"
	[ "$package" = - ] || packages="$packages $package"
done <<<"$(grep . <<<"$table")"

[ -n "$missing" ] || exit 0
echo "install-deps: missing:$missing"
[ -z "$check" ] || exit 1
if [ -z "$packages" ] || [ "$manager" = none ]; then
	echo "install-deps: no known package brings these: please install them by hand" >&2
	exit 1
fi
packages=$(tr ' ' '\n' <<<"$packages" | sort -u | tr '\n' ' ')
as_root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "install-deps: needs root (there is no sudo) to install: $packages" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "install-deps: installing by $manager: $packages"

# invoke-rc.d(8) asks policy-rc.d before it starts a daemon: redis and nginx are wanted as
# programs for tests, not as services on this machine.
policy=/usr/sbin/policy-rc.d
no_services()
{
	[ -e $policy ] && return
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null && $as_root chmod 755 $policy
	trap '$as_root rm -f $policy' EXIT
}

# shellcheck disable=SC2086 # $packages is a list of words
case $manager in
apt-get)
	no_services
	apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
	install="$apt install -y --no-install-recommends $packages"
	$install >/dev/null 2>&1 || { $apt update && $install >/dev/null; }
	;;
dnf) $as_root dnf -y -q install $packages ;;
pacman) $as_root pacman -S --needed --noconfirm $packages ;;
zypper) $as_root zypper -n -q install --no-recommends $packages ;;
apk) $as_root apk add -q $packages ;;
esac || {
	echo "install-deps: $manager failed" >&2
	exit 1
}
hash -r
# shellcheck disable=SC2086
if ! left=$("$0" --check $sets); then
	echo "$left (after installing)" >&2
	exit 1
fi
