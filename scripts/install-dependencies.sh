#!/bin/sh
# Installs what building and testing need from Debian 12. Does nothing where everything is there.
set -eu

packages="
    gcc g++ make pkg-config git ca-certificates tzdata zlib1g-dev libcurl4-openssl-dev libxml2-dev libncurses-dev
    libsodium-dev libsqlite3-dev libsystemd-dev libpam0g-dev libgdk-pixbuf-2.0-dev libfprint-2-dev opencv-data
    systemd passwd util-linux pamtester libpam-wrapper sudo libcap2-bin groff binutils python3 openssl curl
    swtpm libtss2-tcti-swtpm0 libtss2-esys-3.0.2-0 libtss2-rc0 libtss2-mu0 shellcheck clang-format python3-venv patchelf mandoc dbus-daemon
"

# What tests fprintd's clients: unpacked, not installed, as the packages put modules and services into places of their own. Where they
# cannot be had, those tests are skipped, and say so.
fprintd_clients() {
    target=$(dirname "$0")/../.build/fprintd-clients
    [ ! -d "$target" ] || return 0
    fetched=$(mktemp -d)
    (cd "$fetched" && apt-get -qq download fprintd libpam-fprintd >/dev/null 2>&1 && for package in *.deb; do
        dpkg -x "$package" unpacked
    done) && mkdir -p "$(dirname "$target")" && mv "$fetched/unpacked" "$target" && chmod 0755 "$target"
    rm -rf "$fetched"
}

missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
    fprintd_clients || true
    exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
    echo "semblance: these packages are missing:$missing" >&2
    echo "semblance: hint: run 'make deps' as root" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086
apt-get -qq install -y --no-install-recommends $missing >/dev/null
fprintd_clients || true
