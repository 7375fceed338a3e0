#!/bin/sh
# The Debian packages of this tree: builds what is not built yet, packs it, and puts the packages with their checksums into a
# directory.
#
#     scripts/build-packages.sh OUTPUT
set -eu
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo 'usage: scripts/build-packages.sh OUTPUT' >&2; exit 64; }
mkdir -p "$1"
output=$(cd "$1" && pwd)

# The times in a package are those of its changelog's last entry, and its owner is root: it is the same whoever builds it when.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(dpkg-parsechangelog -STimestamp)}
export SOURCE_DATE_EPOCH DEB_RULES_REQUIRES_ROOT=no LC_ALL=C.UTF-8 TZ=UTC
umask 022

rm -f "$output"/*.deb "$output"/optional/*.deb "$output/SHA256SUMS"
debian/rules clean
debian/rules build
PACKAGES="$output" debian/rules binary
debian/rules clean
cd "$output"
# It takes fprintd's place where it is installed, which nobody should get with the rest.
mkdir -p optional
mv semblance-fprintd_*.deb optional/
sha256sum ./*.deb optional/*.deb > SHA256SUMS
