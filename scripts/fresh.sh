#!/bin/bash
# The README's two commands on a machine that is really fresh: a minimal Debian 12 with make, git and ca-certificates, Swift's
# toolchain mounted into it, a clone in root's home (mode 0700), and nothing else. Before each release, and when a dependency changes.
#
#     scripts/fresh.sh [--root FOLDER] [--keep] [COMMAND]      # COMMAND: default 'make demo && make test', run in the clone
#
# Needs root, mmdebstrap, ten gigabytes, and an hour. What is committed is what is tried. The root is removed if all is well (and
# not --keep), else it stays to be looked at. From this machine come its sources of Debian packages, proxies, certificates, and the
# mirrors that pip and git (and so SwiftPM) use; folders that they name are mounted as well.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

root=/var/tmp/semblance-fresh
keep=
while [ $# -gt 0 ]; do
    case $1 in
        --root) root=$2; shift 2 ;;
        --keep) keep=1; shift ;;
        -*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
        *) break ;;
    esac
done
command=${*:-make demo && make test}

fail() { echo "fresh: $*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || fail 'this takes root'
[ -n "$(command -v mmdebstrap)" ] || fail 'mmdebstrap is missing: apt-get install mmdebstrap'
[ -n "$(command -v swift)" ] || fail 'no Swift toolchain is in the PATH'
[ -n "${SEMBLANCE_FRESH:-}" ] || [ ! -e "$root" ] || fail "$root is there already"
toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
[ "$toolchain" != /usr ] || fail "Swift's toolchain is in /usr, and cannot be mounted apart from it"

# Debian's own archives among the machine's sources, whatever mirror serves them.
sources() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
        [ ! -f "$file" ] || ! grep -qE '^[^#]*(://|:)[^ ]*/debian(-security)?/?( |$)' "$file" || echo "$file"
    done
}

make_root() {
    local found file
    mapfile -t found < <(sources)
    echo '== a minimal Debian 12'
    mmdebstrap --quiet --variant=minbase --include=make,git,ca-certificates bookworm "$root" "${found[@]}"
    mkdir -p "$root/usr/local/swift-toolchain" "$root/usr/local/share/ca-certificates"
    chmod 700 "$root/root"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
        ! grep -qsE '^[^/#]*Acquire' "$file" || cp "$file" "$root/etc/apt/apt.conf.d/"
    done
    find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$root/usr/local/share/ca-certificates/" {} +
    chroot "$root" update-ca-certificates >/dev/null 2>&1
    for file in /etc/pip.conf ~/.config/pip/pip.conf ~/.swiftpm/configuration/mirrors.json; do
        [ ! -f "$file" ] || install -D -m 0644 "$file" "$root/${file/#"$HOME"/root}"
    done
    { git config --get-regexp '^url\..*\.insteadof$|^http\.(proxy|sslcainfo)$' || true; } | while read -r key value; do
        git config --file "$root/root/.gitconfig" --add "$key" "$value"
    done
    git clone --quiet --no-hardlinks . "$root/root/semblance"
}

# Variables by which clients find proxies, certificates and mirrors.
settings() { env | grep -E '^([a-zA-Z]+_(proxy|PROXY)|PIP_[A-Z_]+|SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO)='; }

# Absolute paths of folders that the settings name.
mirrors() {
    {
        settings
        git config --get-regexp '^url\..*\.insteadof$' | sed -E 's/^url\.(.*)\.insteadof .*/=\1/'
        cat /etc/pip.conf ~/.config/pip/pip.conf ~/.swiftpm/configuration/mirrors.json 2>/dev/null || true
    } | grep -oE '(^|[=" ]|file://)/[^" ,:]+' | sed -E 's,^[^/]*(//)?(/.*),\2,' | sort -u | while read -r folder; do
        [ ! -d "$folder" ] || [[ $folder == /etc/* || $folder == / ]] || echo "$folder"
    done
}

# The rest runs in mount and process namespaces of its own, which end with it.
enter() {
    local device folder
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for device in null zero full random urandom tty fuse; do
        [ -e "/dev/$device" ] || continue
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,mode=620,ptmxmode=666 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    for folder in "$toolchain:/usr/local/swift-toolchain" $(mirrors | sed 's/.*/&:&/'); do
        mkdir -p "$root${folder#*:}"
        mount --bind "${folder%%:*}" "$root${folder#*:}"
        mount -o remount,bind,ro "$root${folder#*:}"
    done
    local variables
    mapfile -t variables < <(settings)
    env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" "${variables[@]}" \
        PATH=/usr/local/swift-toolchain/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot "$root" /bin/bash -c "cd /root/semblance && $command" </dev/null
}

if [ -n "${SEMBLANCE_FRESH:-}" ]; then
    enter
    exit
fi
[ -z "$(git status --porcelain)" ] || echo 'fresh: warning: what is not committed is not tried' >&2
make_root
echo "== $command"
status=0
SEMBLANCE_FRESH=1 unshare --mount --propagation private --pid --fork --kill-child \
    scripts/fresh.sh --root "$root" "$command" || status=$?
if [ "$status" -ne 0 ]; then
    echo "fresh: status $status; $root is left to be looked at" >&2
elif [ -z "$keep" ]; then
    rm -rf --one-file-system "$root"
fi
exit "$status"
