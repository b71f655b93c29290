"""A default sshd of our own on a free port of 127.0.0.1."""
import getpass
import os
import socket
import subprocess
import time
from contextlib import contextmanager

from .core import Failure

SSHD = "/usr/sbin/sshd"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """Where it listens, and what logs in."""

    def __init__(self, folder):
        self.folder = folder
        self.home = folder / "home"
        self.port = free_port()
        self.user = getpass.getuser()
        self.identity = folder / "client"
        self.known_hosts = folder / ".ssh" / "known_hosts"
        self.known_hosts.parent.mkdir(mode=0o700, exist_ok=True)
        self.home.mkdir(mode=0o700, exist_ok=True)
        for name in ("host", "client"):
            if not (folder / name).exists():
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        key = (folder / "host.pub").read_text()
        self.known_hosts.write_text("".join(f"[127.0.0.{n}]:{self.port} {key}" for n in range(1, 120)))
        (folder / "authorized_keys").write_text((folder / "client.pub").read_text())
        # Everything that limits clients has its default. HOME is ours, so that no slow start-up file is measured.
        (folder / "sshd_config").write_text("\n".join([
            f"Port {self.port}", "ListenAddress 0.0.0.0" if os.getuid() == 0 else "ListenAddress 127.0.0.1",
            f"HostKey {folder}/host", f"AuthorizedKeysFile {folder}/authorized_keys", "StrictModes no", "UsePAM no",
            "UseDNS no", "PidFile none", "PermitRootLogin prohibit-password", f"SetEnv HOME={self.home}", ""]))
        # For the peers that run OpenSSH.
        self.client = folder / "ssh_config"
        self.client.write_text(
            f"Host host\n  HostName 127.0.0.1\n  Port {self.port}\n  User {self.user}\n"
            f"  IdentityFile {self.identity}\n  UserKnownHostsFile {self.known_hosts}\n  BatchMode yes\n")

    def line(self, **settings):
        """Its line of hosts.txt."""
        words = "".join(f" {key}={value}" for key, value in settings.items())
        return f"{self.user}@127.0.0.1:{self.port} identity={self.identity}{words}\n"

    def options(self):
        """How FleetBench logs in."""
        return [
            "--port", str(self.port), "--user", self.user, "--identity", self.identity, "--known-hosts",
            self.known_hosts,
        ]


@contextmanager
def server(folder):
    """Starts a server and ends it with all its sessions."""
    there = Server(folder)
    os.makedirs("/run/sshd", exist_ok=True) if os.getuid() == 0 else None
    with open(folder / "sshd.log", "wb") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 10
        while b"Server listening" not in (folder / "sshd.log").read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failure("sshd does not start: " + (folder / "sshd.log").read_text())
            time.sleep(0.02)
        yield there
    finally:
        process.terminate()
        process.wait(10)
