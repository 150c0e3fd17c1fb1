# make setup | run | test | prove-crash | prove-fuzz | prove-talk-off | prove-busy-tone | prove-callerid | prove-matrix | prove-lines | prove-fuzz-e1 | prove-e1 | prove-switch | prove-switch-sound | test-kernel | prove-kernel-hour | lint | golden | locale | clean | install | uninstall | help
#
# What was done is noted by stamps; a second "make setup" only looks at them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
STAMPS := .venv/stamps
PIP := $(PYTHON) -m pip --disable-pip-version-check --quiet
NATIVE := $(wildcard boards/dahdi/native/*.[ch]) boards/dahdi/_build.py
PRI := $(wildcard boards/e1/native/pri_*.[ch]) boards/e1/_build_pri.py
DRIVER_HEADERS := /usr/include/dahdi/user.h /usr/src/dahdi-*/include/dahdi/user.h
CATALOGUES := $(wildcard appliance/locale/*/LC_MESSAGES/strowger.po)
PRODUCT := appliance boards console engine hwsim ivr_scripts recorder web
SOURCES := $(PRODUCT) tests bench setup.py
DATA ?= data

.PHONY: debian-kernel install uninstall help setup debian debian-test run test prove-crash prove-fuzz prove-talk-off prove-busy-tone prove-callerid prove-matrix prove-lines prove-fuzz-e1 prove-e1 prove-switch prove-switch-sound test-kernel prove-kernel-hour lint golden locale clean

help: ## show these lines
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: debian $(STAMPS)/packages $(STAMPS)/native $(STAMPS)/abi $(STAMPS)/pri $(STAMPS)/installed $(CATALOGUES:.po=.mo) ## install what is missing, build the C part

# not a stamp: a package may be removed again, and looking takes some milliseconds
debian:
	@.ci/install-debian-packages debian-packages.txt

# what only the tests need (a browser) is not put on a machine that only runs
debian-test:
	@.ci/install-debian-packages debian-packages-test.txt

$(PYTHON): | debian
	@echo "Strowger: making the virtual environment .venv"
	@/usr/bin/python3 -m venv .venv

$(STAMPS)/packages: requirements.txt requirements-dev.txt | $(PYTHON)
	@echo "Strowger: installing Python packages"
	@$(PIP) install --requirement requirements.txt --requirement requirements-dev.txt || { \
	    echo "Strowger: the Python packages could not be installed; check the network (or pip's index settings) and run make setup again." >&2; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

# the module must be newer than its sources and made for this interpreter
$(STAMPS)/native: $(NATIVE) $(STAMPS)/packages
	@echo "Strowger: building the media pump"
	@mkdir -p build && $(PYTHON) boards/dahdi/_build.py >build/native.log 2>&1 || { cat build/native.log >&2; \
	    echo "Strowger: the media pump could not be built; the compiler's messages are above." >&2; exit 1; }
	@touch $@

# what the driver's own header says, where there is one
$(STAMPS)/abi: boards/dahdi/_build_abi.py boards/dahdi/abi.py boards/dahdi/structures.py $(wildcard $(DRIVER_HEADERS)) $(STAMPS)/packages
	@mkdir -p build && $(PYTHON) boards/dahdi/_build_abi.py >build/abi.log 2>&1 || { cat build/abi.log >&2; \
	    echo "Strowger: the driver's header could not be read; the compiler's messages are above. DAHDI_INCLUDE=none goes without it." >&2; exit 1; }
	@touch $@

# libpri behind its shim
$(STAMPS)/pri: $(PRI) $(STAMPS)/packages
	@echo "Strowger: building the ISDN part"
	@mkdir -p build && $(PYTHON) boards/e1/_build_pri.py >build/pri.log 2>&1 || { cat build/pri.log >&2; \
	    echo "Strowger: the ISDN part could not be built; the compiler's messages are above. It needs the Debian package libpri-dev." >&2; exit 1; }
	@touch $@

$(STAMPS)/installed: setup.py pyproject.toml $(STAMPS)/packages | $(STAMPS)/native $(STAMPS)/pri
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

%.mo: %.po | $(STAMPS)/packages
	@.venv/bin/pybabel --quiet compile --input-file $< --output-file $@

run: setup ## start the appliance with simulated boards and the demo site
	@exec .venv/bin/strowger run --data $(DATA)

test: setup debian-test ## every test
	@tests/native/run.sh
	@$(PYTHON) -m tests.native.ratchet
	@$(PYTHON) -m pytest -m "not alone" --numprocesses auto --maxprocesses 4 --dist loadfile; beside=$$?; $(PYTHON) -m pytest -m alone && exit $$beside

N ?= 200
SEED ?= 0

prove-crash: setup ## kill N busy days from SEED on and judge what is left; goes on where it was broken off
	@$(PYTHON) -m tests.proofs.crash --number $(N) --seed $(SEED) --state build/prove-crash.json

SECONDS ?= 600

prove-fuzz: setup ## feed the media pump nonsense from SEED on for SECONDS under each sanitizer
	@tests/native/run.sh fuzz $(SEED) $(SECONDS)

HOURS ?= 10

prove-talk-off: setup debian-test ## recordings, music and HOURS of speech in each language through the key receiver; goes on where it was broken off
	@$(PYTHON) -m tests.proofs.talk_off --hours $(HOURS) --state build/prove-talk-off.json

prove-busy-tone: setup debian-test ## HOURS of speech, music, prompts and conferences on exchange lines without a false release; goes on where it was broken off
	@$(PYTHON) -m tests.proofs.busy_tone --hours $(HOURS) --state build/prove-busy-tone.json

NUMBERS ?= 200

prove-callerid: setup ## NUMBERS caller ids at each level and in each kind of noise, and every single wrong bit, through the receivers
	@$(PYTHON) -m tests.proofs.caller_id --numbers $(NUMBERS)

FRAMES ?= 1000000

prove-fuzz-e1: setup debian-test ## FRAMES garbled frames from SEED on at a D channel, libpri under sanitizers, as many line bits, tones, keys and pulses at circuits with R2 and without registers
	@$(PYTHON) -m tests.proofs.fuzz_pri --frames $(FRAMES) --seed $(SEED) --state build/prove-fuzz-e1.json
	@$(PYTHON) -m tests.proofs.fuzz_r2 --events $(FRAMES) --seed $(SEED)

CYCLES ?= 1000

prove-e1: setup ## CYCLES times thirty calls at once on an ISDN trunk, given up at random moments, and a D channel that fails; goes on where it was broken off
	@$(PYTHON) -m tests.proofs.e1 --cycles $(CYCLES) --seed $(SEED) --state build/prove-e1.json

ACTS ?= 1000000

prove-switch: setup ## ACTS random acts of random people at a scripted board, from SEED on, and every two at once: nobody forgotten, all talk recorded once; goes on where it was broken off
	@$(PYTHON) -m tests.proofs.switch_proof --acts $(ACTS) --seed $(SEED) --state build/prove-switch.json

SEQUENCES ?= 2000

prove-switch-sound: setup ## SEQUENCES of random people at a whole appliance with sound, from SEED on; goes on where it was broken off
	@$(PYTHON) -m tests.proofs.switch_sound --sequences $(SEQUENCES) --seed $(SEED) --state build/prove-switch-sound.json

CASES ?= 500

prove-matrix: setup ## CASES calls on every kind of line with every kind of cable, drawn by SEED, each with the right outcome
	@$(PYTHON) -m tests.proofs.matrix --number $(CASES) --seed $(SEED)

DAY_H = $(if $(filter file,$(origin HOURS)),24,$(HOURS))

prove-lines: setup debian-test ## HOURS (24) on a line and a phone with noise, speech and music: nothing false is noticed; goes on where it was broken off
	@$(PYTHON) -m tests.proofs.lines --hours $(DAY_H) --state build/prove-lines.json

# a machine that cannot have QEMU says so and goes on: the same contract is tested on the simulated driver anyway
debian-kernel:
	@.ci/install-debian-packages debian-packages-kernel.txt || echo "Strowger: going on without them"

test-kernel: setup debian-kernel ## the real driver in a virtual machine: its contract, the pump, calls by analog lines and by E1, Debian's tools
	@$(PYTHON) -m tests.kernel

HOUR_S = $(if $(filter file,$(origin SECONDS)),3600,$(SECONDS))

prove-kernel-hour: setup debian-kernel ## 30 channels on the real driver for SECONDS (3600), every octet accounted for; goes on where it was broken off
	@$(PYTHON) -m tests.kernel.hour --seconds $(HOUR_S) --seed $(SEED) --state build/prove-kernel-hour.json

lint: setup ## ruff, mypy, import contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

golden: setup ## draw the state machines, write the console page and record new facts anew, after a change on purpose
	@$(PYTHON) -m tests.golden.renew

POT := appliance/locale/strowger.pot
# fields that would change with every run, or that nobody fills in
HEADER_NOISE := -e '/^"POT-Creation-Date/d' -e '/^"Generated-By/d' -e '/^"PO-Revision-Date/d' -e '/^"Last-Translator/d' \
    -e '/^"Language-Team/d' -e '/^"Report-Msgid-Bugs-To/d' -e '/^\# .*AUTHOR/d' -e '/^\# Copyright/d'

locale: setup ## find new messages, bring the catalogues up to date, compile them, list what is not translated
	@$(PYTHON) -m babel.messages.frontend --quiet extract --mapping-file babel.cfg --keyword text --keyword _ --no-location \
	    --sort-output --width 140 --project Strowger --version 0.1.0 --output-file $(POT) .
	@sed -i $(HEADER_NOISE) $(POT)
	@for po in $(CATALOGUES); do \
	    .venv/bin/pybabel --quiet update --input-file $(POT) --output-file $$po --locale $$(basename $$(dirname $$(dirname $$po))) \
	        --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 140 && \
	    sed -i $(HEADER_NOISE) $$po && .venv/bin/pybabel compile --statistics --input-file $$po --output-file $${po%.po}.mo; done

# Where things go. DESTDIR is put before every path: for packaging, or to look at it first.
PREFIX ?= /opt/strowger
DESTDIR ?=
SETTINGS := /etc/strowger/site.yaml
STATE := /var/lib/strowger
LOCAL := /usr/local
UNITS := $(LOCAL)/lib/systemd/system/strowger.service $(LOCAL)/lib/udev/rules.d/60-strowger.rules \
    $(LOCAL)/lib/sysusers.d/strowger.conf $(LOCAL)/lib/tmpfiles.d/strowger.conf $(LOCAL)/bin/strowger
FRESH = $(DESTDIR)$(PREFIX).new

install: setup ## put the appliance in place as a service [DESTDIR= PREFIX=]; settings and data that are there stay
	@rm -rf '$(FRESH)' && mkdir -p '$(DESTDIR)$(PREFIX)'
	@echo "Strowger: installing into $(DESTDIR)$(PREFIX)"
	@/usr/bin/python3 -m venv --without-pip '$(FRESH)'
	@$(PIP) --python '$(FRESH)/bin/python' install --no-compile --requirement requirements.txt
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && cp -r setup.py pyproject.toml $(PRODUCT) "$$work" && \
	    $(PIP) wheel --no-deps --no-build-isolation --wheel-dir "$$work/wheel" "$$work" && \
	    $(PIP) --python '$(FRESH)/bin/python' install --no-compile --no-deps "$$work"/wheel/strowger-*.whl
	@find '$(FRESH)/bin' -type f ! -name strowger -delete
	@sed -i 's|$(FRESH)|$(PREFIX)|g' '$(FRESH)/bin/strowger' '$(FRESH)/pyvenv.cfg'
	@'$(FRESH)/bin/python' -m compileall -q -s '$(FRESH)' -p '$(PREFIX)' '$(FRESH)/lib'
	@install -d '$(FRESH)/share/doc' && cp -r README.md CHANGELOG.md COPYING docs '$(FRESH)/share/doc'
	@rm -rf '$(DESTDIR)$(PREFIX)' && mv '$(FRESH)' '$(DESTDIR)$(PREFIX)'
	@install -D -m 644 udev/60-strowger.rules '$(DESTDIR)$(LOCAL)/lib/udev/rules.d/60-strowger.rules'
	@install -D -m 644 systemd/strowger.sysusers '$(DESTDIR)$(LOCAL)/lib/sysusers.d/strowger.conf'
	@install -D -m 644 systemd/strowger.tmpfiles '$(DESTDIR)$(LOCAL)/lib/tmpfiles.d/strowger.conf'
	@install -D -m 644 systemd/strowger.service '$(DESTDIR)$(LOCAL)/lib/systemd/system/strowger.service'
	@sed -i 's|/opt/strowger|$(PREFIX)|g' '$(DESTDIR)$(LOCAL)/lib/systemd/system/strowger.service'
	@install -d '$(DESTDIR)$(LOCAL)/bin' && printf '%s\n' '#!/bin/sh' '# the service'"'"'s data folder is the usual one' \
	    'STROWGER_DATA="$${STROWGER_DATA:-$(STATE)}" exec $(PREFIX)/bin/strowger "$$@"' >'$(DESTDIR)$(LOCAL)/bin/strowger' && \
	    chmod 755 '$(DESTDIR)$(LOCAL)/bin/strowger'
	@[ -e '$(DESTDIR)$(SETTINGS)' ] || install -D -m 640 appliance/demo/site.yaml '$(DESTDIR)$(SETTINGS)'
	@if [ -n '$(DESTDIR)' ]; then \
	    echo "Strowger: installed below $(DESTDIR); settings: $(DESTDIR)$(SETTINGS); the service is not taken up there"; \
	else systemd/take-up; fi

uninstall: ## take the service away again; settings, data and the user stay
	@there=; for path in '$(DESTDIR)$(PREFIX)' $(foreach file,$(UNITS),'$(DESTDIR)$(file)'); do [ ! -e "$$path" ] || there=yes; done; \
	if [ -z "$$there" ]; then echo "Strowger: nothing is installed at $(DESTDIR)$(PREFIX)"; exit 0; fi; \
	[ -n '$(DESTDIR)' ] || ! command -v systemctl >/dev/null || systemctl --quiet disable --now strowger 2>/dev/null || true; \
	rm -rf '$(DESTDIR)$(PREFIX)' '$(FRESH)' && rm -f $(foreach file,$(UNITS),'$(DESTDIR)$(file)') || exit; \
	[ -n '$(DESTDIR)' ] || ! command -v systemctl >/dev/null || systemctl daemon-reload 2>/dev/null || true; \
	kept=; for path in '$(DESTDIR)$(SETTINGS)' '$(DESTDIR)$(STATE)'; do [ ! -e "$$path" ] || kept="$$kept, $$path"; done; \
	[ -n '$(DESTDIR)' ] || ! getent passwd strowger >/dev/null || kept="$$kept, the user strowger"; \
	echo "Strowger: gone$${kept:+; what is kept: $${kept#, }}"

clean: ## remove what was built (not .venv, not data)
	@rm -rf build strowger.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -f boards/dahdi/_pump.c boards/dahdi/_pump.*.so boards/dahdi/_abi.c boards/dahdi/_abi.*.so boards/e1/_pri.c boards/e1/_pri.*.so $(STAMPS)/native $(STAMPS)/abi $(STAMPS)/pri $(CATALOGUES:.po=.mo)
	@find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf
