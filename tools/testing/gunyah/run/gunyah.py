#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run things on the test machine.

  gunyah.py run [OPTION]...	launch a Linux guest
  gunyah.py hello		launch the small VMM of the manual
  gunyah.py shell		a shell on the host
  gunyah.py job FILE		run a shell script on the host
  gunyah.py test [TIER]...	the tests of every change, or all of these tiers; "all"
				is all of all tiers, and "list" lists them
  gunyah.py long [STEP]...	tests that take hours; "list" lists the steps
  gunyah.py coverage [TIER]...	the tests, and the lines of the driver they execute
  gunyah.py fuzz [NAME]...	random input, for FUZZ_SECONDS
  gunyah.py defects [NAME]...	defects that a test has to find; "list" lists them
  gunyah.py bench [--profile]	the benchmark; which functions take how much

Options of the machine, for run, hello, shell and job:

  --cpus N			processors, 1 to 8 (default 2)
  --memory SIZE			memory (default 4G)
  --deterministic		one thread, a clock that counts instructions
  --words WORDS			more words for the kernel's command line, such as
				gunyah_hyp.caps=random
  --hypervisor FILE		boot this Gunyah image; "none" for no hypervisor
				(also for test: the tiers that run on it)
  --timeout SECONDS		limit for the whole job, 0 for none. Default: none
				on a terminal, else 300 s and 120 s without output
  --name NAME			name of the log in build/logs
  --args 'ARGS'			run: options for gunyah_vmm; the host has a disk
				for the guest, /job/guest-disk.img, and makes a
				tap for --net
  --files 'FILES'		job: put these files into /job on the host
  --dry-run			only look for mistakes in the options

The exit status of run and job is that of gunyah_vmm or the script. It is 124 if
a limit was exceeded, 125 if the machine or the runner has failed, 128 and the
number of the signal if one has ended the runner.
"""
import argparse
import os
import re
import shlex
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from children import Interrupted, Problem, catch_signals	# noqa: E402
from machine import FAILURE, SWITCHED_OFF, Job, Machine	# noqa: E402
from machine import job_text				# noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "../../../.."))
BUILD = os.path.join(os.environ.get("GUNYAH_BUILD") or
                     os.path.join(TOP, "build"), os.environ.get("KERNEL", ""))
DISK = "guest-disk.img"
GUEST_LINE = re.compile(r"guest-init: (\S+), (\d+) CPUs, (\d+) MiB")
TAP = re.compile(r"\btap=([\w.-]+)")
# Of the host on a guest's tap; guest/disk/network has that of the guest
TAP_ADDRESS = "192.168.76.1/24"
MAX_CPUS = 8		# of the host's kernel and of the test hypervisor


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Problem(message)


def count(text):
    if not text.isdecimal() or not 1 <= int(text) <= MAX_CPUS:
        raise argparse.ArgumentTypeError(
            f"{text}: not a number from 1 to {MAX_CPUS}")
    return int(text)


def seconds(text):
    if not re.fullmatch(r"\d+(\.\d*)?", text):
        raise argparse.ArgumentTypeError(f"{text}: not a number of seconds")
    return float(text)


def size(text):
    if not re.fullmatch(r"[1-9]\d*[MG]", text):
        raise argparse.ArgumentTypeError(f"{text}: not a size such as 4G")
    return text


def words_of(text, option):
    """Split @text as a shell does."""
    try:
        return shlex.split(text)
    except ValueError as e:
        raise Problem(f"{option}: {str(e).lower()}: {text}") from e


def parse(argv):
    parser = Parser(usage=__doc__, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("what", nargs="?", default="run",
                        choices=("run", "hello", "shell", "job", "test",
                                 "long", "coverage", "fuzz",
                                 "defects", "bench"))
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--cpus", type=count, default=2)
    parser.add_argument("--memory", type=size, default="4G")
    parser.add_argument("--deterministic", action="store_true")
    parser.add_argument("--words", default="")
    parser.add_argument("--hypervisor", default="hyp")
    parser.add_argument("--timeout", type=seconds)
    parser.add_argument("--name")
    parser.add_argument("--args", default="")
    parser.add_argument("--files", default="")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    opts = parser.parse_intermixed_args(argv)
    if opts.help:
        print(__doc__.strip())
        sys.exit(0)
    return opts


def job_from(opts, name, script, **kwargs):
    job = Job(opts.name or name, script, cpus=opts.cpus, memory=opts.memory,
              deterministic=opts.deterministic, words=opts.words,
              hypervisor=opts.hypervisor, show=True, **kwargs)
    if opts.timeout is not None:
        job.timeout, job.silence = opts.timeout, 0
    elif job.interactive:
        job.timeout = job.silence = 0
    elif job.real:
        job.timeout, job.silence = 900, 300
    return job


def finish(result, quiet=False):
    """Say how a job ended; returns the exit status for the caller."""
    if not result.ok:
        print(f"gunyah: {result.why()}", file=sys.stderr)
        for what, path in result.logs.items():
            print(f"gunyah: {what} is {path}", file=sys.stderr)
    elif not quiet:
        print(f"  done in {result.seconds:.0f} s, log: {result.log}")
    return result.code


def vmm_command(args):
    """gunyah_vmm's command line: ours unless the options say otherwise."""
    given = {arg.split("=")[0] for arg in args}
    cmd = ["gunyah_vmm"]
    if not given & {"-i", "--image"}:
        cmd += ["--image", "/guest/Image"]
        if not given & {"-r", "--ramdisk", "--disk"}:
            cmd += ["--ramdisk", "/guest/initramfs.cpio.gz"]
    if not given & {"-d", "--dtb", "-n", "--cpus"}:
        cmd += ["--cpus", "2"]
    return shlex.join(cmd + args)


def guest_job(opts, interactive):
    """The main job."""
    command = vmm_command(words_of(opts.args, "ARGS"))
    # Not always: under a real Gunyah there is not much room
    files = [DISK] if "/job/" + DISK in opts.args else []
    copies, address = {}, ""
    tap = TAP.search(opts.args)
    if tap:
        copies["job/tap.sh"] = os.path.join(HERE, "jobs/tap.sh")
        address = f"{tap[1]} {TAP_ADDRESS}"
    script = job_text("command", COMMAND=command, STATIC="", TAP=address)
    return job_from(opts, "run", script, parts=("guest",), files=files,
                    copies=copies, interactive=interactive,
                    stdin=not interactive, settings={"LOGLEVEL": 5})


def hello_job(opts, _interactive):
    return job_from(opts, "hello", "exec hello /lib/hello.dtb\n",
                    parts=("hello",))


def shell_job(opts, interactive):
    if not interactive:
        raise Problem("a shell needs a terminal; see 'make job'")
    return job_from(opts, "shell", job_text("shell"),
                    files=[DISK] if opts.hypervisor == "hyp" else [],
                    interactive=True, settings={"LOGLEVEL": 5})


def job_files(text):
    """{path in the host: file} of the option FILES."""
    copies = {}
    for path in words_of(text, "FILES"):
        name = "job/" + os.path.basename(path)
        if not os.path.isfile(path):
            raise Problem(f"FILES: {path}: no such file")
        if name in copies or name in ("job/run", "job/settings"):
            raise Problem(f"FILES: {path}: /{name} exists already")
        copies[name] = path
    return copies


def script_job(opts, _interactive):
    if len(opts.rest) != 1 or not opts.rest[0]:
        raise Problem("which job? make job JOB=FILE, a shell script")
    with open(opts.rest[0], encoding="utf-8", errors="surrogateescape") as f:
        script = f.read()
    return job_from(opts, "job", script, copies=job_files(opts.files))


def run_target(machine, opts):
    """All but test and bench."""
    make = {"run": guest_job, "hello": hello_job, "shell": shell_job,
            "job": script_job}[opts.what]
    job = make(opts, sys.stdin.isatty())
    if job.real and not os.path.isfile(job.hypervisor):
        raise Problem(f"{job.hypervisor}: no such file")
    if opts.dry_run:
        return 0
    machine.check(job)
    kind = {"hyp": "the test hypervisor", "none": "no hypervisor"}
    number = f", {job.cpus} processor{'s' if job.cpus > 1 else ''}"
    way_out = job.interactive and opts.what == "run"
    print(f"  booting Linux on {kind.get(job.hypervisor, job.hypervisor)}"
          f"{'' if job.real else number}"
          f"{' (Ctrl-A x ends it)' if way_out else ''}", flush=True)
    return end_target(opts.what, machine.run(job))


def end_target(what, result):
    """Returns the exit status."""
    if what == "shell":
        if result.problems == [SWITCHED_OFF]:
            return 0
        if result.status:
            result.status = 0	# of the last command that was typed
    return finish(result, quiet=what == "shell")


def dispatch(machine, opts):
    if opts.what == "test":
        # pylint: disable=import-outside-toplevel
        import suite
        return suite.main(machine, TOP, BUILD, opts.rest, opts.hypervisor)
    if opts.what == "long":
        # pylint: disable=import-outside-toplevel
        import long
        return long.main(machine, TOP, opts.rest)
    if opts.what == "coverage":
        # pylint: disable=import-outside-toplevel
        import coverage
        return coverage.main(machine, TOP, BUILD, opts.rest)
    if opts.what == "fuzz":
        # pylint: disable=import-outside-toplevel
        import fuzz
        return fuzz.main(machine, TOP, BUILD, opts.rest)
    if opts.what == "defects":
        # pylint: disable=import-outside-toplevel
        import defects
        return defects.main(machine, TOP, BUILD, opts.rest)
    if opts.what == "bench":
        # pylint: disable=import-outside-toplevel
        import bench
        return bench.main(machine, opts.profile)
    return run_target(machine, opts)


def open_standard_files():
    """Nothing else may get the number of one that is closed."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def main(argv):
    """Returns an exit status; whatever happens, nothing is left running."""
    open_standard_files()
    catch_signals()
    machine = Machine(os.path.join(BUILD, "images"),
                      os.path.join(BUILD, "logs"))
    try:
        status = dispatch(machine, parse(argv))
        sys.stdout.flush()
        return status
    except Problem as problem:
        print(f"gunyah: {problem}", file=sys.stderr)
    except BrokenPipeError:
        # Nobody reads the output any more: no more of it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 128 + signal.SIGPIPE
    except OSError as e:
        print(f"gunyah: {e.filename or 'error'}: {e.strerror}",
              file=sys.stderr)
    except Interrupted as e:
        machine.children.stop()
        print(f"gunyah: ended by {signal.Signals(e.signum).name}",
              file=sys.stderr)
        return 128 + e.signum
    finally:
        machine.children.stop()
    return FAILURE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
