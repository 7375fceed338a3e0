#!/bin/bash
# The whole of Semblance in one go, in a temporary directory, with the real daemons under their own users: enrol from images, log
# in through PAM, verify remotely, rotate, move to another model; an impostor, a relaying site, a replay and a tampered proof are
# all refused.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
    echo "make demo runs the daemons as users of their own, which takes root" >&2
    exit 1
fi

built=$PWD/.build/release
module=$PWD/pam/build/release/pam_semblance.so
base=$(mktemp -d /tmp/semblance-demo.XXXXXX)
port=$((20000 + RANDOM % 20000))
pids=()
made_users=()
log=$base/log
# The daemons' users read programs and models from here: a clone in somebody's home is closed to them.
bin=$base/bin
fixtures=$base/Fixtures

cleanup() {
    [ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    for user in "${made_users[@]}"; do userdel "$user" 2>/dev/null || true; done
    rm -rf "$base"
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '  $ %s\n' "${*//$bin\//}"; "$@" 2>&1 | sed 's/^/    /'; return "${PIPESTATUS[0]}"; }
refused() { if run "$@"; then echo "*** this should have been refused" >&2; exit 1; else echo "    -> refused"; fi; }

chmod 755 "$base"
mkdir "$bin"
for program in semblance semblanced semblance-sensor semblance-verifier; do install -s -m 0755 "$built/$program" "$bin/"; done
cp -r Fixtures "$fixtures"
chmod -R a+rX "$fixtures"
subject=semblance-alice
for user in semblance semblance-sensor semblance-verifier "$subject"; do
    if ! id "$user" >/dev/null 2>&1; then
        useradd --system --no-create-home --shell /usr/sbin/nologin "$user"
        made_users+=("$user")
    fi
done
mkdir "$base/run" "$base/tray" "$base/pam.d"
for state in prover:semblance sensor:semblance-sensor local:semblance-verifier remote:semblance-verifier; do
    install -d -m 0700 -o "${state#*:}" -g "${state#*:}" "$base/${state%:*}"
done

model=$fixtures/models/fingerprint-v2.semblance-model
localiser=$fixtures/models/finger-localiser.semblance-model
published=$base/fingerprint-v2.semblance-public
newer=$base/fingerprint-private.semblance-model

verifier_config() { # name audience [options]
    local name=$1 audience=$2; shift 2
    python3 scripts/verifier-config.py --audience "$audience" "$@" --model "$model" --published "$published" \
        --state "$base/$name" --assurance full --socket "$base/run/$name" >"$base/$name.json"
    chmod 644 "$base/$name.json"
}

as() { local user=$1; shift; setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"; }

# Socket activation as systemd does it: root makes the socket, the daemon runs as its own user.
daemon() { # name user command...
    local name=$1 user=$2; shift 2
    env -i PATH=/usr/bin:/bin LANG=C.UTF-8 systemd-socket-activate --listen="$base/run/$name" --fdname="$name" \
        setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups --inh-caps=-all "$@" >>"$log" 2>&1 </dev/null &
    pids+=($!)
    for _ in $(seq 200); do [ -S "$base/run/$name" ] && break; sleep 0.05; done
    chown "$user" "$base/run/$name" && chmod 666 "$base/run/$name"
}

show() { # person numbers...: what lies in front of the sensor
    local person=$1; shift
    rm -f "$base"/tray/*
    for number in "$@"; do install -m 0644 "$fixtures/fingerprints/$person/$number.png" "$base/tray/"; done
}

semblance() { # command arguments...; against the local verifier
    local command=$1; shift
    run "$bin/semblance" "$command" "$@" --prover "$base/run/prover" --verifier "$base/run/local"
}
# A remote verifier gets a proof only after the person was asked, on a terminal: Enter is pressed on one.
remotely() {
    local command=$1; shift
    run python3 Tests/EndToEnd/at_terminal.py "$bin/semblance" "$command" "$@" --prover "$base/run/prover" --verifier "http://127.0.0.1:$port"
}

say "Four programs, four users"
# The same network once more, with weights that the published model hides: for the upgrade below.
"$bin/semblance" model blind "$model" --output "$newer" >/dev/null
chmod 644 "$newer"
verifier_config local local.demo
verifier_config remote remote.demo --http "127.0.0.1:$port"
for name in local remote; do as semblance-verifier "$bin/semblance-verifier" init --config "$base/$name.json" | sed 's/^/    /'; done
daemon sensor semblance-sensor "$bin/semblance-sensor" --tray "$base/tray" --model "$model" --model "$newer" \
    --localiser "$localiser" --secret "$base/sensor/secret" --prover-user semblance
daemon prover semblance "$bin/semblanced" --vault "$base/prover" --sensor-socket "$base/run/sensor" --sensor-user semblance-sensor \
    --presence none --model "$model" --model "$newer"
daemon local semblance-verifier "$bin/semblance-verifier" serve --config "$base/local.json"
local_verifier=${pids[-1]}
daemon remote semblance-verifier "$bin/semblance-verifier" serve --config "$base/remote.json"
"$bin/semblance" status --prover "$base/run/prover" --verifier "$base/run/remote" | sed 's/^/    /'
semblance status

say "Enrol alice's finger from three impressions: silent when all is well"
show alice 1 3 4
semblance enroll --user "$subject" --label right-index --samples 3
semblance list --user "$subject"

say "Log in: a fresh impression, a proof, a verdict"
show alice 6
semblance authenticate --user "$subject" --save-proof "$base/login.proof"
key=$("$bin/semblance" status --json --prover "$base/run/prover" --verifier "$base/run/local" | sed -n 's/.*"verifierKey" : "\(.*\)".*/\1/p')
run "$bin/semblance" verify "$base/login.proof" --model "$published" --verifier-key "$key" --json

say "Log in through PAM: the real module in a real stack"
cat >"$base/pam.d/demo" <<STACK
auth required $module prover=$base/run/prover verifier=$base/run/local
account required pam_permit.so
STACK
printf 'auth required pam_deny.so\naccount required pam_deny.so\n' >"$base/pam.d/other"
pam() { env LD_PRELOAD=libpam_wrapper.so PAM_WRAPPER=1 PAM_WRAPPER_SERVICE_DIR="$base/pam.d" pamtester demo "$subject" authenticate acct_mgmt; }
run pam

say "An impostor is refused, by PAM and on the command line"
show mallory 4
refused pam
refused "$bin/semblance" authenticate --user "$subject" --prover "$base/run/prover" --verifier "$base/run/local"
show alice 6
semblance authenticate --user "$subject"

say "A remote verifier over HTTP: another commitment, another sensor key, nothing that links the two"
token=$(as semblance-verifier "$bin/semblance-verifier" enrol-token --config "$base/remote.json" --subject "$subject")
show alice 1 3 4
remotely enroll --user "$subject" --label right-index --samples 3 --enrolment-token "$token"
show alice 5
remotely authenticate --user "$subject" --json

say "A site that passes the remote verifier's challenges on, to be logged in there as alice: refused before anything is captured"
show alice 6
run python3 -B scripts/demo-relay.py "http://127.0.0.1:$port" "$bin/semblance" authenticate --user "$subject" --purpose newsletter \
    --prover "$base/run/prover"

say "Rotate: the same template under a fresh blinder, then a new template from new impressions"
show alice 6
semblance rotate --reblind --user "$subject" --label right-index --json
show alice 1 3 6
semblance rotate --refresh --samples 3 --user "$subject" --label right-index --json
show alice 5
semblance authenticate --user "$subject"

say "Upgrade: the verifier prefers a model with private weights from now on; the template moves there, nobody enrols again"
kill "$local_verifier"
wait "$local_verifier" 2>/dev/null || true
rm -f "$base/run/local"
verifier_config local local.demo --model "$newer" --published "$base/fingerprint-private.semblance-public"
daemon local semblance-verifier "$bin/semblance-verifier" serve --config "$base/local.json"
show alice 5
semblance authenticate --user "$subject"
show alice 1 3 4
semblance rotate --upgrade --samples 3 --user "$subject" --label right-index --json
semblance list --user "$subject"
show alice 6
semblance authenticate --user "$subject"
run pam

say "A replayed proof and a tampered proof are refused"
python3 scripts/demo-replay.py "$base/run/prover" "$base/run/local" "$subject" | sed 's/^/    /'
cp "$base/login.proof" "$base/tampered.proof"
printf '\x01' | dd of="$base/tampered.proof" bs=1 seek=2000 conv=notrunc status=none
refused "$bin/semblance" verify "$base/tampered.proof" --model "$published" --verifier-key "$key"

say "Done."
