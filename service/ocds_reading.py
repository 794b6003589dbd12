"""A release of somebody else's open data, read with an account of every member: taken, left out and why, or wrong.

Places are JSON Pointers into the document. Nothing is dropped silently: what nobody has asked for is left out with the
reason that its name tells, as far up as nothing below it was taken. What is of a wrong type is a fault.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple, cast

from msgspec import Struct

from scoring.case import Number
from service.problems import Fault, InvalidRequest, pointer

MOST_LOTS: Final = 200
MOST_LEFT_OUT: Final = 5000
_MOST_DIGITS: Final = 30
"""Nobody's amounts have more digits or zeros; 1e999999 would be a million of them."""

NO_FIELD: Final = "A draft has no field for this."
_BY_REASON: Final[dict[str, tuple[str, ...]]] = {
    "It tells of the publication, not of the tender.": (
        *("uri", "version", "publishedDate", "publisher", "license", "publicationPolicy", "extensions", "packages"),
        "versionedRelease",
        *("links", "ocid", "id", "date", "tag", "initiationType"),
    ),
    "The buyer of the draft is your own organisation.": ("parties", "buyer", "procuringEntity"),
    "A draft begins anew: what came of the tender later is not taken.": (
        *("planning", "bids", "awards", "contracts", "statistics", "amendments", "withheldInformation"),
    ),
    "The stage of a tender follows from what happens in it.": ("status", "bidOpening", "awardPeriod", "startDate"),
    "Write conditions and requirements with `PUT /tenders/{id}/requirements`.": (
        *("selectionCriteria", "criteria", "otherRequirements", "exclusionGrounds"),
    ),
    "No document is fetched from elsewhere; bring those that the tender needs.": ("documents",),
    "Goals follow from the criteria, and are told anew.": ("sustainability", "hasSustainability"),
    "A target that earns points belongs to a criterion's method.": ("targets",),
    "Bids come in through this service.": (
        *("submissionMethod", "submissionMethodDetails", "electronicSubmissionPolicy"),
    ),
}
WHY: Final = {name: reason for reason, names in _BY_REASON.items() for name in names}
"""Why members are left out, by their names."""

_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})


class PartLeftOut(Struct, frozen=True, kw_only=True):
    """A part of the document that is not in the draft, and why."""

    path: str
    reason: str


class PartTaken(Struct, frozen=True, kw_only=True):
    """A part of the document and where in the draft it went, both by JSON Pointer."""

    path: str
    into: str


class Part(NamedTuple):
    """An object of the document and where it stands."""

    members: dict[str, Any]
    path: str

    def at(self, *names: str | int) -> str:
        """The place of a member."""
        return self.path + pointer(*names)


class Reading:
    """A document, what of it was taken and left out, and what is wrong with it."""

    def __init__(self, document: dict[str, Any], path: str) -> None:
        self.root = Part(document, path)
        self.faults: list[Fault] = []
        self._taken: dict[str, str] = {}
        self._left: dict[str, str] = {}
        self._whole: set[str] = set()

    # Members by their types

    def part(self, of: Part, name: str) -> Part | None:
        """A member that is an object."""
        found = self._member(of, name, dict, "an object")
        return None if found is None else Part(cast("dict[str, Any]", found), of.at(name))

    def parts(self, of: Part, name: str) -> list[Part]:
        """A member that is a list of objects."""
        items = cast("list[Any]", self._member(of, name, list, "a list") or [])
        found: list[Part] = []
        for index, item in enumerate(items):
            if isinstance(item, dict):
                found.append(Part(cast("dict[str, Any]", item), of.at(name, index)))
            else:
                self._wrong(of.at(name, index), "an object")
        return found

    def text(self, of: Part, name: str) -> str | None:
        """A member that is a text, without blanks at its ends; an empty one is none."""
        found = cast("str | None", self._member(of, name, str, "a text"))
        return (found or "").strip() or None

    def number(self, of: Part, name: str) -> Decimal | None:
        """A member that is a number, digit by digit as it stands there."""
        found = of.members.get(name)
        if found is None:
            return None
        if isinstance(found, Number | int) and not isinstance(found, bool):
            try:
                number = Decimal(str(found))
            except InvalidOperation:
                number = Decimal("NaN")
            if number.is_finite() and abs(number.adjusted()) < _MOST_DIGITS > len(number.as_tuple().digits):
                return Decimal(f"{number:f}")
        self._wrong(of.at(name), f"a number of fewer than {_MOST_DIGITS} digits")
        return None

    def instant(self, of: Part, name: str) -> datetime | None:
        """A member that is an instant; a day or a time without an offset is none, and left out."""
        text = self.text(of, name)
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        self.leave(of.at(name), "It is no instant with an offset, such as 2031-03-14T12:00:00Z.")
        return None

    def _member(self, of: Part, name: str, kind: type, words: str) -> object:
        found = of.members.get(name)
        if found is None or isinstance(found, kind):
            return found
        self._wrong(of.at(name), words)
        return None

    def _wrong(self, path: str, words: str) -> None:
        self.faults.append(Fault(path, f"This is not {words}.", f"The standard has {words} here."))

    # The account

    def take(self, path: str, into: str) -> None:
        """Note where a part went; the same part may go to several places."""
        self._left.pop(path, None)
        before = self._taken.get(path)
        self._taken[path] = into if before in {None, into} else f"{before} {into}"

    def leave(self, path: str, reason: str) -> None:
        """Note why a part is not taken."""
        self._left[path] = reason

    def leave_whole(self, path: str, reason: str) -> None:
        """Note why a part is left out although some of it may have been taken: it is not any more."""
        self._whole.add(path)
        self.leave(path, reason)

    def taken(self) -> tuple[PartTaken, ...]:
        """Everything that was taken."""
        return tuple(
            PartTaken(path=path, into=into)
            for path, into in self._taken.items()
            if self._whole.isdisjoint(_above(path))
        )

    def left_out(self) -> tuple[PartLeftOut, ...]:
        """Everything else, in the order of the document. Raises InvalidRequest where that would fill books."""
        known = self._taken.keys() | self._left.keys()
        partly = {above for path in known for above in _above(path) if above != path}
        found: list[PartLeftOut] = []
        for path, name, value in self._rest(self.root.members, self.root.path, partly):
            reason = self._left.get(path) or (WHY.get(name, NO_FIELD) if value not in _EMPTY else "It is empty.")
            found.append(PartLeftOut(path=path, reason=reason))
            if len(found) > MOST_LEFT_OUT:
                fault = Fault(
                    self.root.path, f"More than {MOST_LEFT_OUT} parts have no place in a draft.", "Send less."
                )
                raise InvalidRequest("The document cannot be accounted for.", faults=(fault,))
        return tuple(found)

    def _rest(self, value: Any, path: str, partly: set[str]) -> Iterator[tuple[str, str, Any]]:
        """The parts of which nothing was taken, as far up as can be: place, name and value."""
        if isinstance(value, dict):
            members = [(pointer(name), name, one) for name, one in cast("dict[str, Any]", value).items()]
        else:
            name = path.rpartition("/")[2]
            members = [(pointer(index), name, one) for index, one in enumerate(cast("list[Any]", value))]
        for step, name, one in members:
            here = path + step
            if here in self._left or not (here in partly or here in self._taken):
                yield here, name, one
            elif here not in self._taken:
                yield from self._rest(one, here, partly)

    def check(self) -> None:
        """Raises InvalidRequest with every fault that was found so far."""
        if self.faults:
            raise InvalidRequest(
                "The document does not fit the standard.", faults=tuple(dict.fromkeys(self.faults))[:100]
            )


def _above(path: str) -> Iterator[str]:
    """A place and all places above it."""
    yield path
    yield from (path[:end] for end, sign in enumerate(path) if sign == "/" and end)


# Which release


def release_in(reading: Reading) -> Part:
    """The one release of a package or record, the compiled one where there is one, or the document itself.

    Raises InvalidRequest where there are several, or none.
    """
    found = _release_in(reading)
    if found is None or reading.part(found, "tender") is None:
        where = reading.root.path if found is None else found.at("tender")
        mend = "Send one release, or a record with its compiledRelease; a linked release is not fetched."
        reading.faults.append(Fault(where, "Here is not one release with a tender.", mend))
    reading.check()
    assert found is not None
    return found


def _release_in(reading: Reading) -> Part | None:
    root = reading.root
    version = reading.text(root, "version")
    if version is not None and version != "1.1":
        reading.faults.append(Fault(root.at("version"), f"This is version {version[:20]}.", "Send version 1.1."))
    record = root
    if "records" in root.members:
        records = reading.parts(root, "records")
        if len(records) != 1:
            return None
        record = records[0]
    if "compiledRelease" in record.members:
        if "releases" in record.members:
            reading.leave(record.at("releases"), "The compiled release says what they amount to.")
        return reading.part(record, "compiledRelease")
    if "releases" in record.members:
        releases = reading.parts(record, "releases")
        return releases[0] if len(releases) == 1 else None
    return record
