"""Many faults in one build: each is in the program, and none is on until its number is written into the program's file.

A file or a variable of the environment would not reach the services: they run in namespaces of their own, from a copy
of the program and with a clean environment.
"""
import mmap, os, re, shutil, subprocess

MARK = b"FLEET-FAULT-SWITCH:"
DIGITS = 8
FILE = "FaultSwitch.swift"
# One in each module that has faults, so that no file needs another import.
SOURCE = """
/// Says which of the faults in this build is on: the one whose number stands in the program's file.
enum FaultSwitch {
    private static let marker: StaticString = "%s%s"
    private static let number = marker.withUTF8Buffer { bytes in
        bytes.suffix(%d).reduce(0) { $0 * 10 + Int($1) - 48 }
    }

    static func on(_ wanted: Int) -> Bool { number == wanted }
}
""" % (MARK.decode(), "0" * DIGITS, DIGITS)
# Code that is doubled has warnings that the fault alone does not have.
STRICT = ".treatAllWarnings(as: .error)"


def with_switches(changed, package):
    """The files of a copy that has faults in `changed` (text by path): with the switches that they need."""
    modules = {"/".join(path.split("/")[:2]) for path in changed}
    switches = {f"{module}/{FILE}": SOURCE for module in modules}
    names = ", ".join(f'"{module.split("/")[1]}"' for module in sorted(modules))
    lenient = f".treatAllWarnings(as: [{names}].contains(target.name) ? .warning : .error)"
    return {**changed, **switches, "Package.swift": package.replace(STRICT, lenient)}


def strip(program):
    """Without what only debuggers read: it is copied for each fault."""
    if shutil.which("strip"):
        subprocess.run(["strip", "--strip-debug", program], check=True)


def turn_on(number, source, target):
    """Copies a program; in the copy the fault of that number is on, with 0 none."""
    target.unlink(missing_ok=True)
    shutil.copy2(source, target)
    with open(target, "r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        places = [match.end() for match in re.finditer(re.escape(MARK) + b"[0-9]{%d}" % DIGITS, content)]
        for place in places:
            content[place - DIGITS:place] = b"%0*d" % (DIGITS, number)
    if number and not places:
        raise SystemExit(f"{os.fspath(source)} has no switch for faults")
