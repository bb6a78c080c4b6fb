# SPDX-License-Identifier: GPL-2.0-only
#
# Front door of the Gunyah driver: "make help". The driver itself is built by
# the kernel's makefiles, see drivers/virt/gunyah/Makefile.

SHELL := /bin/bash
T := tools/testing/gunyah
PACKAGES := $(T)/kernel/packages.sh
RUNNER := $(T)/run/gunyah.py

# Options of the targets
ARGS ?=
WORDS ?=
CPUS ?= 2
TIERS ?=
GATES ?=
JOB ?=
PROFILE ?=
GUNYAH ?=
TIMEOUT ?=

export ARGS JOB GUNYAH TIMEOUT WORDS
machine := --cpus=$(CPUS) $(if $(WORDS),--words="$$WORDS")
machine += $(if $(GUNYAH),--hypervisor="$$GUNYAH")
machine += $(if $(TIMEOUT),--timeout="$$TIMEOUT")

.NOTPARALLEL:
.PHONY: help run shell job test check bench images clean

help:
	@echo 'Targets:'
	@echo '  run     launch a Linux guest in the test machine, its console on the'
	@echo '          terminal; the exit status is that of gunyah_vmm'
	@echo '  shell   a shell on the host of the test machine'
	@echo '  job     run a shell script there: make job JOB=FILE'
	@echo '  test    all tests; one line for each, at the end how many passed'
	@echo '  check   the static checks alone'
	@echo '  bench   count the instructions that interrupts and MMIO take, and compare'
	@echo '          with KVM; fails if a target is missed'
	@echo '  images  build what the test machine runs, into build/images'
	@echo '  clean   remove build/ (the cache of kernels stays)'
	@echo
	@echo 'Options:'
	@echo "  ARGS='...'      run: options for gunyah_vmm, such as --share; --help"
	@echo '  GUNYAH=FILE     run, shell, job: boot this Gunyah image instead of the'
	@echo '                  test hypervisor'
	@echo '  CPUS=N          run, shell, job: processors of the machine (2)'
	@echo "  WORDS='...'     run, shell, job: more words for the kernel command line,"
	@echo '                  such as gunyah_hyp.caps=random'
	@echo '  TIMEOUT=N       run, job: limit in seconds, 0 for none (300)'
	@echo '  TIERS="..."     test: only these tiers; "make test TIERS=list"'
	@echo '  GATES="..."     check: only these gates; "make check GATES=list"'
	@echo '  PROFILE=1       bench: which functions take how many'
	@echo
	@echo 'Needs Debian 12; packages that are missing are installed. Kernel trees and'
	@echo 'objects are kept in $$GUNYAH_CACHE (~/.cache/gunyah), the rest in build/.'

images:
	@$(PACKAGES) run
	@$(T)/image/build.sh

run: images
	@$(RUNNER) run $(machine) --args="$$ARGS"

shell: images
	@$(RUNNER) shell $(machine)

job: images
	@$(RUNNER) job $(machine) "$$JOB"

# The machine is built by the tests themselves: what does not need it is tested
# even if it cannot be built.
test:
	@$(PACKAGES) run check
	@$(RUNNER) test $(TIERS)

check:
	@$(PACKAGES) run check
	@$(T)/check/check.sh $(GATES)

bench:
	@$(PACKAGES) run
	@$(T)/image/build.sh kernel hypervisor bench
	@$(RUNNER) bench $(if $(PROFILE),--profile)

clean:
	rm -rf build
