#!/bin/busybox sh
# shellcheck shell=sh
# Runs as the first process of a machine whose camera is vivid (Tests/Acceptance/camera.py): enrols and logs in by its
# pictures, and makes it fail. Prints "PASS name" or "FAIL name" for each test, and switches the machine off.
export PATH=/usr/bin:/bin:/sbin LANG=C.UTF-8
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
dmesg -n 1
ip link set lo up
chmod 666 /dev/null

camera=vivid-000-vid-cap
feed=
# The newest first lines of what went wrong.
say() { echo "# $*"; }

# passes NAME CODE [WORDS]: whether the command before ended with that code and said these words.
passes() {
    if [ "$code" -eq "$2" ] && { [ $# -lt 3 ] || echo "$output" | grep -q "$3"; }; then
        echo "PASS $1"
    else
        echo "FAIL $1"
        say "exit $code, wanted $2${3:+ and \"$3\"}:"
        echo "$output" | sed 's/^/#   /'
        tail -n 5 /tmp/sensor.log | sed 's/^/#   sensor: /'
    fi
}

run() { output=$("$@" 2>&1); code=$?; }
as() { user=$1; shift; su -s /bin/sh "$user" -c "exec $*"; }
cli() { command=$1; shift; run semblance "$command" --prover /run/semblance/prover --verifier /run/semblance-verifier/verifier "$@"; }

# As udev would. The counter that vivid writes into a corner makes each picture another one, as a camera's noise does.
plug_in() {
    modprobe vivid n_devs=1 node_types=0x101 num_inputs=1 input_types=0x3 num_outputs=1 output_types=0x1
    chgrp video /dev/video*
    chmod 660 /dev/video*
    v4l2-ctl -d0 --set-dv-bt-timings index=0 >/dev/null 2>&1
    v4l2-ctl -d1 --set-dv-bt-timings index=0 >/dev/null 2>&1
    v4l2-ctl -d0 -c osd_text_mode=1 -c loop_video=1 || say 'no loop'
}

# shows PERSON FORMAT: puts somebody in front of the camera.
shows() {
    nobody
    v4l2-ctl -d1 --set-fmt-video-out=width=640,height=480,pixelformat="$2",field=none >/dev/null 2>&1
    v4l2-ctl -d0 --set-fmt-video=width=640,height=480,pixelformat="$2",field=none >/dev/null 2>&1
    v4l2-ctl -d1 --stream-out-mmap --stream-from="/people/$1.$2" --stream-loop >/dev/null 2>&1 &
    feed=$!
}

nobody() {
    [ -z "$feed" ] || { kill "$feed"; wait "$feed"; } 2>/dev/null
    feed=
}

starts_sensor() {
    [ -z "${sensor:-}" ] || { kill "$sensor"; wait "$sensor"; } 2>/dev/null
    rm -f /run/semblance-sensor/sensor
    as semblance-sensor semblance-sensor "$@" --model /models/face --prover-user semblance \
        --secret /var/lib/semblance-sensor/secret --socket /run/semblance-sensor/sensor >>/tmp/sensor.log 2>&1 &
    sensor=$!
    waits_for /run/semblance-sensor/sensor
}

waits_for() {
    for _ in $(seq 300); do [ -S "$1" ] && return; sleep 0.2; done
    say "no $1"
}

for user in semblance semblance-sensor semblance-verifier; do
    mkdir -p "/var/lib/$user" "/run/$user"
    chown "$user:$user" "/var/lib/$user" "/run/$user"
    chmod 700 "/var/lib/$user"
    chmod 755 "/run/$user"
done

uptime
run semblance-sensor --list-cameras
passes 'no camera is listed where there is none' 0 'no camera'
plug_in
run semblance-sensor --list-cameras
passes 'the camera is listed by its name, with its formats' 0 'YUYV 640 x 480'
say "$output"
run as nobody semblance-sensor --list-cameras
passes 'who may not open it is told about group and unit' 0 'group video'

as semblance-verifier semblance-verifier init --config /etc/semblance/verifier.json
as semblance-verifier semblance-verifier serve --config /etc/semblance/verifier.json >/tmp/verifier.log 2>&1 &
starts_sensor --camera "$camera" --camera-kind colour
as semblance semblanced --config /etc/semblance/prover.json --vault /var/lib/semblance --socket /run/semblance/prover --sensor-socket /run/semblance-sensor/sensor \
    --sensor-user semblance-sensor --presence none --model /models/face >/tmp/prover.log 2>&1 &
waits_for /run/semblance/prover
waits_for /run/semblance-verifier/verifier
uptime

shows alice YUYV
cli enroll --user alice --modality face --label face --samples 2
passes 'somebody is enrolled by YUYV pictures' 0
uptime
cli authenticate --user alice
passes 'and logs in' 0 biometric
uptime
run ls -l /proc/[0-9]*/fd
if echo "$output" | grep -q '/dev/video0$'; then echo 'FAIL nobody has the camera open when nothing is asked'; else
    echo 'PASS nobody has the camera open when nothing is asked'; fi
shows bob YUYV
cli authenticate --user alice
passes 'another person is refused' 1

{ v4l2-ctl -d0 --stream-mmap >/dev/null 2>&1 & } ; busy=$!
sleep 2
cli authenticate --user alice
passes 'a camera that another program uses' 6 'another program is using the camera'
kill $busy; wait $busy 2>/dev/null

nobody
v4l2-ctl -d0 -c loop_video=0 -c test_pattern=0 -c osd_text_mode=2
cli authenticate --user alice
passes 'a picture that does not change' 6 'the same picture again and again'
pattern=$(v4l2-ctl -d0 --list-ctrls-menus | sed -n '/test_pattern/,/^ *[a-z_]* 0x/s/^[^0-9]*\([0-9]*\): .*100% Black.*/\1/p' | head -n 1)
v4l2-ctl -d0 -c test_pattern="${pattern:-5}"
cli authenticate --user alice
passes 'a picture that is black' 6 'nothing but black'

v4l2-ctl -d0 -c inject_vidioc_streamon_error=1
cli authenticate --user alice
passes 'a stream that fails to start once is tried again' 6 'nothing but black'
v4l2-ctl -d0 -c loop_video=1 -c test_pattern=0 -c osd_text_mode=1

chmod 600 /dev/video0
cli authenticate --user alice
passes 'a camera that may not be opened' 6 'DeviceAllow=char-video4linux'
chmod 660 /dev/video0

{ sleep 5; v4l2-ctl -d0 -c disconnect=1; } &
nobody
v4l2-ctl -d0 -c loop_video=0 -c test_pattern="${pattern:-5}"
cli authenticate --user alice
passes 'a camera that is unplugged while it looks' 6 'the camera is gone\|there is no camera'
nobody
rmmod vivid
cli authenticate --user alice
passes 'a camera that is gone' 6 'there is no camera'
run semblance doctor --prover /run/semblance/prover --verifier /run/semblance-verifier/verifier
passes 'doctor says so' 5 'there is no camera'
plug_in
shows alice YUYV
cli authenticate --user alice
passes 'plugged in again it works, without a new start of the sensor' 0 biometric

shows alice GREY
starts_sensor --camera "$camera" --camera-kind infrared
cli authenticate --user alice
passes 'grey pictures, as an infrared camera gives them' 0 biometric
shows bob GREY
cli authenticate --user alice
passes 'another person is refused in grey' 1
nobody
uptime
echo 'END'
poweroff -f
