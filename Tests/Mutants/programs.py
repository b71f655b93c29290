"""The programs of a proof with faults, and what their tests say."""
import os, shutil

from copies import ROOT
from switch import strip, turn_on

PROGRAMS = ["coordinator", "agent", "platform"]
# A test that says that the interface is not there has seen that something is wrong, too.
RED = ("failed", "timeout", "crashed", "no-interface")


def keep_programs(tree, place):
    """The programs of a build beside each other, and OpenBao's where there is one."""
    place.mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS:
        (place / name).unlink(missing_ok=True)
        shutil.copy2(tree / ".build/debug" / name, place / name)
        strip(place / name)
    bao = shutil.which("bao", path=f"{ROOT}/.build-tools/bin:{os.environ.get('PATH', '')}")
    if bao:
        (place / "bao").unlink(missing_ok=True)
        (place / "bao").symlink_to(bao)
    return place


def programs_with(number, built, place):
    """The same programs; in the platform the fault of that number is on."""
    place.mkdir(parents=True, exist_ok=True)
    for path in built.iterdir():
        (place / path.name).unlink(missing_ok=True)
        if path.name != "platform":
            os.link(path, place / path.name, follow_symlinks=False)
    turn_on(number, built / "platform", place / "platform")
    return place


def said(test):
    """Why a test is not green, in its own words."""
    for attempt in reversed(test["attempts"]):
        words = (attempt.get("failure") or {}).get("message") or attempt.get("message")
        if words:
            return words[:300]
    return test["outcome"]


def any_of(tests):
    return "|".join(f"^{test}$" for test in sorted(tests))
