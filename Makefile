# Semblance. `make demo` and `make test` work on a fresh Debian 12 with Swift 6.3 and root.

DESTDIR ?=
PREFIX ?= /usr
LIBEXECDIR ?= $(PREFIX)/libexec/semblance
MULTIARCH := $(shell gcc -print-multiarch 2>/dev/null)
SECURITYDIR ?= $(PREFIX)/lib/$(MULTIARCH)/security
UNITDIR ?= /lib/systemd/system
UDEVDIR ?= /lib/udev/rules.d
# The Swift run time, for these programs alone (docs/processes.md, "What each program links").
RUNTIMEDIR ?= $(PREFIX)/lib/semblance
MANDIR ?= $(PREFIX)/share/man
SECTIONS = 1 5 8
COMPLETIONS = bash-completion/completions zsh/vendor-completions fish/vendor_completions.d
BIN = .build/release
PROGRAMS = semblanced semblance-sensor semblance-verifier semblance-fprintd

PYTHON ?= python3
DATA ?= ../shared/data
FUZZ_SECONDS ?= 60

.PHONY: all build pam demo demo-faces test lint fuzz fresh deps install install-files install-programs uninstall deb \
	acceptance acceptance-packages acceptance-camera bench bench-ezkl bench-login train-fingerprint train-face train-venv train-alignment man clean

all: build pam

deps:
	@scripts/install-dependencies.sh

build: deps
	scripts/build.sh

pam: deps
	$(MAKE) -s -C pam all

demo: build pam
	scripts/demo.sh

demo-faces: build
	$(PYTHON) scripts/demo-faces.py --data $(DATA)

# Our own modules are rebuilt with their test hooks; the dependencies are not.
test: deps
	scripts/test.sh

# Every decoder that strangers' bytes reach, FUZZ_SECONDS each; and the programs themselves, which are built with their test hooks.
fuzz: deps
	scripts/fuzz.sh --seconds $(FUZZ_SECONDS)
	SEMBLANCE_TESTING=1 scripts/build.sh
	$(MAKE) -s -C pam all
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(PYTHON) -B Tests/EndToEnd/run.py --limit 86400 test_fuzz

# Both commands of the README in a minimal Debian 12: before each release, and when a dependency changes. Takes an hour.
fresh:
	scripts/fresh.sh

# Part of `make test`. `scripts/lint.sh --fix` rewrites what can be rewritten.
lint: deps
	scripts/lint.sh

bench: build
	$(BIN)/semblance bench

# Beside EZKL on the same ONNX networks; NETWORKS names some of ../shared/models or files. Minutes, and gigabytes.
bench-ezkl: build
	PYTHON=$(PYTHON) scripts/bench-ezkl.sh $(NETWORKS)

# A login's stages, and its whole through the PAM module, at each assurance. As root, on an idle machine; three minutes.
bench-login: build pam
	$(PYTHON) -B scripts/bench-login.py

# The localiser and embedder of fingerprint-v2, minutes on a GPU, days on a processor; then quantised and measured, which
# needs ../shared. WEIGHTS=training/checkpoints/fingerprint-v2.pt does only that.
train-fingerprint: build train-venv
	nice -n 19 .build/train/venv/bin/python training/train_fingerprint.py $(if $(WEIGHTS),--weights $(WEIGHTS))

# Needs ../shared: LFW's crops and the teacher. Continues where an interrupted run stopped.
train-face: build train-venv
	nice -n 19 .build/train/venv/bin/python training/train_face.py

train-venv:
	$(PYTHON) -m venv .build/train/venv
	.build/train/venv/bin/pip install -q -r training/requirements.txt

train-alignment:
	/usr/bin/python3 training/train_alignment.py

man: build
	$(PYTHON) scripts/make-man-pages.py $(BIN) .build/man

install: all man
	$(MAKE) -s install-files

# Of what is built, everything (debian/rules calls this one).
install-files:
	$(MAKE) -s install-programs
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	install -m 0644 systemd/*.service systemd/*.socket $(DESTDIR)$(UNITDIR)/
	for drop in systemd/*.service.d; do install -D -m 0644 -t $(DESTDIR)$(UNITDIR)/$$(basename $$drop) $$drop/*.conf; done
	install -D -m 0644 systemd/semblance-reader.rules $(DESTDIR)$(UDEVDIR)/70-semblance-reader.rules
	for users in systemd/*.sysusers; do \
		install -m 0644 $$users $(DESTDIR)$(PREFIX)/lib/sysusers.d/$$(basename $$users .sysusers).conf; done
	for files in systemd/*.tmpfiles; do \
		install -m 0644 $$files $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/$$(basename $$files .tmpfiles).conf; done
	@# Not where the bus looks: that would take fprintd's place (docs/desktop.md).
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/semblance/dbus systemd/dbus/*
	@# Only where it is missing: its mode is the administrator's.
	[ -d $(DESTDIR)/etc/semblance ] || install -d -m 0755 $(DESTDIR)/etc/semblance
	install -d $(SECTIONS:%=$(DESTDIR)$(MANDIR)/man%) $(COMPLETIONS:%=$(DESTDIR)$(PREFIX)/share/%) \
		$(DESTDIR)$(PREFIX)/share/semblance
	install -m 0644 .build/man/*.1 $(DESTDIR)$(MANDIR)/man1/
	install -m 0644 man/*.5 $(DESTDIR)$(MANDIR)/man5/
	install -m 0644 .build/man/*.8 $(DESTDIR)$(MANDIR)/man8/
	for program in semblance $(PROGRAMS); do cd .build/man/completions && \
		install -m 0644 $$program $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ && \
		install -m 0644 _$$program $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/ && \
		install -m 0644 $$program.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ && cd ../../..; done
	install -m 0755 scripts/verifier-config.py $(DESTDIR)$(LIBEXECDIR)/verifier-config
	for model in fingerprint-v2 finger-localiser face-v2; do \
		install -m 0644 Fixtures/models/$$model.semblance-model $(DESTDIR)$(PREFIX)/share/semblance/; done
	install -m 0644 Fixtures/models/*.calibration.json $(DESTDIR)$(PREFIX)/share/semblance/
	$(MAKE) -s -C pam install-files DESTDIR=$(DESTDIR) PAMDIR=$(SECURITYDIR) LIBEXECDIR=$(LIBEXECDIR) MANDIR=$(MANDIR) \
		PAMCONFIGDIR=$(PREFIX)/share/pam-configs

# What .build/release has, without symbols, and the run time: no toolchain is needed where they run.
install-programs:
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXECDIR)
	install -s -m 0755 $(BIN)/semblance $(DESTDIR)$(PREFIX)/bin/
	install -s -m 0755 $(PROGRAMS:%=$(BIN)/%) $(DESTDIR)$(LIBEXECDIR)/
	ln -sf $(LIBEXECDIR)/semblance-verifier $(DESTDIR)$(PREFIX)/bin/semblance-verifier
	DESTDIR=$(DESTDIR) scripts/install-runtime.sh $(RUNTIMEDIR) $(DESTDIR)$(PREFIX)/bin/semblance \
		$(PROGRAMS:%=$(DESTDIR)$(LIBEXECDIR)/%)

# Debian packages of this tree, in .build/deb; see docs/install.md.
deb: deps
	scripts/build-packages.sh .build/deb

# The packages in a minimal Debian 12: installed, used, upgraded, removed, purged. As root; some minutes.
acceptance-packages: deb
	$(PYTHON) -B Tests/Acceptance/run.py .build/deb

# The camera in an emulated machine. Ten to twenty minutes; see docs/sensors.md for what it needs.
acceptance-camera: build
	$(PYTHON) -B Tests/Acceptance/camera.py

acceptance: acceptance-packages acceptance-camera

# The PAM configuration goes first, by what the package has for it, or nothing goes: a login stack must never name a module that
# is gone.
uninstall:
	[ -n "$(DESTDIR)" ] || sh debian/libpam-semblance.prerm remove
	-[ -n "$(DESTDIR)" ] || systemctl disable --now semblanced.socket semblance-sensor.socket semblance-verifier.socket \
		semblance-verifier.service semblanced.service semblance-sensor.service
	-[ -n "$(DESTDIR)" ] || systemctl stop semblance-fprintd.service
	rm -f $(DESTDIR)$(PREFIX)/share/pam-configs/semblance $(DESTDIR)$(PREFIX)/share/pam-configs/semblance-presence \
		$(DESTDIR)$(SECURITYDIR)/pam_semblance.so
	rm -f $(DESTDIR)$(PREFIX)/bin/semblance $(DESTDIR)$(PREFIX)/bin/semblance-verifier
	rm -rf $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(RUNTIMEDIR)
	for unit in systemd/*.service systemd/*.socket; do rm -f $(DESTDIR)$(UNITDIR)/$$(basename $$unit); done
	for drop in systemd/*.service.d; do rm -rf $(DESTDIR)$(UNITDIR)/$$(basename $$drop); done
	rm -f $(DESTDIR)$(UDEVDIR)/70-semblance-reader.rules
	for part in semblance semblance-verifier semblance-fprintd; do \
		rm -f $(DESTDIR)$(PREFIX)/lib/sysusers.d/$$part.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/$$part.conf; done
	for section in $(SECTIONS); do rm -f $(DESTDIR)$(MANDIR)/man$$section/*semblance*.$$section; done
	for program in semblance $(PROGRAMS); do rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program \
		$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_$$program \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish; done
	rm -rf $(DESTDIR)$(PREFIX)/share/semblance

clean:
	rm -rf .build
	$(MAKE) -s -C pam clean
