"""Where a fault can be: every place in a file where one of the small changes of KINDS can be made."""
import re
from dataclasses import dataclass

from .tokens import CLOSING, partners, tokens

FLIPPED = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&"}
# How many of the drawn faults are of a kind, as shares.
KINDS = {"comparison": 30, "call": 25, "constant": 20, "negation": 10, "condition": 10, "boolean": 5}
# What begins no call that stands for itself.
RESERVED = set(
    "if guard while for repeat switch case default return throw break continue fallthrough defer do catch else func init "
    "let var struct class enum actor extension protocol typealias import subscript deinit get set where in as is "
    "static private public internal fileprivate mutating nonisolated override final lazy weak unowned indirect "
    "async yield consume borrowing consuming inout some any associatedtype operator prefix infix postfix true false nil".split())
# What is written to a log is for people, and no test may depend on it.
LOGGING = re.compile(r"\b(log|logger)\.(log|trace|debug|info|notice|warning|error|critical)\b")
# No test asserts an absolute time, on purpose.
DURATIONS = {"nanoseconds", "microseconds", "milliseconds", "seconds", "minutes", "hours", "days"}


@dataclass(frozen=True)
class Site:
    """A change: what stands from `begin` to `end` (offsets in the file) becomes `after`."""
    path: str
    line: int
    last_line: int
    kind: str
    begin: int
    end: int
    before: str
    after: str

    @property
    def area(self):
        """A target, in the orchestrator, which is larger, its folder."""
        parts = self.path.split("/")
        return "/".join(parts[1:3]) if parts[1] == "PlatformOrchestrator" and len(parts) > 3 else parts[1]


class Finder:
    def __init__(self, path, source):
        self.path, self.source = path, source
        self.tokens = tokens(source)
        self.other, self.around = partners(self.tokens)

    def text(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def site(self, kind, first, last, after):
        begin, end = self.tokens[first].begin, self.tokens[last].end
        before = self.source[begin:end]
        last_line = self.tokens[last].line + self.tokens[last].text.count("\n")
        return Site(self.path, self.tokens[first].line, last_line, kind, begin, end, before, after)

    def sites(self):
        for index, token in enumerate(self.tokens):
            found = None
            if token.kind == "operator":
                found = self.comparison(index) or self.negation(index)
            elif token.kind == "number":
                found = self.constant(index)
            elif token.kind == "word":
                found = self.boolean(index) or self.condition(index) or self.call(index)
            if found:
                yield found

    def comparison(self, index):
        token = self.tokens[index]
        spaced = self.source[token.begin - 1].isspace() and self.source[token.end:token.end + 1].isspace()
        if token.text not in FLIPPED or not spaced or self.text(index - 1) == "func":
            return None
        return self.site("comparison", index, index, FLIPPED[token.text])

    def negation(self, index):
        token = self.tokens[index]
        opens = self.source[token.begin - 1].isspace() or self.source[token.begin - 1] in "([{"
        if token.text != "!" or not opens or self.source[token.end].isspace():
            return None
        return self.site("negation", index, index, "")

    def constant(self, index):
        text = self.text(index)
        if re.search(r"[.eE]", text) and not text.startswith("0x"):
            return None
        if self.text(index - 1) == "(" and self.text(index - 2) in DURATIONS:
            return None
        base, form = {"0x": (16, "0x{:x}"), "0o": (8, "0o{:o}"), "0b": (2, "0b{:b}")}.get(text[:2], (10, "{}"))
        return self.site("constant", index, index, form.format(int(text.replace("_", ""), base) + 1))

    def boolean(self, index):
        flipped = {"true": "false", "false": "true"}.get(self.text(index))
        return self.site("boolean", index, index, flipped) if flipped and self.text(index - 1) != "." else None

    def condition(self, index):
        """The whole condition of an `if`, `guard` or `while` on one line, when it is neither compared nor negated."""
        if self.text(index) not in ("if", "guard", "while"):
            return None
        at, start = index + 1, index + 1
        while at < len(self.tokens) and self.text(at) not in ("{", "else"):
            if self.text(at) in ("let", "var", "case", ",", "&&", "||") or self.text(at) in FLIPPED:
                return None
            if self.tokens[at].kind in ("directive", "attribute") or self.text(start) == "!":
                return None
            if self.text(at) in CLOSING:
                return None
            at = self.other.get(at, at) + 1
        if at >= len(self.tokens) or at == start or self.tokens[at].line != self.tokens[index].line:
            return None
        before = self.source[self.tokens[start].begin:self.tokens[at - 1].end]
        if before in ("true", "false"):
            return None
        return self.site("condition", start, at - 1, f"!({before})")

    def call(self, index):
        """A call that is a statement of its own, on at most three lines, whose value nobody takes."""
        if not self.begins_statement(index):
            return None
        at = index
        while self.text(at) in ("try", "await") or (self.text(at) == "_" and self.text(at + 1) == "="):
            at += 2 if self.text(at) == "_" else 1
        if self.tokens[at].kind != "word" or self.text(at) in RESERVED:
            return None
        last = self.end_of_chain(at)
        if last is None or self.text(last) not in (")", "}") or not self.ends_statement(last):
            return None
        found = self.site("call", index, last, "")
        if found.last_line - found.line > 2 or LOGGING.search(found.before):
            return None
        return found

    def begins_statement(self, index):
        token = self.tokens[index]
        line_begin = self.source.rfind("\n", 0, token.begin) + 1
        within = self.around[index]
        if self.source[line_begin:token.begin].strip() or (within is not None and self.text(within) != "{"):
            return False
        before = self.tokens[index - 1] if index else None
        if before is None:
            return False
        return before.kind in ("text", "number", "member") or before.text in ("{", "}", ")", "]", ":", "in") or (
            before.kind == "word" and before.text not in RESERVED | {"try", "await"})

    def end_of_chain(self, at):
        """The last token of `name(…).other(…)[…]?.third { … }`."""
        while True:
            following = at + 1
            while self.text(following) in ("?", "!") and self.tokens[following].begin == self.tokens[at].end:
                following += 1
            text = self.text(following)
            if text == "." and following + 1 < len(self.tokens):
                at = following + 1
            elif text in ("(", "[") and self.tokens[following].begin == self.tokens[following - 1].end:
                at = self.other.get(following)
            elif text == "{" and self.tokens[following].line == self.tokens[at].line:
                at = self.other.get(following)
            else:
                return at
            if at is None:
                return None

    def ends_statement(self, last):
        if last + 1 >= len(self.tokens):
            return False
        following = self.tokens[last + 1]
        if "\n" not in self.source[self.tokens[last].end:following.begin]:
            return False
        return following.text not in (".", "else", "?", ":") and following.kind != "operator"


def sites_of(path, source):
    return list(Finder(path, source).sites())
