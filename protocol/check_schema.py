#!/usr/bin/env python3
"""Checks the golden lines against the JSON Schema: good ones hold, bad ones are refused where a schema can.

Needs the package jsonschema (Debian: python3-jsonschema). Ends 0 when all is well; 1 with one sentence a finding; 69
when the package is missing or too old.
"""

import json
import pathlib
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("the Python package jsonschema (4.0 or later) is missing: apt-get install python3-jsonschema")
    sys.exit(69)

HERE = pathlib.Path(__file__).resolve().parent


def lines(name):
    """The lines of a golden file, with their numbers."""
    text = (HERE / "golden" / name).read_text(encoding="utf-8")
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line]


def refuse_constant(name):
    """NaN and Infinity are words of Python, not of JSON."""
    raise ValueError(name)


def parse(line):
    """The value of a line, strictly."""
    return json.loads(line, parse_constant=refuse_constant)


def main():
    """Runs all checks; returns the exit status."""
    schema = json.loads((HERE / "schema" / "message.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    findings = []
    accepted = refused = 0

    def expect_good(where, line):
        nonlocal accepted
        accepted += 1
        for error in validator.iter_errors(parse(line)):
            findings.append(f"{where}: {error.json_path}: {error.message}")

    for number, line in lines("good.jsonl"):
        expect_good(f"good.jsonl:{number}", line)
    for number, line in lines("tolerated.jsonl"):
        entry = parse(line)
        expect_good(f"tolerated.jsonl:{number}: {entry['what']}", entry["line"])
    for number, line in lines("bad.jsonl"):
        entry = parse(line)
        # The other codes are about bytes and brackets, before there is a value that a schema could look at.
        if entry["code"] not in ("unknown-type", "bad-field"):
            continue
        refused += 1
        if validator.is_valid(parse(entry["line"])):
            findings.append(f"bad.jsonl:{number}: the schema accepts: {entry['what']}")
    for finding in findings:
        print(finding)
    print(f"{accepted} lines held, {refused} lines refused, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
