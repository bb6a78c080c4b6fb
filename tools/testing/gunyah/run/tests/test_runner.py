# SPDX-License-Identifier: GPL-2.0-only
"""The runner: what goes in and out, how it ends, and what it leaves behind."""
import os
import pty
import re
import shutil
import signal
import subprocess
import sys

from gunyah import guest_job, parse
from tests.support import RunnerTest, lives, until

HANGS = "begin; while :; do sleep 1; done"
IGNORES = "trap '' TERM; " + HANGS
TALKS = "begin; while :; do echo guest says something; sleep 0.1; done"


class Status(RunnerTest):
    """The exit status is that of the job, or says what else went wrong."""

    def assertStatus(self, expected, qemu, *args):
        status, out, err = self.run_runner(qemu, *(args or ("run",)))
        self.assertEqual(status, expected, out + err)
        self.assertNothingIsLeft()
        return out, err

    def test_success(self):
        out, _ = self.assertStatus(0, "begin; echo hello; end 0")
        self.assertIn("hello", out)

    def test_only_the_job_is_shown(self):
        out, _ = self.assertStatus(0, "begin; echo hello; end 0")
        self.assertNotIn("booting\n", out)
        self.assertNotIn("gunyah-job", out)

    def test_status_of_the_vmm(self):
        for status in (1, 2, 3, 4, 5, 6):
            with self.subTest(status):
                self.assertStatus(status, f"begin; end {status}")

    def test_status_of_a_job(self):
        self.assertStatus(77, "begin; end 77", "job", self.path("job"))

    def test_limit(self):
        self.assertStatus(124, HANGS, "run", "--timeout", "1")

    def test_no_result(self):
        _, err = self.assertStatus(125, "begin; echo the last words")
        self.assertIn("its last line: the last words", err)

    def test_kernel_complains(self):
        _, err = self.assertStatus(
            125, "begin; echo '[    1.0] WARNING: CPU: 0'; end 0")
        self.assertIn("WARNING", err)

    def test_qemu_fails(self):
        _, err = self.assertStatus(125, "echo planned >&2; exit 1")
        self.assertIn("planned", err)

    def test_log_of_the_hypervisor(self):
        """It is named if there is something in it, of this run."""
        log = self.path("build/logs/run.hyp.log")
        writes = (r"""echo refused >"$(sed -n 's/.*id=hyplog,path=//p' """
                  r""""$FAKE/arguments")"; """)
        out, err = self.assertStatus(3, writes + "begin; end 3")
        self.assertIn(f"gunyah: the hypervisor's log is {log}\n", err)
        self.assertEqual(self.read("build/logs/run.hyp.log"), "refused\n")
        out, err = self.assertStatus(0, writes + "begin; end 0")
        self.assertNotIn(log, out + err)
        for args in ((), ("--hypervisor", "none")):
            _, err = self.assertStatus(3, "begin; end 3", "run", *args)
            self.assertNotIn(log, err)

    def test_hello(self):
        """The small VMM of the manual, on a host without anything else."""
        out, _ = self.assertStatus(
            0, r"""sed -n '/^-initrd$/{n;p}' "$FAKE/arguments" |
            xargs -I{} cp {} "$FAKE/initrd"; begin; echo Hello; end 0""",
            "hello")
        self.assertIn("Hello", out)
        self.assertIn("exec hello /lib/hello.dtb\n", self.read("initrd"))

    def test_through_make(self):
        """make itself always ends with 2, and tells the status."""
        top = os.path.join(os.path.dirname(__file__), "../../../../..")
        env = self.env("begin; end 3")
        for name in list(env):
            if name.startswith(("MAKE", "MFLAGS")):
                del env[name]
        done = subprocess.run(
            ["make", "-C", top, "-o", "images", "run"], env=env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stdout, r"run\] Error 3")


class Mistakes(RunnerTest):
    """A user's mistake gives one line, and nothing is started."""

    def assertMistake(self, said, *args):
        status, out, err = self.run_runner("begin; end 0", *args)
        self.assertEqual((status, out), (125, ""), err)
        self.assertRegex(err, r"\Agunyah: [^\n]*\n\Z")
        self.assertIn(said, err)
        self.assertFalse(os.path.exists(self.path("pid")))
        self.assertEqual(os.listdir(self.path("tmp")), [])

    def test_no_job(self):
        self.assertMistake("which job?", "job")

    def test_empty_job(self):
        self.assertMistake("which job?", "job", "")

    def test_job_is_not_there(self):
        self.assertMistake("No such file", "job", self.path("planted"))

    def test_job_is_a_directory(self):
        self.assertMistake("Is a directory", "job", self.fake)

    def test_unbalanced_quote(self):
        self.assertMistake("ARGS: no closing quotation", "run", "--args",
                           "--cmdline 'console=ttyAMA0")

    def test_processors(self):
        for cpus in ("0", "9", "-1", "two", ""):
            with self.subTest(cpus):
                self.assertMistake("not a number from 1 to 8", "run",
                                   "--cpus=" + cpus)

    def test_timeout(self):
        for timeout in ("-1", "soon", "nan", ""):
            with self.subTest(timeout):
                self.assertMistake("not a number of seconds", "run",
                                   "--timeout=" + timeout)

    def test_memory(self):
        self.assertMistake("not a size", "run", "--memory=lots")

    def test_option(self):
        self.assertMistake("unrecognized", "run", "--planted")

    def test_files(self):
        self.write("settings", "")
        for name in ("planted", "tmp"):
            with self.subTest(name):
                self.assertMistake("no such file", "job", self.path("job"),
                                   "--files", self.path(name))
        for files in (self.path("settings"), f"{self.path('job')} " * 2):
            with self.subTest(files):
                self.assertMistake("exists already", "job", self.path("job"),
                                   "--files", files)

    def test_gunyah_image(self):
        self.assertMistake("no such file", "run", "--hypervisor",
                           self.path("planted"))

    def test_tier(self):
        self.assertMistake("no such tier: planted", "test", "planted")

    def test_image_is_missing(self):
        os.unlink(self.path("build/images/Image"))
        self.assertMistake("make images", "run")

    def test_qemu_is_missing(self):
        os.unlink(self.path("bin/qemu-system-aarch64"))
        env = self.env("")
        env["PATH"] = self.path("bin")
        for name in ("python3", "setpriv"):
            os.symlink(subprocess.getoutput("command -v " + name),
                       self.path("bin/" + name))
        done = subprocess.run(
            [sys.executable, os.path.join(os.path.dirname(__file__),
                                          "../gunyah.py"), "run"],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 125)
        self.assertIn("qemu-system-aarch64 is not installed", done.stderr)
        self.assertNotIn("Traceback", done.stderr)


class Ends(RunnerTest):
    """However the runner ends, QEMU ends, and no folder is left."""

    def signal(self, signum, qemu=HANGS):
        child = self.start(qemu, "run")
        pid = self.qemu_pid()
        self.assertTrue(lives(pid))
        child.send_signal(signum)
        _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 128 + signum, err)
        self.assertFalse(lives(pid), "QEMU still runs")
        self.assertNothingIsLeft()
        self.assertNotIn(b"Traceback", err)

    def test_sigterm(self):
        self.signal(signal.SIGTERM)

    def test_sighup(self):
        self.signal(signal.SIGHUP)

    def test_sigint(self):
        self.signal(signal.SIGINT)

    def test_qemu_does_not_listen(self):
        self.signal(signal.SIGTERM, IGNORES)

    def test_sigkill(self):
        """Not even then does QEMU go on; the folder stays."""
        child = self.start(IGNORES, "run")
        pid = self.qemu_pid()
        child.kill()
        child.wait()
        self.assertTrue(until(lambda: not lives(pid)), "QEMU still runs")

    def closed_pipe(self, qemu):
        child = self.start(qemu, "run")
        self.qemu_pid()
        child.stdout.close()
        self.assertEqual(child.wait(60), 128 + signal.SIGPIPE)
        self.assertNotIn(b"Traceback", child.stderr.read())
        self.assertNothingIsLeft()

    def test_pipe_is_closed(self):
        self.closed_pipe(TALKS)

    def test_pipe_is_closed_and_the_guest_is_silent(self):
        self.closed_pipe(HANGS)

    def test_blocked_pipe(self):
        """Nobody reads, and a signal comes."""
        child = self.start("begin; while :; do echo much text; done", "run")
        self.qemu_pid()
        log = self.path("build/logs/run.log")
        until(lambda: os.path.exists(log) and os.path.getsize(log) > 60000)
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(60), 128 + signal.SIGTERM)
        self.assertNothingIsLeft()

    def test_terminal_is_closed(self):
        ours, theirs = pty.openpty()
        child = self.start(HANGS, "run", stdin=theirs, stdout=theirs,
                           stderr=theirs, start_new_session=True,
                           preexec_fn=lambda: os.close(os.open(
                               os.ttyname(0), os.O_RDWR)))
        os.close(theirs)
        self.qemu_pid()
        os.close(ours)
        self.assertNotEqual(child.wait(60), 0)
        self.assertNothingIsLeft()


class Builds(RunnerTest):
    """A build ends with the script that has started it."""

    def setUp(self):
        super().setUp()
        # A checkout whose kernel takes for ever
        here = os.path.join(os.path.dirname(__file__), "../..")
        for name in ("image/build.sh", "kernel/build.sh", "kernel/env.sh",
                     "kernel/test.config"):
            copy = self.path("tools/testing/gunyah/" + name)
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(os.path.join(here, name), copy)
        for name in ("drivers/virt/gunyah/Kconfig",
                     "include/uapi/linux/gunyah.h"):
            os.makedirs(os.path.dirname(self.path(name)))
            self.write(name, "")
        os.makedirs(self.path("patches"))
        self.script("tools/testing/gunyah/kernel/tree.sh", f"echo {self.fake}")
        self.script("bin/make", 'echo $$ >"$FAKE/pid"; exec sleep 1000')
        self.script("bin/aarch64-linux-gnu-gcc", "echo planted")

    def script(self, name, text):
        self.write(name, f"#!/bin/bash\n{text}\n")
        os.chmod(self.path(name), 0o755)

    def signal(self, signum):
        env = dict(self.env(""), GUNYAH_CACHE=self.path("cache"))
        child = subprocess.Popen(
            [self.path("tools/testing/gunyah/image/build.sh")], env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.addCleanup(child.stdout.close)
        if not until(lambda: os.path.exists(self.path("pid")), 30):
            child.kill()
            self.fail(child.stdout.read().decode())
        pid = self.qemu_pid()
        child.send_signal(signum)
        child.wait(60)
        self.assertTrue(until(lambda: not lives(pid)), "make still runs")
        self.assertTrue(until(self.lock_is_free), "the cache is locked")

    def lock_is_free(self):
        return not subprocess.run(["flock", "-n", self.path("cache/lock"),
                                   "true"], check=False).returncode

    def test_sigterm(self):
        self.signal(signal.SIGTERM)

    def test_sigkill(self):
        self.signal(signal.SIGKILL)


class Limits(RunnerTest):
    """A session on a terminal lasts as long as its user wants."""

    def limits(self, interactive, *args):
        job = guest_job(parse(["run", *args]), interactive)
        return job.timeout, job.silence

    def test_terminal(self):
        self.assertEqual(self.limits(True), (0, 0))
        self.assertEqual(self.limits(True, "--hypervisor", "/image"), (0, 0))

    def test_terminal_with_limit(self):
        self.assertEqual(self.limits(True, "--timeout", "40"), (40, 0))

    def test_pipe(self):
        self.assertEqual(self.limits(False), (300, 120))

    def test_pipe_with_limit(self):
        self.assertEqual(self.limits(False, "--timeout", "0"), (0, 0))
        self.assertEqual(self.limits(False, "--timeout", "900"), (900, 0))

    def test_gunyah_image(self):
        self.assertEqual(self.limits(False, "--hypervisor", "/image"),
                         (900, 300))

    def switched_off(self, what):
        """The user types Ctrl-A x, to which QEMU says this."""
        ours, theirs = pty.openpty()
        status, _, err = self.run_runner(
            'begin; printf "# QEMU: Terminated\n"', what, stdin=theirs)
        os.close(ours)
        os.close(theirs)
        return status, err

    def test_guest_is_switched_off(self):
        status, err = self.switched_off("run")
        self.assertEqual(status, 125)
        self.assertIn("the machine was switched off", err)

    def test_shell_is_switched_off(self):
        self.write("build/images/guest-disk.img", "")
        self.assertEqual(self.switched_off("shell"), (0, ""))

    def test_limit_holds_on_a_terminal(self):
        ours, theirs = pty.openpty()
        child = self.start(HANGS, "run", "--timeout", "1", stdin=theirs)
        self.assertEqual(child.wait(60), 124)
        os.close(ours)
        os.close(theirs)
        self.assertNothingIsLeft()


class Input(RunnerTest):
    """Standard input that is no terminal reaches the guest, all of it."""

    def given(self, data, qemu):
        """What the machine got when the runner was given @data."""
        child = self.start(qemu, "run", stdin=subprocess.PIPE)
        out, err = child.communicate(data, timeout=120)
        self.assertEqual(child.returncode, 0, err)
        self.assertNothingIsLeft()
        return out

    def test_pipe(self):
        out = self.given(b"root\n", "begin; read -r line; "
                         'echo "got <$line>"; end 0')
        self.assertIn(b"got <root>", out)

    def test_much(self):
        data = b"".join(b"%07d\n" % i for i in range(50000))
        self.given(data, 'begin; sleep 1; cat >"$FAKE/got"; end 0')
        self.assertEqual(self.read("got").encode(), data)

    def test_waits_for_the_job(self):
        """What arrives earlier, the host's own programs would take."""
        self.given(b"root\n", 'read -r -t 2 early; begin; read -r line; '
                   'echo "<$early> <$line>" >"$FAKE/got"; end 0')
        self.assertEqual(self.read("got"), "<> <root>\n")

    def test_end_of_input(self):
        self.given(b"", "begin; cat; sleep 1; end 0")

    def test_guest_does_not_read(self):
        self.given(b"x" * 1000000, "begin; sleep 1; end 0")

    def test_file(self):
        self.write("input", "from a file\n")
        with open(self.path("input"), "rb") as f:
            status, out, err = self.run_runner(
                'begin; read -r line; echo "got <$line>"; end 0', "run",
                stdin=f)
        self.assertEqual(status, 0, err)
        self.assertIn("got <from a file>", out)

    def test_a_job_has_none(self):
        child = self.start("begin; cat; end 0", "job", self.path("job"),
                           stdin=subprocess.PIPE)
        out, _ = child.communicate(b"for others\n", timeout=60)
        self.assertNotIn(b"for others", out)


class Files(RunnerTest):
    """Files that the user brings along."""

    def test_files(self):
        self.write("vmm", "a program\n")
        os.chmod(self.path("vmm"), 0o755)
        status, _, err = self.run_runner(
            r'''begin; while read -r a; do [ "$before" != -initrd ] ||
            cp "$a" "$FAKE/initrd"; before=$a; done <"$FAKE/arguments"
            end 0''', "job", self.path("job"), "--files", self.path("vmm"))
        self.assertEqual(status, 0, err)
        os.mkdir(self.path("host"))
        subprocess.run(["python3", "-c", UNPACK, self.path("initrd"),
                        self.path("host")], check=True)
        self.assertEqual(self.read("host/job/vmm"), "a program\n")
        self.assertTrue(os.access(self.path("host/job/vmm"), os.X_OK))
        self.assertEqual(self.read("host/job/run"), "#!/bin/sh\ntrue\n")


# A reader of cpio archives that does not know how ours are written
UNPACK = r"""
import os, sys
data = open(sys.argv[1], "rb").read()
at = 0
while data[at:at + 6] == b"070701":
    field = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
    name = data[at + 110:at + 110 + field[11] - 1].decode()
    at += (110 + field[11] + 3) & ~3
    path = os.path.join(sys.argv[2], name)
    if field[1] & 0o170000 == 0o040000:
        os.makedirs(path, exist_ok=True)
    elif name != "TRAILER!!!":
        with open(path, "wb") as f:
            f.write(data[at:at + field[6]])
        os.chmod(path, field[1] & 0o777)
    at += (field[6] + 3) & ~3
"""


class Documentation(RunnerTest):
    def test_help(self):
        status, out, _ = self.run_runner("", "--help")
        self.assertEqual(status, 0)
        for option in re.findall(r'add_argument\("(--\w+)"', open(
                os.path.join(os.path.dirname(__file__), "../gunyah.py"),
                encoding="utf-8").read()):
            self.assertIn(option, out)


class DryRun(RunnerTest):
    """Mistakes are found before images are built."""

    def test_nothing_runs(self):
        os.unlink(self.path("build/images/Image"))
        self.assertEqual(self.run_runner("", "run", "--dry-run"), (0, "", ""))
        self.assertFalse(os.path.exists(self.path("pid")))

    def test_mistakes(self):
        os.unlink(self.path("build/images/Image"))
        for args in (("job", ""), ("run", "--args", "'"),
                     ("run", "--hypervisor", "/planted"), ("shell",)):
            status, out, err = self.run_runner("", *args, "--dry-run")
            self.assertEqual((status, out), (125, ""))
            self.assertRegex(err, r"\Agunyah: [^\n]*\n\Z")
