"""Ranks, and the published tie-breaks on bids that share one."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby
from typing import assert_never

from scoring.decimals import parse_decimal
from scoring.entry import Entry
from scoring.model import direction_of
from scoring.tie_break import DrawLots, Heaviest, HigherQuality, LowerPrice, OnCriterion, TieBreak, keeps, ticket
from scoring.tree import Node, Plan, nodes_beside, quality_nodes
from scoring.worked import InvalidValue

Key = tuple[Fraction | str, ...]


def set_ranks(plan: Plan, entries: list[Entry], bids: Sequence[str], secret: str | None) -> bool:
    """Number the places 1, 1, 3; returns whether equals still wait for lots to be drawn.

    `bids` are the ids of all bids received; they are mixed into the drawing.
    """
    check_secret(plan, secret)
    place, waits = 1, False
    for _, equal in groupby(sorted(entries, key=lambda entry: (entry.order, entry.bid.id)), key=order_of):
        groups = split(plan, list(equal), plan.lot.tie_break, bids, secret)
        for group in groups:
            for entry in group:
                entry.rank, entry.tied = place, len(group) > 1
            place += len(group)
            lots = any(isinstance(rule, DrawLots) for rule in plan.lot.tie_break)
            waits = waits or (len(group) > 1 and lots and secret is None)
    return waits


def order_of(entry: Entry) -> Fraction:
    """What bids are ranked by; less is better."""
    return entry.order


def check_secret(plan: Plan, secret: str | None) -> None:
    """Refuse a revealed secret whose hash is not the published commitment."""
    for rule in plan.lot.tie_break:
        if isinstance(rule, DrawLots) and secret is not None and not keeps(rule.commitment, secret):
            raise InvalidValue("draw_secret is not the secret whose SHA-256 was published with the rules")


def split(
    plan: Plan, equal: list[Entry], rules: Sequence[TieBreak], bids: Sequence[str], secret: str | None
) -> list[list[Entry]]:
    """Equal bids in order of the first published rule that tells them apart; each split is logged on the bids."""
    if len(equal) == 1 or not rules:
        return [equal]
    rule, rest = rules[0], rules[1:]
    key = key_of(plan, rule, bids, secret)
    if key is None:
        return split(plan, equal, rest, bids, secret)
    keyed = sorted(((key(entry), entry.bid.id, entry) for entry in equal), key=lambda item: item[:2])
    groups = [[entry for _, _, entry in group] for _, group in groupby(keyed, key=lambda item: item[0])]
    if len(groups) > 1:
        for entry in equal:
            entry.flag(None, f"tie_broken:{rule.__struct_config__.tag}", {})
    return [part for group in groups for part in split(plan, group, rest, bids, secret)]


def key_of(plan: Plan, rule: TieBreak, bids: Sequence[str], secret: str | None) -> Callable[[Entry], Key] | None:
    """What a rule compares, less being better; nothing when it cannot be applied here."""
    match rule:
        case Heaviest():
            heaviest = sorted((node for node in plan.leaves if node.scored), key=lambda node: -node.share)
            return lambda entry: tuple(-entry.cells[node.id].weighted for node in heaviest)
        case OnCriterion():
            return criterion_key(next(node for node in plan.every if node.id == rule.criterion), rule)
        case HigherQuality():
            quality = (
                [node for node in quality_nodes(plan.nodes) if node is not plan.price]
                if plan.lot.rule
                else list(nodes_beside(plan.nodes, plan.price))
            )
            return lambda entry: (-sum((entry.cells[node.id].weighted for node in quality), start=Fraction(0)),)
        case LowerPrice():
            price = plan.price
            return None if price is None else lambda entry: price_key(price, entry)
        case DrawLots():
            return None if secret is None else lambda entry: (ticket(secret, bids, entry.bid.id),)
        case _:
            assert_never(rule)


def price_key(price: Node, entry: Entry) -> Key:
    """The price; a bid that states none comes last."""
    number = entry.numbers.get(price.id)
    return (Fraction(1), Fraction(0)) if number is None else (Fraction(0), number)


def criterion_key(node: Node, rule: OnCriterion) -> Callable[[Entry], Key]:
    """Points where the criterion earns some, else its value: a number in its direction, or yes before no."""
    sign = -1 if (rule.prefer or direction_of(node.criterion)) == "higher" else 1

    def key(entry: Entry) -> Key:
        cell, text = entry.cells.get(node.id), entry.bid.values.get(node.id, "")
        if cell is not None:
            return (-cell.points,)
        number = number_in(text)
        return (sign * number,) if number is not None else (Fraction(0 if text in {"yes", "pass"} else 1),)

    return key


def number_in(text: str) -> Fraction | None:
    """The number that a text states, if it states one."""
    try:
        return parse_decimal(text, "value")
    except ValueError:
        return None
