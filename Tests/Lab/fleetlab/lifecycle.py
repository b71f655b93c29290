"""Bringing a lab up and taking it down."""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import time

from . import cleanliness, kernel, members, network, oddities
from .layout import MARKER, USER, LabError

SERVICE_PACKAGES = ["knot", "docker-registry", "prometheus", "postgresql-15", "coredns", "gitea", "zot", "grafana"]
TOOLS = {"ip": "iproute2", "sshd": "openssh-server", "ssh-keygen": "openssh-client"}
READY_SECONDS = 30.0


@contextlib.contextmanager
def locked(lab):
    """One `up` or `down` of a lab at a time."""
    path = lab.directory + ".lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        os.close(descriptor)


def up(lab, count, slots, owner, odd=()):
    """Builds the whole lab; on any error nothing of it is left."""
    check_machine(count)
    strange = oddities.parse(odd, [f"h{number}" for number in range(1, count + 1)])
    descriptor = None if owner is None else os.pidfd_open(owner)
    with locked(lab):
        if lab.exists and healthy(lab, count):
            return
        if os.path.lexists(lab.directory) or members.members(lab):
            raise LabError(f"something of the lab “{lab.name}” is there already; `lab down --name {lab.name}` removes it")
        lab.create_directory()
        try:
            build(lab, count, slots, descriptor, strange)
        except BaseException:
            remove(lab)
            raise


def check_machine(count):
    if not 1 <= count <= 200:
        raise LabError(f"a lab has 1 to 200 hosts, not {count}", 64)
    if os.getuid() != 0:
        raise LabError("a lab needs root: its hosts are made of network, mount and PID namespaces", 3)
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    missing = sorted(package for tool, package in TOOLS.items() if shutil.which(tool, path=path) is None)
    if missing:
        raise LabError(f"the lab needs {', '.join(missing)}; `apt-get install {' '.join(missing)}` installs it")


def healthy(lab, count):
    """Whether all of the lab is up, with as many hosts as asked for."""
    expected = {members.SWITCH, members.COORDINATOR, *lab.hosts()}
    return lab.read()["hosts"] == count and set(members.members(lab)) == expected


def build(lab, count, slots, owner, strange):
    hosts = [f"h{number}" for number in range(1, count + 1)]
    os.mkdir(lab.path("mnt"))
    prepare_keys(lab, hosts, strange)
    start_members(lab, [members.SWITCH, members.COORDINATOR], owner)
    start_members(lab, hosts, owner)
    network.connect_all(lab, members.members(lab), hosts)
    for host in hosts:
        wait_for_server(lab, host)
        cleanliness.write_baseline(lab, host)
    write_hosts_file(lab, hosts, slots)
    with open(lab.path(MARKER), "w") as file:
        json.dump({"name": lab.name, "hosts": count, "subnet": f"{lab.subnet}.0/24"}, file)


def prepare_keys(lab, hosts, strange):
    """One key for the user, one for each host, and what the coordinator must know of them."""
    user_key = make_key(lab.path("id_ed25519"))
    addresses = {name: lab.address(name) for name in hosts} | {members.COORDINATOR: lab.coordinator_address}
    lines = []
    for name in hosts:
        os.mkdir(lab.path(name), 0o700)
        public = make_key(lab.path(name, "ssh_host_ed25519_key"))
        lines.append(f"{lab.address(name)} {' '.join(public.split()[:2])}\n")
        with open(lab.path(name, "ssh_host_ed25519_key")) as file:
            private = file.read()
        removed = SERVICE_PACKAGES if name == hosts[-1] and len(hosts) > 1 else []
        description = {"name": name, "addresses": addresses, "host_key": private, "authorized_key": user_key,
                       "removed": removed, "hidden": [source_tree(), lab.directory],
                       "oddities": strange.get(name, [])}
        with open(os.open(lab.path(name, "host.json"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(description, file)
    os.makedirs(os.path.join(lab.home, ".ssh"), 0o700)
    for path in (lab.path("known_hosts"), os.path.join(lab.home, ".ssh", "known_hosts")):
        with open(path, "w") as file:
            file.writelines(lines)


def make_key(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet-lab", "-f", path], check=True)
    with open(path + ".pub") as file:
        return file.read()


def source_tree():
    """The folder of this repository: no real host has it."""
    return os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))


def start_members(lab, names, owner):
    """Starts members side by side and waits until each says that it is ready."""
    reader, writer = os.pipe()
    try:
        for name in names:
            members.start(lab, name, owner, writer)
    finally:
        os.close(writer)
    os.set_blocking(reader, False)
    answers, until = b"", time.monotonic() + READY_SECONDS
    while answers.count(b"\n") < len(names) and time.monotonic() < until:
        try:
            piece = os.read(reader, 4096)
            answers += piece
            if not piece:
                break
        except BlockingIOError:
            time.sleep(0.01)
    os.close(reader)
    ready = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in answers.decode().splitlines()}
    for name in names:
        if ready.get(name) != "ready":
            reason = ready.get(name) or f"no answer, see {lab.path(name + '.log')}"
            raise LabError(f"the host {name} cannot be made here: {reason}", 3)


def wait_for_server(lab, host):
    """Until the host's SSH server answers on the lab's network."""

    def greet():
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection((lab.address(host), 22), 1.0) as connection:
                if connection.recv(4) == b"SSH-":
                    return 0
            time.sleep(0.02)
        return 1

    if kernel.run_joined(members.member(lab, members.COORDINATOR), kernel.NEWNET, greet) != 0:
        raise LabError(f"the SSH server of {host} does not answer; see {lab.path(host + '-sshd.log')}")


def write_hosts_file(lab, hosts, slots):
    with open(lab.path("hosts.txt"), "w") as file:
        file.write(f"# lab “{lab.name}”: {len(hosts)} hosts on one machine\n")
        for host in hosts:
            file.write(f"{USER}@{lab.address(host)} slots={slots} identity={lab.path('id_ed25519')}\n")


def down(lab):
    """Ends everything of the lab and removes its directory; fine with a lab that is half there or not there."""
    with locked(lab):
        remove(lab)


def remove(lab):
    holders = list(members.members(lab).values())
    members.end(members.strays(lab, holders))
    members.end(holders)
    if os.path.lexists(lab.directory):
        lab.check_ownership()
        shutil.rmtree(lab.directory)
