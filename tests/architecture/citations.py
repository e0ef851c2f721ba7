"""Reading what the tree cites, `rule L5`, and what docs/ has a heading for."""

import ast
import io
import os
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# The book of each word. Faults and invariants share one; an invariant's id begins with I.
BOOKS = {
    "rule": "docs/rules.md",
    "fault": "docs/faults.md",
    "invariant": "docs/faults.md",
    "law": "docs/law.md",
}
NOT_YET = "(not yet)"

ID = r"[A-Z]\d{1,2}b?"
ITEM = rf"{ID}(?:-{ID})?"
LIST = rf"{ITEM}(?:(?:, | and | or ){ITEM})*"
CITED = re.compile(rf"\b(rule|fault|invariant|law) ({LIST})(?!\w)", re.IGNORECASE)
HEADING = re.compile(rf"^### ({ID}) (.+)$", re.MULTILINE)
IN_BRACKETS = re.compile(rf"\(({ITEM}(?:, {ITEM})*)[);]")
ALONE = re.compile(rf"(?<![\w/.#%&+-])({ID})(?![\w(=-])")
CODE_SPAN = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
NEXT_LINE = re.compile(r"[ \t]*\n[ \t]*(?:#+ |// |\* )?[ \t]*")
# Books that are not in the tree, and ways out of it.
ELSEWHERE = re.compile(
    r"\b(?:STYLE|UX|RELIABILITY)\b"
    r"|\b(?:PRODUCT|FAULT|LAW|HOUSE|CASES|PACKAGES|STRIPE|PERFORMANCE)"
    r"(?:\.md\b|:? (?:section )?(?:[A-Z]?\d))"
    r"|\.\./shared\b"
)

KINDS = {".py", ".html", ".txt", ".md", ".toml", ".js", ".css", ".yml", ""}
NOT_OURS = {"locale", "vendor", "var", "staticfiles", "__pycache__", "data", "node_modules"}
NOT_READ = re.compile(
    r"^requirements|common_passwords\.txt$|^tests/architecture/(test_)?citations\.py$"
)


@dataclass
class Tree:
    """What one tree cites, by whom, and its headings. A key is (word, id)."""

    cited: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    headings: dict[tuple[str, str], str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def unresolved(self) -> list[str]:
        """Citations without a heading, each with the files it stands in."""
        return [
            _said(key, *sorted(files))
            for key, files in self.cited.items()
            if key not in self.headings
        ]

    def shown(self, key: tuple[str, str]) -> bool:
        return any(name.startswith("tests/") for name in self.cited.get(key, ()))

    def unshown(self) -> list[str]:
        """Headings that no test cites and that are not marked either."""
        return [
            _said(key)
            for key, title in self.headings.items()
            if NOT_YET not in title and not self.shown(key)
        ]

    def shown_all_the_same(self) -> list[str]:
        """Marked as not built, but a test cites them: the mark is old.

        Invariants are cited as a whole.
        """
        marked = [
            key
            for key, title in self.headings.items()
            if NOT_YET in title and key[0] != "invariant"
        ]
        return [_said(key) for key in marked if self.shown(key)]


def sections(root: Path, word: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Each heading of a word's book with the text under it."""
    for part in re.split(r"^(?=##)", (root / BOOKS[word]).read_text(), flags=re.MULTILINE):
        if found := HEADING.match(part):
            yield (
                ("invariant" if word == "fault" and found[1].startswith("I") else word, found[1]),
                part,
            )


def _said(key: tuple[str, str], *files: str) -> str:
    return " ".join([*key, *files])


def read(root: Path) -> Tree:
    tree = Tree()
    for word, name in BOOKS.items():
        for heading, title in HEADING.findall((root / name).read_text()):
            if (word == "invariant") == heading.startswith("I") or word in {"rule", "law"}:
                if (word, heading) in tree.headings:
                    tree.twice.append(_said((word, heading), name))
                tree.headings[word, heading] = title
    known = {heading for _word, heading in tree.headings}
    for name, text in files(root):
        flat = NEXT_LINE.sub(" ", text)  # a citation may be broken by the end of a line
        for word, listed in CITED.findall(flat):
            for one in ids(listed):
                tree.cited.setdefault((word.lower(), one), set()).add(name)
        tree.elsewhere += [f"{name}: {found}" for found in ELSEWHERE.findall(flat)]
        if name not in BOOKS.values():
            tree.bare += [f"{name}: {one}" for one in dict.fromkeys(_bare(name, text, known))]
    return tree


def files(root: Path) -> Iterator[tuple[str, str]]:
    """The tree's own texts, by their path in it: nothing that was vendored, generated or
    translated.
    """
    for path in sorted(_paths(root)):
        name = path.relative_to(root).as_posix()
        if path.suffix not in KINDS or NOT_READ.search(name) or path.is_symlink():
            continue
        try:
            yield name, path.read_text()
        except UnicodeDecodeError:
            continue


def _paths(root: Path) -> Iterator[Path]:
    """What others have built in the tree is not even listed: it is most of it."""
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if name not in NOT_OURS and (name == ".ci" or not name.startswith("."))
        ]
        yield from (Path(folder, name) for name in names)


def ids(listed: str) -> Iterator[str]:
    """`L9b, L12-L14` one by one. A range runs over the numbers of one letter."""
    for item in re.split(r", | and | or ", listed):
        first, _dash, last = item.partition("-")
        yield first
        if last:
            begin, end = (int(re.sub(r"\D", "", part)) for part in (first, last))
            yield from (f"{first[0]}{number}" for number in range(begin + 1, end))
            yield last


def _bare(name: str, text: str, known: set[str]) -> Iterator[str]:
    """Ids without the word that says whose they are: in brackets anywhere,
    alone where people read.
    """
    if not _may_be_bare(text, known):
        return
    if name.endswith(".py"):
        strings, prose = _python(text)
    elif name.endswith(".md"):
        strings, prose = "", CODE_SPAN.sub(" ", text)
    else:
        strings, prose = text, ""
    for found in IN_BRACKETS.findall(CITED.sub(" ", NEXT_LINE.sub(" ", strings))):
        yield from (one for one in ids(found) if one in known)
    yield from (
        one for one in ALONE.findall(CITED.sub(" ", NEXT_LINE.sub(" ", prose))) if one in known
    )


def _may_be_bare(text: str, known: set[str]) -> bool:
    """Whether anything is left that looks like an id: to take a source apart is slow."""
    left = CITED.sub(" ", NEXT_LINE.sub(" ", text))
    return any(one in known for one in re.findall(ID, left))


def _python(text: str) -> tuple[str, str]:
    """Its strings, and its prose: comments and docstrings."""
    module = ast.parse(text)
    strings = [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return "\n\n".join(strings), "\n\n".join(prose(text))


def prose(text: str) -> Iterator[str]:
    """Comments and docstrings of a Python source; comments in a row are one."""
    row, said = 0, ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            follows = said and token.start[0] == row + 1
            if said and not follows:
                yield said
            row, said = (
                token.start[0],
                f"{said if follows else ''} {token.string.lstrip('# ')}".strip(),
            )
    yield said
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
