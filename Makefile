# SPDX-License-Identifier: GPL-2.0-only
#
# Front door of the Gunyah driver, see "make help". Kbuild, next to this file,
# is for the kernel's makefiles: make -C <kernel> M=<this directory>.

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
FILES ?=
PROFILE ?=
GUNYAH ?=
TIMEOUT ?=
ONLY ?=
LONG ?=
FUZZ ?=
FUZZ_SECONDS ?=
DEFECTS ?=
BASE ?=
PATCHES ?=

export ARGS WORDS CPUS TIERS JOB FILES GUNYAH TIMEOUT ONLY LONG FUZZ_SECONDS
export DEFECTS FUZZ BASE
image := $(if $(GUNYAH),--hypervisor="$$GUNYAH")
machine := --cpus="$$CPUS" $(if $(WORDS),--words="$$WORDS") $(image)
machine += $(if $(TIMEOUT),--timeout="$$TIMEOUT")

.NOTPARALLEL:
.PHONY: help run hello shell job mock test test-all test-long test-pages coverage
.PHONY: fuzz defects test-stock test-fresh check bench images series series-check
.PHONY: deb install-deps clean

help:
	@echo 'Targets:'
	@echo '  run         launch a Linux guest, with its console on the terminal; fails'
	@echo '              unless the guest switches itself off'
	@echo '  hello       launch the small VMM of the manual, which prints "Hello, world"'
	@echo '  shell       open a shell on the host of the test machine'
	@echo '  job         run a shell script there: make job JOB=FILE'
	@echo '  mock        run the selftests that need no real guest in seconds, on a kernel'
	@echo '              for User Mode Linux that answers the hypercalls itself'
	@echo '  test        the tests for every change, in minutes; the last line says how'
	@echo '              many have passed'
	@echo '  test-all    the same with more machines, in half an hour'
	@echo '  test-long   the tests, with kernels that look for faults in themselves, other'
	@echo '              page sizes, and programs that try for hours'
	@echo '  test-pages  the selftests and guests on hosts with pages of 16 and 64 KiB, and'
	@echo '              guests with pages of another size than the host'"'"'s'
	@echo '  coverage    run the tests that load the driver, and say how many of its lines'
	@echo '              they execute'
	@echo '  fuzz        random calls, messages, devicetrees and guests'
	@echo '  defects     put defects into the driver, one at a time: a test has to fail'
	@echo '  test-stock  boot Debian'"'"'s own kernels with the driver of its package, and run'
	@echo '              the tests that fit'
	@echo '  test-fresh  do "make run" and "make test" in a minimal new Debian 12, as a'
	@echo '              new user would; needs root'
	@echo '  check       run the static checks alone'
	@echo '  bench       count the instructions that interrupts, MMIO and network take,'
	@echo '              and compare with KVM; fails if a target is missed'
	@echo '  series      write the patches for a kernel tree into build/series'
	@echo '  series-check  build each patch of the series with each compiler; takes an hour'
	@echo '  deb         build Debian packages into build/deb'
	@echo '  images      build what the test machine runs, into build/images'
	@echo '  install-deps  install the Debian packages that all of these need; each'
	@echo '              installs its own otherwise'
	@echo '  clean       remove build/ (the cache of kernels stays)'
	@echo
	@echo 'Options:'
	@echo "  ARGS='...'    run: options for gunyah_vmm, such as --share or --help"
	@echo "  FILES='...'   job: copy these files to /job on the host"
	@echo '  GUNYAH=FILE   run, hello, shell, job, test: boot this Gunyah image instead of'
	@echo '                the test hypervisor'
	@echo '  CPUS=N        run, hello, shell, job: processors of the machine, 1 to 8 (2)'
	@echo "  WORDS='...'   run, hello, shell, job, selftests of test: more words for the"
	@echo "                kernel's command line, such as gunyah_hyp.caps=random"
	@echo '  TIMEOUT=N     run, hello, shell, job: limit in seconds, 0 for none (none on a'
	@echo '                terminal, else 300)'
	@echo '  TIERS="..."   test, coverage: only these tiers; "make test TIERS=list" lists them'
	@echo '  GATES="..."   check: only these gates; "make check GATES=list" lists them'
	@echo '  ONLY="..."    test: only tasks with these names, such as ONLY="gunyah_vcpu-*"'
	@echo '  SHARE=1       test: with ONLY, small programs share machines, as they do without'
	@echo '  LONG="..."    test-long: only these steps; LONG=list lists them'
	@echo '  FUZZ="..."    fuzz: only these fuzzers, such as FUZZ="calls guests"'
	@echo '  FUZZ_SECONDS=N  fuzz: how long (600)'
	@echo '  DEFECTS="..." defects: only these; DEFECTS=list lists them'
	@echo '  KERNEL=NAME   all: the kernel of $(T)/kernel/NAME.config'
	@echo '  JOBS=N        tasks at a time, in builds and in tests'
	@echo '  PROFILE=1     bench: list the functions and their instructions'
	@echo '  BASE=DIR      series: for the kernel in this directory, not for Debian'"'"'s 6.12'
	@echo '  PATCHES="..." series-check: only these, such as PATCHES="0007 0019"'
	@echo '  FRESH="..."   test-fresh: only these targets, such as FRESH=run'
	@echo '  CACHE=DIR     test-fresh: use this cache of kernels, not an empty one'
	@echo
	@echo 'Needs Debian 12; missing packages are installed. Kernel trees and objects are'
	@echo 'kept in $$GUNYAH_CACHE (~/.cache/gunyah), everything else in build/.'

images:
	@$(PACKAGES) run
	@$(T)/image/build.sh

# A user's mistake is found before anything is built.
options-run := --args="$$ARGS"
options-job := --files="$$FILES" "$$JOB"

dry-run-%:
	@$(PACKAGES) run
	@$(RUNNER) $* --dry-run $(machine) $(options-$*)

run: dry-run-run images
	@$(RUNNER) run $(machine) $(options-run)

hello: dry-run-hello images
	@$(RUNNER) hello $(machine)

shell: dry-run-shell images
	@$(RUNNER) shell $(machine)

job: dry-run-job images
	@$(RUNNER) job $(machine) $(options-job)

mock:
	@$(PACKAGES) run
	@$(RUNNER) test mock

# The tests build the machine themselves: those that need none run even if it
# cannot be built.
test:
	@$(if $(filter list,$(TIERS)),,$(PACKAGES) run check)
	@$(RUNNER) test $(image) $$TIERS

test-all:
	@$(PACKAGES) run check
	@$(RUNNER) test all

test-long:
	@$(if $(filter list,$(LONG)),,$(PACKAGES) run check deb stock)
	@$(RUNNER) long $$LONG

test-pages:
	@$(PACKAGES) run check
	@$(RUNNER) long 4k 16k 64k

test-stock:
	@$(PACKAGES) run deb stock
	@$(RUNNER) test stock packages

coverage:
	@$(PACKAGES) run check
	@$(RUNNER) coverage $$TIERS

fuzz:
	@$(PACKAGES) run check
	@$(RUNNER) fuzz $$FUZZ

defects:
	@$(if $(filter list,$(DEFECTS)),,$(PACKAGES) run check)
	@$(RUNNER) defects $$DEFECTS

test-fresh:
	@$(PACKAGES) fresh
	@$(T)/run/fresh.sh

check:
	@$(PACKAGES) run check
	@$(T)/check/check.sh $(GATES)

bench:
	@$(PACKAGES) run
	@$(T)/image/build.sh kernel hypervisor selftests vmm bench
	@$(RUNNER) bench $(if $(PROFILE),--profile)

series:
	@$(PACKAGES) run
	@$(T)/series/make.sh $(if $(BASE),"$$BASE")

series-check:
	@$(PACKAGES) run check
	@$(T)/series/check.sh $(PATCHES)

deb:
	@$(PACKAGES) run deb
	@packaging/build.sh

install-deps:
	@$(PACKAGES) all

clean:
	rm -rf build
