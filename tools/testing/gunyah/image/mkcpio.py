#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write an initramfs.

mkcpio.py OUTPUT DIRECTORY...: an archive of each directory, compressed, one behind
the other, as the kernel takes them.
Everything is owned by root, has a fixed time and is sorted by name, so that the
same content gives the same archive. One with /init also gets /dev/console, which
only root can make. The size is a multiple of four: another archive may follow.
"""
import gzip
import os
import stat
import sys


def entry(ino, name, mode, data=b"", rdev=(0, 0)):
    """One member in the "newc" format."""
    raw = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (ino, mode, 0, 0, links, 0, len(data), 0, 0, *rdev, len(raw), 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + raw
    return pad(head) + pad(data)


def pad(data):
    return data + b"\0" * (-len(data) % 4)


def archive(root):
    """All files below @root as one archive."""
    members = []
    for path, dirs, files in os.walk(root):
        for name in dirs + files:
            full = os.path.join(path, name)
            members.append((os.path.relpath(full, root), full))
    out = []
    for ino, (name, full) in enumerate(sorted(members), 1):
        info = os.lstat(full)
        kind = stat.S_IFMT(info.st_mode)
        mode = 0o755 if info.st_mode & 0o111 else 0o644
        if kind == stat.S_IFLNK:
            data = os.readlink(full).encode()
            mode = 0o777
        elif kind == stat.S_IFREG:
            with open(full, "rb") as f:
                data = f.read()
        elif kind == stat.S_IFDIR:
            data = b""
            mode = 0o755
        else:
            raise SystemExit(f"mkcpio: {full}: neither file, link nor directory")
        out.append(entry(ino, name, kind | mode, data))
    if os.path.exists(os.path.join(root, "init")):
        if not os.path.isdir(os.path.join(root, "dev")):
            out.append(entry(len(members) + 2, "dev", stat.S_IFDIR | 0o755))
        out.append(entry(len(members) + 1, "dev/console",
                         stat.S_IFCHR | 0o600, rdev=(5, 1)))
    out.append(entry(0, "TRAILER!!!", 0))
    return b"".join(out)


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    output = sys.argv[1]
    out = []
    for root in sys.argv[2:]:
        out.append(pad(gzip.compress(archive(root), 6, mtime=0)))
    with open(output + ".new", "wb") as f:
        f.write(b"".join(out))
    os.replace(output + ".new", output)


if __name__ == "__main__":
    main()
