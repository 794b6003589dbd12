"""Pictures as lines, boxes, dots and words, in millimetres on a page 170 wide; the templates print them as SVG.

Geometry is worked out in fractions and written with three decimals. A tone is a name in the colour scale of
`templates/macros.html`; no meaning hangs on it alone: lengths, numbers and words say the same.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate, cycle
from math import ceil, floor
from typing import Final

from msgspec import Struct

from scoring.decimals import exact_text

WIDTH: Final = 170
NAMES: Final = 52
"""Where the plot of a chart with one row a bid begins; names stand on its left."""
ROW: Final = 7
BODY: Final = Fraction("2.9")
SMALL: Final = Fraction("2.5")
"""Heights of type: names and totals; axes and notes."""
PARTS: Final = ("deep", "mid", "light", "pale", "ochre", "sand")
"""Tones of what is stacked, in order; neighbours differ in lightness, for grey print."""
DARK: Final = {"deep", "mid", "warm"}

Number = Callable[[str], str]
"""Writes a plain decimal in the report's language."""


class Line(Struct, frozen=True, kw_only=True):
    """A hairline."""

    x1: str
    y1: str
    x2: str
    y2: str
    tone: str = "rule"


class Box(Struct, frozen=True, kw_only=True):
    """A filled rectangle."""

    x: str
    y: str
    width: str
    height: str
    tone: str


class Dot(Struct, frozen=True, kw_only=True):
    """A disc, or a square that stands on its corner."""

    x: str
    y: str
    radius: str
    tone: str
    cornered: bool = False


class Word(Struct, frozen=True, kw_only=True):
    """A text on its baseline. `anchor` is SVG's: start, middle or end."""

    x: str
    y: str
    text: str
    size: str
    tone: str
    anchor: str
    strong: bool


class Chart(Struct, frozen=True, kw_only=True):
    """A picture, drawn in this order: lines, boxes, dots, words. `message` is what it says, for who does not see it."""

    height: str
    message: str
    lines: tuple[Line, ...] = ()
    boxes: tuple[Box, ...] = ()
    dots: tuple[Dot, ...] = ()
    words: tuple[Word, ...] = ()


# What charts are made of


class Part(Struct, frozen=True, kw_only=True):
    """A piece of a stacked bar: its share of the full length, its tone, what is written into it where there is room."""

    share: Fraction
    tone: str
    label: str


class Bar(Struct, frozen=True, kw_only=True):
    """A row of parts end to end, with what stands before and behind it; a note stands where there are no parts."""

    place: str
    name: str
    parts: tuple[Part, ...]
    figure: str
    note: str = ""


class Point(Struct, frozen=True, kw_only=True):
    """A bid between two axes; the mark is written into its dot."""

    x: Fraction
    y: Fraction
    mark: str
    name: str
    strong: bool


class Axis(Struct, frozen=True, kw_only=True):
    """What an axis measures, and how its numbers are written."""

    title: str
    number: Number


class Reach(Struct, frozen=True, kw_only=True):
    """How far something may fall and rise before anything changes; an end at which nothing does is not `hard`."""

    name: str
    down: Fraction
    up: Fraction
    down_label: str
    up_label: str
    hard_down: bool
    hard_up: bool


class Views(Struct, frozen=True, kw_only=True):
    """What people gave on one scale, from 0 at its low end to 1 at its high one, and what they agreed."""

    name: str
    given: tuple[Fraction, ...]
    agreed: Fraction | None
    figure: str


# Drawing


def stacked(bars: Sequence[Bar], message: str) -> Chart:
    """Bars of parts; 100 mm stand for the whole. A negative part has no length."""
    bottom = len(bars) * ROW
    boxes: list[Box] = []
    words: list[Word] = []
    for row, bar in enumerate(bars):
        y = Fraction(row * ROW)
        words.append(word(0, y + Fraction("4.5"), bar.place, BODY, tone="soft"))
        words.append(word(Fraction("5.5"), y + Fraction("4.5"), fitted(bar.name, 45, BODY), BODY))
        words.append(word(WIDTH, y + Fraction("4.5"), bar.figure, BODY, anchor="end", strong=True))
        if bar.note:
            words.append(word(NAMES + 1, y + Fraction("4.5"), bar.note, BODY, tone="soft"))
        x = Fraction(NAMES)
        for part in bar.parts:
            width = max(Fraction(0), part.share) * 100
            boxes.append(box(x, y + 1, width, Fraction(5), part.tone))
            if part.label and width > breadth(part.label, SMALL) + 1:
                tone = "white" if part.tone in DARK else "ink"
                words.append(word(x + width / 2, y + Fraction("4.4"), part.label, SMALL, tone=tone, anchor="middle"))
            x += width
    grid = tuple(line(NAMES + x, 0, NAMES + x, bottom) for x in (0, 25, 50, 75, 100))
    words += [word(NAMES + x, bottom + 4, f"{x} %", SMALL, tone="soft", anchor="middle") for x in (0, 25, 50, 75, 100)]
    return Chart(height=mm(bottom + 5), message=message, lines=grid, boxes=tuple(boxes), words=tuple(words))


class Length(Struct, frozen=True, kw_only=True):
    """A bar by itself: its name, its size on the chart's one scale, what is written behind it."""

    name: str
    size: Fraction
    figure: str
    tone: str = "mid"


LONGEST: Final = 70
"""Millimetres of the longest bar of a chart of lengths."""


def lengths(bars: Sequence[Length], message: str) -> Chart:
    """Bars on one scale from nought; what is negative has no length."""
    longest = max((bar.size for bar in bars), default=Fraction(0))
    boxes: list[Box] = []
    words: list[Word] = []
    for row, bar in enumerate(bars):
        y = Fraction(row * ROW)
        words.append(word(0, y + Fraction("4.5"), fitted(bar.name, NAMES - 2, BODY), BODY))
        words.append(word(WIDTH, y + Fraction("4.5"), bar.figure, BODY, anchor="end"))
        if longest > 0:
            boxes.append(
                box(Fraction(NAMES), y + 1, max(Fraction(0), bar.size) / longest * LONGEST, Fraction(5), bar.tone)
            )
    return Chart(height=mm(len(bars) * ROW), message=message, boxes=tuple(boxes), words=tuple(words))


LEFT, RIGHT, TOP, BOTTOM = 24, 168, 7, 79
"""The plot between two axes."""


def scatter(points: Sequence[Point], across: Axis, up: Axis, message: str) -> Chart:
    """Bids between two axes. Neither axis need begin at nought: what counts is who stands above and left of whom."""
    low_x, high_x = stretched([point.x for point in points])
    low_y, high_y = stretched([point.y for point in points])

    def at(x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
        return (
            LEFT + (x - low_x) / (high_x - low_x) * (RIGHT - LEFT),
            BOTTOM - (y - low_y) / (high_y - low_y) * (BOTTOM - TOP),
        )

    lines: list[Line] = []
    words = [
        word(LEFT, 3, up.title, SMALL, tone="soft"),
        word(RIGHT, BOTTOM + 10, across.title, SMALL, tone="soft", anchor="end"),
    ]
    for tick in ticks(low_x, high_x):
        x, _ = at(tick, low_y)
        lines.append(line(x, TOP, x, BOTTOM))
        words.append(word(x, BOTTOM + 5, across.number(exact_text(tick)), SMALL, tone="soft", anchor="middle"))
    for tick in ticks(low_y, high_y):
        _, y = at(low_x, tick)
        lines.append(line(LEFT, y, RIGHT, y))
        words.append(word(LEFT - 2, y + Fraction("0.9"), up.number(exact_text(tick)), SMALL, tone="soft", anchor="end"))
    spots = [at(point.x, point.y) for point in points]
    dots: list[Dot] = []
    for point, (x, y) in reversed(list(zip(points, spots, strict=True))):
        tone = "deep" if point.strong else "light"
        dots.append(dot(x, y, Fraction("2.3"), tone))
        ink = "white" if point.strong else "ink"
        words.append(word(x, y + Fraction("0.9"), point.mark, SMALL, tone=ink, anchor="middle", strong=True))
    words += names_beside(points, spots)
    height = mm(BOTTOM + 11)
    return Chart(height=height, message=message, lines=tuple(lines), dots=tuple(dots), words=tuple(words))


FEW: Final = 12
"""Up to so many dots have their names beside them; more have numbers only."""


def names_beside(points: Sequence[Point], spots: Sequence[tuple[Fraction, Fraction]]) -> list[Word]:
    """Names next to their dots, each where it covers no other; one that fits nowhere is left to the table."""
    if len(points) > FEW:
        return []
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y in spots]
    words: list[Word] = []
    for point, (x, y) in zip(points, spots, strict=True):
        text = fitted(point.name, 40, SMALL)
        width = breadth(text, SMALL)
        for left, base in ((x + 4, y + 1), (x - 4 - width, y + 1), (x - width / 2, y + 6), (x - width / 2, y - 4)):
            area = (left, base - 2, left + width, base + 1)
            if left >= LEFT and left + width <= WIDTH and TOP < base < BOTTOM and not any(meet(area, o) for o in taken):
                taken.append(area)
                words.append(word(left, base, text, SMALL, tone="ink"))
                break
    return words


CENTRE, REACH = 111, 40
"""Where a reach has its middle, and how long the longest is on one side."""


def reaches(rows: Sequence[Reach], zero: str, message: str) -> Chart:
    """How far each thing may move to either side, on one scale: the shorter its bar, the more hangs on it."""
    longest = max((max(row.down, row.up) for row in rows), default=Fraction(0)) or Fraction(1)
    bottom = len(rows) * ROW
    boxes: list[Box] = []
    words: list[Word] = []
    for number, row in enumerate(rows):
        y = Fraction(number * ROW)
        down, up = row.down / longest * REACH, row.up / longest * REACH
        words.append(word(0, y + Fraction("4.5"), fitted(row.name, 50, BODY), BODY))
        boxes.append(box(CENTRE - down, y + 1, down, Fraction(5), "mid" if row.hard_down else "pale"))
        boxes.append(box(Fraction(CENTRE), y + 1, up, Fraction(5), "mid" if row.hard_up else "pale"))
        for edge, label, hard, anchor in (
            (CENTRE - down, row.down_label, row.hard_down, "end"),
            (CENTRE + up, row.up_label, row.hard_up, "start"),
        ):
            side = -1 if anchor == "end" else 1
            if hard:
                boxes.append(box(edge - Fraction("0.4"), y + Fraction("0.4"), Fraction("0.8"), Fraction("6.2"), "warm"))
            tone = "ink" if hard else "soft"
            words.append(
                word(edge + side * Fraction("1.6"), y + Fraction("4.4"), label, SMALL, tone=tone, anchor=anchor)
            )
    words.append(word(CENTRE, bottom + 4, zero, SMALL, tone="soft", anchor="middle"))
    middle = (line(CENTRE, 0, CENTRE, bottom, tone="ink"),)
    return Chart(height=mm(bottom + 5), message=message, lines=middle, boxes=tuple(boxes), words=tuple(words))


SCALE_LEFT, SCALE_RIGHT = 84, 152
"""Where a scale of scores begins and ends."""


def views(rows: Sequence[Views], ends: tuple[str, str], message: str) -> Chart:
    """What people gave, as discs with their number, and what they agreed, as a square on its corner."""
    bottom = len(rows) * ROW
    lines = [line(x, 0, x, bottom) for x in (SCALE_LEFT, SCALE_RIGHT)]
    boxes: list[Box] = []
    dots: list[Dot] = []
    words: list[Word] = []
    for number, row in enumerate(rows):
        y = Fraction(number * ROW) + Fraction("3.5")
        words.append(word(0, y + 1, fitted(row.name, 80, BODY), BODY))
        words.append(word(WIDTH, y + 1, row.figure, BODY, anchor="end"))
        spots = {
            share: SCALE_LEFT + share * (SCALE_RIGHT - SCALE_LEFT)
            for share in (*row.given, row.agreed)
            if share is not None
        }
        if row.given:
            low, high = spots[min(row.given)], spots[max(row.given)]
            boxes.append(box(low, y - Fraction("0.5"), high - low, Fraction(1), "light"))
        if row.agreed is not None:
            dots.append(dot(spots[row.agreed], y, Fraction("3.4"), "ochre", cornered=True))
        for share in sorted(set(row.given)):
            dots.append(dot(spots[share], y, Fraction("1.9"), "mid"))
            label = str(row.given.count(share))
            words.append(
                word(spots[share], y + Fraction("0.9"), label, SMALL, tone="white", anchor="middle", strong=True)
            )
    words += [
        word(x, bottom + 4, text, SMALL, tone="soft", anchor="middle")
        for x, text in zip((SCALE_LEFT, SCALE_RIGHT), ends, strict=True)
    ]
    return Chart(
        height=mm(bottom + 5),
        message=message,
        lines=tuple(lines),
        boxes=tuple(boxes),
        dots=tuple(dots),
        words=tuple(words),
    )


# Pieces


def mm(value: Fraction | int) -> str:
    """A length with three decimals at most."""
    whole, rest = divmod(abs(round(Fraction(value) * 1000)), 1000)
    text = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and text != "0" else text


def line(x1: Fraction | int, y1: Fraction | int, x2: Fraction | int, y2: Fraction | int, tone: str = "rule") -> Line:
    """A straight line between two points, in millimetres from the top left."""
    return Line(x1=mm(x1), y1=mm(y1), x2=mm(x2), y2=mm(y2), tone=tone)


def box(x: Fraction, y: Fraction, width: Fraction, height: Fraction, tone: str) -> Box:
    """A filled rectangle by its top left corner."""
    return Box(x=mm(x), y=mm(y), width=mm(width), height=mm(height), tone=tone)


def dot(x: Fraction, y: Fraction, radius: Fraction, tone: str, *, cornered: bool = False) -> Dot:
    """A mark around a point; `cornered` makes it a diamond, which is told from a disc without its colour."""
    return Dot(x=mm(x), y=mm(y), radius=mm(radius), tone=tone, cornered=cornered)


def word(
    x: Fraction | int,
    y: Fraction | int,
    text: str,
    size: Fraction,
    *,
    tone: str = "ink",
    anchor: str = "start",
    strong: bool = False,
) -> Word:
    """A text that begins, is centred or ends (`anchor`: start, middle, end) at a point on its base line."""
    return Word(x=mm(x), y=mm(y), text=text, size=mm(size), tone=tone, anchor=anchor, strong=strong)


NARROW, BROAD = set(" .,:;'|!il1I-–·()jftr"), set("MWmw@%&—")


def tenths(sign: str) -> int:
    """About how broad a sign is, in tenths of its size; a little more than it will be."""
    return 3 if sign in NARROW else 9 if sign in BROAD else 6 if sign.isupper() else 5


def breadth(text: str, size: Fraction) -> Fraction:
    """About how broad a text is set."""
    return size * sum(map(tenths, text)) / 10


def fitted(text: str, room: int, size: Fraction) -> str:
    """As much of a text as there is room for; the table beside the chart has all of it."""
    ends = list(accumulate(map(tenths, text)))
    most = room * 10 // size
    if not ends or ends[-1] <= most:
        return text
    return text[: bisect_right(ends, most - tenths("…"))].rstrip() + "…"


def meet(one: tuple[Fraction, ...], other: tuple[Fraction, ...]) -> bool:
    """Whether two areas (left, top, right, bottom) overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def stretched(values: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """The ends of an axis: a little beyond the values, so that no dot stands on the edge."""
    low, high = min(values), max(values)
    margin = (high - low) * Fraction(8, 100) or max(abs(high) / 10, Fraction(1))
    return low - margin, high + margin


MOST_TICKS: Final = 6


def ticks(low: Fraction, high: Fraction) -> list[Fraction]:
    """The roundest numbers between two ends, in steps of 1, 2 or 5 times a power of ten."""
    step = Fraction(1)
    while step * MOST_TICKS > high - low:
        step /= 10
    for times in cycle((2, Fraction(5, 2), 2)):
        if step * MOST_TICKS >= high - low:
            break
        step *= times
    return [step * place for place in range(ceil(low / step), floor(high / step) + 1)]
