"""What the proofs with faults have in common: a copy of the tree, its build, the programs of a run, and one run of tests."""
import hashlib, json, os, pathlib, shutil, signal, subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What decides how a test ends: the platform, the tests and what runs them.
INPUTS = ["Package.swift", "Package.resolved", "Sources", "agent", "coordinator", "protocol"]


def tree_digest():
    digest = hashlib.sha256()
    for place in INPUTS:
        files = [ROOT / place] if (ROOT / place).is_file() else sorted(p for p in (ROOT / place).rglob("*") if p.is_file())
        for file in files:
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def write_if_new(place, data):
    """Files that are the same keep their times, so that little is built anew."""
    if not place.exists() or place.read_bytes() != data:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def copy_tree(target, changed={}):
    """Makes the copy what the tree is, but for the files in `changed`, by path, which are as that says."""
    target.mkdir(parents=True, exist_ok=True)
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
        text=True).stdout.split("\n")
    wanted = {name for name in names if name and (ROOT / name).is_file()} | set(changed)
    for name in wanted:
        write_if_new(target / name, changed[name].encode() if name in changed else (ROOT / name).read_bytes())
        if name not in changed:
            shutil.copymode(ROOT / name, target / name)
    # What was moved would stand there twice.
    for folder in INPUTS:
        for place in (target / folder).rglob("*"):
            if place.is_file() and str(place.relative_to(target)) not in wanted:
                place.unlink()


def swift_build(tree, product):
    command = ["swift", "build", "--product", product, "-j", str(os.cpu_count() or 2)]
    return subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run_coordinator(programs, place, limit, arguments, slots=2):
    """One run on this machine; returns its exit status, its tests as the JSON report has them, and what it printed."""
    reports = place / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    (place / "home").mkdir(parents=True, exist_ok=True)
    hosts = place / "hosts.txt"
    hosts.write_text(f"local slots={slots} workdir={place}/w\n")
    environment = dict(os.environ, HOME=str(place / "home"), XDG_STATE_HOME=str(place / "state"))
    process = subprocess.Popen(
        [programs / "coordinator", "run", "--agents", hosts, "--output-dir", reports] + arguments,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        # The agents clean up when they are told to end.
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    shutil.rmtree(place / "state", ignore_errors=True)
    try:
        return process.returncode, json.loads((reports / "test-results.json").read_text())["tests"], output
    except (OSError, ValueError, KeyError):
        return process.returncode, [], output
