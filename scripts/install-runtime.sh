#!/bin/sh
# Gives installed programs one private copy of the Swift run time, so that nothing needs a toolchain where they run:
#
#     [DESTDIR=STAGE] scripts/install-runtime.sh DIRECTORY PROGRAM...
#
# What the PROGRAMs (files as they lie, below DESTDIR) load of the toolchain is copied, stripped, to $DESTDIR$DIRECTORY, and
# they are made to look for it in DIRECTORY. Fails if they load anything but that and Debian's libraries, and if a path of
# the toolchain is left in a program or a library.
set -eu

fail() { echo "install-runtime: $*" >&2; exit 1; }

[ $# -ge 2 ] || fail "usage: scripts/install-runtime.sh DIRECTORY PROGRAM..."
directory=$1; shift
case $directory in /*) ;; *) fail "not an absolute path: $directory" ;; esac
copy=${DESTDIR:-}$directory

# What the caller's environment adds to the search is not there when the programs run.
unset LD_LIBRARY_PATH LD_PRELOAD

# Lines "NAME => PATH (ADDRESS)", also of what libraries load in turn; "NAME => not found".
found=$(ldd "$@")
loaded=$(echo "$found" | awk '$2 == "=>" { print $3 }' | sort -u)
core=$(echo "$loaded" | grep '/libswiftCore\.so$') || fail "no libswiftCore.so is loaded: $*"
[ "$(echo "$core" | wc -l)" -eq 1 ] || fail "several Swift run times are loaded: $core"
toolchain=${core%/*}
[ "$toolchain" != "$directory" ] || fail "the copy in $directory is loaded already: $*"

libraries=
for library in $loaded; do
    case $library in
        "$toolchain"/*) libraries="$libraries $library" ;;
        /lib/*|/lib64/*|/usr/lib/*) ;;
        not) fail "a library is not found: $*" ;;
        *) fail "neither Swift's nor Debian's: $library" ;;
    esac
done

# install replaces a file and does not write into it: programs that run keep what they have mapped.
install -d -m 0755 "$copy"
for library in $libraries; do
    install -s -m 0644 "$library" "$copy"
done
for program in "$@"; do
    patchelf --set-rpath "$directory" "$program"
done

# The whole toolchain, where it has a tree of its own.
root=${toolchain%/lib/swift/linux}
[ "$root" != /usr ] || root=$toolchain
for library in $libraries; do
    set -- "$@" "$copy/${library##*/}"
    # Of the toolchain's own making, and what keeps the copy together.
    search=$(patchelf --print-rpath "$copy/${library##*/}")
    # shellcheck disable=SC2016
    [ -z "$search" ] || [ "$search" = '$ORIGIN' ] || fail "looks elsewhere than beside itself: $library: $search"
done
for file in "$@"; do
    ! grep -qF -e "$root" "$file" || fail "has a path of the toolchain ($root): $file"
done
