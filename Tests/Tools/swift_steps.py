"""Reads from Swift sources what each built-in test does: the names of its steps, in their order.

A step's name is the first argument of `context.step`. Steps of functions that a test calls count where they are called.
What is interpolated becomes a slanted word, or the number that the suite's list hands in.
"""
import re


def string_end(text, start):
    """Behind the string literal that begins at `start`, interpolations included."""
    marks = len(re.match(r"#*", text[start:])[0])
    quotes = '"""' if text.startswith('"""', start + marks) else '"'
    end, escape = quotes + "#" * marks, "\\" + "#" * marks
    at = start + marks + len(quotes)
    while at < len(text):
        if text.startswith(end, at):
            return at + len(end)
        if text.startswith(escape + "(", at):
            at = bracket_end(text, at + len(escape))
        elif text.startswith(escape, at):
            at += len(escape) + 1
        else:
            at += 1
    raise ValueError(f"a string that begins with {text[start:start + 40]!r} never ends")


def bracket_end(text, start):
    """Behind the bracket that closes the one at `start`; strings and comments are passed over."""
    depth, at = 0, start
    while at < len(text):
        if text.startswith("//", at):
            at = text.find("\n", at)
            at = len(text) if at < 0 else at
        elif text[at] == '"' or re.match(r'#+"', text[at:at + 8]):
            at = string_end(text, at)
            continue
        elif text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    raise ValueError(f"a bracket that opens with {text[start:start + 40]!r} is never closed")


def masked(text):
    """The text with blanks for comments and for what stands in strings, so that only code is found in it."""
    result, at = list(text), 0
    while at < len(text):
        end = at + 1
        if text.startswith("//", at):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
        elif text[at] == '"' or re.match(r'#+"', text[at:at + 8]):
            end = string_end(text, at)
        else:
            at = end
            continue
        for place in range(at, end):
            if text[place] != "\n":
                result[place] = " "
        at = end
    return "".join(result)


def after_blanks(text, start):
    return re.compile(r"\s*").match(text, start).end()


def literal(text, start):
    """The string literal at `start`, its marks left out."""
    return text[start:string_end(text, start)].strip('#"')


class Function:
    def __init__(self, name, parameters, file, body):
        self.name, self.parameters, self.file, self.body = name, parameters, file, body


class Steps:
    """The steps of every test that is declared below a folder."""

    def __init__(self, folder):
        self.texts, self.masks, self.tests = {}, {}, {}
        # Functions by name, and those that make a test of a size.
        self.functions, self.makers = {}, []
        for file in sorted(folder.rglob("*.swift")):
            self.texts[file] = file.read_text()
            self.masks[file] = masked(self.texts[file])
            self.find_functions(file)
        for file in self.texts:
            self.find_tests(file)

    def find_functions(self, file):
        text, mask = self.texts[file], self.masks[file]
        for match in re.finditer(r"\bfunc (\w+)(?:<[^>]*>)?\(", mask):
            end = bracket_end(text, match.end() - 1)
            opens = re.compile(r"[^{}]*?\{").match(mask, end)
            if opens and "func " not in opens[0]:
                parameters = re.findall(r"(?:^|[(,])\s*(?:\w+ )?(\w+):", mask[match.end() - 1:end])
                body = (opens.end() - 1, bracket_end(text, opens.end() - 1))
                function = Function(match[1], parameters, file, body)
                if "DeclaredTest" in opens[0]:
                    self.makers.append(function)
                else:
                    self.functions.setdefault(match[1], []).append(function)

    def find_tests(self, file):
        text, mask = self.texts[file], self.masks[file]
        for match in re.finditer(r"(?<![\w.])test\(", mask):
            name = literal(text, after_blanks(text, match.end()))
            end = bracket_end(text, match.end() - 1)
            opens = re.compile(r"\s*\{").match(mask, end)
            around = [f for f in self.makers if f.file == file and f.body[0] < match.start() < f.body[1]]
            values = self.values(around[0]) if around else {}
            self.tests[name] = (file, (opens.end() - 1, bracket_end(text, opens.end() - 1)), values)

    def values(self, function):
        """The numbers that the list of the suite hands to a function that makes a test."""
        for file in sorted(function.file.parent.glob("*Suite.swift")):
            call = re.search(rf"\.{function.name}\(([^)]*)\)", self.masks[file])
            if call:
                numbers = [word.split(":")[-1].strip() for word in call[1].split(",")]
                return dict(zip(function.parameters, numbers))
        return {}

    def of(self, test):
        """The names of a test's steps; those that are named alike count once."""
        file, body, values = self.tests[test]
        return list(dict.fromkeys(self.within(file, body, values, (), False)))

    def within(self, file, body, values, above, is_in_step):
        """The steps of a body, and what it expects outside of them."""
        text, mask = self.texts[file], self.masks[file]
        steps_end = skipped_end = -1
        for match in re.compile(r"(?:(\w+)\s*\.)?\b(\w+)\(").finditer(mask, *body):
            is_inside = is_in_step or match.start() < steps_end
            if match.start() < skipped_end:
                continue
            if match[1] and match[2] == "cleanup":
                # What is undone afterwards is not looked at.
                opens = after_blanks(text, bracket_end(text, match.end() - 1))
                skipped_end = bracket_end(text, opens) if text[opens] == "{" else opens
            elif match[1] and match[2] == "step":
                yield self.words(literal(text, after_blanks(text, match.end())), values)
                opens = after_blanks(text, bracket_end(text, match.end() - 1))
                if not is_inside and text[opens] == "{":
                    steps_end = bracket_end(text, opens)
            elif not match[1] and match[2] == "expect" and not is_inside:
                yield from self.expected(text, mask, match.end(), values)
            else:
                function = self.resolve(match[1], match[2], file)
                if function and function.name not in above:
                    yield from self.within(
                        function.file, function.body, values, above + (function.name,), is_inside)

    def expected(self, text, mask, start, values):
        """The words of `expect(CONDITION, "WORDS", …)`."""
        at, end = start, bracket_end(text, start - 1)
        while at < end - 1 and mask[at] != ",":
            at = bracket_end(text, at) if mask[at] in "([{" else at + 1
        at = after_blanks(text, at + 1)
        if at < end and text[at] == '"':
            yield self.words(literal(text, at), values)

    def resolve(self, receiver, name, file):
        """The function that a call means: of the same file, else of the suite, else the only one.

        What is called on something is looked for in the file of that name: `deployment.build` in Deployment.swift.
        """
        known = self.functions.get(name, [])
        if receiver:
            known = [f for f in known if f.file.stem.lower() == receiver.lower()]
        for near in ([f for f in known if f.file == file], [f for f in known if f.file.parent == file.parent], known):
            if near:
                return near[0] if len(near) == 1 else None
        return None

    @staticmethod
    def words(text, values):
        result, at = "", 0
        while at < len(text):
            if text.startswith("\\(", at):
                end = bracket_end(text, at + 1)
                result += Steps.word(text[at + 2:end - 1], values)
                at = end
            elif text[at] == "\\":
                result, at = result + text[at + 1], at + 2
            else:
                result, at = result + text[at], at + 1
        return result

    @staticmethod
    def word(code, values):
        if code in values:
            return values[code]
        plain = re.search(r"\b[a-z]\w*(?=\W*$)" if code[:1].isupper() else r"^[a-zA-Z]+", code)
        product = re.fullmatch(r"(\w+) \* (\w+)", code)
        if product and all(values.get(word, "").isdigit() for word in product.groups()):
            return str(int(values[product[1]]) * int(values[product[2]]))
        if code.endswith(".count") or code == "count":
            return "*n*"
        return f"*{plain[0]}*" if plain else "*…*"
