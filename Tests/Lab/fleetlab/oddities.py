"""Hosts that lack something, as machines of other people do."""

import os

from . import kernel
from .layout import UID, USER, LabError

HOME = f"/home/{USER}"


def check(kind):
    if kind not in KINDS:
        raise LabError(f"there is no oddity “{kind}”, but {', '.join(sorted(KINDS))}", 64)


def parse(words, hosts):
    """`h2=noexec-home` as {"h2": ["noexec-home"]}."""
    found = {}
    for word in words:
        host, _, kind = word.partition("=")
        check(kind)
        if host not in hosts:
            raise LabError(f"“{word}” names no host of the lab: {', '.join(hosts)}", 64)
        found.setdefault(host, []).append(kind)
    return found


def apply(top, kinds, remove_packages):
    """Makes the file system of a host odd; `top` is its root."""
    for kind in kinds:
        KINDS[kind](top, remove_packages)


def mount_home(top, flags, options):
    kernel.mount("home", top + HOME, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV | flags,
                 f"mode=0700,uid={UID},gid={UID},{options}")


def readonly_home(top, _):
    mount_home(top, kernel.MS_RDONLY, "size=64k")


def noexec_home(top, _):
    mount_home(top, kernel.MS_NOEXEC, "size=1g")


def full_home(top, _):
    mount_home(top, 0, "size=1m")
    with open(f"{top}{HOME}/everything", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def program(name, text):
    """A program that comes before the system's own in the search path of a login."""

    def place(top, _):
        path = f"{top}/usr/local/bin/{name}"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o755), "w") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)

    return place


def configure_server(line):
    def place(top, _):
        with open(f"{top}/etc/ssh/sshd_config", "a") as file:
            file.write(line + "\n")

    return place


KINDS = {
    "readonly-home": readonly_home,
    "noexec-home": noexec_home,
    "full-home": full_home,
    "fast-clock": program("date", "exec /bin/date -d '+1 hour' \"$@\""),
    "foreign-cpu": program("uname", "/bin/uname \"$@\" | sed 's/x86_64/riscv64/; s/aarch64/riscv64/'"),
    "old-libc": program(
        "getconf", "[ \"$1\" = GNU_LIBC_VERSION ] && { echo glibc 2.28; exit; }; exec /usr/bin/getconf \"$@\""),
    "no-libcurl": lambda top, remove_packages: remove_packages(top, ["libcurl4"]),
    "no-forwarding": configure_server("AllowTcpForwarding no"),
    "one-session": configure_server("MaxSessions 1"),
}
