"""Swift source as tokens: enough to find places for faults, with comments and texts left out."""
import re
from dataclasses import dataclass

WORD = re.compile(r"[A-Za-z_$`][A-Za-z0-9_$`]*")
NUMBER = re.compile(r"0[xob][0-9A-Fa-f_]+|[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9]+)?")
OPERATOR = re.compile(r"[/=\-+!*%<>&|^~?]+|\.\.[.<]")
TEXT = re.compile(r'#*"')
OPENING, CLOSING = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


@dataclass
class Token:
    kind: str  # word, number, operator, text, mark, directive, attribute
    text: str
    begin: int
    end: int
    line: int


def end_of_comment(source, begin):
    """Block comments of Swift nest."""
    depth, at = 1, begin + 2
    while depth and at < len(source):
        if source.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif source.startswith("*/", at):
            depth, at = depth - 1, at + 2
        else:
            at += 1
    return at


def end_of_text(source, begin):
    """The end of the string literal that begins there, with what is put into it."""
    hashes = len(source) - len(source[begin:].lstrip("#")) - begin
    quote = '"""' if source.startswith('"""', begin + hashes) else '"'
    close, escape = quote + "#" * hashes, "\\" + "#" * hashes
    at = begin + hashes + len(quote)
    while at < len(source) and not source.startswith(close, at):
        if not source.startswith(escape, at):
            at += 1
        elif source.startswith("(", at + len(escape)):
            at = end_of_interpolation(source, at + len(escape))
        else:
            at += len(escape) + 1
    return at + len(close)


def end_of_interpolation(source, begin):
    depth, at = 0, begin
    while at < len(source):
        if TEXT.match(source, at):
            at = end_of_text(source, at)
            continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
        if depth == 0:
            return at
    return at


def tokens(source):
    found, at, line = [], 0, 1

    def add(kind, end):
        nonlocal at, line
        found.append(Token(kind, source[at:end], at, end, line))
        line += source.count("\n", at, end)
        at = end

    def skip(end):
        nonlocal at, line
        line += source.count("\n", at, end)
        at = end

    while at < len(source):
        rest = source[at]
        if rest.isspace():
            skip(at + 1)
        elif source.startswith("//", at):
            end = source.find("\n", at)
            skip(len(source) if end < 0 else end)
        elif source.startswith("/*", at):
            skip(end_of_comment(source, at))
        elif TEXT.match(source, at):
            add("text", end_of_text(source, at))
        elif rest == "#":
            add("directive", source.find("\n", at))
        elif rest == "@":
            add("attribute", WORD.match(source, at + 1).end())
        elif match := WORD.match(source, at):
            add("word", match.end())
        elif match := NUMBER.match(source, at):
            # In `pair.0.1` no number has a fraction.
            member = found and found[-1].text == "." and found[-1].end == at
            add("member" if member else "number", re.compile("[0-9]+").match(source, at).end() if member else match.end())
        elif match := OPERATOR.match(source, at):
            add("operator", match.end())
        else:
            add("mark", at + 1)
    return found


def partners(found):
    """For each bracket the index of the other one, and for each token that of the innermost bracket that is open there."""
    other, around, stack = {}, [], []
    for index, token in enumerate(found):
        if token.kind == "mark" and token.text in CLOSING and stack:
            opened = stack.pop()
            other[opened], other[index] = index, opened
        around.append(stack[-1] if stack else None)
        if token.kind == "mark" and token.text in OPENING:
            stack.append(index)
    return other, around
