# SPDX-License-Identifier: GPL-2.0-only
"""kernel/packages.sh: which packages it takes for missing, and what it does.

dpkg-query, dpkg, apt-get and id are replaced: nothing is installed.
"""
import os
import re
import subprocess
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(__file__),
                      "../../kernel/packages.sh")

# Answers for each name as dpkg-query does: from $FAKE/db, which has lines
# "NAME ARCHITECTURE STATE"; an unknown name is an error
DPKG_QUERY = r"""#!/bin/bash
[ "$1 $2" = "-W -f" ] || exit 2
status=0
for name in "${@:4}"; do
	found=$(awk -v want="$name" '
		want == $1 && !seen++ || want == $1 ":" $2 { print $2, $3 }
	' "$FAKE/db")
	if [ -n "$found" ]; then
		# The caller decides on the format
		while read -r arch state; do
			line=${3//'${Architecture}'/$arch}
			printf "${line//'${db:Status-Status}'/$state}"
		done <<<"$found"
	else
		echo "dpkg-query: no packages found matching $name" >&2
		status=1
	fi
done
exit $status
"""

DPKG = r"""#!/bin/bash
case $1 in
--print-architecture)		echo amd64 ;;
--print-foreign-architectures)	cat "$FAKE/foreign" ;;
--add-architecture)		echo "dpkg $*" >>"$FAKE/calls"
				echo "$2" >>"$FAKE/foreign" ;;
*)				exit 2 ;;
esac
"""

APT_GET = r"""#!/bin/bash
echo "apt-get $*" >>"$FAKE/calls"
[ ! -e "$FAKE/apt-fails" ] || { echo "E: planned" >&2; exit 100; }
"""

ID = '#!/bin/sh\ncat "$FAKE/uid"\n'


class Packages(unittest.TestCase):
    """Every test has a Debian of its own in which all packages are there."""

    def setUp(self):
        # pylint: disable=consider-using-with
        tmp = tempfile.TemporaryDirectory(prefix="gunyah-test-")
        self.addCleanup(tmp.cleanup)
        self.fake = tmp.name
        for name, text in (("dpkg-query", DPKG_QUERY), ("dpkg", DPKG),
                           ("apt-get", APT_GET), ("id", ID)):
            self.write(name, text)
            os.chmod(os.path.join(self.fake, name), 0o755)
        self.write("calls", "")
        self.write("foreign", "arm64\n")
        self.write("uid", "0\n")
        self.db = {}
        for package in self.wanted():
            name, _, arch = package.partition(":")
            self.db[(name, arch or "amd64")] = "installed"

    @staticmethod
    def wanted():
        """The packages of the groups that the tests use."""
        with open(SCRIPT, encoding="utf-8") as f:
            text = f.read()
        groups = re.findall(r'^(?:run|check)="([^"]*)"', text, re.M)
        return " ".join(groups).split()

    def write(self, name, text):
        with open(os.path.join(self.fake, name), "w", encoding="utf-8") as f:
            f.write(text)

    def read(self, name):
        with open(os.path.join(self.fake, name), encoding="utf-8") as f:
            return f.read()

    def run_script(self, *groups):
        self.write("db", "".join(f"{name} {arch} {state}\n" for (name, arch),
                                 state in self.db.items()))
        env = dict(os.environ, FAKE=self.fake, GUNYAH_BUILD=self.fake,
                   PATH=self.fake + ":" + os.environ["PATH"])
        return subprocess.run([SCRIPT, *(groups or ("run", "check"))],
                              stdin=subprocess.DEVNULL, text=True, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)

    def installed(self):
        """Packages that apt-get was asked for."""
        found = re.findall(r"^apt-get .*install -y --no-install-recommends "
                           r"(.*)$", self.read("calls"), re.M)
        return " ".join(found).split()

    def assertInstalls(self, *packages):
        done = self.run_script()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.installed(), list(packages))

    # What dpkg knows about a package

    def test_nothing_is_missing(self):
        done = self.run_script()
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "", ""))
        self.assertEqual(self.read("calls"), "")

    def state(self, state):
        self.db[("flex", "amd64")] = state
        self.assertInstalls("flex")

    def test_not_installed(self):
        self.state("not-installed")

    def test_config_files(self):
        self.state("config-files")

    def test_half_installed(self):
        self.state("half-installed")

    def test_unpacked(self):
        self.state("unpacked")

    def test_half_configured(self):
        self.state("half-configured")

    def test_triggers_awaited(self):
        self.state("triggers-awaited")

    def test_unknown(self):
        del self.db[("flex", "amd64")]
        self.assertInstalls("flex")

    def test_several(self):
        self.db[("flex", "amd64")] = "not-installed"
        self.db[("bison", "amd64")] = "not-installed"
        del self.db[("sparse", "amd64")]
        self.assertInstalls("flex", "bison", "sparse")

    def test_dpkg_query_fails(self):
        self.write("dpkg-query", "#!/bin/sh\nexit 2\n")
        self.assertInstalls(*self.wanted())

    # Architectures

    def test_independent_of_architecture(self):
        del self.db[("codespell", "amd64")]
        self.db[("codespell", "all")] = "installed"
        self.assertInstalls()

    def test_only_foreign(self):
        del self.db[("flex", "amd64")]
        self.db[("flex", "arm64")] = "installed"
        self.assertInstalls("flex")

    def test_only_native(self):
        del self.db[("libfdt-dev", "arm64")]
        self.db[("libfdt-dev", "amd64")] = "installed"
        self.assertInstalls("libfdt-dev:arm64")

    def test_one_architecture_of_each(self):
        """Most cannot be installed for two at a time: each would remove the
        other."""
        names = [package.split(":")[0] for package in self.wanted()]
        self.assertEqual(len(names), len(set(names)))

    def test_foreign_not_installed(self):
        self.db[("libfdt-dev", "arm64")] = "not-installed"
        self.assertInstalls("libfdt-dev:arm64")

    def test_architecture_is_added(self):
        self.write("foreign", "")
        del self.db[("libfdt-dev", "arm64")]
        self.assertInstalls("libfdt-dev:arm64")
        self.assertEqual(self.read("calls").splitlines()[:2],
                         ["dpkg --add-architecture arm64", "apt-get update"])

    def test_architecture_is_there(self):
        del self.db[("libfdt-dev", "arm64")]
        self.assertInstalls("libfdt-dev:arm64")
        self.assertNotIn("dpkg", self.read("calls"))

    # Users and errors

    def test_not_root(self):
        self.write("uid", "1000\n")
        self.write("foreign", "")
        self.db[("flex", "amd64")] = "not-installed"
        del self.db[("libfdt-dev", "arm64")]
        done = self.run_script()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.read("calls"), "")
        self.assertEqual([line.strip() for line in done.stderr.splitlines()], [
            "These Debian packages are missing. Install them as root:",
            "dpkg --add-architecture arm64",
            "apt-get update",
            "apt-get install --no-install-recommends libfdt-dev:arm64 flex"])

    def test_not_root_but_nothing_is_missing(self):
        self.write("uid", "1000\n")
        done = self.run_script()
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_apt_fails(self):
        self.write("apt-fails", "")
        self.db[("flex", "amd64")] = "not-installed"
        done = self.run_script()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("E: planned", done.stderr)
        self.assertEqual(self.installed(), [])

    def test_dpkg_is_busy(self):
        self.db[("flex", "amd64")] = "not-installed"
        self.run_script()
        self.assertIn("-o DPkg::Lock::Timeout=", self.read("calls"))

    def test_all_groups(self):
        """All that any group has, once."""
        with open(SCRIPT, encoding="utf-8") as f:
            text = f.read()
        groups = re.findall(r'^(\w+)="([^"$]*)"$', text, re.M)
        self.assertGreaterEqual(len(groups), 5)
        self.db = {}
        self.assertEqual(self.run_script("all").returncode, 0)
        installed = self.installed()
        for name, packages in groups:
            self.assertLessEqual(set(packages.split()), set(installed), name)
        self.assertEqual(len(installed), len(set(installed)))

    def test_group(self):
        self.db[("flex", "amd64")] = "not-installed"
        self.db[("sparse", "amd64")] = "not-installed"
        self.run_script("run")
        self.assertEqual(self.installed(), ["flex"])

    def test_unknown_group(self):
        done = self.run_script("planted")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no such group: planted", done.stderr)
