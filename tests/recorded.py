"""The names of the facts that the audit logs of tenders record, found where code and migrations record them.

Followed are dictionaries: through names, choices, parameters and functions, from the call that appends the entry back
to where their keys are written; of a struct that is recorded whole, its fields.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from service.drafts import DraftTender
from service.problems import Refusal

HOUSE = Path(__file__).parent.parent

MODULES = {path.stem: path for path in sorted((HOUSE / "service").glob("*.py"))}

RECORDING = {"record", "record_all", "record_attempt"}
WHOLE = {"to_builtins", "asdict", "_asdict"}

LOGGING = ("log_enter(", "log_append(", "INSERT INTO events")
"""By what a function of the database appends an entry."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def recorded() -> tuple[set[str], set[str]]:
    """The names of all facts in tenders' logs, and the expressions that could not be followed."""
    modules = [Recorded(path) for path in MODULES.values()]
    names = set().union(*(module.fields() for module in modules)) | set(_by_the_database()) | set(_changed())
    return names, set().union(*(module.unknown for module in modules))


def _by_the_database() -> Iterator[str]:
    for path in sorted((HOUSE / "migrations").glob("*.sql")):
        for function in re.split(r"(?=CREATE (?:OR REPLACE )?FUNCTION)", path.read_text(encoding="utf-8")):
            if any(call in function for call in LOGGING):
                for built in re.findall(r"jsonb_build_object\((.*?)\)", function, re.DOTALL):
                    yield from re.findall(r"'(\w+)',", built)


def _changed() -> Iterator[str]:
    """What `tenders.differences` tells of; a lot's own names stand behind its number."""
    yield from (name for name in DraftTender.__struct_fields__ if name != "lots")
    yield from ("title", "price_envelope", "rules_digest", "requirements_digest")


class Recorded:
    """One module of the service, and what it records. `unknown`: expressions whose names could not be found."""

    def __init__(self, path: Path) -> None:
        self.name = f"service.{path.stem}"
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, Function)}
        self.unknown: set[str] = set()

    @cached_property
    def module(self) -> ModuleType:
        """The module itself; what records nothing is not imported."""
        return importlib.import_module(self.name)

    def fields(self) -> set[str]:
        """Every name of a fact in a tender's log."""
        return {
            name
            for function in self.functions.values()
            for call in _calls(function)
            for told in self._told(call)
            for name in self._names(told, function, frozenset())
        }

    def _told(self, call: ast.Call) -> Iterator[ast.expr]:
        """What a call has recorded: in an entry, of an attempt, of a refusal."""
        words = {word.arg: word.value for word in call.keywords}
        match call.func:
            case ast.Attribute(value=ast.Name(id="events"), attr=name) if name in RECORDING:
                tender = words.get("tender_id")
                if not (isinstance(tender, ast.Constant) and tender.value is None):
                    yield words["data"]
            case ast.Name(id="Attempt") if call.args:
                yield call.args[-1]
            case ast.Name(id=name) if "facts" in words:
                kind = getattr(self.module, name, None)
                if isinstance(kind, type) and issubclass(kind, Refusal):
                    yield words["facts"]
            case _:
                pass

    def _names(self, node: ast.expr, inside: Function, seen: frozenset[str]) -> Iterator[str]:
        """The keys of a dictionary, however it is put together."""
        match node:
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    yield from [str(key.value)] if isinstance(key, ast.Constant) else []
                    yield from self._names(value, inside, seen) if key is None else []
            case ast.BinOp(left=one, right=other) | ast.IfExp(body=one, orelse=other):
                yield from (*self._names(one, inside, seen), *self._names(other, inside, seen))
            case ast.List(elts=several):
                for one in several:
                    yield from self._names(one, inside, seen)
            case ast.ListComp(elt=one) | ast.Await(value=one):
                yield from self._names(one, inside, seen)
            case _:
                yield from self._of_whole(node, inside, seen)

    def _of_whole(self, node: ast.expr, inside: Function, seen: frozenset[str]) -> Iterator[str]:
        """The same of what takes a dictionary, or a struct's fields, as they are."""
        match node:
            case ast.DictComp(generators=[ast.comprehension(iter=ast.Call(func=ast.Attribute(value=whole)))]):
                yield from self._names(whole, inside, seen)
            case ast.DictComp(generators=[ast.comprehension(iter=ast.Attribute(value=one, attr="__struct_fields__"))]):
                yield from self._fields_of(one, inside)
            case ast.Call(func=ast.Attribute(value=itself, attr=whole), args=args) if whole in WHOLE:
                yield from self._fields_of(args[0] if args else itself, inside)
            case _:
                yield from self._behind(node, inside, seen)

    def _behind(self, node: ast.expr, inside: Function, seen: frozenset[str]) -> Iterator[str]:
        """The keys of what a name is set to, or a function gives back."""
        match node:
            case ast.Name(id=name):
                if (place := f"{inside.name}.{name}") not in seen:
                    for meant, where in self._meant(name, inside):
                        yield from self._names(meant, where, seen | {place})
            case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                yield from self.given_back(name, seen)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=other), attr=name)) if other in MODULES:
                there = Recorded(MODULES[other])
                yield from there.given_back(name, seen)
                self.unknown |= there.unknown
            case ast.Attribute(value=ast.Attribute(attr="first"), attr="data") | ast.Attribute(attr="facts"):
                pass  # an attempt that was recorded before, and the facts of a refusal: found where they are made
            case _:
                self.unknown.add(f"{self.name}: {ast.unparse(node)} in {inside.name}")

    def given_back(self, name: str, seen: frozenset[str]) -> Iterator[str]:
        """The keys of what a function of this module gives back."""
        for back in ast.walk(self.functions[name]):
            if isinstance(back, ast.Return) and back.value is not None:
                yield from self._names(back.value, self.functions[name], seen)

    def _meant(self, name: str, inside: Function) -> Iterator[tuple[ast.expr, Function]]:
        """What a name is set to, grows by, or is handed as, and where."""
        for node in ast.walk(inside):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=told)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=told), value=ast.expr() as value)
                    | ast.AugAssign(target=ast.Name(id=told), value=value)
                    | ast.Call(func=ast.Attribute(value=ast.Name(id=told), attr="append"), args=[value])
                ) if told == name:
                    yield value, inside
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=told), slice=key)]) if told == name:
                    yield ast.Dict(keys=[key], values=[ast.Constant(value=None)]), inside
                case _:
                    pass
        names = [one.arg for one in inside.args.args]
        for function in self.functions.values() if name in names else ():
            for call in _calls(function):
                if isinstance(call.func, ast.Name) and call.func.id == inside.name:
                    yield from ((value, function) for value in call.args[names.index(name) :][:1])

    def _fields_of(self, node: ast.expr, inside: Function) -> Iterator[str]:
        kind = self._type(node, inside)
        if kind is None:
            self.unknown.add(f"{self.name}: {ast.unparse(node)} in {inside.name}")
        else:
            yield from kind.__struct_fields__ if hasattr(kind, "__struct_fields__") else kind._fields

    def _type(self, node: ast.expr | None, inside: Function) -> Any:
        """The struct that an expression makes, or several of; that its name is annotated with; None: not found."""
        match node:
            case (
                ast.Await(value=one) | ast.ListComp(elt=one) | ast.Call(func=ast.Attribute(attr="replace"), args=[one])
            ):
                return self._type(one, inside)
            case ast.Call(func=ast.Attribute(attr="one" | "many"), args=[*_, kind]):
                return self._named(kind)
            case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                return self._named(self.functions[name].returns)
            case ast.Call(func=kind):
                return self._named(kind)
            case ast.Name(id=name):
                for one in inside.args.args:
                    if one.arg == name:
                        return self._named(one.annotation)
                several = (*(value for value, _ in self._meant(name, inside)), *_each(name, inside))
                return next((kind for one in several if (kind := self._type(one, inside)) is not None), None)
            case _:
                return None

    def _named(self, node: ast.expr | None) -> Any:
        if isinstance(node, ast.Subscript):
            return self._named(node.slice)
        return getattr(self.module, node.id, None) if isinstance(node, ast.Name) else None


def _each(name: str, inside: Function) -> Iterator[ast.expr]:
    """What a name goes through, alone or beside others in step with it."""
    for node in ast.walk(inside):
        match node:
            case (
                ast.For(target=ast.Name(id=each), iter=several)
                | ast.comprehension(target=ast.Name(id=each), iter=several)
            ) if each == name:
                yield several
            case ast.comprehension(target=ast.Tuple(elts=each), iter=ast.Call(func=ast.Name(id="zip"), args=several)):
                pairs = zip(each, several, strict=True)
                yield from (one for target, one in pairs if isinstance(target, ast.Name) and target.id == name)
            case _:
                pass


def _calls(function: Function) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(function) if isinstance(node, ast.Call))
