"""YAML read strictly, and written so that every reader finds the same in it.

What a plain word means is asked of the declared type and never guessed: `no` is the text no, 0.1 the decimal 0.1 to the
letter, 2026-01-31 a text until something wants a date. Anchors, aliases, tags, merges, directives and further
documents are refused: a set-up needs none, and each has once let a small file become a large or a strange one. Faults
name their line. Source: YAML 1.2.2; RFC 9512, section 4.
"""

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, Final, NoReturn, TypeVar, cast

from msgspec import inspect

from service import wire
from service.problems import Fault, InvalidRequest, UnreadableRequest, pointer

T = TypeVar("T")

MEDIA_TYPE: Final = "application/yaml"
MEDIA_TYPES: Final = (MEDIA_TYPE, "application/x-yaml", "text/yaml")

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_ONE_MEANING = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
"""Decimals that every reader of YAML takes alike: 010 is eight to some, 1e3 a text, 1_000 a thousand."""
_NULLS = frozenset({"", "~", "null"})
_BOOLS = {"true": True, "false": False}
_ANYTHING = inspect.AnyType()


class _Plain(str):
    """A word without quotes, whose meaning hangs on what is asked for."""

    __slots__ = ()


def decode(body: bytes, kind: type[T]) -> T:
    """Decode a YAML body to its declared struct, as strictly as JSON (`wire.decode`).

    Takes a second for the largest body: call it beside the event loop. Raises UnreadableRequest, or InvalidRequest with
    every fault, each with its line.
    """
    found, meaning = _Reader(_text(body)), _Meaning()
    value = meaning.of(found.value, wire.described(kind), "")
    try:
        wire.check_visible(value)
        made = wire.fit(value, kind)
    except InvalidRequest as refusal:
        faults, why = (*meaning.faults, *refusal.faults), refusal.detail
    else:
        if not meaning.faults:
            return made
        faults, why = tuple(meaning.faults), "Some numbers are not the same to every reader of YAML."
    raise InvalidRequest(why, faults=tuple(found.with_line(fault) for fault in faults))


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise UnreadableRequest(f"The body is not UTF-8 in line {line}. Save it as UTF-8.") from None


class _Reader:
    """A document as it is written: members, items and words, and in which line each stands."""

    def __init__(self, text: str) -> None:
        """Raises UnreadableRequest for what is no YAML, and for whatever a set-up does not need of it."""
        yaml: Any = import_module("yaml")
        self._yaml = yaml
        self._lines: dict[str, int] = {}
        try:
            self._events = cast("Iterator[Any]", iter(yaml.parse(text, Loader=yaml.CSafeLoader)))
            self.value = self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            raise UnreadableRequest(f"The body is not YAML: {error.problem or error.context}{where}.") from None
        except yaml.YAMLError:
            raise UnreadableRequest("The body is not YAML: it holds characters that YAML does not allow.") from None

    def with_line(self, fault: Fault) -> Fault:
        """The fault with the line of its place, or of what that is missing in."""
        place = fault.pointer
        while place and place not in self._lines:
            place = place.rpartition("/")[0]
        return Fault(fault.pointer, f"Line {self._lines.get(place, 1)}: {fault.message}", fault.mend)

    def _document(self) -> Any:
        next(self._events)
        start = next(self._events)
        if isinstance(start, self._yaml.StreamEndEvent):
            raise UnreadableRequest("The body is empty.")
        if start.version or start.tags:
            _refuse(start, "a directive", "Leave the lines out that begin with %.")
        value = self._value(next(self._events), "", 1)
        next(self._events)
        behind = next(self._events)
        if not isinstance(behind, self._yaml.StreamEndEvent):
            _refuse(behind, "a second document", "Send one document, without a further ---.")
        return value

    def _value(self, event: Any, place: str, depth: int) -> Any:
        if event.anchor is not None:
            _refuse(event, "an anchor or an alias", "Write out what it stands for.")
        if event.tag is not None:
            _refuse(event, "a tag", "Leave out what begins with !.")
        if depth > wire.MAX_DEPTH:
            raise UnreadableRequest(f"The body is nested deeper than {wire.MAX_DEPTH} levels.")
        self._lines.setdefault(place, event.start_mark.line + 1)
        if isinstance(event, self._yaml.MappingStartEvent):
            return self._members(place, depth)
        if isinstance(event, self._yaml.SequenceStartEvent):
            return self._items(place, depth)
        return _Plain(event.value) if event.implicit[0] else str(event.value)

    def _members(self, place: str, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(key := next(self._events), self._yaml.MappingEndEvent):
            if not isinstance(key, self._yaml.ScalarEvent) or (key.implicit[0] and key.value == "<<"):
                _refuse(key, "a name that is no plain text, or a merge", "Name each member by a text of its own.")
            name = str(self._value(key, place, depth))
            here = place + pointer(name)
            if name in members:
                before = self._lines[here]
                fault = Fault(here, f"The member {name!r} stands in line {before} already.", "Send each member once.")
                raise UnreadableRequest(f"A member is named twice, in line {_line(key)}.", faults=(fault,))
            self._lines[here] = _line(key)
            members[name] = self._value(next(self._events), here, depth + 1)
        return members

    def _items(self, place: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(item := next(self._events), self._yaml.SequenceEndEvent):
            items.append(self._value(item, place + pointer(len(items)), depth + 1))
        return items


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refuse(event: Any, what: str, mend: str) -> NoReturn:
    raise UnreadableRequest(f"There is {what} in line {_line(event)}. {mend}")


class _Meaning:
    """What words mean where they stand: whole numbers, true, false or null where these are declared, else text."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def of(self, value: Any, kind: inspect.Type, place: str) -> Any:
        """A value as JSON would have it; decimals that other readers take for another number are faults."""
        choices = tuple(_choices(value, kind))
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value)
            kinds = _members_of(members, choices)
            return {
                name: self.of(part, kinds.get(name, _ANYTHING), place + pointer(name)) for name, part in members.items()
            }
        if isinstance(value, list):
            items = cast("list[Any]", value)
            lists = (one for one in choices if isinstance(one, inspect.VarTupleType | inspect.ListType))
            inner = next((one.item_type for one in lists), _ANYTHING)
            return [self.of(item, inner, place + pointer(index)) for index, item in enumerate(items)]
        return self._word(value, choices, place) if isinstance(value, _Plain) else value

    def _word(self, word: _Plain, choices: Iterable[inspect.Type], place: str) -> Any:
        for choice in choices:
            match choice:
                case inspect.NoneType() if word in _NULLS:
                    return None
                case inspect.BoolType() if word in _BOOLS:
                    return _BOOLS[word]
                case inspect.IntType() if _WHOLE.fullmatch(word):
                    return int(word)
                case inspect.DecimalType() if not _ONE_MEANING.fullmatch(word):
                    mend = "Write digits, a point and decimals, such as 1250.50."
                    self.faults.append(Fault(place, f"{word[:40]!r} is another number to other readers.", mend))
                case _:
                    pass
        return str(word)


def _choices(value: Any, kind: inspect.Type) -> Iterator[inspect.Type]:
    """What a value may be: of several structs the one with its tag."""
    if isinstance(kind, inspect.Metadata):
        yield from _choices(value, kind.type)
    elif isinstance(kind, inspect.UnionType):
        for choice in sorted(kind.types, key=lambda one: not isinstance(one, inspect.NoneType)):
            yield from _choices(value, choice)
    elif isinstance(kind, inspect.NoneType) or wire.is_meant(value, kind):
        yield kind


def _members_of(members: Iterable[str], choices: Iterable[inspect.Type]) -> dict[str, inspect.Type]:
    """What is declared for the members of an object."""
    for choice in choices:
        if isinstance(choice, inspect.StructType):
            return {field.encode_name: field.type for field in choice.fields}
        if isinstance(choice, inspect.DictType):
            return dict.fromkeys(members, choice.value_type)
    return {}


# Writing


def encode(value: Any) -> bytes:
    """Plain values as YAML, members in their order. Texts that look like anything else stand in quotes."""
    yaml: Any = import_module("yaml")

    class Dumper(yaml.CSafeDumper):
        """Writes no aliases, and texts of several lines as blocks."""

        def ignore_aliases(self, data: Any) -> bool:
            """Everything is written out."""
            del data
            return True

    def text(dumper: Any, data: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)

    Dumper.add_representer(str, text)
    written: str = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
    return written.encode()
