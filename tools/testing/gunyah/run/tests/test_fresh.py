# SPDX-License-Identifier: GPL-2.0-only
"""fresh.sh: it leaves nothing behind, even if it does not get far."""
import os
import signal
import subprocess
import unittest

from tests.support import RUN, RunnerTest, default_signals, lives, until


def can_unshare():
    return not subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"], check=False,
        stderr=subprocess.DEVNULL).returncode


class Fresh(RunnerTest):
    """With a mmdebstrap that does what a test wants."""

    def script(self, name, text):
        self.write("bin/" + name, "#!/bin/sh\n" + text)
        os.chmod(self.path("bin/" + name), 0o755)

    def start_fresh(self, **env):
        child = subprocess.Popen(
            [os.path.join(RUN, "fresh.sh")], env={**self.env(""), **env},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, preexec_fn=default_signals)
        self.addCleanup(self.reap, child)
        return child

    def refused(self, said, **env):
        child = self.start_fresh(**env)
        out, _ = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 1, out)
        self.assertIn(said, out)
        self.assertFalse(os.path.exists(self.path("build/fresh")))

    def test_not_root(self):
        self.script("id", "echo 1000")
        self.refused("needs root")

    def test_cache_is_not_there(self):
        self.script("id", "echo 0")
        self.refused("no such directory", CACHE=self.path("planted"))

    @unittest.skipUnless(can_unshare(), "needs the right to unshare")
    def test_mmdebstrap_fails(self):
        self.script("mmdebstrap", "echo 'E: planted'; exit 1")
        child = self.start_fresh()
        out, _ = child.communicate(timeout=60)
        self.assertNotEqual(child.returncode, 0)
        self.assertIn("E: planted", out)
        self.assertFalse(os.path.exists(self.path("build/fresh")))

    def interrupted(self, signum):
        """Its number in the namespace says nothing: find it by its name."""
        self.script("mmdebstrap", 'echo begun >"$FAKE/begun"; exec sleep 4321')
        child = self.start_fresh()
        self.assertTrue(until(lambda: os.path.exists(self.path("begun")) and
                              self.sleepers()), "it did not begin")
        sleepers = self.sleepers()
        child.send_signal(signum)
        child.wait(60)
        self.assertTrue(until(lambda: not any(map(lives, sleepers))))
        return child.returncode

    def sleepers(self):
        """Processes that have our folder in their environment."""
        found = []
        for pid in filter(str.isdecimal, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    environ = f.read()
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    if f.read() == b"sleep\x004321\x00" and \
                            b"FAKE=" + self.fake.encode() in environ:
                        found.append(int(pid))
            except OSError:
                pass
        return found

    @unittest.skipUnless(can_unshare(), "needs the right to unshare")
    def test_signals(self):
        for signum in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signum):
                self.assertEqual(self.interrupted(signum), 128 + signum)
                self.assertFalse(os.path.exists(self.path("build/fresh")))
                os.unlink(self.path("begun"))

    @unittest.skipUnless(can_unshare(), "needs the right to unshare")
    def test_sigkill(self):
        self.interrupted(signal.SIGKILL)
