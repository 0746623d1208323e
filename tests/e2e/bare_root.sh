#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The two commands of the README in a Debian root that has nothing: debootstrap (minbase), a clean
# clone, `make demo`, then `make check`. Needs root, the network, and minutes; part of check-long.
#   bare_root.sh [demo]      KEEP=1 leaves the root for a look
# The mirror and the keyrings are those of this machine's own apt; proxies are handed on.
set -u
cd "$(dirname "$0")/../.." || exit 1

skip()
{
	echo "bare_root: skipped: $*"
	exit 77
}

in_root()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TIMERLEAK_BARE_ROOT=1 \
		${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} \
		chroot "$root" sh -c "$1"
}

# The second half, in a mount and process namespace of its own: mounts and daemons end with it.
if [ "${1-}" = --inside ]; then
	root=$2
	mount -t proc proc "$root/proc" || skip "cannot mount here"
	mount --rbind /dev "$root/dev" || skip "cannot mount here"
	# A bare root has no make; it is the one thing that the README asks for beforehand.
	in_root 'apt-get -qq update && apt-get -qq install -y --no-install-recommends make' \
		>"$root/apt.log" 2>&1 || {
		tail -n 20 "$root/apt.log"
		exit 1
	}
	rc=0
	for target in demo $([ "${3-}" = demo ] || echo check); do
		echo "bare_root: make $target"
		in_root "cd /src && make $target" || rc=1
	done
	exit $rc
fi

# The tree that runs in the bare root must not make another one.
[ -z "${TIMERLEAK_BARE_ROOT-}" ] || skip "already in one"
[ "$(id -u)" = 0 ] || skip "needs root"
for tool in debootstrap git unshare; do
	command -v $tool >/dev/null || skip "no $tool"
done

# shellcheck disable=SC2016 # apt's own variable
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
	grep -v -e security -e '^file:' | head -n 1)
[ -n "$mirror" ] || skip "apt names no mirror"
root=$(mktemp -d "${TMPDIR:-/tmp}/tl-root.XXXXXX") || exit 1
chmod 755 "$root" # as any root is: tests drop their rights and go on in it
[ -n "${KEEP-}" ] || trap 'rm -rf --one-file-system "$root"' EXIT

echo "bare_root: debootstrap from $mirror into $root"
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root/debootstrap.out" 2>&1 || {
	tail -n 20 "$root/debootstrap.out"
	exit 1
}
# The same sources, so that the same mirror and certificates serve the packages.
cp -a /etc/apt/sources.list* /etc/apt/apt.conf.d "$root/etc/apt/" 2>/dev/null
cp -aL /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null
mkdir -p "$root/usr/share/keyrings" "$root/etc/ssl"
cp -a /usr/share/keyrings/. "$root/usr/share/keyrings/"
cp -aL /etc/ssl/certs "$root/etc/ssl/" 2>/dev/null

if [ -z "$(git status --porcelain)" ]; then
	git clone -q . "$root/src" || exit 1
else
	echo "bare_root: with what is not committed yet"
	mkdir "$root/src"
	git ls-files -co --exclude-standard | while read -r f; do
		[ ! -e "$f" ] || echo "$f"
	done | tar -cf - -T - | tar -xf - -C "$root/src"
fi
unshare -mpf --kill-child "$0" --inside "$root" "${1-}"
