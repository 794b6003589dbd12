"""A report on a contract with everything that can have happened, a foreign text wherever people write."""

from decimal import Decimal

import msgspec

from service.contract_paper import AssessedSpan, ContractPaper, Decided, Delivered, Failed, Promised, Proof, Taken
from service.monitoring import Due, PeriodStanding
from service.paper_document import Heading
from service.performance import Standing
from service.performance_notices import Publication, Rated
from service.shortfalls import Charge, Uncovered
from tests.make_reports import EVALUATED_AT, OPENED_AT


def standing_of(**fields: str) -> Standing:
    """Half of what was due, with figures of its own in every place."""
    figures = {name: Decimal(text) for name, text in fields.items()}
    plain = {"target": "156.2", "target_to_date": "78.1", "verified": "40.3", "verified_to_date": "39.4"}
    plain |= {"achievement": "50.45", "forecast": "78.8", "forecast_achievement": "50.51", "shortfall": "38.7"}
    return Standing(**({name: Decimal(text) for name, text in plain.items()} | figures), rating="inadequate")


def promised_by(text: str) -> Promised:
    """A promise that was half kept, proved, verified and charged."""
    day = EVALUATED_AT.date()
    return Promised(
        number=1,
        title=text,
        promised=text,
        unit="week",
        contracted=False,
        kpi=True,
        owner=text,
        evidence=(text, "payroll extract"),
        points="11.25",
        advantage=Decimal("225000.00"),
        standing=standing_of(),
        periods=(
            PeriodStanding(
                number=1,
                starts_on=day,
                ends_on=day,
                target=Decimal("38.79"),
                verified=Decimal("38.5"),
                achievement=Decimal("99.25"),
            ),
        ),
        uncovered=Uncovered(
            scored=Decimal("312.4"),
            contracted=Decimal("156.2"),
            advantage=Decimal("112500.00"),
            formula="225000.00 × 156.2 ÷ 312.4",
        ),
        charge=Charge(amount=Decimal("84375.00"), formula="1.5 × 225000.00 × 39 ÷ 156"),
        charged=Decimal("50000.00"),
        deliveries=(
            Delivered(
                period=1,
                quantity=Decimal("40.5"),
                state="verified",
                note=text,
                person=text,
                proofs=(Proof(name=text, digest="ab" * 32),),
                decisions=(Decided(verdict="verified", quantity=Decimal("38.5"), reason=text, person=text),),
            ),
        ),
        remedies=(
            Taken(
                number=1,
                step="withhold",
                reason=text,
                shortfall=Decimal("38.7"),
                amount=Decimal("50000.00"),
                due_on=day,
                person=text,
                taken_at=EVALUATED_AT,
            ),
        ),
    )


def contract_under(heading: Heading, text: str) -> ContractPaper:
    """A contract in its second quarter: short, charged, rated, failed, told."""
    day = EVALUATED_AT.date()
    promised = promised_by(text)
    unknown = Standing(
        **dict.fromkeys(("target", "target_to_date", "verified", "verified_to_date"), Decimal(0)),
        **dict.fromkeys(("achievement", "forecast", "forecast_achievement", "shortfall", "rating")),
    )
    bare = msgspec.structs.replace(
        promised, number=2, title="Carbon", unit="tCO2e", standing=unknown, charge=None, deliveries=(), remedies=()
    )
    agreed = msgspec.structs.replace(
        bare, number=3, title=text, unit="count", origin="contract", uncovered=None, points=None, advantage=None
    )
    rated = Rated(
        criterion_id="apprentice-weeks",
        title=text,
        unit="week",
        target=Decimal("78.1"),
        verified=Decimal("39.4"),
        achievement=Decimal("50.45"),
        by_figures="inadequate",
        rating="other",
        comment=text,
    )
    beside = msgspec.structs.replace(rated, criterion_id="safety-meetings", unit="count", origin="contract")
    return ContractPaper(
        heading=heading,
        at=EVALUATED_AT,
        contractor=text,
        reference=text,
        signed_at=OPENED_AT,
        starts_on=day,
        ends_on=day,
        value=Decimal("1000000.00"),
        today=day,
        promises=(promised, bare, agreed),
        assessments=(
            AssessedSpan(
                number=1, starts_on=day, ends_on=day, ratings=(rated,), person=text, periods=(1, 2), running=(3,)
            ),
            AssessedSpan(
                number=2, starts_on=day, ends_on=day, ratings=(beside,), person=text, running=(4,), at_termination=True
            ),
        ),
        failures=(
            Failed(number=1, kind="breach", outcome="settlement", description=text, arose_on=day, decided_by=text),
        ),
        notices=(Publication(about="assessment", number=1, reference=text, published_at=EVALUATED_AT),),
        due=(Due(kind="publish", about=text, due_on=day, last_day=day),),
        warnings=(text,),
    )
