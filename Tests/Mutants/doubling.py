"""Puts a changed function beside the one that it was: which of the two runs is decided by a switch.

So a fault that somebody wrote as a patch needs no build of its own, as long as it changes nothing but what is in the
bodies of functions, computed properties and initial values of constants.
"""
import difflib
from dataclasses import dataclass, field

from drawing.tokens import partners, tokens

# What begins a statement that is no expression.
STATEMENTS = {"let", "guard", "for", "while", "repeat", "do", "defer", "return", "throw", "func", "_"}
BRANCHES = {"if", "switch", "else", "catch", "case", "in"}
TYPES = {"class", "struct", "enum", "extension", "protocol", "actor"}
ACCESSORS = {"get", "set", "willSet", "didSet"}


class NotDoubled(Exception):
    """The change is not only in bodies."""


@dataclass(frozen=True)
class Body:
    """What stands between two brackets: from `begin` to `end`, the offsets behind the first and before the second."""
    begin: int
    end: int
    # `value` where it must return something, `action` where not, `initial` for what a constant begins with.
    kind: str

    def holds(self, begin, end):
        return self.begin <= begin and end <= self.end


@dataclass
class Doubled:
    """A file with faults in it, and the lines that each is on."""
    text: str
    lines: dict = field(default_factory=dict)


class Bodies:
    """All bodies of a file."""

    def __init__(self, source):
        self.source, self.tokens = source, tokens(source)
        self.other, self.around = partners(self.tokens)
        self.found = [body for index in range(len(self.tokens)) if (body := self.body(index))]

    def text(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def body(self, index):
        if self.text(index) == "{" and index in self.other:
            kind = self.kind(index)
            if kind:
                return Body(self.tokens[index].end, self.tokens[self.other[index]].begin, kind)
        if self.text(index) == "[" and self.text(index - 1) == "=" and index in self.other and self.is_constant(index):
            return Body(self.tokens[index].begin, self.tokens[self.other[index]].end, "initial")
        return None

    def before(self, index):
        """The tokens of the declaration before a bracket, from the last to the first, groups in brackets left out."""
        level, at = self.around[index], index - 1
        while at >= 0 and at != level:
            if self.text(at) == "}":
                return
            if self.text(at) in (")", "]"):
                at = self.other[at]
            elif self.around[at] == level:
                yield at
            at -= 1

    def kind(self, index):
        arrow = False
        for at in self.before(index):
            text = self.text(at)
            arrow = arrow or text == "->"
            if text in ("func", "init", "deinit") and self.text(at - 1) != ".":
                return "value" if arrow else "action"
            if text in ("get", "set") and at - 1 == self.around[index]:
                return "value" if text == "get" else "action"
            if text == "var":
                isComputed = self.is_member(index) and self.text(index + 1) not in ACCESSORS
                return "value" if isComputed else None
            if text == "=" or text in STATEMENTS | BRANCHES | TYPES:
                return None
        return None

    def is_member(self, index):
        """Whether the declaration is one of a type, not of a function."""
        level = self.around[index]
        if level is None:
            return True
        for at in self.before(level):
            if self.text(at) in TYPES:
                return True
            if self.text(at) == "=" or self.text(at) in STATEMENTS | BRANCHES | {"init", "var"}:
                return False
        return False

    def is_constant(self, index):
        """Whether that is the initial value of a static constant whose type is said."""
        words = [self.text(at) for at in self.before(index)]
        if words[:1] != ["="] or not self.is_member(index) or "let" not in words:
            return False
        name = words.index("let")
        return ":" in words[:name] and words[name + 1:name + 2] == ["static"]

    def around_change(self, begin, end):
        holding = [body for body in self.found if body.holds(begin, end)]
        if not holding:
            raise NotDoubled
        return min(holding, key=lambda body: body.end - body.begin)


def is_expression(body):
    """Whether a body that returns something is one expression, without the word `return`."""
    found = tokens(body)
    _, around = partners(found)
    words = [(token.text, around[index] is None) for index, token in enumerate(found)]
    if words[0][0] in STATEMENTS | {"var"}:
        return False
    if words[0][0] in ("if", "switch"):
        return all(text != "return" for text, _ in words)
    statements = STATEMENTS | {"var", "if", "switch"}
    return not any(outside and text in statements for text, outside in words[1:])


def ending(body, kind):
    """The body as the content of a branch that ends the function."""
    if kind == "initial":
        return f"return {body}"
    if kind == "action":
        return f"{body}\nreturn\n"
    if not is_expression(body):
        return body
    begin = tokens(body)[0].begin
    return f"{body[:begin]}return {body[begin:]}"


def changes(source, changed):
    """The places where two texts differ, as offsets in both."""
    def offsets(text):
        at, found = 0, [0]
        for line in text.splitlines(True):
            at += len(line)
            found.append(at)
        return found

    def shortened(begin, end, other_begin, other_end):
        """Without what both begin and end with."""
        shortest = min(end - begin, other_end - other_begin)
        same = 0
        while same < shortest and source[begin + same] == changed[other_begin + same]:
            same += 1
        begin, other_begin, shortest, same = begin + same, other_begin + same, shortest - same, 0
        while same < shortest and source[end - same - 1] == changed[other_end - same - 1]:
            same += 1
        return begin, end - same, other_begin, other_end - same

    one, other = offsets(source), offsets(changed)
    matcher = difflib.SequenceMatcher(None, source.splitlines(True), changed.splitlines(True), autojunk=False)
    return [
        shortened(one[a], one[b], other[c], other[d]) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]


def double(source, faults):
    """A file with all of its faults: `faults` has the changed text by number. Throws NotDoubled when one cannot be.

    Ask for one fault at a time first, to find out which can be doubled.
    """
    bodies = Bodies(source)
    wanted = {}
    for number, changed in faults.items():
        for begin, end, _, _ in changes(source, changed):
            wanted.setdefault(bodies.around_change(begin, end), set()).add(number)
    # A body within another one that is doubled too: the outer one is doubled for both.
    for body in sorted(wanted, key=lambda body: body.end - body.begin):
        outer = [other for other in wanted if other != body and other.holds(body.begin, body.end)]
        if outer:
            wanted[min(outer, key=lambda other: other.end - other.begin)] |= wanted.pop(body)
    pieces, at, lines = [], 0, {}

    def add(text):
        pieces.append(text)

    def line():
        return sum(piece.count("\n") for piece in pieces) + 1

    for body in sorted(wanted, key=lambda body: body.begin):
        add(source[at:body.begin])
        add("{ " if body.kind == "initial" else "")
        for number in sorted(wanted[body]):
            first = line()
            add(f" if FaultSwitch.on({number}) {{")
            add(ending(faulty(source, faults[number], body), body.kind))
            add("}\n")
            lines.setdefault(number, []).append((first, line()))
        own = source[body.begin:body.end]
        add(own if body.kind == "action" else ending(own, body.kind))
        add(" }()" if body.kind == "initial" else "")
        at = body.end
    add(source[at:])
    return Doubled("".join(pieces), lines)


def faulty(source, changed, body):
    """The content of a body in the changed text."""
    before = within = 0
    for begin, end, other_begin, other_end in changes(source, changed):
        grown = (other_end - other_begin) - (end - begin)
        if end <= body.begin:
            before += grown
        elif begin < body.end:
            within += grown
    return changed[body.begin + before:body.end + before + within]
