"""What came out: the table, the survivors with their reasons, and the file for the documents."""
import datetime, json
from collections import Counter


def line_of(fault, files):
    return files[fault.site.path].splitlines()[fault.site.line - 1].strip()


def name_of(fault, files):
    """A fault as the list of survivors has it: where, the line, and the change."""
    site = fault.site
    before = " ".join(site.before.split())
    change = {"call": "call dropped", "negation": "! dropped", "condition": "condition negated"}.get(
        site.kind, f"{before} becomes {site.after}")
    return f"{site.path} | {line_of(fault, files)} | {change}"


def reasons(path):
    """What somebody found out about each survivor: lines “FAULT | REASON”, comments with #."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.rpartition(" | ")
            found[name] = reason
    return found


def entries(faults, results, explained, files):
    """Every fault that stands in the build, in the order of the files, as the documents want it."""
    listed = []
    for fault in sorted(faults, key=lambda fault: (fault.site.path, fault.site.begin)):
        if fault.state != "drawn":
            continue
        site, result = fault.site, results.get(fault.number, {"end": "not run", "red": [], "said": ""})
        reason = ""
        if result["end"] == "survived":
            reason = explained.get(name_of(fault, files)) or result["said"]
        listed.append({
            "name": f"{site.path}:{site.line}", "area": site.area, "title": name_of(fault, files).split(" | ", 1)[1],
            "file": site.path, "line": site.line, "number": fault.number, "kind": site.kind, "before": site.before,
            "after": site.after, "end": result["end"], "red": result["red"],
            "said": result["said"] if result["end"] == "caught" else "", "reason": reason})
    return listed


def dropped(faults):
    return [{"number": f.number, "file": f.site.path, "line": f.site.line, "before": f.site.before,
             "after": f.site.after, "end": f.state} for f in faults if f.state != "drawn"]


def sums(listed, faults):
    """How many faults ended how."""
    return {"drawn": len(listed), **Counter(entry["end"] for entry in listed),
            **Counter(fault.state for fault in faults if fault.state != "drawn")}


def table(listed):
    groups = {}
    for entry in listed:
        if entry["end"] in ("caught", "survived"):
            for group in (entry["area"], f"kind: {entry['kind']}", "all"):
                groups.setdefault(group, []).append(entry["end"] == "caught")
    lines = ["| where | drawn | caught | share |", "|---|---|---|---|"]
    for name in sorted(groups, key=lambda name: (name == "all", ":" in name, name)):
        caught, drawn = sum(groups[name]), len(groups[name])
        lines.append(f"| {name} | {drawn} | {caught} | {100 * caught / drawn:.0f} % |")
    return "\n".join(lines)


def survivors(faults, results, explained, files):
    """The survivors as lines for the list, those without a reason with a question mark."""
    lines = []
    for fault in sorted(faults, key=lambda fault: (fault.site.path, fault.site.begin)):
        result = results.get(fault.number)
        if fault.state == "drawn" and result and result["end"] == "survived":
            name = name_of(fault, files)
            lines.append(f"{name} | {explained.get(name) or result['said'] or '?'}")
    return lines


def write(path, seed, commit, listed, faults):
    gone = dropped(faults)
    document = {
        "date": datetime.date.today().isoformat(), "command": f"make drawn-mutants SEED={seed}", "commit": commit,
        "seed": seed, "dropped": sum(entry["end"] == "does not build" for entry in gone), "droppedFaults": gone,
        "mutants": listed}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
