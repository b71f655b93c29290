"""All drawn faults in one build: each stands in the source beside what is right, and is on when the program's file says so.

`a == b` becomes `a OPERATOR b` with an operator of its own, whose function compares rightly or wrongly; a constant becomes
`drawnValue(NUMBER, 5, 6)`; a call stands behind `if !drawnFault(NUMBER)`. No line moves, so that the compiler's errors tell
whose place they are at.
"""
from dataclasses import dataclass, field
from pathlib import Path

from switch import DIGITS, MARK, STRICT

from .sites import Site

# The number that switches no fault on, but notes what is reached.
RECORD = 10**DIGITS - 1
# A fault may leave a warning behind, which is none of a fault's business; the other modules stay as they are built.
LENIENT = STRICT.replace(
    "as: .error", 'as: ["Platform", "platform"].contains(where: target.name.hasPrefix) ? .warning : .error')

# The ways to write a fault, in the order in which they are tried. PLAIN is the fault itself, without a switch: when that
# does not build either, the fault is none.
PLAIN = "plain"
OPERANDS = {
    "same": "<T: {protocol}>(_ a: T, _ b: T)",
    "integers": "<T: BinaryInteger, U: BinaryInteger>(_ a: T, _ b: U)",
    "texts": "<T: StringProtocol, U: StringProtocol>(_ a: T, _ b: U)",
    "pairs": "<T: {protocol}, U: {protocol}>(_ a: (T, U), _ b: (T, U))",
    "nil": "<T>(_ a: T?, _ b: _OptionalNilComparisonType)",
    "logic": "(_ a: Bool, _ b: @autoclosure () throws -> Bool) rethrows",
}
PRECEDENCE = {"&&": "LogicalConjunctionPrecedence", "||": "LogicalDisjunctionPrecedence"}


@dataclass
class Fault:
    number: int
    site: Site
    form: int = 0
    # drawn, does not build, cannot be rewritten
    state: str = "drawn"
    forms: list = field(default_factory=list)

    @property
    def name(self):
        return self.forms[self.form]

    @property
    def operator(self):
        """Two characters that Swift takes for an operator, and nobody uses."""
        return chr(0x2500 + self.number // 208) + chr(0x2A00 + self.number % 208)


def fault(number, site, source):
    if site.kind == "call":
        # Where no `if` may stand around the call, its value is wanted.
        return Fault(number, site, forms=["switched"])
    if site.kind != "comparison":
        return Fault(number, site, forms=["switched", PLAIN])
    if site.before in PRECEDENCE:
        return Fault(number, site, forms=["logic", PLAIN])
    if source[site.end:].lstrip().startswith("nil"):
        return Fault(number, site, forms=["nil", PLAIN])
    return Fault(number, site, forms=["same", "integers", "texts", "pairs", PLAIN])


def edits(fault):
    """(offset, end, text) of what is put in."""
    site, number = fault.site, fault.number
    if fault.name == PLAIN:
        kept = "\n" * site.before.count("\n")
        return [(site.begin, site.end, site.after + kept)]
    if site.kind in ("comparison", "negation"):
        return [(site.begin, site.end, fault.operator)]
    if site.kind in ("constant", "boolean"):
        return [(site.begin, site.end, f"drawnValue({number}, {site.before}, {site.after})")]
    front = f"drawnFault({number}) != (" if site.kind == "condition" else f"if !drawnFault({number}) {{ "
    return [(site.begin, site.begin, front), (site.end, site.end, ")" if site.kind == "condition" else " }")]


def rewrite(source, faults):
    """The file with all its faults, and for each fault the column at which it begins now."""
    plain = [fault.site for fault in faults if fault.name == PLAIN]
    inner = [f for f in faults if any(
        other.begin <= f.site.begin and f.site.end <= other.end and other != f.site for other in plain)]
    changes = sorted(
        ((edit, fault) for fault in faults if fault not in inner for edit in edits(fault)),
        key=lambda change: (change[0][0], change[0][1] > change[0][0]))
    result, at, columns = "", 0, {}
    for (begin, end, text), fault in changes:
        result += source[at:begin]
        columns.setdefault(fault.number, len(result) - (result.rfind("\n") + 1) + 1)
        result += text
        at = end
    return result + source[at:], columns


def declaration(fault):
    """The function of one fault's operator."""
    site, name = fault.site, fault.operator
    if fault.name == PLAIN or site.kind not in ("comparison", "negation"):
        return ""
    right, wrong = f"a {site.before} b", f"a {site.after} b"
    if site.kind == "negation":
        return (f"prefix operator {name}\n@usableFromInline prefix func {name} (_ a: Bool) -> Bool "
                f"{{ drawnFault({fault.number}) ? a : !a }}\n")
    operands = OPERANDS[fault.name].format(protocol="Equatable" if site.before in ("==", "!=") else "Comparable")
    if fault.name == "logic":
        right, wrong = f"try a {site.before} b()", f"try a {site.after} b()"
    return (f"infix operator {name}: {PRECEDENCE.get(site.before, 'ComparisonPrecedence')}\n"
            f"@usableFromInline func {name} {operands} -> Bool {{ "
            f"if drawnFault({fault.number}) {{ return {wrong} }}; return {right} }}\n")


SWITCH = """// Generated: the faults drawn in this module, each off until its number stands in the program's file.
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

@usableFromInline func drawnFault(_ number: Int) -> Bool {
    if DrawnFaults.records >= 0 { DrawnFaults.note(number) }
    return number == DrawnFaults.active
}

@usableFromInline func drawnValue<T>(_ number: Int, _ right: T, _ wrong: T) -> T {
    drawnFault(number) ? wrong : right
}

enum DrawnFaults {
    private static let marker: StaticString = "%(mark)s"
    static let active = marker.withUTF8Buffer { bytes in
        bytes.suffix(%(digits)d).reduce(0) { $0 * 10 + Int($1) - 48 }
    }

    /// Where it is noted which places are reached, below 0 for not at all: beside the program, which every process sees.
    static let records: Int32 = {
        guard active == %(record)d, let program = realpath("/proc/self/exe", nil) else { return -1 }
        defer { free(program) }
        let place = String(cString: program).split(separator: "/").dropLast().joined(separator: "/")
        let file = open("/\\(place)/reached/\\(getpid())-%(module)s", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        let head = CommandLine.arguments.prefix(2).joined(separator: " ") + "\\n"
        _ = head.withCString { write(file, $0, strlen($0)) }
        return file
    }()

    nonisolated(unsafe) private static let last: UnsafeMutablePointer<Int> = {
        let all = UnsafeMutablePointer<Int>.allocate(capacity: %(limit)d)
        all.initialize(repeating: 0, count: %(limit)d)
        return all
    }()

    /// Each place at most once in ten milliseconds; two threads may both write, which does no harm.
    static func note(_ number: Int) {
        let time = Int(Date().timeIntervalSince1970 * 1000)
        guard time - last[number] >= 10 else { return }
        last[number] = time
        let line = "\\(number) \\(time)\\n"
        _ = line.withCString { write(records, $0, strlen($0)) }
    }
}

"""


def module_of(path):
    return "/".join(Path(path).parts[:2])


def rewritten(files, faults, package):
    """Path and text of every file that the copy has other than the tree, and the columns of the faults."""
    drawn = [fault for fault in faults if fault.state == "drawn"]
    limit = max((fault.number for fault in drawn), default=0) + 1
    changed, columns = {"Package.swift": package.replace(STRICT, LENIENT)}, {}
    for path in sorted({fault.site.path for fault in drawn}):
        changed[path], places = rewrite(files[path], [fault for fault in drawn if fault.site.path == path])
        columns.update(places)
    for module in sorted({module_of(fault.site.path) for fault in drawn}):
        words = {
            "mark": MARK.decode() + "0" * DIGITS, "digits": DIGITS, "record": RECORD,
            "module": Path(module).name, "limit": limit}
        changed[f"{module}/DrawnFaults.swift"] = SWITCH % words + "\n".join(
            filter(None, (declaration(fault) for fault in drawn if module_of(fault.site.path) == module)))
    return changed, columns
