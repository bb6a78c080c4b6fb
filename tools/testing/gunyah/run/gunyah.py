#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run things on the test machine.

  gunyah.py run [OPTION]...	launch a Linux guest, pass on its exit status
  gunyah.py shell		a shell on the host
  gunyah.py job FILE		run a shell script on the host
  gunyah.py test [TIER]...	the tests
  gunyah.py bench [--profile]	the benchmark; which functions take how much

Options of the machine, for run, shell and job:

  --cpus N			processors (default 2)
  --memory SIZE			memory (default 4G)
  --deterministic		one thread, a clock that counts instructions
  --words WORDS			more words for the kernel's command line, such as
				gunyah_hyp.caps=random
  --hypervisor FILE		a real Gunyah image, or "none"
  --timeout SECONDS		limit for the whole job, 0 for none
  --name NAME			name of the log in build/logs
  --args 'ARGS'			run: options for gunyah_vmm; the host has a disk
				for the guest, /job/guest-disk.img
"""
import argparse
import os
import re
import shlex
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from machine import Job, Machine, Problem	# noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
BUILD = os.environ.get("GUNYAH_BUILD") or os.path.join(TOP, "build")
DISK = "guest-disk.img"
GUEST_LINE = re.compile(r"guest-init: (\S+), (\d+) CPUs, (\d+) MiB")


def parse(argv):
    parser = argparse.ArgumentParser(
        usage=__doc__, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("what", nargs="?", default="run",
                        choices=("run", "shell", "job", "test", "bench"))
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", default="4G")
    parser.add_argument("--deterministic", action="store_true")
    parser.add_argument("--words", default="")
    parser.add_argument("--hypervisor", default="hyp")
    parser.add_argument("--timeout", type=float)
    parser.add_argument("--name")
    parser.add_argument("--args", default="")
    parser.add_argument("--profile", action="store_true")
    opts = parser.parse_intermixed_args(argv)
    if opts.help:
        print(__doc__.strip())
        sys.exit(0)
    return opts


def job_from(opts, name, script, **kwargs):
    job = Job(opts.name or name, script, cpus=opts.cpus, memory=opts.memory,
              deterministic=opts.deterministic, words=opts.words,
              hypervisor=opts.hypervisor, **kwargs)
    if opts.hypervisor not in ("hyp", "none"):
        # -cpu max computes pointer authentication codes in software
        job.timeout, job.silence = 900, 300
    if opts.timeout is not None:
        job.timeout = opts.timeout
        job.silence = min(job.silence, opts.timeout)
    return job


def finish(result, quiet=False):
    """Say how a job ended; returns the exit status for the caller."""
    if not result.ok:
        print(f"gunyah: {result.why()}", file=sys.stderr)
        print(f"gunyah: the console's log is {result.log}", file=sys.stderr)
        return result.status or 1
    if not quiet:
        print(f"  done in {result.seconds:.0f} s, log: {result.log}")
    return 0


def describe(job):
    kind = {"hyp": "the test hypervisor", "none": "no hypervisor"}
    if job.hypervisor not in kind:
        return f"  booting Linux on {job.hypervisor}"
    return (f"  booting Linux on {kind[job.hypervisor]}, {job.cpus} "
            "processors")


def vmm_command(args):
    """gunyah_vmm's command line: ours unless the options say otherwise."""
    given = {arg.split("=")[0] for arg in args}
    cmd = ["gunyah_vmm"]
    if not given & {"-i", "--image"}:
        cmd += ["--image", "/guest/Image"]
        if not given & {"-r", "--ramdisk", "-D", "--disk"}:
            cmd += ["--ramdisk", "/guest/initramfs.cpio.gz"]
    if not given & {"-d", "--dtb", "-n", "--cpus"}:
        cmd += ["--cpus", "2"]
    return shlex.join(cmd + args)


def run_guest(machine, opts):
    """The main job."""
    command = vmm_command(shlex.split(opts.args))
    interactive = sys.stdin.isatty()
    # Not always: under a real Gunyah there is not much room
    files = [DISK] if "/job/" + DISK in opts.args else []
    job = job_from(opts, "run", f"exec {command}\n", files=files,
                   interactive=interactive, show=True,
                   settings={"LOGLEVEL": 5})
    print(describe(job) + (" (Ctrl-A X ends it)" if interactive else ""),
          flush=True)
    result = machine.run(job)
    found = GUEST_LINE.search(result.output)
    if result.status == 0 and not found and not files:
        result.problems.append("the guest's init did not report")
    return finish(result)


def run_shell(machine, opts):
    if not sys.stdin.isatty():
        raise Problem("a shell needs a terminal; see 'make job'")
    job = job_from(opts, "shell",
                   "echo 'A shell on the host; exit ends the machine, Ctrl-A X "
                   "at once.'\nexec sh\n",
                   files=[DISK] if opts.hypervisor == "hyp" else [],
                   interactive=True, show=True, settings={"LOGLEVEL": 5})
    if opts.timeout is None:
        job.timeout = job.silence = 0
    print(describe(job), flush=True)
    result = machine.run(job)
    if result.status is None and result.problems == [
            "the host ended without the job's result"]:
        return 0	# ended with Ctrl-A X
    if result.status:
        result.status = 0	# of the last command that was typed
    return finish(result, quiet=True)


def run_job(machine, opts):
    if len(opts.rest) != 1:
        raise Problem("job needs one FILE, a shell script for the host")
    with open(opts.rest[0], encoding="utf-8") as f:
        script = f.read()
    job = job_from(opts, "job", script, show=True)
    print(describe(job), flush=True)
    return finish(machine.run(job))


def main():
    opts = parse(sys.argv[1:])
    machine = Machine(os.path.join(BUILD, "images"),
                      os.path.join(BUILD, "logs"))
    if opts.what == "test":
        # pylint: disable=import-outside-toplevel
        import tiers
        return tiers.main(machine, TOP, BUILD, opts.rest)
    if opts.what == "bench":
        # pylint: disable=import-outside-toplevel
        import bench
        return bench.main(machine, opts.profile)
    return {"run": run_guest, "shell": run_shell,
            "job": run_job}[opts.what](machine, opts)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        print(f"gunyah: {problem}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("gunyah: interrupted", file=sys.stderr)
        sys.exit(130)
