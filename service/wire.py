"""Reading JSON strictly: what hostile or clumsy input can do to a reader is dealt with here, once.

Encoding, nesting, members named twice, characters that hide or reorder text, numbers where decimals must be text,
instants without an offset. Rules further in see only values of their declared types.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any, NoReturn, TypeVar, cast

import msgspec
from msgspec import inspect

from scoring.case import LONGEST_INTEGER, Number, find_faults
from service.problems import Fault, InvalidRequest, UnreadableRequest, pointer

MAX_DEPTH = 32
MOST_FAULTS = 100
# A string that never ends swallows the rest in one go: tried again from each quote, it would cost quadratic time.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[{]|[\]}]")
# C0 and C1 controls except tab and line ends, direction marks, overrides and isolates, characters without width or ink,
# lone surrogates.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufeff\uffa0\ud800-\udfff]"
)
_CONTROLS = bytes(code for code in range(128) if _FORBIDDEN.match(chr(code)))
_MAYBE_FORBIDDEN = re.compile("\\\\u|" + _FORBIDDEN.pattern)

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
T = TypeVar("T")


def read_json(body: bytes) -> Any:
    """Parse JSON strictly, to plain values: UTF-8, no member twice, at most 32 levels, no characters that hide.

    Numbers come back as text: nobody may compute with what has not been decoded to a declared type.
    Raises UnreadableRequest or InvalidRequest.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableRequest(
            f"The body is not UTF-8: byte {error.start + 1} cannot be read. Save or send it as UTF-8."
        ) from None
    # As many brackets as levels would be needed; only then is it worth finding out which of them are in strings.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise UnreadableRequest(f"The body is nested deeper than {MAX_DEPTH} levels.")
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_int=_whole, parse_float=Number, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        raise UnreadableRequest(
            f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    if _may_hide(body, text):
        check_visible(value)
    return value


def check_visible(value: Any) -> None:
    """Refuse text with characters that hide or reorder it; raises InvalidRequest, naming each place."""
    if faults := tuple(_hidden(value, "")):
        raise InvalidRequest(
            "Some text contains characters that cannot be seen or that change its direction.", faults=faults
        )


def hidden_in(text: str, place: str) -> Fault | None:
    """What is wrong with a text that has characters which hide or reorder it; nothing with any other."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    message = f"U+{ord(found.group()):04X} is a control, zero-width or direction character."
    return Fault(pointer=_FORBIDDEN.sub("�", place), message=message, mend="Remove it.")


def decode(body: bytes, kind: type[T]) -> T:
    """Decode a JSON body to its declared struct; raises UnreadableRequest, or InvalidRequest with every fault."""
    return fit(read_json(body), kind)


def fit(value: Any, kind: type[T]) -> T:
    """Plain values as `read_json` gives them, as a declared struct; raises InvalidRequest with every fault."""
    declared = described(kind)
    if _is_plain(kind):
        with contextlib.suppress(msgspec.ValidationError):
            return msgspec.convert(value, kind)
    found = (Fault(_as_pointer(fault.path), fault.message, fault.mend) for fault in find_faults(declared, value, "$"))
    if faults := (*islice(found, MOST_FAULTS), *_loose_instants(value, declared, "")):
        raise InvalidRequest("The body does not fit its description.", faults=faults)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest("The body does not fit its description.", faults=(Fault("", str(error)),)) from None


@cache
def _is_plain(kind: type) -> bool:
    """Whether msgspec alone judges a type as strictly as we do: texts, ids, whole numbers, and what is made of them."""

    def plain(part: inspect.Type) -> bool:
        match part:
            case inspect.StrType() | inspect.UUIDType() | inspect.IntType() | inspect.NoneType():
                return True
            case inspect.LiteralType():
                return all(isinstance(value, str) for value in part.values)
            case inspect.UnionType():
                return all(map(plain, part.types))
            case (
                inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner) | inspect.ListType(item_type=inner)
            ):
                return plain(inner)
            case inspect.DictType():
                return plain(part.key_type) and plain(part.value_type)
            case inspect.StructType():
                return part.forbid_unknown_fields and all(plain(field.type) for field in part.fields)
            case _:
                return False

    return plain(described(kind))


def _may_hide(body: bytes, text: str) -> bool:
    """Whether text may contain a forbidden character, itself or escaped; quick to deny for plain ASCII."""
    if body.isascii() and b"\\u" not in body:
        return len(body.translate(None, _CONTROLS)) != len(body)
    return _MAYBE_FORBIDDEN.search(text) is not None


def _as_pointer(path: str) -> str:
    """A JSON Pointer from the engine's path: $.lots[0].title is /lots/0/title."""
    return pointer(*(name or index for name, index in re.findall(r"\.([^.\[]+)|\[(\d+)\]", path)))


def _whole(digits: str) -> int | Number:
    return int(digits) if len(digits) <= LONGEST_INTEGER else Number(digits)


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKETS.finditer(_STRINGS.sub(b"", body)):
        depth += 1 if bracket.group() in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = _first_twice(name for name, _ in pairs)
        # Not in the detail, which the audit log keeps: the name may be a word of a bid that shall stay sealed.
        fault = Fault(pointer(twice), f"The member {twice!r} is named twice in one object.", "Send each member once.")
        raise UnreadableRequest("A member is named twice in one object. Send each member once.", faults=(fault,))
    return members


def _first_twice(names: Iterable[str]) -> str:
    """The first name that has been there before; one pass, because to count every name takes minutes for 1 MB."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError


def _no_constant(name: str) -> NoReturn:
    raise UnreadableRequest(f"{name} is not JSON. Numbers are finite, and amounts are strings of digits.")


def _hidden(value: Any, place: str) -> Iterator[Fault]:
    if isinstance(value, dict):
        for name, member in cast("dict[str, Any]", value).items():
            here = place + pointer(name)
            yield from _hidden(name, here)
            yield from _hidden(member, here)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _hidden(item, place + pointer(index))
    elif isinstance(value, str) and (fault := hidden_in(value, place)):
        yield fault


@cache
def described(kind: type) -> inspect.Type:
    """What a type asks of a value."""
    return inspect.type_info(kind)


def _loose_instants(value: Any, kind: inspect.Type, place: str) -> Iterator[Fault]:
    """Instants that msgspec would let pass although they are not RFC 3339 to the letter, such as a space for the T."""
    if isinstance(kind, inspect.DateTimeType):
        if isinstance(value, str) and not _is_instant(value):
            yield Fault(place, f"{value[:40]!r} is no instant.", "Write it like 2031-03-14T12:00:00Z.")
    else:
        for step, part, declared in _parts(value, kind):
            yield from _loose_instants(part, declared, place + step)


def _is_instant(text: str) -> bool:
    """RFC 3339 with an offset, and in UTC still in a year that has four digits."""
    if not _INSTANT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


def _parts(value: Any, kind: inspect.Type) -> Iterator[tuple[str, Any, inspect.Type]]:
    """The parts of a value with their steps from it and their declared types."""
    if isinstance(kind, inspect.Metadata):
        yield "", value, kind.type
    elif isinstance(kind, inspect.UnionType):
        yield from (("", value, choice) for choice in kind.types if is_meant(value, choice))
    elif isinstance(value, list) and isinstance(kind, inspect.VarTupleType | inspect.ListType):
        items = cast("list[Any]", value)
        yield from ((pointer(index), item, kind.item_type) for index, item in enumerate(items))
    elif isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        declared: dict[str, inspect.Type] = {}
        if isinstance(kind, inspect.StructType):
            declared = {field.encode_name: field.type for field in kind.fields}
        elif isinstance(kind, inspect.DictType):
            declared = dict.fromkeys(members, kind.value_type)
        yield from ((pointer(name), members[name], declared[name]) for name in declared if name in members)


def is_meant(value: Any, choice: inspect.Type) -> bool:
    """Whether a choice of a union is the one that the value takes: of several structs the one with its tag."""
    if value is None or isinstance(choice, inspect.NoneType):
        return False
    if not isinstance(choice, inspect.StructType) or choice.tag is None:
        return True
    return isinstance(value, dict) and cast("dict[str, Any]", value).get(choice.tag_field or "type") == choice.tag
