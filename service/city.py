"""One year of a city: where its money goes, three tenders that answer that, their contracts, and what was learnt.

Everything is asked of the public API, as any other client does. Two things no client can have, and both are told: no
year passes, so the contracts' days lie in the year before today though they were signed today; and no standstill of
days can be waited for, so the tenders follow no country's rules.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

from service import city_spend
from service.city_data import CONTACTS, NEXT, NEXT_FINDING, PEOPLE, PURCHASES, Purchase
from service.client import Client
from service.play import Cast, Evaluated, Play, Printed, keep

if TYPE_CHECKING:
    from service.operations import (
        DeliveredOf,
        DraftTender,
        Finding,
        Lot,
        Monitoring,
        NewAnalysis,
        NewPlan,
        NewPublication,
        NewRemedy,
        Obligation,
        Remedy,
        SpendAnalysis,
        SpendFile,
    )


class Analysed(NamedTuple):
    """The analysis of the year's payments: its id, what it says, and how many spellings a person had to decide."""

    id: str
    result: "SpendAnalysis"
    answered: int


def _say(words: str) -> None:
    print(words, flush=True)


# Where the money goes


def analyse(client: Client) -> Analysed:
    """Import the year, answer who the suppliers are that no name and no number tells, and analyse with that."""
    _say("a year of payments is read and analysed …")
    files = [
        _read(client, "payments-april-to-september.csv", "payments", city_spend.first_half()),
        _read(client, "payments-october-to-march.csv", "payments", city_spend.second_half()),
    ]
    asked: NewAnalysis = {
        "title": f"Payments from April {city_spend.FIRST_YEAR} to March {city_spend.FIRST_YEAR + 1}",
        "files": [file["id"] for file in files],
        "register_id": _read(client, "suppliers.csv", "register", city_spend.register())["id"],
        "places_id": _read(client, "places.csv", "places", city_spend.places())["id"],
        "local": ["city"],
        "region": ["county"],
        "exclude": {"categories": [city_spend.EXCLUDED]},
        "bound": {"categories": [city_spend.BOUND]},
        "survey": [
            {"supplier": name, "local_staff": staff, "local_suppliers": suppliers}
            for name, staff, suppliers in city_spend.SURVEY
        ],
    }
    proposed = [(proposal, alike) for proposal in _asked(client, asked)[1]["proposals"] for alike in proposal["alike"]]
    for proposal, alike in proposed:
        same = (proposal["name"], alike["name"]) == city_spend.MISSPELT
        client.answer_about_supplier({"supplier": proposal["supplier"], "entry": alike["entry"], "same": same})
    return Analysed(*_asked(client, asked), answered=len(proposed))


def _asked(client: Client, asked: "NewAnalysis") -> tuple[str, "SpendAnalysis"]:
    analysis_id = client.ask_for_analysis(asked).value["id"]
    return analysis_id, client.made(client.get_analysis, analysis_id).value


def _read(client: Client, name: str, kind: Literal["payments", "register", "places"], content: bytes) -> "SpendFile":
    """Send a file, confirm what its columns were taken for, and wait until all of it has been read."""
    sent = client.upload_spend_file(content, name=name, kind=kind, media_type="text/csv").value
    client.map_spend_file(sent["id"], client.preview_spend_file(sent["id"]).value["mapping"])
    while (file := client.get_spend_file(sent["id"]).value).get("pending"):
        sleep(0.2)
    return file


# From a finding to a signed contract


class Bought(NamedTuple):
    """A purchase that was awarded: its tender, the finding that it answers, the result, the winner, today's day."""

    purchase: Purchase
    play: Play
    finding: "Finding"
    ran: Evaluated
    winner: str
    today: date

    @property
    def name(self) -> str:
        """What its files are called by."""
        return self.play.story.tender["reference"].lower()


def link(author: Client, draft_id: str, analysed: Analysed, finding_id: str) -> "Finding":
    """Link a finding with a draft, and the outcome that it speaks for."""
    finding = next(one for one in analysed.result["findings"] if one["id"] == finding_id)
    outcome = finding["outcomes"][-1]
    author.link_finding(draft_id, {"analysis_id": analysed.id, "finding_id": finding_id, "outcome": outcome})
    return finding


def draft(play: Play, purchase: Purchase, analysed: Analysed) -> "tuple[DraftTender, Finding]":
    """Begin with the finding and the outcome that the tender is to bring; the catalogue then proposes criteria."""
    author, tender = play.people["author"], purchase.story.tender
    play.draft(tender)
    finding = link(author, play.draft_id, analysed, purchase.finding)
    proposed = author.propose_criteria(play.draft_id, purchase.proposal).value["criterion"]
    rules: Lot = {
        "criteria": [*purchase.own, proposed],
        "rounding": [
            {"stage": "leaf", "decimals": 2, "mode": "half_up"},
            {"stage": "criterion", "decimals": 2, "mode": "half_up"},
            {"stage": "total", "decimals": 2, "mode": "half_up"},
        ],
        "tie_break": [{"id": "criterion", "criterion": "social-value"}, {"id": "criterion", "criterion": "price"}],
    }
    return {**tender, "lots": [{"title": purchase.lot, "rules": rules}]}, finding


def buy(cast: Cast, analysed: Analysed) -> list[Bought]:
    """Three tenders side by side: published and bid for, then opened together, judged and awarded."""
    begun: list[tuple[Play, Purchase, Finding]] = []
    for purchase in PURCHASES:
        play = Play(cast, purchase.story)
        content, finding = draft(play, purchase, analysed)
        _say(f"{content['reference']}: {content['title']} …")
        play.publish(content)
        play.submit()
        begun.append((play, purchase, finding))
    return [_awarded(*one) for one in begun]


def _awarded(play: Play, purchase: Purchase, finding: "Finding") -> Bought:
    play.open()
    play.seat()
    play.score()
    ran = play.evaluate()
    decided_at = play.award(ran)
    play.tell(ran.winner)
    winner = next(name for name, receipt in play.bids.items() if receipt["bid_id"] == ran.winner)
    contract = f"C-{purchase.story.tender['reference']}"
    play.people["contract_manager"].record_contract(play.lot, {"signed_at": decided_at, "reference": contract})
    today = datetime.fromisoformat(decided_at).astimezone(ZoneInfo(purchase.story.tender["time_zone"])).date()
    return Bought(purchase, play, finding, ran, winner, today)


# The contract's year


def perform(bought: Bought) -> "Monitoring":
    """A year of a contract: delivered, proved, verified; then rated, published, and what fell short followed up."""
    play, purchase = bought.play, bought.purchase
    manager = play.people["contract_manager"]
    begins = date(bought.today.year - 1, bought.today.month, 1)
    until = date(begins.year + purchase.months // 12, begins.month, 1) - timedelta(days=1)
    plan: NewPlan = {
        "starts_on": begins.isoformat(),
        "ends_on": until.isoformat(),
        "period_months": purchase.period_months,
        "terms": dict(purchase.terms),
    }
    made = manager.make_obligations(play.lot, plan).value
    obligations = {one["criterion_id"]: one for one in made["obligations"]}
    for criterion, obligation in obligations.items():
        _deliver(bought, obligation, criterion)
    year_ends = date(begins.year + 1, begins.month, 1) - timedelta(days=1)
    rated = manager.assess_performance(
        play.lot, {"starts_on": begins.isoformat(), "ends_on": year_ends.isoformat()}
    ).value
    notice: NewPublication = {
        "about": "assessment",
        "reference": f"UK9 of {made['plan']['reference']}",
        "published_at": rated["assessed_at"],
    }
    manager.record_performance_notice(play.lot, notice)
    for step in purchase.remedies:
        remedy: NewRemedy = {"step": step.step, "reason": step.reason}
        if step.days is not None:
            remedy["due_on"] = (bought.today + timedelta(days=step.days)).isoformat()
        play.people[step.by].take_remedy(obligations[step.criterion]["id"], remedy)
    return manager.get_monitoring(play.lot).value


def _deliver(bought: Bought, obligation: "Obligation", criterion: str) -> None:
    """What was delivered of one promise: reported and proved by the contractor, verified by the contract manager."""
    contractor, manager = (bought.play.people[who] for who in (bought.winner, "contract_manager"))
    for period, given in enumerate(bought.purchase.deliveries[criterion], 1):
        note = f"{bought.purchase.notes[criterion]}, period {period}."
        reported = contractor.report_delivery(
            obligation["id"], {"period": period, "quantity": given.reported, "note": note}
        ).value
        proof = f"what,period,quantity\n{criterion},{period},{given.reported}\n".encode()
        contractor.add_evidence(reported["id"], proof, name=f"{criterion}-{period}.csv", media_type="text/csv")
        manager.decide_delivery(
            reported["id"], {"verdict": "verified", "quantity": given.verified, "reason": given.reason}
        )


# The year


class Year(NamedTuple):
    """All that happened: the analysis, what was bought, how each contract stands, what was learnt, the next draft."""

    analysed: Analysed
    bought: list[Bought]
    monitored: "list[Monitoring]"
    learnt: "list[DeliveredOf]"
    next_draft: str


def live(cast: Cast) -> Year:
    """Play the year from its payments to the first draft of the next."""
    author = cast.people["author"]
    analysed = analyse(author)
    bought = buy(cast, analysed)
    _say("a year of three contracts is reported, verified and rated …")
    monitored = [perform(one) for one in bought]
    drafted = author.draft_tender(NEXT).value["id"]
    link(author, drafted, analysed, NEXT_FINDING)
    return Year(analysed, bought, monitored, author.list_delivered().value, drafted)


def play(url: str, first_key: str, folder: Path) -> list[str]:
    """Play the year, keep a report of each stage in the folder; what happened, and where it lies."""
    with Cast(url, first_key, PEOPLE, CONTACTS) as cast:
        year = live(cast)
        _say("the reports are made …")
        keep(folder, papers(cast, year))
    return list(index(folder, year))


def papers(cast: Cast, year: Year) -> Iterator[Printed]:
    """The report of each stage, numbered as they follow each other."""
    author, moderator, manager = (cast.people[part] for part in ("author", "moderator", "contract_manager"))
    yield Printed("1-spend", author, f"/spend/analyses/{year.analysed.id}/report")
    for one in year.bought:
        yield Printed(f"2-evaluation-{one.name}", moderator, f"/evaluations/{one.ran.id}/report")
    for one in year.bought:
        yield Printed(f"3-contract-{one.name}", manager, f"/lots/{one.play.lot}/contract-report")
    yield Printed("4-what-was-learnt", author, f"/tenders/{year.next_draft}/what-was-learnt")


# What is said of it


def index(folder: Path, year: Year) -> Iterator[str]:
    """What happened, the headline figures, and where each report lies."""
    yield "\nwhere the money goes"
    yield from _of_spend(year.analysed)
    yield f"  {folder / '1-spend.pdf'}"
    for one, standing in zip(year.bought, year.monitored, strict=True):
        tender, finding = one.play.story.tender, one.finding
        yield f"\n{tender['reference']}  {tender['title']}"
        amount = f"GBP {Decimal(finding['amount']):,}, {finding['share']} %"
        yield f"  answers the finding “{finding['about']}” ({amount})"
        yield from (f"  {line}" for line in one.play.table(one.ran).splitlines())
        yield f"  {folder / f'2-evaluation-{one.name}.pdf'}"
        yield from _of_contract(one, standing)
        yield f"  {folder / f'3-contract-{one.name}.pdf'}"
    yield "\nwhat was learnt, for whoever drafts the next tender: what was delivered of what was promised"
    yield from _of_learnt(year.learnt)
    yield f"  {folder / '4-what-was-learnt.pdf'}"
    yield "\nEvery report lies beside as HTML. No year can pass in a demo: the contracts' days lie in the year before"
    yield "today, and as no standstill can be waited for, the tenders follow no country's rules.\n"


def _of_spend(analysed: Analysed) -> Iterator[str]:
    result = analysed.result
    paid = f"{result['currency']} {Decimal(result['amount']):,}"
    yield f"  {paid} in {result['lines']} payments to {result['suppliers']} named suppliers"
    local, leaves, smes = (one["known"] for one in (result["local"], result["influence"]["share"], result["smes"]))
    yield f"  {local} % of it goes to suppliers in the city, {leaves} % leaves the region, {smes} % goes to SMEs"
    out = sum(one["lines"] for one in result["left_out"])
    yield f"  {out} payments do not count, and {analysed.answered} spelling was decided by a person"


def _of_contract(bought: Bought, standing: "Monitoring") -> Iterator[str]:
    promises, amount = standing["obligations"], Decimal(standing["plan"]["value"] or 0)
    yield f"  {bought.winner} holds the contract of GBP {amount:,} with {len(promises)} promises"
    for one in promises:
        steps = ", ".join(_step(step) for step in one["remedies"])
        if steps:
            yield f"  {one['title']}: {one['standing']['achievement']} % reached; {steps}"


def _step(step: "Remedy") -> str:
    words = step["step"].replace("_", " ")
    return words if step["amount"] is None else f"{words} GBP {Decimal(step['amount']):,}"


def _of_learnt(learnt: Iterable["DeliveredOf"]) -> Iterator[str]:
    rows = [
        (one["title"], by["supplier"], by["promised"], by["delivered"], f"{by['percent'] or '–'} %")
        for one in learnt
        for by in one["suppliers"]
    ]
    rows = [("measure", "supplier", "promised", "verified", "achieved"), *rows]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for measure, supplier, *figures in rows:
        told = "  ".join(f"{figure:>{width}}" for figure, width in zip(figures, wide[2:], strict=True))
        yield f"  {measure:<{wide[0]}}  {supplier:<{wide[1]}}  {told}"
