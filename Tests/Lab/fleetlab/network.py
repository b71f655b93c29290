"""The lab's cables: a bridge in the switch's network namespace, a port for each host and for the coordinator."""

import json
import subprocess

from . import kernel, members
from .layout import LabError

DISABLED, FORWARDING = "0", "3"


def run_in(pid, *words):
    """Runs a command in the network namespace of a member; answers what it printed."""

    def enter():
        kernel.join(pid, kernel.NEWNET)

    result = subprocess.run(words, capture_output=True, text=True, preexec_fn=enter)
    if result.returncode != 0:
        raise LabError(f"`{' '.join(words)}` failed: {result.stderr.strip() or result.returncode}")
    return result.stdout


def connect_all(lab, pids, hosts):
    """Wires every host and the coordinator to the switch."""
    switch = pids[members.SWITCH]
    run_in(switch, "ip", "link", "add", "fleet", "type", "bridge", "forward_delay", "0", "stp_state", "0")
    run_in(switch, "ip", "link", "set", "fleet", "up")
    for name in hosts:
        connect(switch, name, pids[name], lab.address(name))
    connect(switch, members.COORDINATOR, pids[members.COORDINATOR], lab.coordinator_address)


def connect(switch, name, pid, address):
    run_in(switch, "ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    run_in(switch, "ip", "link", "set", name, "master", "fleet", "up")
    run_in(pid, "ip", "address", "add", f"{address}/24", "dev", "eth0")
    run_in(pid, "ip", "link", "set", "lo", "up")
    run_in(pid, "ip", "link", "set", "eth0", "up")


def set_port(lab, name, state):
    """Opens or shuts the switch's port: a shut one drops everything in silence, as a broken cable further away does."""
    run_in(members.member(lab, members.SWITCH), "bridge", "link", "set", "dev", name, "state", state)


def partition(lab, name):
    set_port(lab, name, DISABLED)


def heal(lab, name):
    set_port(lab, name, FORWARDING)


def is_cut(lab, name):
    ports = json.loads(run_in(members.member(lab, members.SWITCH), "bridge", "-json", "link", "show"))
    return any(port["ifname"] == name and port.get("state") == "disabled" for port in ports)
