"""A case file: a lot with its bids, read strictly, and with every fault named at once together with its mend."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast, get_type_hints

import msgspec
from msgspec import inspect

from scoring.decimals import is_plain_decimal
from scoring.model import Lot, OpenedBid

T = TypeVar("T")
LONGEST_INTEGER = 18
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
LONGEST_ECHO = 60


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A lot and the opened bids to score it with; `draw_secret` is what drawing lots reveals."""

    lot: Lot
    bids: tuple[OpenedBid, ...]
    draw_secret: str | None = None


class Fault(NamedTuple):
    """One thing wrong with a document: where (a JSON path such as $.bids[0].id), what, and how to mend it."""

    path: str
    message: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" – {self.mend}" if self.mend else "")


class BadDocument(Exception):
    """A document that cannot be read as what it should be; `faults` lists everything that is wrong with it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class Number:
    """A JSON number with a point, an exponent or very many digits, kept as it was written."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def decode(document: bytes, kind: type[T]) -> T:
    """Read a JSON document as a struct of the engine; BadDocument lists every fault.

    Refused beyond what the structs refuse: a member given twice, numbers where decimals are strings, NaN, deep nesting.
    """
    raw = read_json(document)
    faults = tuple(find_faults(inspect.type_info(kind), raw, "$"))
    if faults:
        raise BadDocument(*faults)
    return msgspec.convert(raw, kind)


def read_json(document: bytes) -> object:
    """Parse JSON to plain values; numbers with a point stay text, so that no digit is lost."""
    faults: list[Fault] = []

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        faults.extend(Fault("$", f"the member {name!r} is given twice in one object", "keep one") for name in twice)
        return dict(pairs)

    def constant(name: str) -> object:
        faults.append(Fault("$", f"{name} is no JSON number", 'write a decimal in quotes, such as "12.5"'))
        return None

    try:
        raw = json.loads(
            document.decode("utf-8-sig"),
            object_pairs_hook=members,
            parse_float=Number,
            parse_int=lambda digits: int(digits) if len(digits) <= LONGEST_INTEGER else Number(digits),
            parse_constant=constant,
        )
    except UnicodeDecodeError as error:
        raise BadDocument(Fault("$", f"the document is not UTF-8 (byte {error.start})", "save it as UTF-8")) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadDocument(Fault("$", f"the document is not JSON: {error.msg} at {where}", "mend the syntax")) from None
    except RecursionError:
        raise BadDocument(Fault("$", "the document is nested too deeply", "criteria go 8 levels deep")) from None
    if faults:
        raise BadDocument(*faults)
    if SURROGATE.search(document):
        require_characters(raw)
    return cast("object", raw)


def require_characters(raw: object) -> None:
    """Refuse half a character, a surrogate alone, which no file can hold."""
    try:
        json.dumps(raw, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise BadDocument(Fault("$", f"a text holds {half} alone, which is half a character", "leave it out")) from None


def find_faults(kind: inspect.Type, raw: object, path: str) -> Iterator[Fault]:
    """Everything wrong with a plain value, from the inside out: a struct's own rules are asked last."""
    if isinstance(kind, inspect.Metadata):
        yield from _described_faults(kind, raw, path)
    elif isinstance(kind, inspect.StructType):
        yield from _struct_faults(kind, raw, path)
    elif isinstance(kind, inspect.UnionType):
        yield from _union_faults(kind, raw, path)
    elif isinstance(kind, inspect.VarTupleType | inspect.DictType):
        yield from _item_faults(kind, raw, path)
    elif isinstance(kind, inspect.DecimalType):
        yield from _decimal_faults(raw, path)
    else:
        yield from _plain_faults(kind, raw, path)


def _described_faults(kind: inspect.Metadata, raw: object, path: str) -> Iterator[Fault]:
    """Faults of a value whose pattern is described in words, which say more than the pattern."""
    inner = list(find_faults(kind.type, raw, path))
    pattern = kind.type.pattern if isinstance(kind.type, inspect.StrType) else None
    words = cast("dict[str, str]", kind.extra_json_schema or {}).get("description")
    if not inner and pattern is not None and words and isinstance(raw, str) and re.search(pattern, raw) is None:
        inner = [Fault(path, f"{_said(raw)} is not understood here", words)]
    yield from inner


def _plain_faults(kind: inspect.Type, raw: object, path: str) -> Iterator[Fault]:
    if isinstance(kind, inspect.LiteralType) and raw not in kind.values:
        yield Fault(path, f"{_said(raw)} is unknown here", _closest(str(raw), dict.fromkeys(map(str, kind.values))))
    elif isinstance(kind, inspect.IntType) and (not isinstance(raw, int) or isinstance(raw, bool)):
        yield Fault(path, f"{_said(raw)} is no whole number", "write a whole number without quotes, such as 2")
    elif isinstance(kind, inspect.StrType) and not isinstance(raw, str):
        yield Fault(path, f"{_said(raw)} is no text", _in_quotes(raw))


def _in_quotes(raw: object) -> str:
    plain = isinstance(raw, Number | int) and not isinstance(raw, bool) and is_plain_decimal(str(raw))
    return f'write "{raw}"' if plain else 'write a text in quotes; decimals without exponent, such as "12.5"'


def _item_faults(kind: inspect.VarTupleType | inspect.DictType, raw: object, path: str) -> Iterator[Fault]:
    if isinstance(kind, inspect.VarTupleType) and isinstance(raw, list):
        for index, item in enumerate(cast("list[object]", raw)):
            yield from find_faults(kind.item_type, item, f"{path}[{index}]")
    elif isinstance(kind, inspect.DictType) and isinstance(raw, dict):
        for name, item in cast("dict[str, object]", raw).items():
            yield from find_faults(kind.value_type, item, f"{path}.{name}")


def _decimal_faults(raw: object, path: str) -> Iterator[Fault]:
    if isinstance(raw, Number | int) and not isinstance(raw, bool):
        yield Fault(path, f"{raw} is a JSON number; decimals are strings, so that no digit is lost", _in_quotes(raw))
    elif not isinstance(raw, str):
        yield Fault(path, f"{_said(raw)} is no decimal", 'write a decimal in quotes, such as "12.5"')
    elif not is_plain_decimal(raw):
        mend = "write at most 15 digits, then at most 12 decimals after a point"
        yield Fault(path, f"{raw[:40]!r} is no plain decimal", mend)


def _struct_faults(kind: inspect.StructType, raw: object, path: str) -> Iterator[Fault]:
    if not isinstance(raw, dict):
        yield Fault(path, f"{_said(raw)} is no object", "write an object in braces")
        return
    members = cast("dict[str, object]", raw)
    fields = {field.encode_name: field for field in kind.fields}
    faults = [
        Fault(f"{path}.{name}", f"the member {name!r} is missing", f"write {name!r}")
        for name, field in fields.items()
        if field.required and name not in members
    ]
    faults += [
        Fault(f"{path}.{name}", "no such member exists here", _closest(name, fields))
        for name in members
        if name not in fields and name != kind.tag_field
    ]
    hints = get_type_hints(kind.cls, include_extras=True)
    for name, item in members.items():
        if name in fields:
            where = f"{path}.{name}"
            inner = list(find_faults(fields[name].type, item, where))
            faults += inner or list(_own_faults(hints[fields[name].name], item, where))
    yield from faults or _own_faults(kind.cls, members, path)


def _union_faults(kind: inspect.UnionType, raw: object, path: str) -> Iterator[Fault]:
    structs = {str(one.tag): one for one in kind.types if isinstance(one, inspect.StructType) and one.tag is not None}
    plain = [one for one in kind.types if not isinstance(one, inspect.NoneType) and getattr(one, "tag", None) is None]
    if raw is None and any(isinstance(one, inspect.NoneType) for one in kind.types):
        return
    if structs and isinstance(raw, dict):
        yield from _tagged_faults(structs, cast("dict[str, object]", raw), path)
    elif structs and not plain:
        yield Fault(path, f"{_said(raw)} is no object", f'write an object such as {{"id":"{next(iter(structs))}"}}')
    else:
        fitting = [one for one in plain if isinstance(one, inspect.DictType) == isinstance(raw, dict)]
        for one in fitting if len(fitting) == 1 else ():
            yield from find_faults(one, raw, path)


def _tagged_faults(structs: Mapping[str, inspect.StructType], members: dict[str, object], path: str) -> Iterator[Fault]:
    tag = members.get("id")
    if isinstance(tag, str) and tag in structs:
        yield from _struct_faults(structs[tag], members, path)
    elif tag is None:
        yield Fault(f"{path}.id", "the member 'id' is missing", f"write one of {', '.join(structs)}")
    else:
        yield Fault(f"{path}.id", f"{_said(tag)} is unknown here", _closest(str(tag), structs))


def _own_faults(kind: type[Any], raw: object, path: str) -> Iterator[Fault]:
    """What msgspec and a struct's own checks say about a value whose parts are well."""
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        what, _, mend = message.partition("; ")
        yield Fault(path + where.removesuffix("`"), what, mend)


def _said(raw: object) -> str:
    text = str(raw) if isinstance(raw, Number) else json.dumps(raw, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…"


def _closest(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known)}"
