"""The sentences that code says to suppliers, found where they are said: in refusals, faults, and what they are made of.

An f-string becomes a message whose {names} stand for what is filled in; `wording.told` finds it again by its words.
"""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

UNSAID = {"pointer", "law"}
"""Arguments that are no sentences: places in a body, citations."""


class Module:
    """One file of source. `speaking`: names of the classes whose arguments are said to somebody."""

    def __init__(self, path: Path, speaking: frozenset[str]) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.speaking = speaking

    def sentences(self) -> Iterator[str]:
        """Every sentence, as often as it is said."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in self.speaking:
                    for part in (*node.args, *(word.value for word in node.keywords if word.arg not in UNSAID)):
                        yield from self.texts(part)
                case ast.Tuple(elts=[ast.Name(id=name), said]) if name in self.speaking:
                    yield from self.texts(said)

    def said_by(self, name: str) -> Iterator[str]:
        """Every sentence that a function returns or yields, or that a name is set to."""
        for told in self._meanings.get(name, ()):
            yield from self.texts(told)

    def texts(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """What an expression may say: either side of a choice, what a name was set to, what a function returns."""
        match node:
            case ast.Constant(value=str(text)):
                yield from [text] if " " in text.strip() and not text.startswith("/") else []
            case ast.JoinedStr(values=parts):
                yield from _message(parts)
                for part in parts:
                    if isinstance(part, ast.FormattedValue):
                        yield from self.texts(part.value, seen)
            case ast.IfExp(body=one, orelse=other):
                yield from (*self.texts(one, seen), *self.texts(other, seen))
            case ast.BoolOp(values=choices) | ast.Dict(values=choices):
                for choice in choices:
                    yield from self.texts(choice, seen)
            case _:
                yield from self._meant(node, seen)

    def _meant(self, node: ast.expr, seen: frozenset[str]) -> Iterator[str]:
        match node:
            case ast.Subscript(value=ast.Name() as told):
                yield from self.texts(told, seen)
            case ast.Call(func=ast.Attribute(value=ast.JoinedStr() | ast.Subscript() as told)):
                yield from self.texts(told, seen)
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)) if name not in seen:
                for told in self._meanings.get(name, ()):
                    yield from self.texts(told, seen | {name})
            case _:
                return

    @cached_property
    def _meanings(self) -> dict[str, list[ast.expr]]:
        """What names are set to, and what functions return, anywhere in the file."""
        found: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        _take(found, target, value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    found.setdefault(name, []).append(value)
                case ast.FunctionDef(name=name):
                    returned = (
                        one.value for one in ast.walk(node) if isinstance(one, ast.Return | ast.Yield) and one.value
                    )
                    found.setdefault(name, []).extend(returned)
                case _:
                    pass
        return found


def _take(found: dict[str, list[ast.expr]], target: ast.expr, value: ast.expr) -> None:
    match target, value:
        case ast.Name(id=name), _:
            found.setdefault(name, []).append(value)
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            for name, one in zip(names, values, strict=True):
                _take(found, name, one)
        case _:
            return


def _message(parts: list[ast.expr]) -> Iterator[str]:
    """An f-string as a message; none where its words are too few to find it again."""
    message, names = "", list[str]()
    for part in parts:
        if isinstance(part, ast.Constant):
            message += str(part.value).replace("{", "{{").replace("}", "}}")
        elif isinstance(part, ast.FormattedValue) and not message.endswith("}"):
            names.append(_name(part.value))
            message += "{" + names[-1] + (str(names.count(names[-1])) if names.count(names[-1]) > 1 else "") + "}"
    if not message.startswith("/") and len(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", message))) > 1:
        yield message


def _name(node: ast.expr) -> str:
    """A short name for what is filled in."""
    match node:
        case ast.Name(id=name):
            return name.lower().strip("_")
        case ast.Attribute(attr=name):
            return name.lower().strip("_")
        case ast.Call(func=ast.Attribute(value=inner, attr="isoformat" | "decode" | "group" | "rstrip")):
            return _name(inner)
        case ast.Call(func=ast.Name(), args=[inner, *_]) | ast.Call(args=[inner]) | ast.Subscript(value=inner):
            return _name(inner)
        case ast.IfExp(body=inner) | ast.BoolOp(values=[inner, *_]) | ast.BinOp(left=inner):
            return _name(inner)
        case _:
            return "figure"
