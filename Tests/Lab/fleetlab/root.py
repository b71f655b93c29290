"""The file system of a host: the machine's, seen through an overlay whose changes die with the host."""

import os
import socket
import stat
import subprocess

from . import kernel, oddities
from .layout import UID, USER

EMPTY = {"/tmp": 0o1777, "/var/tmp": 0o1777, "/run": 0o755, "/home": 0o755, "/root": 0o700}
DEVICES = {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}
SSHD_CONFIGURATION = """\
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys/%u
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
PidFile /run/sshd.pid
Subsystem sftp /usr/lib/openssh/sftp-server
"""


def enter(directory, host):
    """Builds the root of a host and makes it ours. To be called by process 1 in its new mount namespace."""
    kernel.make_mounts_private()
    base = os.path.join(directory, "mnt")
    kernel.mount("fleet-lab", base, "tmpfs", kernel.MS_NODEV, "mode=0755")
    top = mount_overlay(base)
    mount_private_directories(top, host["hidden"])
    mount_kernel_file_systems(top)
    make_devices(os.path.join(top, "dev"))
    remove_packages(top, host["removed"])
    write_accounts(top)
    write_network_names(top, host)
    write_ssh_files(top, host)
    oddities.apply(top, host.get("oddities", []), remove_packages)
    kernel.pivot_root(top)
    socket.sethostname(host["name"])


def mount_overlay(base):
    upper, work, top = (os.path.join(base, part) for part in ("upper", "work", "root"))
    for path in (upper, work, top):
        os.mkdir(path, 0o755)
    kernel.mount("fleet-lab", top, "overlay", 0, f"lowerdir=/,upperdir={upper},workdir={work}")
    return top


def mount_private_directories(top, hidden):
    """Empty directories of the host's own; `hidden` are trees of the machine that no real host would have."""
    for path, mode in EMPTY.items():
        kernel.mount("tmpfs", top + path, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"mode={mode:o}")
    for path in hidden:
        if os.path.isdir(top + path):
            kernel.mount("tmpfs", top + path, "tmpfs", kernel.MS_RDONLY, "mode=0755,size=4k")
    for name in ("sshd", "mount"):  # mount(8) makes the second one when it is missing
        os.mkdir(f"{top}/run/{name}", 0o755)
    os.mkdir(top + "/run/lock", 0o1777)
    os.chmod(top + "/run/lock", 0o1777)
    os.mkdir(f"{top}/home/{USER}", 0o700)
    os.chown(f"{top}/home/{USER}", UID, UID)


def mount_kernel_file_systems(top):
    safe = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", top + "/proc", "proc", safe)
    kernel.mount("sysfs", top + "/sys", "sysfs", safe)
    kernel.mount("dev", top + "/dev", "tmpfs", kernel.MS_NOSUID, "mode=0755,size=64k")


def make_devices(dev):
    for name, minor in DEVICES.items():
        make_device(f"{dev}/{name}", 1, minor)
    make_device(f"{dev}/tty", 5, 0)
    for name, target in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"),
                         ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")):
        os.symlink(target, f"{dev}/{name}")
    for name in ("pts", "shm", "mqueue"):
        os.mkdir(f"{dev}/{name}", 0o755)
    kernel.mount("devpts", f"{dev}/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC,
                 "newinstance,gid=5,mode=620,ptmxmode=666")
    kernel.mount("shm", f"{dev}/shm", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=1777")
    kernel.mount("mqueue", f"{dev}/mqueue", "mqueue", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)


def make_device(path, major, minor):
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(major, minor))
    os.chmod(path, 0o666)


def remove_packages(top, packages):
    """Removes the packages' files; the overlay keeps whiteouts, the machine keeps the files."""
    for package in packages:
        listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True)
        for path in sorted(listing.stdout.splitlines(), reverse=True):
            remove(top + path)


def remove(path):
    """Removes a file or an empty directory; what other packages share, such as the link /lib, stays."""
    try:
        os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
    except OSError:
        return


def write(path, text, mode=0o644):
    """Replaces a file; never follows a link of the machine."""
    if os.path.lexists(path):
        os.unlink(path)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    os.chmod(path, mode)


def write_accounts(top):
    """The machine's system accounts (services run under them) and one ordinary user; nobody has a password."""
    users = system_lines(f"{top}/etc/passwd") + [f"{USER}:x:{UID}:{UID}:{USER}:/home/{USER}:/bin/sh"]
    groups = system_lines(f"{top}/etc/group") + [f"{USER}:x:{UID}:"]
    names = [line.split(":")[0] for line in users]
    write(f"{top}/etc/passwd", "\n".join(users) + "\n")
    write(f"{top}/etc/group", "\n".join(groups) + "\n")
    write(f"{top}/etc/shadow", "".join(f"{name}:*:19000:0:99999:7:::\n" for name in names), 0o640)
    for name in ("subuid", "subgid"):
        write(f"{top}/etc/{name}", "")


def system_lines(path):
    with open(path) as file:
        lines = [line.rstrip("\n").split(":") for line in file if line.count(":") >= 3]
    return [":".join(line) for line in lines if int(line[2]) < 1000 or int(line[2]) == 65534]


def write_network_names(top, host):
    names = "".join(f"{address} {name}\n" for name, address in host["addresses"].items())
    write(f"{top}/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n{names}")
    write(f"{top}/etc/hostname", host["name"] + "\n")
    write(f"{top}/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")


def write_ssh_files(top, host):
    for name in os.listdir(f"{top}/etc/ssh"):
        if name.startswith("ssh_host_"):
            os.unlink(f"{top}/etc/ssh/{name}")
    os.makedirs(f"{top}/etc/ssh/authorized_keys", 0o755, exist_ok=True)
    write(f"{top}/etc/ssh/sshd_config", SSHD_CONFIGURATION)
    write(f"{top}/etc/ssh/ssh_host_ed25519_key", host["host_key"], 0o600)
    write(f"{top}/etc/ssh/authorized_keys/{USER}", host["authorized_key"])
