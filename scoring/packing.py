"""The exact search behind combined lots: which offers, one for every lot, cost least within the award limits.

Whole numbers decide everything. The search covers the lots one after the other and drops a branch only when a bound,
worked out in integers, proves that it cannot be as good as the best found. The bound holds for any multipliers: for lot
multipliers u and limit multipliers v ≥ 0, an offer j of cost c has the reduced cost r = c − Σ u + v · (its lots), and
what is still to be paid is at least Σ u − Σ v · (limit left) + Σ over lots of the least r per lot. Multipliers of 0 do
for small cases. For large ones they come from the linear relaxation (HiGHS), whose floats can thus make the search
longer or shorter, but never its answer wrong. Source of the bound: Lagrangian duality; Neumaier and Shcherbina 2004.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from highspy import HighsLp

FINE: Final = 1 << 10
"""Multipliers are whole numbers of a 1024th of the cost's unit, so that halves and thirds bound well."""

PLAIN_NODES: Final = 500
"""So many branches are tried without the linear relaxation; small cases end before."""

GUIDED_NODES: Final = 20_000
MOST_EQUAL: Final = 200


class TooManyBranches(Exception):
    """The search did not end within its limit, so nothing is proven and nothing is said."""


class Package(NamedTuple):
    """An offer: whose, for which lots (a bit each), at what cost in whole units of the caller's choice."""

    supplier: str
    lots: int
    cost: int

    @property
    def size(self) -> int:
        """How many lots it covers."""
        return self.lots.bit_count()


class Packing(NamedTuple):
    """The least cost, and every selection of offers (indices, ascending) that has it; `complete` if these are all."""

    cost: int
    selections: tuple[tuple[int, ...], ...]
    complete: bool


class Multipliers(NamedTuple):
    """What a lot is worth, and what using up one lot of a supplier's limit costs, in 1024ths."""

    lots: Mapping[int, int]
    limits: Mapping[str, int]


_NONE: Final = Multipliers({}, {})


class _NodesUsedUp(Exception):
    pass


@dataclass(slots=True)
class _Search:
    """The state of one search: what is known, and what has been found."""

    packages: Sequence[Package]
    guided: bool
    nodes_left: int
    best: int | None = None
    found: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    overflow: bool = False


def pack(packages: Sequence[Package], lots: int, limits: Mapping[str, int]) -> Packing | None:
    """The cheapest exact covers of `lots` lots within the limits (lots per supplier); nothing when there is none.

    Raises TooManyBranches.
    """
    for guided, nodes in ((False, PLAIN_NODES), (True, GUIDED_NODES)):
        search = _Search(packages, guided, nodes)
        try:
            _cover(search, (1 << lots) - 1, 0, dict(limits), ())
        except _NodesUsedUp:
            continue
        if search.best is None:
            return None
        return Packing(search.best, tuple(sorted(search.found)), complete=not search.overflow)
    raise TooManyBranches(f"{GUIDED_NODES} branches did not settle {lots} lots and {len(packages)} offers")


def _cover(search: _Search, open_lots: int, cost: int, limits: dict[str, int], chosen: tuple[int, ...]) -> None:
    """Try every way to cover the lots that are still open, as long as it can be as good as the best."""
    if not open_lots:
        _keep(search, cost, chosen)
        return
    search.nodes_left -= 1
    if search.nodes_left < 0:
        raise _NodesUsedUp
    usable = [
        index
        for index, package in enumerate(search.packages)
        if package.lots & ~open_lots == 0 and limits.get(package.supplier, package.size) >= package.size
    ]
    choices = {lot: [j for j in usable if search.packages[j].lots >> lot & 1] for lot in _bits(open_lots)}
    if not all(choices.values()):
        return
    multipliers = _relaxed(search.packages, usable, open_lots, limits) if search.guided else _NONE
    reduced = {j: _reduced_cost(search.packages[j], multipliers) for j in usable}
    if search.best is not None:
        least = cost * FINE + _bound(choices, reduced, multipliers, limits)
        too_dear = least > search.best * FINE
        if too_dear or (search.overflow and least > (search.best - 1) * FINE):
            return
    lot = min(choices, key=lambda one: (len(choices[one]), one))
    for j in sorted(choices[lot], key=lambda one: (reduced[one].per_lot, one)):
        package = search.packages[j]
        left = limits
        if package.supplier in limits:
            left = limits | {package.supplier: limits[package.supplier] - package.size}
        _cover(search, open_lots & ~package.lots, cost + package.cost, left, (*chosen, j))


def _keep(search: _Search, cost: int, chosen: tuple[int, ...]) -> None:
    if search.best is None or cost < search.best:
        search.best, search.found, search.overflow = cost, [], False
    if cost == search.best:
        if len(search.found) < MOST_EQUAL:
            search.found.append(tuple(sorted(chosen)))
        else:
            search.overflow = True


class _Reduced(NamedTuple):
    total: int
    per_lot: int
    """Rounded down, so that as many of them as there are lots never exceed the total."""


def _reduced_cost(package: Package, multipliers: Multipliers) -> _Reduced:
    worth = sum(multipliers.lots.get(lot, 0) for lot in _bits(package.lots))
    total = package.cost * FINE - worth + multipliers.limits.get(package.supplier, 0) * package.size
    return _Reduced(total, total // package.size)


def _bound(
    choices: Mapping[int, Sequence[int]],
    reduced: Mapping[int, _Reduced],
    multipliers: Multipliers,
    limits: Mapping[str, int],
) -> int:
    """The least, in 1024ths, that covering the open lots can cost."""
    worth = sum(multipliers.lots.get(lot, 0) for lot in choices)
    spent = sum(multiplier * limits[supplier] for supplier, multiplier in multipliers.limits.items())
    return worth - spent + sum(min(reduced[j].per_lot for j in usable) for usable in choices.values())


@lru_cache(maxsize=4096)
def _bits(lots: int) -> tuple[int, ...]:
    return tuple(lot for lot in range(lots.bit_length()) if lots >> lot & 1)


def _relaxed(
    packages: Sequence[Package], usable: Sequence[int], open_lots: int, limits: Mapping[str, int]
) -> Multipliers:
    """Multipliers from the linear relaxation; of any quality, since the bound holds for all of them."""
    import highspy

    lots = _bits(open_lots)
    suppliers = sorted({packages[j].supplier for j in usable} & limits.keys())
    least = {lot: min(p.cost // p.size for j in usable if (p := packages[j]).lots >> lot & 1) for lot in lots}
    # Every lot is covered once, so what every way of covering it costs at least can be left out: floats see the rest.
    left = [p._replace(cost=p.cost - sum(least[lot] for lot in _bits(p.lots))) for p in (packages[j] for j in usable)]
    unit = max(1, sorted(abs(package.cost) for package in left)[len(left) // 2])
    solver = highspy.Highs()
    solver.silent()
    solver.passModel(_program(left, lots, {supplier: limits[supplier] for supplier in suppliers}, unit))
    solver.run()
    duals = solver.getSolution().row_dual
    if len(duals) != len(lots) + len(suppliers) or not all(map(isfinite, duals)):
        return _NONE
    scaled = [round(dual * unit * FINE) for dual in duals]
    return Multipliers(
        {lot: least[lot] * FINE + dual for lot, dual in zip(lots, scaled, strict=False)},
        {supplier: max(0, -dual) for supplier, dual in zip(suppliers, scaled[len(lots) :], strict=True)},
    )


def _program(left: Sequence[Package], lots: Sequence[int], limits: Mapping[str, int], unit: int) -> "HighsLp":
    """The linear relaxation: cover every lot exactly once, keep every limit, pay as little as possible."""
    import highspy
    import numpy as np

    rows: dict[int | str, int] = {name: row for row, name in enumerate((*lots, *limits))}
    starts, indices, values = [0], list[int](), list[float]()
    for package in left:
        indices += [rows[lot] for lot in _bits(package.lots)]
        values += [1.0] * package.size
        if package.supplier in limits:
            indices.append(rows[package.supplier])
            values.append(float(package.size))
        starts.append(len(indices))
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(left), len(rows)
    program.col_cost_ = np.array([package.cost / unit for package in left])
    program.col_lower_, program.col_upper_ = np.zeros(len(left)), np.full(len(left), np.inf)
    program.row_lower_ = np.array([1.0] * len(lots) + [-np.inf] * len(limits))
    program.row_upper_ = np.array([1.0] * len(lots) + [float(limit) for limit in limits.values()])
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.array(starts, dtype=np.int32)
    program.a_matrix_.index_ = np.array(indices, dtype=np.int32)
    program.a_matrix_.value_ = np.array(values)
    return program
