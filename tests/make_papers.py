"""A document of every kind of paper, as the service makes them, with a foreign text wherever people write."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

import scoring
from scoring import Simulation, Trial, simulate
from service.awards import Annulled
from service.consortia import Overlap, Party
from service.contract_paper import ContractPaper
from service.learnt_paper import Answered, LearntBy, LearntOf, LearntPaper
from service.letter_paper import LetterPaper
from service.letters import Assessed, CriterionTold, FrameworkTold, Letter, ReadOut, Shown
from service.moderation_paper import Agreed, Asked, Dissenting, Item, Judged, Locked, Met, ModerationPaper, Own, Sat
from service.money import Vat
from service.opening_paper import Behind, OpeningPaper
from service.panel import Policy
from service.paper_document import Document, Heading
from service.participation import Participation
from service.procedure_paper import ProcedurePaper
from service.procedure_reports import (
    MissingPart,
    ProcedureReport,
    ReportedAward,
    ReportedBid,
    ReportedConflict,
    ReportedLot,
)
from service.public_report import CriterionShown, Placed, PublicReport
from service.report_document import Entry, Issued, LateBid, MissingBid, Officer, Opening, SealedPrice, Tender
from service.scoring_sheet import ScoringSheet, worked_example
from service.simulation_paper import SimulationPaper
from service.submissions import VariantTerms
from tests.make_contract_paper import contract_under
from tests.make_reports import EVALUATED_AT, OPENED_AT, RETROFIT, lot_of

ID = UUID(int=7)
PLAIN = "Alder & Sons Building Services Ltd"
BEFORE = OPENED_AT - timedelta(days=30)


def heading(text: str, *, lot: bool = True) -> Heading:
    """A heading whose title is a foreign text."""
    return Heading(
        buyer=text,
        reference="NCC-2026-041",
        title=text,
        currency="GBP",
        time_zone="Europe/London",
        lot_number=1 if lot else None,
        lot_title=text if lot else None,
    )


def opening(text: str = PLAIN) -> OpeningPaper:
    """An opening with everything that can have happened: late, missing, withdrawn, joint, prices apart."""
    tender = Tender(
        title=text,
        reference="NCC-2026-041",
        buyer=text,
        currency="GBP",
        time_zone="Europe/London",
        lot_number=1,
        lot_title=text,
        published_at=BEFORE,
        submission_deadline=OPENED_AT - timedelta(minutes=5),
        opened_at=OPENED_AT,
    )
    party = Party(role="member", name=text, identifier=text, organisation_id=None, share="37.5", work=text)
    return OpeningPaper(
        heading=heading(text),
        at=EVALUATED_AT,
        tender=tender,
        needed=2,
        officers=(Officer(name=text, acted_at=OPENED_AT), Officer(name="Dilip Rao", acted_at=OPENED_AT)),
        entries=(
            Entry(bid_id=str(ID), supplier=text, submitted_at=BEFORE, digest="ab" * 32, fault=text),
            Entry(bid_id=str(ID), supplier="Birch", submitted_at=BEFORE, digest="cd" * 32),
        ),
        opening=Opening(
            custody="officers",
            withdrawn=3,
            late=(LateBid(supplier=text, arrived_at=OPENED_AT, size=12613, digest="ef" * 32),),
            missing=(MissingBid(supplier=text, digest="01" * 32),),
            locked_at=OPENED_AT,
            locked_by=text,
            price_opened_at=EVALUATED_AT,
            price_officers=(Officer(name=text, acted_at=EVALUATED_AT),),
            stay_sealed=(SealedPrice(supplier=text, reason=text),),
        ),
        behind=(
            Behind(
                supplier=text,
                variant=1,
                variant_description=text,
                parties=(party,),
                overlaps=(Overlap(name=text, known_by="identifier", other_bid_id=ID, other_supplier=text),),
            ),
        ),
    )


def moderation(text: str = PLAIN) -> ModerationPaper:
    """Two questions: one with a dissent and a lifted lock, one that nobody has agreed yet."""
    own = Own(
        evaluator=text, value="4", reason=text, cites=(text,), change_reason=text, given_at=OPENED_AT, counts=True
    )
    agreed = Agreed(
        value="3.5",
        reason=text,
        cites=(text,),
        change_reason=text,
        version=2,
        moderator=text,
        recorded_at=EVALUATED_AT,
    )
    asked = Asked(supplier=text, why=("spread",), lowest="1", highest="4", spread=3, own=(own, own), agreed=agreed)
    gone = msgspec.structs.replace(own, evaluator="Somebody else", value="1", counts=False)
    open_still = Asked(
        supplier="Birch", why=("missing_score",), lowest=None, highest=None, spread=None, own=(gone,), agreed=None
    )
    item = Item(
        supplier=text,
        criterion=text,
        marks=((text, "4"), ("Birgit", "1")),
        points=(text, "The plan was read together."),
        value="3",
        reason=text,
        cites=(text,),
        change_reason=text,
        dissent=(Dissenting(person=text, reason=text),),
        majority="two_thirds",
        warnings=(text,),
        answer=text,
    )
    lifted = Locked(
        number=1,
        locked_by=text,
        locked_at=OPENED_AT,
        unlocked_by=text,
        unlocked_because=text,
        unlocked_at=EVALUATED_AT,
    )
    return ModerationPaper(
        heading=heading(text),
        at=EVALUATED_AT,
        chair=text,
        why_so_many=text,
        policy=Policy(every_question=False, spread=2, outlier=1, majority="two_thirds"),
        seats=(Sat(person=text, criterion=text, seated_at=OPENED_AT, ended_at=EVALUATED_AT, ended_because=text),),
        judged=(Judged(title=text, questions=(asked, open_still), locks=(lifted,)),),
        met=(
            Met(
                number=1,
                chair=text,
                present=(text, "Birgit"),
                held_at=OPENED_AT,
                recorded_at=EVALUATED_AT,
                items=(item,),
            ),
        ),
    )


def procedure(text: str = PLAIN) -> ProcedurePaper:
    """A lot awarded after an annulment, with rejected bids, a conflict, and a part that is missing."""
    bid = ReportedBid(lot_id=ID, bid_id=ID, supplier=text, state="abnormally_low_rejected", reason=text)
    award = ReportedAward(
        lot_id=ID,
        number=2,
        bid_id=ID,
        supplier=text,
        reason=text,
        recommendation=text,
        decided_at=EVALUATED_AT,
        annulled=None,
    )
    lot = ReportedLot(
        lot_id=ID,
        number=1,
        title=text,
        admitted=[msgspec.structs.replace(bid, state="admissible", reason=None)],
        rejected=[bid],
        abnormally_low=[bid],
        award=award,
        annulled=[msgspec.structs.replace(award, number=1, annulled=text)],
        cancelled=text,
        subcontracting=text,
    )
    conflict = ReportedConflict(
        person=text,
        interest="potential",
        details=text,
        mitigation=text,
        declared_at=OPENED_AT,
        approved=False,
        decision=text,
    )
    report = ProcedureReport(
        law="Directive 2014/24/EU art. 84(1)",
        authority=text,
        authority_address=text,
        reference="NCC-2026-041",
        subject=text,
        description=text,
        value=text,
        currency="GBP",
        procedure="competitive_dialogue",
        justification=text,
        electronic="Bids were received electronically only; there is nothing to justify.",
        conflicts_declared=[conflict],
        conflicts=text,
        lots=[lot],
        log="/tenders/1/events",
        made_at=EVALUATED_AT,
        missing=[MissingPart(field="value", message=text, reference="Directive 2014/24/EU art. 84(1)(a)", mend=text)],
    )
    return ProcedurePaper(heading=heading(text, lot=False), at=EVALUATED_AT, report=report)


def annulled(text: str) -> Annulled:
    """The mark of an award that a court has annulled."""
    return Annulled(annulled_at=EVALUATED_AT, annulled_by="court", reference=text, reason=text, replaced_by=2)


def public(text: str = PLAIN) -> PublicReport:
    """An award with one figure of each sort withheld."""
    return PublicReport(
        heading=heading(text),
        at=EVALUATED_AT,
        law="Procurement Act 2023 s.94(1)(b), (2)(b)",
        published_at=BEFORE,
        submission_deadline=OPENED_AT,
        opened_at=OPENED_AT,
        decided_at=EVALUATED_AT,
        notice=text,
        noticed_at=EVALUATED_AT,
        standstill_ends_at=EVALUATED_AT,
        received=5,
        ranked=3,
        winner=text,
        identifier=text,
        price=Shown(text=text),
        total=Shown(text="87.25"),
        full="100",
        criteria=(
            CriterionShown(number="1", title=text, share="40", weighted=Shown(text=None, redacted=text)),
            CriterionShown(number="2", title="Quality", share="60", weighted=Shown(text="54.75")),
        ),
        others=(
            Placed(rank=2, supplier=text, total=Shown(text="81.5")),
            Placed(rank=3, supplier=None, total=Shown(text=None, redacted=text)),
        ),
        rules_digest="ab" * 32,
        result_digest="cd" * 32,
        engine="tenderscore 1",
        issued=(Issued(number=1, reason=text, changed=("lots",), issued_at=BEFORE),),
        annulled=annulled(text),
    )


def taken_part(text: str) -> Participation:
    """A decision about a bidder itself, after a hearing and with self-cleaning."""
    return Participation(
        subject="ground",
        id="tax",
        title=text,
        source="Directive 2014/24/EU, article 57(2), second subparagraph",
        outcome="not_excluded",
        decision=text,
        evidence=text,
        reason=text,
        heard=text,
        self_cleaning=text,
        decided_at=OPENED_AT,
    )


def letter(text: str = PLAIN) -> LetterPaper:
    """A letter to a loser, as it was sent, in which every field is filled or redacted."""
    shown, redacted = Shown(text=text), Shown(text=None, redacted=text)
    leaf = CriterionTold(
        id="team",
        title=text,
        importance="24",
        method=text,
        scores_available=text,
        mark=Shown(text="4"),
        points=Shown(text="80"),
        score=Shown(text="19.2"),
        explanation=shown,
        sub_criteria=(),
    )
    group = msgspec.structs.replace(
        leaf, title="Quality", mark=Shown(text=None), score=Shown(text="31.7"), sub_criteria=(leaf,)
    )
    own = Assessed(
        bid_id=ID,
        supplier=text,
        postal_address=shown,
        email=shown,
        identifier=text,
        state="not_awarded",
        criteria=(group,),
        total=Shown(text="71.33"),
        why_not_awarded=text,
        further_explanation=shown,
        relative_advantages=shown,
        disqualification=text,
        contract_price=text,
        debriefing=text,
        participation=(taken_part(text),),
    )
    winner = msgspec.structs.replace(
        own, supplier="Birch", state="winner", total=redacted, email=redacted, relative_advantages=redacted
    )
    told = Letter(
        kind="assessment_summary",
        law="Procurement Act 2023 s.50; Procurement Regulations 2024 reg. 31",
        buyer=text,
        reference="NCC-2026-041",
        title=text,
        lot_number=1,
        lot=text,
        rules_digest="ab" * 32,
        full_rules="https://tenders.example/tenders/1",
        award_number=1,
        decided_at=EVALUATED_AT,
        decision=text,
        own=own,
        winner=winner,
        standstill="No contract is signed for 8 working days.",
        standstill_ends_at=EVALUATED_AT,
        read_out=(ReadOut(bidder=text, read_out=text, evaluated=text),),
        framework=FrameworkTold(
            place="does not hold a place", suppliers=(text, "Birch"), most_suppliers=4, ends_at=EVALUATED_AT
        ),
    )
    return LetterPaper(
        heading=heading(text),
        at=EVALUATED_AT,
        letter=told,
        sent_at=EVALUATED_AT,
        digest="ef" * 32,
        missing=(),
        annulled=annulled(text),
    )


def rules_with(text: str) -> scoring.Lot:
    """Rules of three levels, with a minimum, whose titles and descriptions are a foreign text."""
    price, quality, social = RETROFIT["criteria"]
    named = {"title": text, "description": text, "max_pass": 5}
    ties = [{"id": "criterion", "criterion": "team"}, {"id": "lower_price"}]
    whole = RETROFIT | {"criteria": [price | named, quality, social], "tie_break": ties, "minimum": "20"}
    return lot_of(whole | {"abnormally_low": [{"id": "ALT-REL", "x": "0.5"}]})


def sheet(text: str = PLAIN) -> ScoringSheet:
    """Rules with every hurdle, a corrigendum, and an example."""
    lot = rules_with(text)
    return ScoringSheet(
        heading=heading(text),
        at=OPENED_AT,
        published_at=BEFORE,
        submission_deadline=OPENED_AT,
        lot=lot,
        rules_digest=scoring.rules_digest(lot),
        vat=Vat(),
        accepted_currencies=(),
        price_apart=True,
        variants=VariantTerms(minimum_requirements=text, at_most=2),
        issued=(Issued(number=1, reason=text, changed=("submission_deadline", "lots"), issued_at=BEFORE),),
        example=worked_example(lot),
    )


def simulation(text: str = PLAIN) -> SimulationPaper:
    """A trial of those rules."""
    found: Simulation = simulate(rules_with(text), Trial(number=4, seed=7, runs=5))
    return SimulationPaper(
        heading=heading(text),
        at=BEFORE,
        number=3,
        tried_by=text,
        digest="ab" * 32,
        present=False,
        simulation=found,
    )


def contract(text: str = PLAIN) -> ContractPaper:
    """A contract in its second quarter."""
    return contract_under(heading(text), text)


def learnt(text: str = PLAIN) -> LearntPaper:
    """Two measures, of one of which nothing is known yet."""
    by = LearntBy(
        supplier=text, contracts=2, promised=Decimal(260), delivered=Decimal("131.5"), percent=Decimal("50.58")
    )
    unknown = LearntBy(supplier=text, contracts=1, promised=Decimal(0), delivered=Decimal(0), percent=None)
    weeks = LearntOf(title=text, unit="week", direction="higher", plausible=Decimal("50.58"), suppliers=(by,))
    tonnes = LearntOf(title="Emissions", unit="tCO2e", direction="lower", plausible=None, suppliers=(unknown,))
    return LearntPaper(
        heading=heading(text, lot=False),
        at=EVALUATED_AT,
        today=EVALUATED_AT.date(),
        findings=(
            Answered(about=text, amount=Decimal("2848350.28"), share=Decimal("27.80"), outcome=text),
            Answered(about="SMEs", amount=Decimal(1000), share=None, outcome="Skills for growth"),
        ),
        measures=(weeks, tonnes),
    )


MADE = {
    "scoring-sheet": sheet,
    "simulation": simulation,
    "opening": opening,
    "moderation": moderation,
    "letter": letter,
    "public-report": public,
    "procedure": procedure,
    "contract": contract,
    "learnt": learnt,
}
"""A document of each kind, by the kind's name."""


def data_of(kind: str, text: str = PLAIN) -> bytes:
    """A document of a kind as it is kept."""
    document: Document = MADE[kind](text)
    return msgspec.json.encode(document)
