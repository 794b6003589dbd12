# Written by `python -m tests.test_openapi` from the description of the interface; not by hand.
from typing import Any, Literal, NotRequired, TypedDict
from uuid import UUID

from service.calls import Operation, Reply

TABLE: dict[str, Operation]

class AcceptedCurrency(TypedDict):
    code: str
    decimals: NotRequired[int]
    rate: str
    rate_on: str
    source: str

class AccessToken(TypedDict):
    access_token: str
    expires_in: int
    scope: str
    token_type: NotRequired[Literal["Bearer"]]

class Acknowledgement(TypedDict):
    answer: str
    warning: str

class AdjustedBid(TypedDict):
    id: Literal["R2"]
    price: NotRequired[str | None]
    zero: NotRequired[Literal["reject"] | None]

class AdjustedScore(TypedDict):
    estimate: str
    id: Literal["R2b"]
    price: NotRequired[str | None]
    zero: NotRequired[Literal["reject"] | None]

class Agenda(TypedDict):
    items: list[AgendaItem]
    ready: bool

class AgendaItem(TypedDict):
    bid: str
    criterion: str
    highest: str | None
    lowest: str | None
    marks: list[Mark]
    meet: list[str]
    missing: list[str]
    off_scale: list[str]
    outliers: list[str]
    spread: int | None
    why: list[Literal["every_question", "spread", "outlier", "missing_score", "missing_reason", "off_scale"]]
    without_reason: list[str]

class Alike(TypedDict):
    entry: str
    likeness: int
    name: str
    same_number: NotRequired[bool]

class Alive(TypedDict):
    status: Literal["alive"]

class Amount(TypedDict):
    id: Literal["amount"]
    quantity: str
    unit: Literal["hour", "week", "person", "apprentice", "count", "wellby"]

class Annulled(TypedDict):
    annulled_at: str
    annulled_by: Literal["court", "review_body", "buyer"]
    reason: str
    reference: str
    replaced_by: int | None

class Annulment(TypedDict):
    annulled_at: str
    annulled_by: Literal["court", "review_body", "buyer"]
    person_id: str
    reason: str
    reference: str

class Answer(TypedDict):
    local_staff: str
    local_suppliers: str
    supplier: str

class AnsweredWarning(TypedDict):
    answer: str
    message: str
    name: str

class AskedAnalysis(TypedDict):
    asked_at: str
    digest: str | None
    fault: Unreadable | None
    id: str
    location: str
    person_id: str
    request: NewAnalysis

class Assessed(TypedDict):
    bid_id: str
    contract_price: NotRequired[str | None]
    criteria: list[CriterionTold]
    debriefing: NotRequired[str | None]
    disqualification: str | None
    email: Shown
    further_explanation: Shown
    identifier: str | None
    participation: NotRequired[list[Participation]]
    postal_address: Shown
    relative_advantages: Shown
    state: Literal["winner", "not_awarded", "disqualified"]
    supplier: str
    total: Shown
    why_not_awarded: str | None

class Attempt(TypedDict):
    about: Literal["bid", "document"]
    answer: int | None
    at: str
    bid_id: str | None
    detail: str | None
    document_id: str | None
    lot_id: str | None
    method: str | None
    path: str | None
    position: int | None
    problem: str | None
    size: int | None
    version: int | None
    what: Literal[
        "validated", "submitted", "replaced", "withdrawn", "received", "late", "refused", "interrupted", "unanswered"
    ]

class Award(TypedDict):
    annulment: NotRequired[Annulment | None]
    bid_id: str | None
    bidder: str | None
    decided_at: str
    evaluation_id: str
    lot_id: str
    number: int
    person_id: str
    places: NotRequired[int | None]
    reason: str
    recommendation_number: int | None

class AwardOnValue(TypedDict):
    id: Literal["M1"]
    price: NotRequired[str | None]
    values: dict[str, str | dict[str, str]]

Band = TypedDict("Band", {"from": NotRequired[str | None], "points": str, "to": NotRequired[str | None]})

class Behind(TypedDict):
    identifier: str | None
    name: str
    role: Literal["lead", "member", "subcontractor"]

class BidDocument(TypedDict):
    digest: str
    document_id: str
    fault: str | None
    name: str | None
    readable: bool
    received_at: str
    size: int

class BidResult(TypedDict):
    chain: list[Step]
    flags: list[str]
    id: str
    points: dict[str, str]
    rank: int | None
    tied: bool
    total: str | None
    weighted: dict[str, str]

class BidState(TypedDict):
    bid_id: str
    decided_at: str
    number: int
    person_id: str
    reason: str
    source: Literal["decision", "selection", "abnormally_low"]
    state: Literal[
        "received",
        "withdrawn",
        "late",
        "excluded",
        "failed_selection",
        "non_compliant",
        "failed_hurdle",
        "abnormally_low_rejected",
        "admissible",
        "disqualified_after_award",
    ]

class Bilinear(TypedDict):
    cap: NotRequired[str | None]
    ceiling: str
    floor: NotRequired[str | None]
    id: Literal["P8"]
    over_ceiling: NotRequired[Literal["floor", "exclude"]]
    x: str
    zero: NotRequired[str | None]

class BonusMalus(TypedDict):
    bonus: NotRequired[dict[str, dict[str, str]]]
    id: Literal["M2"]
    malus: NotRequired[dict[str, dict[str, str]]]
    price: NotRequired[str | None]

class BreakEven(TypedDict):
    bid: str
    fails_at: str | None
    price: str
    wins_at: str | None

class ByAdvantage(TypedDict):
    cap: NotRequired[str | None]
    factor: NotRequired[str]
    id: Literal["advantage"]

class ByUnit(TypedDict):
    cap: NotRequired[str | None]
    id: Literal["per_unit"]
    rate: str
    source: str

class CalledOff(TypedDict):
    estimated_value: str
    published_at: str
    reference: str
    tender_id: str
    title: str

class Caller(TypedDict):
    acr_values: NotRequired[list[str]]
    decides: NotRequired[bool]
    key_id: str
    kind: Literal["buyer", "supplier"]
    organisation: str
    organisation_id: str
    person: str
    person_id: str
    scopes: list[Literal["read", "write", "admin", "platform"]]

class Cancellation(TypedDict):
    cancelled_at: str
    lot_id: str
    lot_number: int
    reason: str
    stage: Literal["published", "closed", "opened"]
    to_be_told: NotRequired[list[CancellationsBidder] | None]
    your_bid_id: str | None

class CarbonPriced(TypedDict):
    id: Literal["M6"]
    price: NotRequired[str | None]
    prices: dict[str, str]

class Change(TypedDict):
    field: str
    new: Any
    old: Any

class ChangedInput(TypedDict):
    after: str | None
    before: str | None
    bid_id: str
    criterion_id: str | None
    decisions: list[RunsDecision]

class ChangedTerms(TypedDict):
    reason: str
    terms: NewTerms

class Charge(TypedDict):
    amount: str
    formula: str

class Checked(TypedDict):
    broken: list[str]
    buyer: str
    digest: str
    documents: int
    key: str
    log_root: str
    log_size: int
    papers: int
    receipts: int
    reference: str
    results: int
    tender_id: str
    title: str

class Chosen(TypedDict):
    categories: NotRequired[list[str]]
    contracts: NotRequired[list[str]]
    kinds: NotRequired[list[str]]
    routes: NotRequired[list[str]]
    suppliers: NotRequired[list[str]]
    units: NotRequired[list[str]]

class ChosenMeasure(TypedDict):
    code: str
    target: NotRequired[str | None]
    weighting: str
    worst: NotRequired[str | None]

class Chronicle(TypedDict):
    at: str
    entries: list[ChronicleEntry]
    next: int | None
    sealed: bool
    tender: ChronicleTitle

class ChronicleEntry(TypedDict):
    about: dict[str, str]
    at: str
    changes: list[Change]
    facts: dict[str, Any]
    kind: str
    person: str | None
    person_id: str | None
    position: int | None
    reason: str | None

class ChronicleTitle(TypedDict):
    buyer: str
    jurisdiction: str
    reference: str
    tender_id: str
    time_zone: str
    title: str

class Clarification(TypedDict):
    answer: str | None
    answered_at: str | None
    asked_at: str
    bid_id: str
    criterion_id: str | None
    document_id: str | None
    due_at: str
    ground_id: str | None
    id: str
    kind: Literal["explanation", "obvious_error", "self_cleaning", "abnormally_low"]
    number: int
    question: str
    supplier: str

class Clock(TypedDict):
    least_offset_ms: str | None
    meaning: str
    most_offset_ms: str | None
    ntp: Literal["synchronised", "not synchronised", "unknown"]
    ntp_error_ms: str | None
    source: str

class Coefficient(TypedDict):
    id: Literal["R4"]
    price: NotRequired[str | None]

class Column(TypedDict):
    field: (
        Literal[
            "amount",
            "supplier",
            "supplier_id",
            "paid_on",
            "body",
            "unit",
            "category",
            "code",
            "transaction",
            "kind",
            "description",
            "postcode",
            "country",
            "nuts",
            "size",
            "employees",
            "voluntary",
            "sector",
            "contract",
            "route",
            "currency",
            "place",
            "ring",
        ]
        | None
    )
    heading: str
    number: int
    samples: list[str]

class Concave(TypedDict):
    cap: NotRequired[str | None]
    ceiling: str
    decimals: NotRequired[int]
    floor: NotRequired[str | None]
    id: Literal["A3"]
    n: str
    over_ceiling: NotRequired[Literal["floor", "exclude"]]

class Concentration(TypedDict):
    amount: str
    hhi: str | None
    named_apart: int
    suppliers: int
    top: list[Part]
    top_share: str | None

class ConsensusLock(TypedDict):
    go_on: int
    locked_at: str
    lot_id: str
    person_id: str
    stay_sealed: list[StaysSealed]

class ConsensusScore(TypedDict):
    bid_id: str
    change_reason: str | None
    cites: list[str]
    criterion_id: str
    meeting_id: str | None
    person_id: str
    reason: str
    recorded_at: str
    value: str
    version: int

class Consistency(TypedDict):
    hashes: list[str]
    new_size: int
    old_size: int

class ContentKey(TypedDict):
    bid_id: str
    key: str | None

class ContentKeys(TypedDict):
    documents: NotRequired[list[DocumentKey]]
    envelope: Literal["offer", "price"]
    keys: list[ContentKey]

class Contract(TypedDict):
    award_number: int
    bid_id: str
    lot_id: str
    person_id: str
    recorded_at: str
    reference: str
    signed_at: str

class Correction(TypedDict):
    bid_id: str
    clarification_id: str
    corrected: str
    criterion_id: str
    decided_at: str | None
    decided_by_id: str | None
    decision: Literal["confirmed", "refused"] | None
    decision_reason: str | None
    original: str
    proposed_at: str
    proposed_by_id: str
    reason: str
    source: NotRequired[str]

class Corrigendum(TypedDict):
    changes: dict[str, Any]
    issued_at: str
    number: int
    reason: str

class Credited(TypedDict):
    confidence: str
    id: Literal["credited"]
    target: str

class CriteriaProposal(TypedDict):
    criterion: ScoringModelCriterion
    model: SocialValueModel | None
    warnings: list[Fault]

class CriterionLock(TypedDict):
    criterion_id: str
    locked_at: str
    number: int
    person_id: str
    unlocked_at: str | None
    unlocked_because: str | None
    unlocked_by: str | None

class CriterionTold(TypedDict):
    explanation: Shown
    id: str
    importance: str
    mark: Shown
    method: str
    points: Shown
    score: Shown
    scores_available: str
    sub_criteria: list[CriterionTold]
    title: str

class Crossing(TypedDict):
    amount: str
    name: str
    rings: dict[str, str]
    unknown: str

class Day(TypedDict):
    counted: int | None
    on: str
    why: str

class Decided(TypedDict):
    decision: SelectionDecision
    effect: Effect | None
    state: BidState | None

class Declaration(TypedDict):
    approved: bool | None
    decided_at: str | None
    decided_by: str | None
    decision: str | None
    declared_at: str
    details: str
    interest: Literal["none", "actual", "potential", "perceived"]
    mitigation: str
    number: int
    person: str
    person_id: str
    tender_id: str

class DeliveredBy(TypedDict):
    contracts: int
    delivered: str
    percent: str | None
    promised: str
    supplier: str
    supplier_id: str

class DeliveredOf(TypedDict):
    delivered: str
    direction: Literal["higher", "lower"]
    measure: str
    percent: str | None
    plausible: str | None
    promised: str
    suppliers: list[DeliveredBy]
    title: str
    unit: str

class Delivery(TypedDict):
    counted: list[str]
    decisions: list[DeliveriesDecision]
    evidence: list[Evidence]
    id: str
    note: str
    obligation_id: str
    period: int
    person_id: str
    quantity: str
    reported_at: str
    reported_by: str
    state: Literal["reported", "evidenced", "verified", "rejected", "accepted"]

class Derived(TypedDict):
    highest: str
    how: str
    lowest: str
    pinned: bool
    third_party: bool
    whose: Literal["winner", "lowest", "highest", "mean", "other"]

class Difference(TypedDict):
    after: str
    before: str
    bids: list[MovedBid]
    drawing: Drawing | None
    engine_after: str
    engine_before: str
    inputs: list[ChangedInput]
    lots_drawn_between: bool
    reason: str | None
    rules_changed: bool
    winner_after: str | None
    winner_before: str | None
    winner_changed: bool

class DiscountProportional(TypedDict):
    alpha: NotRequired[str]
    cap: NotRequired[str | None]
    ceiling: str
    decimals: NotRequired[int]
    floor: NotRequired[str | None]
    id: Literal["P7"]
    no_discount: NotRequired[Literal["full", "none"]]
    over_ceiling: NotRequired[Literal["floor", "exclude"]]
    zero: NotRequired[str | None]

class DiscountWithFloor(TypedDict):
    cap: NotRequired[str | None]
    ceiling: str
    floor: NotRequired[str | None]
    id: Literal["P7b"]
    over_ceiling: NotRequired[Literal["floor", "exclude"]]
    threshold: str
    zero: NotRequired[str | None]

class Dissent(TypedDict):
    person_id: str
    reason: str

class DocumentKey(TypedDict):
    document_id: str
    key: str | None

class DocumentReceipt(TypedDict):
    digest: str
    document_id: str
    received_at: str
    size: int

class Doubt(TypedDict):
    bid_id: str
    criterion_id: str
    mend: str
    message: str
    supplier: str
    value: str

class Draft(TypedDict):
    bid_id: str
    cites: list[str]
    criterion_id: str
    reason: str
    saved_at: str
    value: str

class DraftFromOcds(TypedDict):
    left_out: list[PartLeftOut]
    lots_to_complete: list[FoundLot]
    taken: list[PartTaken]
    tender: Tender
    to_complete: list[Fault]

class DraftLot(TypedDict):
    price_envelope: NotRequired[list[str]]
    rules: Lot
    title: str
    variants: NotRequired[VariantTerms | None]

class DraftTender(TypedDict):
    accepted_currencies: NotRequired[list[AcceptedCurrency]]
    currency: str
    custody: NotRequired[Literal["service", "officers"]]
    description: NotRequired[str]
    estimated_value: NotRequired[str | None]
    framework: NotRequired[Framework | None]
    framework_id: NotRequired[str | None]
    jurisdiction: NotRequired[
        Literal[
            "uk-pa2023",
            "eu-2014-24",
            "eu-2014-24-de",
            "eu-2014-24-es",
            "eu-2014-24-it",
            "eu-2014-24-pl",
            "eu-2014-24-pt",
            "world-bank",
            "none",
        ]
    ]
    language: NotRequired[Literal["en", "de", "fr", "es", "it", "pt", "pl", "nl", "el", "bg"] | None]
    lots: NotRequired[list[DraftLot]]
    notice: NotRequired[NoticeTerms | None]
    officers_needed: NotRequired[int]
    reference: str
    starts_on: NotRequired[str | None]
    submission_deadline: NotRequired[str | None]
    time_zone: str
    title: str
    vat: NotRequired[Vat]

class Draw(TypedDict):
    lot_id: str
    person_id: str
    revealed_at: str
    secret: str

class DrawLots(TypedDict):
    commitment: str
    id: Literal["lots"]

class Drawing(TypedDict):
    person: str
    revealed_at: str
    secret: str

class DryRun(TypedDict):
    checked_at: str
    complete: bool
    rules_digest: str
    submission_deadline: str

class Due(TypedDict):
    about: str
    begins_on: NotRequired[str | None]
    due_on: str
    kind: Literal["report", "verify", "rectify", "assess", "publish"]
    last_day: NotRequired[str | None]
    notice: NotRequired[Literal["kpis", "assessment", "failure"] | None]
    number: NotRequired[int | None]
    title: NotRequired[str]

class Effect(TypedDict):
    after: list[str]
    before: list[str]
    holds: Literal["before", "after"]
    order: list[str]

class Emissions(TypedDict):
    id: Literal["emissions"]
    unit: Literal["tCO2e", "kgCO2e"]
    years: dict[str, str]

class Employment(TypedDict):
    full_time_hours: NotRequired[str]
    id: Literal["employment"]
    months: str
    most_months: NotRequired[Literal[12, 24, 120]]
    people: str
    weekly_hours: str

class Evaluation(TypedDict):
    bids: list[BidResult]
    draw_secret: str | None
    engine: str
    inputs: list[OpenedBid]
    inputs_digest: str
    lot: Lot
    notes: list[Step]
    reference_set: list[str]
    rules_digest: str
    winner: str | None

class EvaluationRun(TypedDict):
    digest: str
    engine: str
    evaluated_at: str
    id: str
    lot_id: str
    number: int
    reason: str | None
    rules_digest: str

class Event(TypedDict):
    at: str
    data: dict[str, Any]
    kind: str
    person: str | None
    person_id: str | None
    position: int | None

class Evidence(TypedDict):
    digest: str
    id: str
    name: str
    person_id: str
    received_at: str
    size: int

class ExplanationPeriod(TypedDict):
    evidence: Literal["seen", "knowledge"]
    least_days: int | None
    most_days: int | None
    source: str
    valid_from: str
    valid_to: NotRequired[str | None]

class Facts(TypedDict):
    bid_id: NotRequired[str | None]
    href: str
    lot_id: NotRequired[str | None]
    tender_id: NotRequired[str | None]
    webhook_id: NotRequired[str | None]

class Failure(TypedDict):
    arose_on: str
    decided_by: str
    description: str
    kind: Literal["breach", "not_improved"]
    number: int
    outcome: Literal["terminated", "terminated_in_part", "damages", "settlement", "none"]
    person_id: str
    recorded_at: str

class Fault(TypedDict):
    mend: NotRequired[str]
    message: str
    pointer: str

class Feed(TypedDict):
    items: list[News]
    more: bool
    next: str

class FictitiousDiscount(TypedDict):
    criterion: NotRequired[str | None]
    id: Literal["M3"]
    levels: dict[str, str]
    price: NotRequired[str | None]

class Figure(TypedDict):
    code: str
    number: str
    term: str

class Finding(TypedDict):
    about: str
    amount: str
    id: str
    outcomes: list[str]
    share: str | None

class FixedBudget(TypedDict):
    budget: str
    id: Literal["S3"]
    price: NotRequired[str | None]

class FixedPrice(TypedDict):
    id: Literal["A5"]
    price: NotRequired[str | None]

class FoundCriterion(TypedDict):
    description: str
    id: str
    kind: Literal["price", "cost", "quality"] | None
    max_pass: int | None
    minimum: str | None
    needs: list[str]
    path: str
    title: str
    weighting: str | None

class FoundLot(TypedDict):
    criteria: list[FoundCriterion]
    needs: list[str]
    path: str
    title: str

class FourFifths(TypedDict):
    id: Literal["ALT-IT-4/5"]

class Framework(TypedDict):
    ends_at: str
    most_suppliers: int
    total_value: str

class FrameworkSetup(TypedDict):
    most_suppliers: int
    total_value: str

class FrameworkState(TypedDict):
    call_offs: list[CalledOff]
    called_off: str
    ended: bool
    left: str
    suppliers: list[FrameworkSupplier]
    tender_id: str
    terms: Framework

class FrameworkSupplier(TypedDict):
    bid_id: str
    decided_at: str
    lot_id: str
    lot_number: int
    supplier: str
    supplier_id: str

class FrameworkTold(TypedDict):
    ends_at: str
    most_suppliers: int
    place: Literal["holds a place", "does not hold a place"]
    suppliers: list[str]

class Generate(TypedDict):
    number: NotRequired[int]
    seed: NotRequired[int]

class GivenText(TypedDict):
    bid_id: str
    field: str
    given_at: str
    text: str
    version: int

class Graded(TypedDict):
    id: Literal["graded"]
    scale: list[Level]

class Ground(TypedDict):
    evidence: Literal["seen", "knowledge"]
    id: str
    kind: Literal["mandatory", "discretionary"]
    self_cleaning: bool
    source: str
    text: str
    valid_from: str
    valid_to: NotRequired[str | None]

class Header(TypedDict):
    bid_id: str
    digest: str
    header: str
    submitted_at: str
    supplier: str
    supplier_id: str
    version: int

class Health(TypedDict):
    every_seconds: int
    expected: int
    instances: list[Instance]
    judged_until: str
    minutes: list[Minute]
    missing: int
    outages: list[Outage]
    samples: int
    server_errors: int
    slowest_ms: str | None

class Heaviest(TypedDict):
    id: Literal["heaviest"]

class HigherQuality(TypedDict):
    id: Literal["higher_quality"]

class Identity(TypedDict):
    created_at: str
    expires_at: str | None
    id: str
    label: str
    person_id: str
    provider_id: str
    revoked_at: str | None
    scopes: list[Literal["read", "write", "admin", "platform"]]
    subject: str

class IdentityProvider(TypedDict):
    acr_values: list[str]
    algorithms: list[
        Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
    ]
    audience: str
    id: str
    issuer: str
    keys_decide: bool
    registered_at: str
    retired_at: str | None
    token_type: Literal["at+jwt", "JWT", "untyped"]

class Imported(TypedDict):
    credits: int
    credits_amount: str
    first_paid_on: str | None
    headings: NotRequired[
        dict[
            str,
            Literal[
                "amount",
                "supplier",
                "supplier_id",
                "paid_on",
                "body",
                "unit",
                "category",
                "code",
                "transaction",
                "kind",
                "description",
                "postcode",
                "country",
                "nuts",
                "size",
                "employees",
                "voluntary",
                "sector",
                "contract",
                "route",
                "currency",
                "place",
                "ring",
            ],
        ]
    ]
    kept: int
    last_paid_on: str | None
    left_out: list[LeftOut]
    missing: dict[str, int]
    redacted: int
    redacted_amount: str
    rounded: int
    rows: int
    total: str

class ImportedTender(TypedDict):
    checked: Checked
    digest: str
    id: str
    imported_at: str
    person_id: str
    size: int

class Inclusion(TypedDict):
    hashes: list[str]
    leaf: str
    position: int
    tree_size: int

class Indicator(TypedDict):
    description: str
    origin: Literal["bid", "contract"]
    target: str
    title: str
    unit: str

class Influence(TypedDict):
    bound: str
    categories: list[Leak]
    influenceable: str
    leakage: str
    no_category: str
    no_local_supply: str
    share: SpendAnalysisBounds

class Instance(TypedDict):
    first_sample_at: str
    instance_id: str
    last_sample_at: str
    samples: int
    stopped: bool
    version: str

class Interval(TypedDict):
    criterion: str
    highest: str
    lowest: str
    rival_above: str | None
    rival_below: str | None
    total: str
    weighting: str

class InverseProportional(TypedDict):
    cap: NotRequired[str | None]
    floor: NotRequired[str | None]
    id: Literal["P1"]
    zero: NotRequired[str | None]

class InverseWithMinimumMark(TypedDict):
    floor: NotRequired[str]
    id: Literal["P1h"]
    top: NotRequired[str]
    zero: NotRequired[str | None]

class IssuedKey(TypedDict):
    key: Key
    secret: str

class Italy(TypedDict):
    ceiling: str
    id: Literal["ALT-IT-A"]

class Item(TypedDict):
    case: NotRequired[str]
    catalogue_id: NotRequired[str | None]
    confidence: NotRequired[str]
    quantity: Employment | Amount | Emissions
    series: NotRequired[str | None]

class Jurisdiction(TypedDict):
    id: Literal[
        "uk-pa2023",
        "eu-2014-24",
        "eu-2014-24-de",
        "eu-2014-24-es",
        "eu-2014-24-it",
        "eu-2014-24-pl",
        "eu-2014-24-pt",
        "world-bank",
        "none",
    ]
    title: str
    valid_from: str
    valid_to: str | None

class Key(TypedDict):
    created_at: str
    expires_at: str | None
    id: str
    label: str
    person_id: str
    revoked_at: str | None
    scopes: list[Literal["read", "write", "admin", "platform"]]

class Ladder(TypedDict):
    id: str
    levels: list[str]
    note: str
    title: str

class LargerContract(TypedDict):
    minimum_weighting: str
    value: str

class LateBid(TypedDict):
    arrived_at: str
    digest: str
    size: int
    supplier: str
    supplier_id: str

class Layout(TypedDict):
    delimiter: NotRequired[Literal[",", ";", "\t", "|"]]
    encoding: NotRequired[
        Literal["utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "cp1253", "iso-8859-2", "iso-8859-5", "iso-8859-7"]
    ]
    heading_row: NotRequired[int]
    quoting: NotRequired[Literal["double", "none"]]
    sheet: NotRequired[str]

class Leak(TypedDict):
    bound: str
    category: str
    influenceable: str
    leakage: str
    local_suppliers: int

class LeastCost(TypedDict):
    id: Literal["S1"]
    price: NotRequired[str | None]

class LeftOut(TypedDict):
    amount: str | None
    lines: int
    reason: str
    words: str

class LegalNote(TypedDict):
    country: str
    evidence: Literal["seen", "knowledge"]
    ids: list[str]
    noted_on: NotRequired[str]
    reference: str
    rule: str
    weight: Literal["forbidden", "discouraged", "required", "allowed"]

class LegalRule(TypedDict):
    evidence: Literal["seen", "knowledge"]
    id: str
    source: str
    text: str
    valid_from: str
    valid_to: NotRequired[str | None]

class Letter(TypedDict):
    award_number: int
    buyer: str
    decided: NotRequired[str]
    decided_at: str
    decision: str
    framework: NotRequired[FrameworkTold | None]
    full_rules: str
    kind: Literal["assessment_summary", "article_55_notice", "regulation_86_notice", "world_bank_notification"]
    law: str
    lot: str
    lot_number: int
    own: Assessed
    read_out: NotRequired[list[ReadOut]]
    reference: str
    rules_digest: str | None
    standstill: str | None
    standstill_ends: NotRequired[str | None]
    standstill_ends_at: str | None
    title: str
    winner: Assessed | None

class Level(TypedDict):
    descriptor: NotRequired[str]
    fatal: NotRequired[bool]
    label: NotRequired[str]
    value: str

class LifeCycleCost(TypedDict):
    id: Literal["M5"]
    price: NotRequired[str | None]
    rate: NotRequired[str]
    years: dict[str, list[int]]

class LinearAgainstCeiling(TypedDict):
    cap: NotRequired[str | None]
    ceiling: str
    floor: NotRequired[str | None]
    id: Literal["A2"]
    over_ceiling: NotRequired[Literal["floor", "exclude"]]

class LinearBetweenBounds(TypedDict):
    best: str
    cap: NotRequired[str | None]
    floor: NotRequired[str | None]
    id: Literal["A1"]
    worst: str

class LinearFromLowest(TypedDict):
    cap: NotRequired[str | None]
    floor: NotRequired[str | None]
    id: Literal["P2"]
    zero: NotRequired[str | None]

class LinearToMultiple(TypedDict):
    cap: NotRequired[str | None]
    floor: NotRequired[str | None]
    id: Literal["P3"]
    k: NotRequired[str]
    zero: NotRequired[str | None]

class LinkedFinding(TypedDict):
    analysis_id: str
    finding: Finding
    id: str
    linked_at: str
    outcome: str
    person_id: str
    tender_id: str

class Listed(TypedDict):
    edge_cases: str
    example: str
    formula: str
    id: str
    law: list[LegalNote]
    name: str
    parameter_notes: str
    parameters: dict[str, Any]
    place: Literal["method", "rule"]
    relative: bool
    source: str
    used: str

class ListedCatalogue(TypedDict):
    digest: str
    id: str
    imported_at: str
    licence: str
    measures: int
    source: str
    title: str
    version: str

class Logarithmic(TypedDict):
    base: str
    cap: NotRequired[str | None]
    decimals: NotRequired[int]
    floor: NotRequired[str | None]
    id: Literal["P6"]
    zero: NotRequired[str | None]

class Lookup(TypedDict):
    bands: NotRequired[list[Band]]
    ends: NotRequired[Literal["from", "to"]]
    id: Literal["A4"]
    out_of: NotRequired[str]
    values: NotRequired[dict[str, str]]

class Lot(TypedDict):
    abnormally_low: NotRequired[list[Ukraine | Poland | Spain | Italy | FourFifths | Threshold | RelativeLimit]]
    criteria: list[ScoringModelCriterion]
    minimum: NotRequired[str | None]
    recompute_on_exclusion: NotRequired[Literal["always", "until_admission_closed", "never"]]
    rounding: NotRequired[list[Rounding]]
    rule: NotRequired[
        PricePerQualityPoint
        | AdjustedBid
        | AdjustedScore
        | UtilityIndex
        | Coefficient
        | RelativeValueCost
        | AwardOnValue
        | BonusMalus
        | FictitiousDiscount
        | QualityPremium
        | LifeCycleCost
        | CarbonPriced
        | WillingnessToPay
        | LeastCost
        | QualityAndCost
        | RatedCriteria
        | FixedBudget
        | QualityBased
        | TradeOff
        | None
    ]
    tie_break: NotRequired[list[Heaviest | OnCriterion | HigherQuality | LowerPrice | DrawLots]]
    total: NotRequired[str]

class LotTerms(TypedDict):
    combination: str | None
    criteria: list[ServiceEformsCriterion]
    deadline: str | None
    environmental: list[str]
    green: list[str]
    lot: int
    opening: str | None
    order_rationale: str | None
    social: list[str]
    strategic: list[str]
    strategic_description: str | None
    title: str

class LowBid(TypedDict):
    assessments: list[AbnormallyLowAssessment]
    bid_id: str
    decisions: list[LowDecision]
    flags: list[str]
    open: Literal["request", "answer", "assessment", "decision"] | None
    requests: list[Clarification]
    state: Literal[
        "received",
        "withdrawn",
        "late",
        "excluded",
        "failed_selection",
        "non_compliant",
        "failed_hurdle",
        "abnormally_low_rejected",
        "admissible",
        "disqualified_after_award",
    ]
    supplier: str

class LowDecision(TypedDict):
    assessment: int
    bid_id: str
    decided_at: str
    number: int
    outcome: Literal["accepted", "rejected"]
    person_id: str
    reason: str

class LowerPrice(TypedDict):
    id: Literal["lower_price"]

class LowestToHighest(TypedDict):
    cap: NotRequired[str | None]
    floor: NotRequired[str | None]
    id: Literal["P4"]

class MadeOf(TypedDict):
    amount: str
    digest: str
    kept: int
    kind: Literal["payments", "register", "places"]
    left_out: list[LeftOut]
    name: str
    rows: int

class Mapped(TypedDict):
    columns: dict[str, int]
    currency: NotRequired[str]
    dates: NotRequired[Literal["dmy", "mdy", "ymd"]]
    decimal_mark: NotRequired[Literal[".", ","]]
    layout: NotRequired[Layout]

class Mark(TypedDict):
    evaluator: str
    value: str

class MarkChange(TypedDict):
    bid: str
    changed_to: str
    criterion: str
    grade: str
    winner: str | None

class MeanBased(TypedDict):
    cap: NotRequired[str | None]
    floor: NotRequired[str | None]
    id: Literal["P5"]
    zero: NotRequired[str | None]

class Measure(TypedDict):
    code: str
    counts: str
    description: str
    direction: Literal["higher", "lower"]
    environmental_impact: (
        Literal["biodiv-eco", "circ-econ", "clim-adapt", "clim-mitig", "pollu-prev", "water-mar", "other"] | None
    )
    evidence: list[str]
    goal: str | None
    method: Literal["target", "band", "graded"]
    outcomes: list[str]
    social_objective: Literal["acc-all", "et-eq", "gen-eq", "hum-right", "opp", "work-cond", "other"] | None
    theme: str
    title: str
    unit: str

class Measures(TypedDict):
    ladders: list[Ladder]
    measures: list[Measure]
    models: list[SocialValueModel]
    series: list[ProxySeries]

class Meeting(TypedDict):
    chair_id: str
    chair_reason: str | None
    held_at: str
    id: str
    items: list[MeetingItem]
    lot_id: str
    number: int
    present: list[str]
    recorded_at: str

class MeetingItem(TypedDict):
    answer: str | None
    bid_id: str
    change_reason: str | None
    cites: list[str]
    criterion_id: str
    dissent: list[Dissent]
    majority: Literal["unanimous", "simple", "two_thirds"]
    marks: list[dict[str, Any]]
    points: list[str]
    reason: str
    value: str
    version: int
    warnings: list[str]

class Mention(TypedDict):
    about_id: str
    bid_id: str
    field: str
    found: str
    kind: Literal["name", "identifier", "price"]
    whose: str

class Minute(TypedDict):
    at: str
    instances: int
    samples: int
    server_errors: int
    slowest_ms: str | None

class MissingBid(TypedDict):
    bid_id: str
    digest: str
    supplier: str
    supplier_id: str
    version: int

class MissingField(TypedDict):
    bid_id: str
    field: str
    mend: str
    message: str
    reference: str

class MissingPart(TypedDict):
    field: str
    mend: str
    message: str
    reference: str

class Monitored(TypedDict):
    accrual: Literal["sum", "each_period"]
    advantage: str | None
    charge: Charge | None
    charged: str
    contracted: bool
    criterion_id: str
    direction: Literal["higher", "lower"]
    kpi: bool
    measure: str
    next_step: (
        Literal["notify", "rectification_plan", "withhold", "damages", "step_in", "termination", "exclusion_record"]
        | None
    )
    obligation_id: str
    origin: Literal["bid", "contract"]
    owner_id: str
    periods: list[PeriodStanding]
    points: str | None
    remedies: list[Remedy]
    standing: ServicePerformanceStanding
    title: str
    uncovered: Uncovered | None
    unit: str
    waiting: str

class Monitoring(TypedDict):
    due: list[Due]
    obligations: list[Monitored]
    plan: Plan
    record: Record
    reminders: list[Reminder]
    today: str
    warnings: list[Fault]

class MovedBid(TypedDict):
    bid_id: str
    rank_after: int | None
    rank_before: int | None
    total_after: str | None
    total_before: str | None

class Multiplier(TypedDict):
    answered: int
    coverage: str | None
    definition: str
    estimate: str | None
    highest: str | None
    lowest: str | None
    r1: str
    r2: str
    r3_answered: str
    value_of_a_local_pound: str | None
    value_of_another_pound: str | None

class NewAnalysis(TypedDict):
    bound: NotRequired[Chosen]
    exclude: NotRequired[Chosen]
    files: list[str]
    first_day: NotRequired[str | None]
    keep_repeated: NotRequired[bool]
    last_day: NotRequired[str | None]
    local: NotRequired[list[str]]
    places_id: NotRequired[str | None]
    region: NotRequired[list[str]]
    register_id: NotRequired[str | None]
    survey: NotRequired[list[Answer]]
    title: str
    year_begins_in: NotRequired[int]

class NewAnnulment(TypedDict):
    annulled_by: Literal["court", "review_body", "buyer"]
    reason: str
    reference: str

class NewAnswer(TypedDict):
    answer: str

class NewAward(TypedDict):
    bid_id: str | None
    evaluation_id: str
    places: NotRequired[int | None]
    reason: str

class NewBidState(TypedDict):
    reason: str
    state: Literal[
        "received",
        "withdrawn",
        "late",
        "excluded",
        "failed_selection",
        "non_compliant",
        "failed_hurdle",
        "abnormally_low_rejected",
        "admissible",
        "disqualified_after_award",
    ]

class NewCancellation(TypedDict):
    reason: str

class NewClarification(TypedDict):
    criterion_id: NotRequired[str | None]
    document_id: NotRequired[str | None]
    due_at: str
    kind: Literal["explanation", "obvious_error"]
    question: str

class NewContract(TypedDict):
    reference: str
    signed_at: str

class NewCorrection(TypedDict):
    corrected: str
    reason: str

class NewCorrectionDecision(TypedDict):
    decision: Literal["confirmed", "refused"]
    reason: str

class NewCorrigendum(TypedDict):
    description: NotRequired[str | None]
    lots: NotRequired[list[DraftLot] | None]
    notice: NotRequired[NoticeTerms | None]
    reason: str
    requirements: NotRequired[list[Requirement] | None]
    submission_deadline: NotRequired[str | None]
    title: NotRequired[str | None]

class NewCriteriaProposal(TypedDict):
    measures: list[ChosenMeasure]
    starts_on: NotRequired[str | None]
    weighting: str

class NewDeclaration(TypedDict):
    details: NotRequired[str]
    interest: Literal["none", "actual", "potential", "perceived"]
    mitigation: NotRequired[str]

class NewDelivery(TypedDict):
    counted: NotRequired[list[str]]
    note: str
    period: int
    quantity: str

class NewDraft(TypedDict):
    cites: NotRequired[list[str]]
    reason: NotRequired[str]
    value: NotRequired[str]

class NewDraw(TypedDict):
    secret: str

class NewEvaluation(TypedDict):
    reason: NotRequired[str | None]
    rules_digest: str

class NewFailure(TypedDict):
    arose_on: str
    decided_by: str
    description: str
    kind: Literal["breach", "not_improved"]
    outcome: Literal["terminated", "terminated_in_part", "damages", "settlement", "none"]

class NewFromOcds(TypedDict):
    currency: NotRequired[str | None]
    document: dict[str, Any]
    methods: NotRequired[dict[str, ScoredBy]]
    reference: NotRequired[str | None]
    time_zone: str

class NewHearing(TypedDict):
    due_at: str
    ground_id: str
    question: str

class NewHold(TypedDict):
    held: bool
    reason: str

class NewIdentity(TypedDict):
    expires_at: NotRequired[str | None]
    label: NotRequired[str]
    provider_id: str
    scopes: NotRequired[list[Literal["read", "write", "admin", "platform"]]]
    subject: str

class NewItem(TypedDict):
    answer: NotRequired[str | None]
    bid_id: str
    change_reason: NotRequired[str | None]
    cites: list[str]
    criterion_id: str
    dissent: NotRequired[list[Dissent]]
    points: list[str]
    reason: str
    value: str

class NewKey(TypedDict):
    expires_at: NotRequired[str | None]
    label: str
    scopes: NotRequired[list[Literal["read", "write", "admin", "platform"]]]

class NewLinkedFinding(TypedDict):
    analysis_id: str
    finding_id: str
    outcome: str

class NewLowDecision(TypedDict):
    outcome: Literal["accepted", "rejected"]
    reason: str

class NewMeeting(TypedDict):
    chair_reason: NotRequired[str | None]
    held_at: str
    items: list[NewItem]
    present: list[str]

class NewNotice(TypedDict):
    calendar: NotRequired[str | None]
    published_at: str
    reference: str

class NewObligation(TypedDict):
    accrual: NotRequired[Literal["sum", "each_period"] | None]
    criterion_id: str
    description: str
    direction: NotRequired[Literal["higher", "lower"] | None]
    reason: str
    terms: NewTerms
    title: str
    unit: str

class NewOfficerKey(TypedDict):
    public_key: str

class NewOrganisation(TypedDict):
    identifier: NotRequired[str | None]
    kind: Literal["buyer", "supplier"]
    name: str
    person: NewPerson

class NewPanel(TypedDict):
    chair_id: str
    policy: Policy
    reason: str
    seats: list[NewSeats]

class NewPeriod(TypedDict):
    reason: str
    years: int

class NewPerson(TypedDict):
    email: NotRequired[str | None]
    name: str

class NewPlan(TypedDict):
    bounds: NotRequired[PerformanceBounds]
    ends_on: str
    period_months: NotRequired[Literal[1, 3, 6, 12]]
    starts_on: str
    terms: NotRequired[dict[str, NewTerms]]

class NewProvider(TypedDict):
    acr_values: list[str]
    algorithms: NotRequired[
        list[Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]]
    ]
    audience: NotRequired[str | None]
    issuer: str
    keys_decide: NotRequired[bool]
    token_type: NotRequired[Literal["at+jwt", "JWT", "untyped"]]

class NewPublicAnswer(TypedDict):
    answer: str
    names_are_meant: NotRequired[bool]
    question: NotRequired[str | None]

class NewPublication(TypedDict):
    about: Literal["kpis", "assessment", "failure"]
    number: NotRequired[int]
    published_at: str
    reference: str

class NewQuestion(TypedDict):
    question: str

class NewRating(TypedDict):
    comment: str
    rating: Literal["good", "approaching_target", "requires_improvement", "inadequate", "other"]

class NewRecommendation(TypedDict):
    acknowledged: NotRequired[list[Acknowledgement]]
    bid_id: str | None
    evaluation_id: str
    places: NotRequired[int | None]
    reason: str

class NewRedaction(TypedDict):
    ground: str | None
    reason: str | None

class NewRejection(TypedDict):
    reason: str

class NewRemedy(TypedDict):
    amount: NotRequired[str | None]
    due_on: NotRequired[str | None]
    reason: str
    skipping: NotRequired[str | None]
    step: Literal["notify", "rectification_plan", "withhold", "damages", "step_in", "termination", "exclusion_record"]

class NewReminder(TypedDict):
    message: str

class NewReplacement(TypedDict):
    criteria: NotRequired[list[str]]
    person_id: str
    reason: str
    successor_id: str | None

class NewReportText(TypedDict):
    text: str

class NewRequest(TypedDict):
    due_at: str
    question: str

class NewRequirements(TypedDict):
    requirements: list[Requirement]

class NewRole(TypedDict):
    person_id: str
    role: Literal["author", "approver", "opening_officer", "evaluator", "moderator", "auditor", "contract_manager"]

class NewScore(TypedDict):
    change_reason: NotRequired[str | None]
    cites: list[str]
    reason: str
    value: str

class NewSeats(TypedDict):
    criteria: list[str]
    person_id: str

class NewSelectionDecision(TypedDict):
    evidence: str
    id: str
    outcome: Literal["met", "not_met", "excluded", "self_cleaned", "not_excluded"]
    reason: str
    self_cleaning: NotRequired[str | None]
    subject: Literal["ground", "condition", "mandatory"]

class NewSending(TypedDict):
    calendar: NotRequired[str | None]
    inference_accepted: NotRequired[str | None]
    mentions_accepted: NotRequired[str | None]
    on_paper: NotRequired[bool]

class NewShare(TypedDict):
    number: int
    person_id: str
    rehearsal_digest: str
    sealed_share: str
    sealed_to: str
    share_digest: str

class NewShredding(TypedDict):
    reason: str

class NewSimulation(TypedDict):
    bids: NotRequired[list[OpenedBid]]
    generate: NotRequired[Generate]
    lot: NotRequired[int]
    runs: NotRequired[int]

class NewSupplierAnswer(TypedDict):
    entry: str
    same: bool
    supplier: str

class NewTenderKey(TypedDict):
    officers_needed: int
    public_key: str
    shares: list[NewShare]

class NewTerms(TypedDict):
    compensation: NotRequired[ByAdvantage | ByUnit | None]
    contracted: NotRequired[bool]
    evidence: NotRequired[list[str]]
    kpi: NotRequired[bool]
    measure: NotRequired[str | None]
    owner_id: NotRequired[str | None]
    targets: NotRequired[list[str]]

class NewText(TypedDict):
    text: str

class NewTraining(TypedDict):
    held_on: str
    person_id: str
    subject: str

class NewUnlock(TypedDict):
    reason: str

class NewValuation(TypedDict):
    contract_sum: NotRequired[str | None]
    items: list[Item]
    percent: NotRequired[str | None]

class NewWebhook(TypedDict):
    types: list[
        Literal[
            "tender.published",
            "corrigendum.proposed",
            "corrigendum.issued",
            "deadline.moved",
            "question.asked",
            "question.answered",
            "bid.submitted",
            "bid.replaced",
            "bid.withdrawn",
            "bids.opened",
            "prices.opened",
            "declaration.made",
            "clarification.asked",
            "clarification.answered",
            "correction.proposed",
            "criterion.locked",
            "consensus.locked",
            "lot.evaluated",
            "report.stored",
            "award.recommended",
            "recommendation.rejected",
            "award.decided",
            "award.annulled",
            "summary.sent",
            "award-notice.published",
            "contract.signed",
            "obligations.made",
            "obligation.changed",
            "obligation.added",
            "delivery.reported",
            "delivery.decided",
            "remedy.taken",
            "performance-notice.published",
            "lots.cancelled",
            "webhook.pinged",
            "webhook.disabled",
        ]
    ]
    url: str

class News(TypedDict):
    data: Facts
    id: str
    timestamp: str
    type: Literal[
        "tender.published",
        "corrigendum.proposed",
        "corrigendum.issued",
        "deadline.moved",
        "question.asked",
        "question.answered",
        "bid.submitted",
        "bid.replaced",
        "bid.withdrawn",
        "bids.opened",
        "prices.opened",
        "declaration.made",
        "clarification.asked",
        "clarification.answered",
        "correction.proposed",
        "criterion.locked",
        "consensus.locked",
        "lot.evaluated",
        "report.stored",
        "award.recommended",
        "recommendation.rejected",
        "award.decided",
        "award.annulled",
        "summary.sent",
        "award-notice.published",
        "contract.signed",
        "obligations.made",
        "obligation.changed",
        "obligation.added",
        "delivery.reported",
        "delivery.decided",
        "remedy.taken",
        "performance-notice.published",
        "lots.cancelled",
        "webhook.pinged",
        "webhook.disabled",
    ]

class Notice(TypedDict):
    annulled: NotRequired[Annulled | None]
    award_number: int
    lot_id: str
    person_id: str
    published_at: str
    recorded_at: str
    reference: str
    standstill_ends_at: str | None

class NoticeTerms(TypedDict):
    green_criteria: NotRequired[list[Literal["eu", "national", "other", "none"]]]
    innovation: NotRequired[str | None]
    opening_at: NotRequired[str | None]

class Obligation(TypedDict):
    accrual: Literal["sum", "each_period"]
    criterion_id: str
    direction: Literal["higher", "lower"]
    id: str
    number: int
    origin: NotRequired[Literal["bid", "contract"]]
    periods: NotRequired[list[Period]]
    promised: str
    terms: ObligationsTerms
    title: str
    unit: str
    version: int
    worth: Worth

class Officer(TypedDict):
    number: int | None
    person: str
    person_id: str
    public_key: str | None
    rehearsed_at: str | None
    sealed_to: str | None
    share_digest: str | None

class OfficerKey(TypedDict):
    person: str
    person_id: str
    public_key: str
    registered_at: str

class OnCriterion(TypedDict):
    criterion: str
    id: Literal["criterion"]
    prefer: NotRequired[Literal["higher", "lower"] | None]

class OpenedBid(TypedDict):
    id: str
    state: NotRequired[
        Literal[
            "received",
            "withdrawn",
            "late",
            "excluded",
            "failed_selection",
            "non_compliant",
            "failed_hurdle",
            "abnormally_low_rejected",
            "admissible",
            "disqualified_after_award",
        ]
    ]
    values: NotRequired[dict[str, str]]

class OpenedLine(TypedDict):
    bid_id: str
    digest: str
    fault: str | None
    overlaps: NotRequired[list[Overlap]]
    parties: NotRequired[list[Party]]
    submitted_at: str
    supplier: str
    variant: int
    variant_description: str | None
    version: int

class OpeningAct(TypedDict):
    acted_at: str
    person: str
    person_id: str

class OpeningRecord(TypedDict):
    bids: list[OpenedLine]
    custody: Literal["service", "officers"]
    late: list[LateBid]
    lot_id: str
    missing: list[MissingBid]
    number: int | None
    officers: list[OpeningAct]
    officers_needed: int
    opened_at: str | None
    prices: PriceOpening | None
    tender_id: str
    withdrawn: int | None

class Organisation(TypedDict):
    created_at: str
    id: str
    identifier: str | None
    kind: Literal["buyer", "supplier"]
    name: str

class OutOfIt(TypedDict):
    amount: str
    lines: int
    reason: str

class Outage(TypedDict):
    began_at: str
    ended_at: str
    failed_attempts: int | None
    failure: str | None
    last_sample_at: str | None
    meaning: NotRequired[str]
    missing: int
    next_sample_at: str | None
    silent_seconds: str | None
    stopped: bool

class Outcome(TypedDict):
    criteria: NotRequired[list[str]]
    id: str
    metrics: NotRequired[list[str]]
    theme: NotRequired[str]
    title: str

class Overlap(TypedDict):
    known_by: Literal["identifier", "organisation_id"]
    name: str
    other_bid_id: str
    other_supplier: str

class OwnBid(TypedDict):
    bid_id: str
    digest: str
    rules_digest: str
    submitted_at: str
    under_present_rules: bool
    variant: int
    version: int
    withdrawn_at: str | None

class OwnCatalogue(TypedDict):
    digest: str
    id: str
    imported_at: str
    licence: str
    measures: list[OwnMeasure]
    person_id: str
    source: str
    title: str
    version: str

class OwnMeasure(TypedDict):
    code: str
    counts: NotRequired[str]
    currency: NotRequired[str | None]
    description: NotRequired[str]
    direction: NotRequired[Literal["higher", "lower"] | None]
    environmental_impact: NotRequired[
        Literal["biodiv-eco", "circ-econ", "clim-adapt", "clim-mitig", "pollu-prev", "water-mar", "other"] | None
    ]
    evidence: NotRequired[list[str]]
    goal: NotRequired[str | None]
    price_base: NotRequired[str]
    social_objective: NotRequired[
        Literal["acc-all", "et-eq", "gen-eq", "hum-right", "opp", "work-cond", "other"] | None
    ]
    theme: NotRequired[str]
    title: str
    unit: str
    value: NotRequired[str | None]

class OwnShare(TypedDict):
    number: int
    sealed_share: str
    sealed_to: str
    share_digest: str

class PageServiceImportsImportedTender(TypedDict):
    items: list[ImportedTender]
    next: NotRequired[str | None]

class PageServiceNoticesPublicNotice(TypedDict):
    items: list[PublicNotice]
    next: NotRequired[str | None]

class PageServiceOrganisationsPerson(TypedDict):
    items: list[Person]
    next: NotRequired[str | None]

class PageServiceSpendSpendFile(TypedDict):
    items: list[SpendFile]
    next: NotRequired[str | None]

class PageServiceSpendAnalysesAskedAnalysis(TypedDict):
    items: list[AskedAnalysis]
    next: NotRequired[str | None]

class PageServiceTenderListTenderLine(TypedDict):
    items: list[TenderLine]
    next: NotRequired[str | None]

class PageServiceWebhookDeliveriesWebhookDelivery(TypedDict):
    items: list[WebhookDelivery]
    next: NotRequired[str | None]

class Panel(TypedDict):
    chair_id: str
    lot_id: str
    policy: Policy
    reason: str
    seats: list[Seat]
    set_at: str
    set_by: str
    trainings: list[Training]
    version: int
    warnings: list[Fault]

class PanelBid(TypedDict):
    bid_id: str
    corrections: NotRequired[dict[str, str]]
    currency: str | None
    digest: str
    exchange: AcceptedCurrency | None
    fault: str | None
    in_tender_currency: NotRequired[dict[str, str]]
    offers: dict[str, str]
    overlaps: NotRequired[list[Overlap]]
    parties: NotRequired[list[Party]]
    price_stays_sealed: str | None
    rules_digest: str
    state: Literal[
        "received",
        "withdrawn",
        "late",
        "excluded",
        "failed_selection",
        "non_compliant",
        "failed_hurdle",
        "abnormally_low_rejected",
        "admissible",
        "disqualified_after_award",
    ]
    submitted_at: str
    supplier: str
    supplier_id: str
    variant: int
    variant_description: str | None
    version: int

class PanelScore(TypedDict):
    bid_id: str
    change_reason: str | None
    cites: list[str]
    counts: NotRequired[bool]
    criterion_id: str
    given_at: str
    person: NotRequired[str | None]
    person_id: str
    reason: str
    value: str
    version: int

class Part(TypedDict):
    amount: str
    lines: int
    name: str
    of_all: str | None
    share: str | None
    suppliers: int

class PartLeftOut(TypedDict):
    path: str
    reason: str

class PartTaken(TypedDict):
    into: str
    path: str

class Participation(TypedDict):
    decided_at: str
    decision: str
    evidence: str
    heard: str | None
    id: str
    outcome: Literal["met", "not_met", "excluded", "self_cleaned", "not_excluded"]
    reason: str | None
    self_cleaning: str | None
    source: str
    subject: Literal["ground", "condition", "mandatory"]
    title: str

class Party(TypedDict):
    identifier: str | None
    name: str
    organisation_id: str | None
    role: Literal["lead", "member", "subcontractor"]
    share: str | None
    work: str | None

class PassFail(TypedDict):
    id: Literal["pass_fail"]

class PerformanceNotice(TypedDict):
    about: Literal["kpis", "assessment", "failure"]
    assessed_from: str | None
    assessed_until: str | None
    buyer: str
    code: str
    contract: str
    contractor: str
    contractor_identifier: str | None
    due_on: str | None
    failure: Failure | None
    indicators: list[Indicator]
    number: int
    procurement: str
    published: Publication | None
    ratings: list[Rated]
    source: str | None
    statement: str
    title: str

class Period(TypedDict):
    ends_on: str
    number: int
    starts_on: str
    target: str

class PeriodStanding(TypedDict):
    achievement: str | None
    ends_on: str
    number: int
    starts_on: str
    target: str
    verified: str | None

class Person(TypedDict):
    created_at: str
    email: str | None
    id: str
    name: str
    organisation_id: str

class Places(TypedDict):
    bid: str
    counts: list[int]

class Plan(TypedDict):
    award_number: int
    bid_id: str
    bounds: PerformanceBounds
    contractor: str
    currency: str
    ends_on: str
    lot_id: str
    made_at: str
    period_months: Literal[1, 3, 6, 12]
    reference: str
    signed_at: str
    starts_on: str
    supplier_id: str
    tender_id: str
    value: str | None

class PlatformRecord(TypedDict):
    begin: str
    clock: Clock
    deadlines: list[str]
    end: str
    health: Health
    made_at: str
    samples: str
    submission_deadline: str
    summary: str
    suppliers: list[SupplierAttempts] | None
    tender: str
    tender_id: str
    withheld: str | None

class Poland(TypedDict):
    estimate: NotRequired[str | None]
    id: Literal["ALT-PL"]
    share: NotRequired[str]

class Pole(TypedDict):
    bid: str
    criterion: str
    formula: str | None
    refused: str | None
    winners: list[str]

class Policy(TypedDict):
    every_question: bool
    majority: Literal["unanimous", "simple", "two_thirds"]
    outlier: int
    spread: int

class Presets(TypedDict):
    abnormally_low_mandatory: list[LegalRule]
    abnormally_low_test: Literal["required", "recommended"]
    abnormally_low_tests: list[str]
    country: str | None
    explanation_period: ExplanationPeriod | None
    grounds: list[Ground]
    id: Literal[
        "uk-pa2023",
        "eu-2014-24",
        "eu-2014-24-de",
        "eu-2014-24-es",
        "eu-2014-24-it",
        "eu-2014-24-pl",
        "eu-2014-24-pt",
        "world-bank",
        "none",
    ]
    judgement_first: bool
    letters: list[Literal["assessment_summary", "article_55_notice", "regulation_86_notice", "world_bank_notification"]]
    officers_least: int
    record_years: int | None
    relative_scoring: Literal["allowed", "discouraged", "forbidden"]
    rules: list[LegalRule]
    standstill: Standstill | None
    tie_break: Literal["required", "recommended"]
    title: str
    withholding: list[LegalRule]

class Preview(TypedDict):
    columns: list[Column]
    doubts: list[str]
    mapping: Mapped
    rows: list[list[str]]
    sheets: list[str]

class PriceLine(TypedDict):
    bid_id: str
    fault: str | None
    opened: bool
    stays_sealed: str | None
    supplier: str

class PriceOpening(TypedDict):
    bids: list[PriceLine]
    missing: list[MissingBid]
    officers: list[OpeningAct]
    opened_at: str | None

class PricePerQualityPoint(TypedDict):
    id: Literal["R1"]
    k: NotRequired[str | None]
    price: NotRequired[str | None]
    zero: NotRequired[Literal["reject"] | None]

class Problem(TypedDict):
    law: NotRequired[list[str]]
    mend: str
    message: str
    pointer: str
    severity: Literal["fault", "warning"]

class ProblemDetailsErrors(TypedDict):
    mend: NotRequired[str]
    message: str
    pointer: str

class ProblemDetails(TypedDict):
    detail: str
    errors: NotRequired[list[ProblemDetailsErrors]]
    instance: NotRequired[str]
    mend: str
    status: int
    title: str
    type: str

class ProblemPage(TypedDict):
    description: str
    status: int
    title: str
    type: str

class ProcedureReport(TypedDict):
    authority: str
    authority_address: str | None
    conflicts: str | None
    conflicts_declared: list[ReportedConflict]
    currency: str
    description: str
    electronic: str
    justification: str | None
    law: str
    log: str
    lots: list[ReportedLot]
    made_at: str
    missing: list[MissingPart]
    procedure: str | None
    reference: str
    subject: str
    value: str | None

class Progress(TypedDict):
    criterion_id: str
    drafted: int
    expected: int
    last_at: str | None
    person: str
    person_id: str
    submitted: int

class Proof(TypedDict):
    checkpoint: str
    entry: str
    hashes: list[str]
    key: SigningKey
    position: int
    tree_size: int

class Proposal(TypedDict):
    alike: list[Alike]
    amount: str
    name: str
    supplier: str

class ProposedCorrigendum(TypedDict):
    changes: dict[str, Any]
    decided_at: str | None
    decided_by: str | None
    decision: Literal["confirmed", "withdrawn"] | None
    number: int
    proposed_at: str
    proposed_by: str
    proposed_by_id: str
    proposer_holds_role: bool
    reason: str
    submission_deadline: str
    tender_version: int

class ProxySeries(TypedDict):
    currency: str
    id: str
    licence: str
    measure: str
    note: str
    per: str
    price_base: str
    source: str
    title: str
    valid_from: str | None
    values: dict[str, dict[str, str]]

class ProxyValue(TypedDict):
    case: str
    currency: str
    licence: str
    per: str
    price_base: str
    series: str
    source: str
    value: str
    year: int | None

class PublicNotice(TypedDict):
    annulled: Annulled | None
    awarded_to: list[str]
    contract_price: Shown | None
    id: str
    kind: Literal["tender", "corrigendum", "cancellation", "award", "annulment"]
    lot: str | None
    lot_id: str | None
    lot_number: int | None
    number: int | None
    published_at: str | None
    reason: str | None
    reference: str | None
    standstill_ends_at: str | None
    told_at: str
    your_bid_id: str | None

class Publication(TypedDict):
    about: Literal["kpis", "assessment", "failure"]
    number: int
    published_at: str
    reference: str

class PublishedKey(TypedDict):
    algorithm: str
    id: str
    in_use: bool
    public_key: str

class PublishedKeys(TypedDict):
    keys: list[PublishedKey]

class QualityAndCost(TypedDict):
    id: Literal["S2"]
    price: NotRequired[str | None]
    zero: NotRequired[Literal["reject"] | None]

class QualityBased(TypedDict):
    id: Literal["S4"]
    price: NotRequired[str | None]

class QualityPremium(TypedDict):
    estimate: str
    id: Literal["M4"]
    price: NotRequired[str | None]

class Question(TypedDict):
    answer: str | None
    answered_at: str | None
    asked_by: NotRequired[str | None]
    number: int
    published_question: str | None
    question: str
    version: int | None
    yours: bool

class RankPoints(TypedDict):
    id: Literal["P10"]
    out_of: NotRequired[str]
    points: list[str]

class Rated(TypedDict):
    achievement: str | None
    by_figures: Literal["good", "approaching_target", "requires_improvement", "inadequate", "other"] | None
    comment: str
    criterion_id: str
    origin: NotRequired[Literal["bid", "contract"]]
    periods: NotRequired[list[int] | None]
    rating: Literal["good", "approaching_target", "requires_improvement", "inadequate", "other"]
    running: NotRequired[int | None]
    target: str
    title: str
    unit: str
    verified: str

class RatedCriteria(TypedDict):
    id: Literal["S2b"]
    price: NotRequired[str | None]
    zero: NotRequired[Literal["reject"] | None]

class ReadOut(TypedDict):
    bidder: str
    evaluated: str | None
    read_out: str | None

class Ready(TypedDict):
    data_checksums: str
    fsync: str
    full_page_writes: str
    postgresql: str
    standbys: int
    standbys_synchronous: bool
    status: Literal["ready"]
    synchronous_commit: str

class ReadySetup(TypedDict):
    description: str
    name: str
    title: str

class Receipt(TypedDict):
    bid_id: str
    digest: str
    documents: list[str]
    lot_id: str
    lot_number: int
    proof: Proof
    rules_digest: str
    size: int
    submitted_at: str
    supplier: str
    supplier_id: str
    tender: str
    tender_id: str
    variant: NotRequired[int]
    version: int
    withdrawn_at: NotRequired[str]

class Recommendation(TypedDict):
    bid_id: str | None
    evaluation_id: str
    lot_id: str
    number: int
    person: str
    person_id: str
    places: int | None
    reason: str
    recommended_at: str
    rejection: Rejection | None
    warnings: list[AnsweredWarning]

class Record(TypedDict):
    assessments: list[PerformanceNoticesAssessment]
    failures: list[Failure]
    published: list[Publication]

class RecordFile(TypedDict):
    id: str
    location: str
    parts_done: NotRequired[int | None]
    parts_total: NotRequired[int | None]

class Redaction(TypedDict):
    bid_id: str
    decided_at: str
    field: str
    ground: str | None
    reason: str | None
    version: int

class ReferenceOverPrice(TypedDict):
    cap: NotRequired[str | None]
    floor: NotRequired[str | None]
    id: Literal["A2b"]
    reference: str
    zero: NotRequired[str | None]

class Registration(TypedDict):
    key: IssuedKey
    organisation: Organisation
    person: Person

class Rehearsal(TypedDict):
    answer: str

class Rehearsed(TypedDict):
    rehearsed_at: str

class Rejection(TypedDict):
    person_id: str
    reason: str
    rejected_at: str

class RelativeLimit(TypedDict):
    id: Literal["ALT-REL"]
    k: NotRequired[str | None]
    of: NotRequired[Literal["mean", "median"]]
    x: NotRequired[str | None]

class RelativeValueCost(TypedDict):
    id: Literal["R5"]
    price: NotRequired[str | None]

class Relay(TypedDict):
    person: str
    person_id: str
    sealed_share: str
    share_digest: str

class Relayed(TypedDict):
    relayed_at: str

class RelayedShare(TypedDict):
    sealed_share: str

class Remedy(TypedDict):
    amount: str | None
    currency: str
    due_on: str | None
    formula: str | None
    number: int
    obligation_id: str
    person_id: str
    reason: str
    shortfall: str | None
    step: Literal["notify", "rectification_plan", "withhold", "damages", "step_in", "termination", "exclusion_record"]
    taken_at: str

class Reminder(TypedDict):
    about: str
    due_on: str
    kind: Literal["report", "verify", "rectify", "assess", "publish"]
    reminded_at: str

class Removal(TypedDict):
    bid: str
    reversed_pairs: list[list[Any]]
    winner: str | None

class ReportQueued(TypedDict):
    location: str
    parts_done: NotRequired[int | None]
    parts_total: NotRequired[int | None]

class ReportText(TypedDict):
    field: str
    given_at: str
    person: str
    text: str
    version: int

class ReportedAward(TypedDict):
    annulled: str | None
    bid_id: str | None
    decided_at: str
    lot_id: str
    number: int
    reason: str
    recommendation: str | None
    supplier: str | None

class ReportedBid(TypedDict):
    bid_id: str
    decided_at: NotRequired[str | None]
    lot_id: str
    reason: str | None
    state: Literal[
        "received",
        "withdrawn",
        "late",
        "excluded",
        "failed_selection",
        "non_compliant",
        "failed_hurdle",
        "abnormally_low_rejected",
        "admissible",
        "disqualified_after_award",
    ]
    supplier: str

class ReportedConflict(TypedDict):
    approved: bool | None
    decision: str | None
    declared_at: str
    details: str
    interest: Literal["none", "actual", "potential", "perceived"]
    mitigation: str
    person: str

class ReportedLot(TypedDict):
    abnormally_low: list[ReportedBid]
    admitted: list[ReportedBid]
    annulled: list[ReportedAward]
    award: ReportedAward | None
    cancelled: str | None
    lot_id: str
    number: int
    rejected: list[ReportedBid]
    subcontracting: str | None
    title: str

class Requirement(TypedDict):
    evidence: str
    id: str
    kind: Literal["condition", "mandatory"]
    lot: NotRequired[int | None]
    text: str
    title: str

class Requirements(TypedDict):
    digest: str
    requirements: list[Requirement]
    version: int
    written_at: str | None

class Retention(TypedDict):
    held: bool
    hold_decided_at: str | None
    hold_decided_by: str | None
    hold_reason: str | None
    law_years: int | None
    own_reason: str | None
    own_years: int | None
    retained_until: str | None
    shredded_at: str | None
    shredding: list[ShreddingAct]
    years: int | None

class RoleHeld(TypedDict):
    granted_at: str
    person: str
    person_id: str
    role: Literal["author", "approver", "opening_officer", "evaluator", "moderator", "auditor", "contract_manager"]

class Rounding(TypedDict):
    criteria: NotRequired[list[str]]
    decimals: NotRequired[int | None]
    mode: NotRequired[Literal["half_up", "half_even", "truncate", "none"] | None]
    stage: Literal["leaf", "price_points", "criterion", "subtotal", "total"]

class ScoredBy(TypedDict):
    direction: NotRequired[Literal["higher", "lower"] | None]
    method: (
        InverseProportional
        | InverseWithMinimumMark
        | LinearFromLowest
        | LinearToMultiple
        | LowestToHighest
        | MeanBased
        | Logarithmic
        | DiscountProportional
        | DiscountWithFloor
        | Bilinear
        | ToleranceBand
        | RankPoints
        | LinearBetweenBounds
        | LinearAgainstCeiling
        | ReferenceOverPrice
        | Concave
        | Lookup
        | FixedPrice
        | Graded
        | YesNo
        | Target
        | Credited
        | PassFail
        | Text
    )
    unit: NotRequired[str | None]

class SealedDocument(TypedDict):
    bid_id: str
    document_id: str
    header: str
    supplier_id: str

class SealedStamp(TypedDict):
    stamped_at: str

class Seat(TypedDict):
    criterion_id: str
    ended_at: str | None
    ended_because: str | None
    id: str
    person: str
    person_id: str
    seated_at: str

class SelectionDecision(TypedDict):
    bid_id: str
    decided_at: str
    evidence: str
    number: int
    outcome: Literal["met", "not_met", "excluded", "self_cleaned", "not_excluded"]
    person_id: str
    reason: str
    self_cleaning: str | None
    subject: Literal["ground", "condition", "mandatory"]
    subject_id: str

class Sensitivity(TypedDict):
    break_even: list[BreakEven]
    draws: int
    intervals: list[Interval]
    marks: list[MarkChange]
    notes: list[str]
    places: list[Places]
    reasons: dict[str, str]
    removals: list[Removal]
    reversals: list[SensitivityReversal]
    seed: int
    spreads: list[Spread]
    winner: str | None

class Sent(TypedDict):
    award_number: int
    letters: int
    lot_id: str
    sent_at: str
    standstill_ends_at: str | None

class Setup(TypedDict):
    accepted_currencies: NotRequired[list[AcceptedCurrency]]
    currency: str
    custody: NotRequired[Literal["service", "officers"]]
    description: NotRequired[str]
    estimated_value: NotRequired[str | None]
    framework: NotRequired[FrameworkSetup | None]
    jurisdiction: NotRequired[
        Literal[
            "uk-pa2023",
            "eu-2014-24",
            "eu-2014-24-de",
            "eu-2014-24-es",
            "eu-2014-24-it",
            "eu-2014-24-pl",
            "eu-2014-24-pt",
            "world-bank",
            "none",
        ]
    ]
    language: NotRequired[Literal["en", "de", "fr", "es", "it", "pt", "pl", "nl", "el", "bg"] | None]
    lots: NotRequired[list[DraftLot]]
    notice: NotRequired[NoticeTerms | None]
    officers_needed: NotRequired[int]
    requirements: NotRequired[list[Requirement]]
    starts_on: NotRequired[str | None]
    time_zone: str
    title: str
    vat: NotRequired[Vat]

class Shown(TypedDict):
    redacted: NotRequired[str | None]
    text: str | None

class ShreddingAct(TypedDict):
    acted_at: str
    person: str
    person_id: str
    reason: str

class SigningKey(TypedDict):
    id: str
    public_key: str

class Simulation(TypedDict):
    bids: list[OpenedBid]
    bids_digest: str
    engine: str
    invented: bool
    lot: Lot
    poles: list[Pole]
    problems: list[Problem]
    ranking: list[ScoringSimulationStanding]
    refused: list[str]
    reversal: SimulationReversal | None
    rules_digest: str
    seed: int
    sensitivity: Sensitivity | None
    under_others: list[UnderAnother]
    winners: list[str]

class SimulationRun(TypedDict):
    digest: str
    engine: str
    id: str
    lot_number: int
    number: int
    person_id: str
    present: NotRequired[bool]
    rules_digest: str
    simulated_at: str
    tender_id: str

class SocialValueModel(TypedDict):
    id: str
    in_force_from: str
    in_force_until: str | None
    larger: NotRequired[LargerContract | None]
    licence: str
    minimum_weighting: str
    note: NotRequired[str]
    outcomes: list[Outcome]
    question: NotRequired[str]
    source: str
    title: str

class Spain(TypedDict):
    budget: str
    id: Literal["ALT-ES"]
    reading: NotRequired[Literal["budget", "mean"]]

class SpendAnalysis(TypedDict):
    amount: str
    categories: list[Crossing]
    concentration: Concentration
    currency: str
    findings: list[Finding]
    first_day: str | None
    influence: Influence
    last_day: str | None
    left_out: list[OutOfIt]
    lines: int
    local: SpendAnalysisBounds
    made_of: NotRequired[list[MadeOf]]
    matched: int
    more_categories: int
    more_leaks: NotRequired[int]
    more_sectors: NotRequired[int]
    multiplier: Multiplier | None
    not_looked_up: NotRequired[int]
    notes: list[str]
    place_known: NotRequired[str | None]
    proposals: list[Proposal]
    request: NotRequired[NewAnalysis | None]
    rings: Table
    sectors: list[Crossing]
    sizes: Table
    smes: SpendAnalysisBounds
    smes_by_count: SpendAnalysisBounds
    suppliers: int
    title: str
    unknown: list[Unknown]
    unmatched: int
    voluntary: Table
    years: list[SpendAnalysisYear]

class SpendFile(TypedDict):
    digest: str
    fault: Unreadable | None
    id: str
    imported: Imported | None
    kind: Literal["payments", "register", "places"]
    mapping: Mapped | None
    name: str
    pending: NotRequired[bool]
    person_id: str
    received_at: str
    size: int
    version: int | None

class Spread(TypedDict):
    criterion: str
    highest: str
    lowest: str
    share: str | None
    spread: str
    weighting: str

class Stamp(TypedDict):
    checkpoint: str
    stamped_at: str
    token: str

class Standstill(TypedDict):
    calendar: str | None
    counts_first_day: NotRequired[bool]
    days: int
    days_on_paper: NotRequired[int | None]
    ends_on_working_day: NotRequired[bool]
    evidence: Literal["seen", "knowledge"]
    source: str
    starts: Literal["notice", "decision"]
    valid_from: str
    valid_to: NotRequired[str | None]
    working_days: bool

class StaysSealed(TypedDict):
    bid_id: str
    reason: str

class Step(TypedDict):
    arguments: dict[str, str]
    contribution: NotRequired[str | None]
    criterion: str | None
    exact: NotRequired[str | None]
    formula: NotRequired[str | None]
    input: NotRequired[str | None]
    message: str
    result: NotRequired[str | None]
    rounding: NotRequired[Rounding | None]
    sentence: str
    weighting: NotRequired[str | None]

class StoredSheet(TypedDict):
    empty: int
    new: int
    scores: list[PanelScore]
    unchanged: int

class StoredStandstill(TypedDict):
    award_number: int
    begins_at: str
    ends_at: str
    explained: Waiting
    is_over: bool
    lot_id: str

class Summary(TypedDict):
    annulled: NotRequired[Annulled | None]
    digest: str | None
    given_away: list[Derived]
    letter: Letter
    mentions: NotRequired[list[Mention]]
    missing: list[MissingField]
    not_examined: str | None
    sent_at: str | None

class SummaryLine(TypedDict):
    bid_id: str
    missing: list[MissingField]
    sent_at: str | None
    supplier: str
    warnings: list[str]

class SupplierAnswer(TypedDict):
    answered_at: str
    entry: str
    id: str
    person_id: str
    same: bool
    supplier: str

class SupplierAttempts(TypedDict):
    attempts: list[Attempt]
    supplier: str | None
    supplier_id: str | None

class Table(TypedDict):
    parts: list[Part]
    unknown: Part

class Target(TypedDict):
    id: Literal["target"]
    quality: NotRequired[str | None]
    quality_share: NotRequired[str]
    target: str

class Tender(TypedDict):
    accepted_currencies: list[AcceptedCurrency]
    buyer: str
    corrigenda: list[Corrigendum]
    created_at: str
    currency: str
    custody: Literal["service", "officers"]
    description: str
    estimated_value: str | None
    framework: Framework | None
    framework_id: str | None
    id: str
    jurisdiction: Literal[
        "uk-pa2023",
        "eu-2014-24",
        "eu-2014-24-de",
        "eu-2014-24-es",
        "eu-2014-24-it",
        "eu-2014-24-pl",
        "eu-2014-24-pt",
        "world-bank",
        "none",
    ]
    language: Literal["en", "de", "fr", "es", "it", "pt", "pl", "nl", "el", "bg"] | None
    lots: list[TenderLot]
    notice: NoticeTerms | None
    officers_needed: int
    public_key: str | None
    published_at: str | None
    reference: str
    rules_digest: str | None
    stage: Literal["draft", "published", "closed", "opened", "evaluated", "awarded", "cancelled"]
    starts_on: str | None
    submission_deadline: str | None
    time_zone: str
    title: str
    vat: Vat
    version: int
    warnings: NotRequired[list[Fault]]
    your_roles: list[
        Literal["author", "approver", "opening_officer", "evaluator", "moderator", "auditor", "contract_manager"]
    ]

class TenderKey(TypedDict):
    custody: Literal["service", "officers"]
    made_at: str | None
    officers: list[Officer]
    officers_needed: int
    public_key: str | None
    tender_id: str

class TenderLine(TypedDict):
    buyer: str
    cancelled_at: str | None
    created_at: str
    id: str
    published_at: str | None
    reference: str
    submission_deadline: str | None
    time_zone: str
    title: str

class TenderLot(TypedDict):
    awarded_at: str | None
    cancelled_at: str | None
    consensus_locked_at: str | None
    evaluated_at: str | None
    id: str
    number: int
    opened_at: str | None
    price_envelope: list[str]
    price_opened_at: str | None
    rules: Lot
    rules_digest: str | None
    title: str
    variants: VariantTerms | None

class Text(TypedDict):
    id: Literal["text"]

class Threshold(TypedDict):
    id: Literal["ALT-PT"]
    threshold: str

class TokenKeys(TypedDict):
    keys: list[dict[str, str]]

class TokenMetadata(TypedDict):
    grant_types_supported: list[str]
    issuer: str
    jwks_uri: str
    response_types_supported: list[str]
    scopes_supported: list[str]
    token_endpoint: str
    token_endpoint_auth_methods_supported: list[str]

class TokenRequest(TypedDict):
    client_id: NotRequired[str]
    client_secret: NotRequired[str]
    grant_type: NotRequired[str]
    scope: NotRequired[str]

class ToleranceBand(TypedDict):
    bands: list[Band]
    id: Literal["P9"]
    out_of: NotRequired[str]
    zero: NotRequired[str | None]

class TradeOff(TypedDict):
    id: Literal["S5"]
    price: NotRequired[str | None]
    rate: str

class Training(TypedDict):
    held_on: str
    person: str
    person_id: str
    recorded_at: str
    recorded_by: str
    subject: str

class Ukraine(TypedDict):
    id: Literal["ALT-UA"]
    initial: NotRequired[str | None]
    mean: NotRequired[str]
    next: NotRequired[str]

class Uncovered(TypedDict):
    advantage: NotRequired[str | None]
    contracted: str | None
    formula: NotRequired[str | None]
    scored: str

class UnderAnother(TypedDict):
    id: str
    name: str
    order: list[str]
    parameters: dict[str, Any]
    refused: str | None
    same_winner: bool
    winners: list[str]

class Unknown(TypedDict):
    amount: str
    lines: int
    of_all: str | None
    what: str

class Unreadable(TypedDict):
    column: NotRequired[str | None]
    mend: str
    message: str
    row: NotRequired[int | None]

class UtilityIndex(TypedDict):
    id: Literal["R3"]
    price: NotRequired[str | None]
    zero: NotRequired[Literal["reject"] | None]

class Valuation(TypedDict):
    due: str | None
    fulfilled: str | None
    items: list[Valued]
    totals: dict[str, str]

class Valued(TypedDict):
    credited: str
    currency: str | None
    formula: str
    price_base: str | None
    quantity: str
    source: str | None
    unit: str
    value: str | None

class VariantTerms(TypedDict):
    at_most: NotRequired[int]
    minimum_requirements: str

class Vat(TypedDict):
    basis: NotRequired[Literal["exclusive", "inclusive"]]
    rates: NotRequired[list[VatRate]]

class VatRate(TypedDict):
    applies_to: NotRequired[str]
    percent: str

class Verification(TypedDict):
    agrees: bool
    differences: list[str]
    digest: str
    engine: str
    evaluation_id: str
    number: int
    person_id: str
    verified_at: str

class Waiting(TypedDict):
    calendar: str
    days: list[Day]
    ends_at: str
    holidays_version: str
    law: Standstill
    time_zone: str

class Warned(TypedDict):
    message: str
    name: str

class Watched(TypedDict):
    obligations: list[Obligation]
    plan: Plan

class Webhook(TypedDict):
    created_at: str
    disabled_at: str | None
    disabled_because: str | None
    id: str
    person_id: str
    previous_secret_until: str | None
    public_key: str
    types: list[str]
    url: str

class WebhookAttempt(TypedDict):
    at: str
    failure: str | None
    milliseconds: int
    number: int
    status: int | None

class WebhookDelivery(TypedDict):
    attempts: int
    data: Facts
    delivered_at: str | None
    event_id: str
    given_up_at: str | None
    given_up_because: str | None
    id: str
    made_at: str
    next_attempt_at: str | None
    timestamp: str
    type: Literal[
        "tender.published",
        "corrigendum.proposed",
        "corrigendum.issued",
        "deadline.moved",
        "question.asked",
        "question.answered",
        "bid.submitted",
        "bid.replaced",
        "bid.withdrawn",
        "bids.opened",
        "prices.opened",
        "declaration.made",
        "clarification.asked",
        "clarification.answered",
        "correction.proposed",
        "criterion.locked",
        "consensus.locked",
        "lot.evaluated",
        "report.stored",
        "award.recommended",
        "recommendation.rejected",
        "award.decided",
        "award.annulled",
        "summary.sent",
        "award-notice.published",
        "contract.signed",
        "obligations.made",
        "obligation.changed",
        "obligation.added",
        "delivery.reported",
        "delivery.decided",
        "remedy.taken",
        "performance-notice.published",
        "lots.cancelled",
        "webhook.pinged",
        "webhook.disabled",
    ]
    webhook_id: str

class WebhookDeliveryWithAttempts(TypedDict):
    attempts: list[WebhookAttempt]
    delivery: WebhookDelivery

class WebhookWithSecret(TypedDict):
    secret: str
    webhook: Webhook

class WillingnessToPay(TypedDict):
    id: Literal["M7"]
    price: NotRequired[str | None]
    wtp: str

class Worth(TypedDict):
    advantage: NotRequired[str | None]
    levels: NotRequired[dict[str, str]]
    points: NotRequired[str | None]
    rate: NotRequired[str | None]
    target: str

class YesNo(TypedDict):
    fatal: NotRequired[Literal["yes", "no"] | None]
    id: Literal["yes_no"]
    no: NotRequired[str]
    yes: NotRequired[str]

class AbnormallyLowAssessment(TypedDict):
    assessed_at: str
    bid_id: str
    clarification_id: str
    explained: bool
    mandatory_case: str | None
    number: int
    person_id: str
    reason: str

class AbnormallyLowNewAssessment(TypedDict):
    explained: bool
    mandatory_case: NotRequired[str | None]
    reason: str

class CancellationsBidder(TypedDict):
    bid_id: str
    supplier: str
    supplier_id: str

class DeclarationsBidder(TypedDict):
    identifier: str | None
    lot: int
    lot_id: str
    parties: list[Behind]
    supplier: str
    supplier_id: str

class DeclarationsNewDecision(TypedDict):
    approved: bool
    reason: str

class DeliveriesDecision(TypedDict):
    decided_at: str
    person_id: str
    quantity: str
    reason: str
    verdict: Literal["verified", "rejected", "accepted"]

class DeliveriesNewDecision(TypedDict):
    quantity: NotRequired[str | None]
    reason: str
    verdict: Literal["verified", "rejected", "accepted"]

class EformsTerms(TypedDict):
    lots: list[LotTerms]
    refused: list[Fault]
    sdk: str

class ObligationsTerms(TypedDict):
    compensation: ByAdvantage | ByUnit | None
    contracted: bool
    counts: str
    evidence: list[str]
    kpi: bool
    measure: str
    owner_id: str
    targets: list[str]

class OpenDataYear(TypedDict):
    address: str
    releases: int
    year: int

class PerformanceBounds(TypedDict):
    approaching_target: NotRequired[str]
    good: NotRequired[str]
    requires_improvement: NotRequired[str]

class PerformanceNoticesAssessment(TypedDict):
    assessed_at: str
    at_termination: bool
    ends_on: str
    number: int
    person_id: str
    ratings: list[Rated]
    starts_on: str

class PerformanceNoticesNewAssessment(TypedDict):
    at_termination: NotRequired[bool]
    ends_on: str
    ratings: NotRequired[dict[str, NewRating]]
    starts_on: str

class RunsDecision(TypedDict):
    bid_id: str
    criterion_id: str | None
    decided_at: str
    kind: Literal["state", "agreed_score", "correction"]
    number: int
    person: str
    reason: str
    value: str

class ScoringModelCriterion(TypedDict):
    criteria: NotRequired[list[ScoringModelCriterion]]
    description: NotRequired[str]
    direction: NotRequired[Literal["higher", "lower"] | None]
    id: str
    max_pass: NotRequired[int | None]
    method: NotRequired[
        InverseProportional
        | InverseWithMinimumMark
        | LinearFromLowest
        | LinearToMultiple
        | LowestToHighest
        | MeanBased
        | Logarithmic
        | DiscountProportional
        | DiscountWithFloor
        | Bilinear
        | ToleranceBand
        | RankPoints
        | LinearBetweenBounds
        | LinearAgainstCeiling
        | ReferenceOverPrice
        | Concave
        | Lookup
        | FixedPrice
        | Graded
        | YesNo
        | Target
        | Credited
        | PassFail
        | Text
        | None
    ]
    minimum: NotRequired[str | None]
    title: NotRequired[str]
    total: NotRequired[str]
    unit: NotRequired[str | None]
    weighting: NotRequired[str]

class ScoringSimulationStanding(TypedDict):
    bid: str
    flags: list[str]
    rank: int | None
    tied: bool
    total: str | None

class SensitivityReversal(TypedDict):
    ahead: str
    behind: str
    criterion: str
    weighting: str

class ServiceEformsCriterion(TypedDict):
    description: str
    name: str
    numbers: list[Figure]
    type: str

class ServicePerformanceStanding(TypedDict):
    achievement: str | None
    forecast: str | None
    forecast_achievement: str | None
    rating: Literal["good", "approaching_target", "requires_improvement", "inadequate", "other"] | None
    shortfall: str | None
    target: str
    target_to_date: str
    verified: str
    verified_to_date: str

class SimulationReversal(TypedDict):
    changed: int
    changers: list[str]
    possible: bool
    probability: str | None
    refused: list[str]
    runs: int

class SpendAnalysisBounds(TypedDict):
    highest: str | None
    known: str | None
    lowest: str | None

class SpendAnalysisYear(TypedDict):
    amount: str
    change: str | None
    first_day: str
    last_day: str
    lines: int
    local: SpendAnalysisBounds
    months: int
    name: str
    smes: SpendAnalysisBounds
    suppliers: int

class SubmissionsTerms(TypedDict):
    accepted_currencies: NotRequired[list[AcceptedCurrency]]
    currency: NotRequired[str]
    lot_id: str
    price_envelope: list[str]
    public_key: str
    rules: Lot
    rules_digest: str
    submission_deadline: str
    supplier_id: NotRequired[str | None]
    tender_id: str
    variants: NotRequired[VariantTerms | None]
    vat: NotRequired[Vat]
    version: NotRequired[int | None]

class ReplaceBidBodyDocuments(TypedDict):
    id: str
    name: str

class ReplaceBidBodyMembers(TypedDict):
    identifier: NotRequired[str]
    name: str
    organisation_id: NotRequired[str]
    role: Literal["lead", "member"]
    share: NotRequired[str]

class ReplaceBidBodySubcontractors(TypedDict):
    identifier: NotRequired[str]
    name: str
    organisation_id: NotRequired[str]
    work: str

class ReplaceBidBodyVariant(TypedDict):
    description: str
    number: int

class ReplaceBidBody(TypedDict):
    currency: NotRequired[str]
    documents: NotRequired[list[ReplaceBidBodyDocuments]]
    members: NotRequired[list[ReplaceBidBodyMembers]]
    subcontractors: NotRequired[list[ReplaceBidBodySubcontractors]]
    values: dict[str, str]
    variant: NotRequired[ReplaceBidBodyVariant]

class SubmitBidBodyDocuments(TypedDict):
    id: str
    name: str

class SubmitBidBodyMembers(TypedDict):
    identifier: NotRequired[str]
    name: str
    organisation_id: NotRequired[str]
    role: Literal["lead", "member"]
    share: NotRequired[str]

class SubmitBidBodySubcontractors(TypedDict):
    identifier: NotRequired[str]
    name: str
    organisation_id: NotRequired[str]
    work: str

class SubmitBidBodyVariant(TypedDict):
    description: str
    number: int

class SubmitBidBody(TypedDict):
    currency: NotRequired[str]
    documents: NotRequired[list[SubmitBidBodyDocuments]]
    members: NotRequired[list[SubmitBidBodyMembers]]
    subcontractors: NotRequired[list[SubmitBidBodySubcontractors]]
    values: dict[str, str]
    variant: NotRequired[SubmitBidBodyVariant]

class Operations:
    def add_evidence(
        self,
        delivery_id: UUID | str,
        body: bytes,
        *,
        name: str,
        idempotency_key: str = ...,
        media_type: Literal["application/octet-stream", "text/csv"] = ...,
    ) -> Reply[Delivery]: ...
    def add_identity(
        self, person_id: UUID | str, body: NewIdentity, *, idempotency_key: str = ...
    ) -> Reply[Identity]: ...
    def add_obligation(
        self, lot_id: UUID | str, body: NewObligation, *, idempotency_key: str = ...
    ) -> Reply[Obligation]: ...
    def add_person(self, body: NewPerson, *, idempotency_key: str = ...) -> Reply[Person]: ...
    def annul_award(self, lot_id: UUID | str, body: NewAnnulment, *, idempotency_key: str = ...) -> Reply[Award]: ...
    def answer_about_supplier(
        self, body: NewSupplierAnswer, *, idempotency_key: str = ...
    ) -> Reply[SupplierAnswer]: ...
    def answer_clarification(self, clarification_id: UUID | str, body: NewAnswer) -> Reply[Clarification]: ...
    def answer_question(self, tender_id: UUID | str, number: int, body: NewPublicAnswer) -> Reply[Question]: ...
    def ask_bidder(
        self, bid_id: UUID | str, body: NewClarification, *, idempotency_key: str = ...
    ) -> Reply[Clarification]: ...
    def ask_for_analysis(self, body: NewAnalysis, *, idempotency_key: str = ...) -> Reply[AskedAnalysis]: ...
    def ask_for_record(
        self, tender_id: UUID | str, *, lang: str | None = ..., idempotency_key: str = ...
    ) -> Reply[RecordFile]: ...
    def ask_question(
        self, tender_id: UUID | str, body: NewQuestion, *, idempotency_key: str = ...
    ) -> Reply[Question]: ...
    def assess_explanation(
        self, bid_id: UUID | str, body: AbnormallyLowNewAssessment, *, idempotency_key: str = ...
    ) -> Reply[LowBid]: ...
    def assess_performance(
        self, lot_id: UUID | str, body: PerformanceNoticesNewAssessment, *, idempotency_key: str = ...
    ) -> Reply[PerformanceNoticesAssessment]: ...
    def cancel_lot(
        self, lot_id: UUID | str, body: NewCancellation, *, idempotency_key: str = ...
    ) -> Reply[Cancellation]: ...
    def cancel_tender(
        self, tender_id: UUID | str, body: NewCancellation, *, idempotency_key: str = ...
    ) -> Reply[list[Cancellation]]: ...
    def change_terms(
        self, obligation_id: UUID | str, body: ChangedTerms, *, if_match: str | None = ...
    ) -> Reply[Obligation]: ...
    def confirm_corrigendum(
        self, tender_id: UUID | str, number: int, *, if_match: str | None = ..., idempotency_key: str = ...
    ) -> Reply[Tender]: ...
    def decide_award(self, lot_id: UUID | str, body: NewAward, *, idempotency_key: str = ...) -> Reply[Award]: ...
    def decide_correction(self, clarification_id: UUID | str, body: NewCorrectionDecision) -> Reply[Correction]: ...
    def decide_declaration(
        self,
        tender_id: UUID | str,
        person_id: UUID | str,
        number: int,
        body: DeclarationsNewDecision,
        *,
        idempotency_key: str = ...,
    ) -> Reply[Declaration]: ...
    def decide_delivery(
        self, delivery_id: UUID | str, body: DeliveriesNewDecision, *, idempotency_key: str = ...
    ) -> Reply[Delivery]: ...
    def decide_hold(self, tender_id: UUID | str, body: NewHold) -> Reply[Retention]: ...
    def decide_low_price(
        self, bid_id: UUID | str, body: NewLowDecision, *, idempotency_key: str = ...
    ) -> Reply[LowBid]: ...
    def decide_selection(
        self, bid_id: UUID | str, body: NewSelectionDecision, *, idempotency_key: str = ...
    ) -> Reply[Decided]: ...
    def decide_state(self, bid_id: UUID | str, body: NewBidState) -> Reply[BidState]: ...
    def declare_interest(
        self, tender_id: UUID | str, body: NewDeclaration, *, idempotency_key: str = ...
    ) -> Reply[Declaration]: ...
    def delete_spend_file(self, file_id: UUID | str) -> Reply[None]: ...
    def download_year(
        self, year: int, *, profile: Literal["current", "find-a-tender"] = ..., buyer: str | None = ...
    ) -> Reply[bytes]: ...
    def draft_from_ocds(self, body: NewFromOcds, *, idempotency_key: str = ...) -> Reply[DraftFromOcds]: ...
    def draft_from_setup(
        self,
        body: Setup | bytes,
        *,
        reference: str,
        title: str | None = ...,
        submission_deadline: str | None = ...,
        opening_at: str | None = ...,
        starts_on: str | None = ...,
        framework_ends_at: str | None = ...,
        framework_id: UUID | str | None = ...,
        idempotency_key: str = ...,
        media_type: Literal["application/json", "application/yaml"] = ...,
    ) -> Reply[Tender]: ...
    def draft_tender(self, body: DraftTender, *, idempotency_key: str = ...) -> Reply[Tender]: ...
    def edit_tender(self, tender_id: UUID | str, body: DraftTender, *, if_match: str | None = ...) -> Reply[Tender]: ...
    def enable_webhook(self, webhook_id: UUID | str, *, idempotency_key: str = ...) -> Reply[Webhook]: ...
    def evaluate_lot(
        self, lot_id: UUID | str, body: NewEvaluation, *, idempotency_key: str = ...
    ) -> Reply[EvaluationRun]: ...
    def export_catalogue(self, catalogue_id: UUID | str) -> Reply[bytes]: ...
    def export_log(self, tender_id: UUID | str) -> Reply[bytes]: ...
    def export_scores(self, lot_id: UUID | str, *, format_: Literal["xlsx", "csv"] = ...) -> Reply[bytes]: ...
    def export_tender(self, tender_id: UUID | str) -> Reply[bytes]: ...
    def get_agenda(self, lot_id: UUID | str) -> Reply[Agenda]: ...
    def get_analysis(self, analysis_id: UUID | str) -> Reply[SpendAnalysis]: ...
    def get_award(self, lot_id: UUID | str) -> Reply[Award]: ...
    def get_bid_template(
        self, lot_id: UUID | str, *, format_: Literal["xlsx", "csv"] = ..., variant: int = ...
    ) -> Reply[bytes]: ...
    def get_cancellation(self, lot_id: UUID | str) -> Reply[Cancellation]: ...
    def get_catalogue(self) -> Reply[Measures]: ...
    def get_contract(self, lot_id: UUID | str) -> Reply[Contract]: ...
    def get_contract_report(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_corrigendum(self, tender_id: UUID | str, number: int) -> Reply[ProposedCorrigendum]: ...
    def get_difference(self, evaluation_id: UUID | str, *, from_: UUID | str) -> Reply[Difference]: ...
    def get_dossier_verifier(self) -> Reply[str]: ...
    def get_eforms_terms(self, tender_id: UUID | str) -> Reply[EformsTerms]: ...
    def get_evaluation(self, evaluation_id: UUID | str, *, if_none_match: str = ...) -> Reply[Evaluation]: ...
    def get_extension(self) -> Reply[dict[str, Any]]: ...
    def get_extension_codes(self) -> Reply[bytes]: ...
    def get_extension_schema(self) -> Reply[dict[str, Any]]: ...
    def get_framework(self, tender_id: UUID | str) -> Reply[FrameworkState]: ...
    def get_import(self, import_id: UUID | str) -> Reply[ImportedTender]: ...
    def get_imported_file(self, import_id: UUID | str) -> Reply[bytes]: ...
    def get_jurisdiction(self, jurisdiction: str, *, on: str | None = ...) -> Reply[Presets]: ...
    def get_key(self, tender_id: UUID | str) -> Reply[TenderKey]: ...
    def get_learnt_paper(
        self, tender_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_legal_rules(self, tender_id: UUID | str) -> Reply[Presets]: ...
    def get_letter(
        self,
        lot_id: UUID | str,
        bid_id: UUID | str,
        *,
        award: int | None = ...,
        lang: str | None = ...,
        if_none_match: str = ...,
    ) -> Reply[bytes]: ...
    def get_log_checkpoint(self, tender_id: UUID | str) -> Reply[str]: ...
    def get_model(self, *, starts_on: str) -> Reply[SocialValueModel]: ...
    def get_moderation_paper(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_monitoring(self, lot_id: UUID | str) -> Reply[Monitoring]: ...
    def get_notice(self, lot_id: UUID | str) -> Reply[Notice]: ...
    def get_opening(self, lot_id: UUID | str) -> Reply[OpeningRecord]: ...
    def get_opening_paper(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_own_catalogue(self, catalogue_id: UUID | str) -> Reply[OwnCatalogue]: ...
    def get_panel(self, lot_id: UUID | str) -> Reply[Panel]: ...
    def get_platform_record(
        self, tender_id: UUID | str, *, begin: str | None = ..., end: str | None = ...
    ) -> Reply[PlatformRecord]: ...
    def get_problem(self, slug: str) -> Reply[ProblemPage]: ...
    def get_procedure_paper(
        self, tender_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_procedure_report(self, tender_id: UUID | str) -> Reply[ProcedureReport]: ...
    def get_progress(self, lot_id: UUID | str) -> Reply[list[Progress]]: ...
    def get_proxy(self, series_id: str, case: str, *, year: int | None = ...) -> Reply[ProxyValue]: ...
    def get_public_report(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_ready_setup(self, name: str, *, format_: Literal["json", "yaml"] = ...) -> Reply[Setup]: ...
    def get_receipt(self, bid_id: UUID | str) -> Reply[Receipt]: ...
    def get_record_file(self, record_file_id: UUID | str, *, if_none_match: str = ...) -> Reply[bytes]: ...
    def get_report(
        self, evaluation_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_requirements(self, tender_id: UUID | str) -> Reply[Requirements]: ...
    def get_retention(self, tender_id: UUID | str) -> Reply[Retention]: ...
    def get_score_sheet(self, lot_id: UUID | str, *, format_: Literal["xlsx", "csv"] = ...) -> Reply[bytes]: ...
    def get_scoring_sheet(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_sealing(self, lot_id: UUID | str, *, variant: int = ...) -> Reply[SubmissionsTerms]: ...
    def get_sensitivity(
        self, evaluation_id: UUID | str, *, draws: int = ..., seed: int = ...
    ) -> Reply[Sensitivity]: ...
    def get_setup(self, tender_id: UUID | str, *, format_: Literal["json", "yaml"] = ...) -> Reply[Setup]: ...
    def get_share(self, tender_id: UUID | str) -> Reply[OwnShare]: ...
    def get_simulation(self, simulation_id: UUID | str) -> Reply[Simulation]: ...
    def get_simulation_report(
        self, simulation_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_spend_file(self, file_id: UUID | str) -> Reply[SpendFile]: ...
    def get_spend_report(
        self, analysis_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    def get_standstill(self, lot_id: UUID | str) -> Reply[StoredStandstill]: ...
    def get_summary(self, lot_id: UUID | str, bid_id: UUID | str, *, award: int | None = ...) -> Reply[Summary]: ...
    def get_tender(self, tender_id: UUID | str) -> Reply[Tender]: ...
    def get_tender_record(
        self, tender_id: UUID | str, *, profile: Literal["current", "find-a-tender"] = ..., if_none_match: str = ...
    ) -> Reply[dict[str, Any]]: ...
    def get_token_metadata(self) -> Reply[TokenMetadata]: ...
    def get_verifier(self) -> Reply[str]: ...
    def get_webhook(self, webhook_id: UUID | str) -> Reply[Webhook]: ...
    def get_webhook_delivery(
        self, webhook_id: UUID | str, delivery_id: UUID | str
    ) -> Reply[WebhookDeliveryWithAttempts]: ...
    def give_report_text(self, tender_id: UUID | str, field: str, body: NewReportText) -> Reply[ReportText]: ...
    def give_score(
        self, bid_id: UUID | str, criterion_id: str, body: NewScore, *, if_match: str | None = ...
    ) -> Reply[PanelScore]: ...
    def give_scores(
        self,
        lot_id: UUID | str,
        body: bytes,
        *,
        validate: Literal["only"] | None = ...,
        idempotency_key: str = ...,
        media_type: Literal["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv"] = ...,
    ) -> Reply[StoredSheet]: ...
    def give_text(self, lot_id: UUID | str, bid_id: UUID | str, field: str, body: NewText) -> Reply[GivenText]: ...
    def grant_role(self, tender_id: UUID | str, body: NewRole, *, idempotency_key: str = ...) -> Reply[RoleHeld]: ...
    def import_catalogue(
        self,
        body: bytes,
        *,
        title: str,
        version: str,
        licence: str,
        source: str,
        idempotency_key: str = ...,
        media_type: Literal["application/octet-stream", "text/csv"] = ...,
    ) -> Reply[OwnCatalogue]: ...
    def import_tender(
        self, body: bytes, *, key: str, idempotency_key: str = ..., media_type: Literal["application/zip"] = ...
    ) -> Reply[ImportedTender]: ...
    def issue_key(self, person_id: UUID | str, body: NewKey, *, idempotency_key: str = ...) -> Reply[IssuedKey]: ...
    def issue_token(
        self, body: bytes, *, media_type: Literal["application/x-www-form-urlencoded"] = ...
    ) -> Reply[AccessToken]: ...
    def link_finding(
        self, tender_id: UUID | str, body: NewLinkedFinding, *, idempotency_key: str = ...
    ) -> Reply[LinkedFinding]: ...
    def list_analyses(
        self, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceSpendAnalysesAskedAnalysis]: ...
    def list_answers_about_suppliers(
        self, *, limit: int | None = ..., cursor: str | None = ...
    ) -> Reply[list[SupplierAnswer]]: ...
    def list_awards(self, lot_id: UUID | str) -> Reply[list[Award]]: ...
    def list_bid_clarifications(self, bid_id: UUID | str) -> Reply[list[Clarification]]: ...
    def list_bidders(self, tender_id: UUID | str) -> Reply[list[DeclarationsBidder]]: ...
    def list_bids(self, lot_id: UUID | str) -> Reply[list[OwnBid] | list[PanelBid]]: ...
    def list_clarifications(self, lot_id: UUID | str) -> Reply[list[Clarification]]: ...
    def list_consensus(self, lot_id: UUID | str) -> Reply[list[ConsensusScore]]: ...
    def list_corrections(self, lot_id: UUID | str) -> Reply[list[Correction]]: ...
    def list_corrigenda(self, tender_id: UUID | str) -> Reply[list[ProposedCorrigendum]]: ...
    def list_declarations(self, tender_id: UUID | str) -> Reply[list[Declaration]]: ...
    def list_delivered(self) -> Reply[list[DeliveredOf]]: ...
    def list_deliveries(self, lot_id: UUID | str) -> Reply[list[Delivery]]: ...
    def list_document_headers(self, lot_id: UUID | str) -> Reply[list[SealedDocument]]: ...
    def list_documents(self, bid_id: UUID | str) -> Reply[list[BidDocument]]: ...
    def list_doubts(self, lot_id: UUID | str) -> Reply[list[Doubt]]: ...
    def list_drafts(self, lot_id: UUID | str) -> Reply[list[Draft]]: ...
    def list_evaluations(
        self, lot_id: UUID | str, *, limit: int | None = ..., cursor: str | None = ...
    ) -> Reply[list[EvaluationRun]]: ...
    def list_events(self, tender_id: UUID | str, *, after: int = ..., limit: int = ...) -> Reply[list[Event]]: ...
    def list_findings(self, tender_id: UUID | str) -> Reply[list[LinkedFinding]]: ...
    def list_headers(self, lot_id: UUID | str, *, envelope: Literal["offer", "price"] = ...) -> Reply[list[Header]]: ...
    def list_identities(
        self, person_id: UUID | str, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[list[Identity]]: ...
    def list_imports(
        self, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceImportsImportedTender]: ...
    def list_jurisdictions(self) -> Reply[list[Jurisdiction]]: ...
    def list_keys(self, person_id: UUID | str, *, limit: int = ..., cursor: str | None = ...) -> Reply[list[Key]]: ...
    def list_left_out(self, file_id: UUID | str) -> Reply[bytes]: ...
    def list_left_out_of_analysis(self, analysis_id: UUID | str) -> Reply[bytes]: ...
    def list_locks(self, lot_id: UUID | str) -> Reply[list[CriterionLock]]: ...
    def list_low_bids(self, lot_id: UUID | str) -> Reply[list[LowBid]]: ...
    def list_meetings(self, lot_id: UUID | str) -> Reply[list[Meeting]]: ...
    def list_methods(self) -> Reply[list[Listed]]: ...
    def list_notices(
        self, tender_id: UUID | str, *, limit: int = ..., cursor: str | None = ..., if_none_match: str = ...
    ) -> Reply[PageServiceNoticesPublicNotice]: ...
    def list_obligations(self, lot_id: UUID | str) -> Reply[Watched]: ...
    def list_own_catalogues(self) -> Reply[list[ListedCatalogue]]: ...
    def list_people(self, *, limit: int = ..., cursor: str | None = ...) -> Reply[PageServiceOrganisationsPerson]: ...
    def list_performance_notices(self, lot_id: UUID | str) -> Reply[list[PerformanceNotice]]: ...
    def list_problems(self) -> Reply[list[ProblemPage]]: ...
    def list_providers(self, *, limit: int = ..., cursor: str | None = ...) -> Reply[list[IdentityProvider]]: ...
    def list_public_notices(
        self, tender_id: UUID | str, *, limit: int = ..., cursor: str | None = ..., if_none_match: str = ...
    ) -> Reply[PageServiceNoticesPublicNotice]: ...
    def list_questions(self, tender_id: UUID | str) -> Reply[list[Question]]: ...
    def list_ready_setups(self) -> Reply[list[ReadySetup]]: ...
    def list_recommendations(self, lot_id: UUID | str) -> Reply[list[Recommendation]]: ...
    def list_relays(self, lot_id: UUID | str, *, envelope: Literal["offer", "price"] = ...) -> Reply[list[Relay]]: ...
    def list_releases(
        self,
        *,
        profile: Literal["current", "find-a-tender"] = ...,
        buyer: str | None = ...,
        limit: int = ...,
        cursor: str | None = ...,
        if_none_match: str = ...,
    ) -> Reply[dict[str, Any]]: ...
    def list_roles(self, tender_id: UUID | str) -> Reply[list[RoleHeld]]: ...
    def list_samples(
        self, tender_id: UUID | str, *, begin: str | None = ..., end: str | None = ...
    ) -> Reply[bytes]: ...
    def list_scores(self, lot_id: UUID | str) -> Reply[list[PanelScore]]: ...
    def list_selection(self, lot_id: UUID | str) -> Reply[list[SelectionDecision]]: ...
    def list_signing_keys(self) -> Reply[PublishedKeys]: ...
    def list_simulations(self, tender_id: UUID | str) -> Reply[list[SimulationRun]]: ...
    def list_spend_files(self, *, limit: int = ..., cursor: str | None = ...) -> Reply[PageServiceSpendSpendFile]: ...
    def list_states(self, lot_id: UUID | str) -> Reply[list[BidState]]: ...
    def list_summaries(self, lot_id: UUID | str) -> Reply[list[SummaryLine]]: ...
    def list_tender_releases(
        self, tender_id: UUID | str, *, profile: Literal["current", "find-a-tender"] = ..., if_none_match: str = ...
    ) -> Reply[dict[str, Any]]: ...
    def list_tenders(self, *, limit: int = ..., cursor: str | None = ...) -> Reply[PageServiceTenderListTenderLine]: ...
    def list_token_keys(self) -> Reply[TokenKeys]: ...
    def list_verifications(self, evaluation_id: UUID | str) -> Reply[list[Verification]]: ...
    def list_warnings(self, evaluation_id: UUID | str, *, places: int | None = ...) -> Reply[list[Warned]]: ...
    def list_webhook_deliveries(
        self, webhook_id: UUID | str, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceWebhookDeliveriesWebhookDelivery]: ...
    def list_webhooks(self) -> Reply[list[Webhook]]: ...
    def list_years(self) -> Reply[list[OpenDataYear]]: ...
    def live(self) -> Reply[Alive]: ...
    def lock_consensus(self, lot_id: UUID | str, *, idempotency_key: str = ...) -> Reply[ConsensusLock]: ...
    def lock_criterion(
        self, lot_id: UUID | str, criterion_id: str, *, idempotency_key: str = ...
    ) -> Reply[CriterionLock]: ...
    def make_obligations(self, lot_id: UUID | str, body: NewPlan, *, idempotency_key: str = ...) -> Reply[Watched]: ...
    def make_webhook(self, body: NewWebhook, *, idempotency_key: str = ...) -> Reply[WebhookWithSecret]: ...
    def map_spend_file(self, file_id: UUID | str, body: Mapped) -> Reply[SpendFile]: ...
    def open_bids(
        self, lot_id: UUID | str, *, envelope: Literal["offer", "price"] = ..., idempotency_key: str = ...
    ) -> Reply[OpeningRecord]: ...
    def open_hearing(
        self, bid_id: UUID | str, body: NewHearing, *, idempotency_key: str = ...
    ) -> Reply[Clarification]: ...
    def open_with_keys(
        self, lot_id: UUID | str, body: ContentKeys, *, idempotency_key: str = ...
    ) -> Reply[OpeningRecord]: ...
    def ping_webhook(self, webhook_id: UUID | str, *, idempotency_key: str = ...) -> Reply[Webhook]: ...
    def preview_exclusion(
        self,
        lot_id: UUID | str,
        *,
        bid_id: UUID | str,
        becomes: Literal[
            "received",
            "withdrawn",
            "late",
            "excluded",
            "failed_selection",
            "non_compliant",
            "failed_hurdle",
            "abnormally_low_rejected",
            "admissible",
            "disqualified_after_award",
        ] = ...,
    ) -> Reply[Effect]: ...
    def preview_spend_file(self, file_id: UUID | str) -> Reply[Preview]: ...
    def propose_correction(
        self, clarification_id: UUID | str, body: NewCorrection, *, idempotency_key: str = ...
    ) -> Reply[Correction]: ...
    def propose_corrigendum(
        self, tender_id: UUID | str, body: NewCorrigendum, *, if_match: str | None = ..., idempotency_key: str = ...
    ) -> Reply[ProposedCorrigendum]: ...
    def propose_criteria(
        self, tender_id: UUID | str, body: NewCriteriaProposal, *, idempotency_key: str = ...
    ) -> Reply[CriteriaProposal]: ...
    def propose_own_criteria(
        self, tender_id: UUID | str, catalogue_id: UUID | str, body: NewCriteriaProposal, *, idempotency_key: str = ...
    ) -> Reply[CriteriaProposal]: ...
    def prove_consistency(self, tender_id: UUID | str, *, from_: int, to: int | None = ...) -> Reply[Consistency]: ...
    def prove_inclusion(self, tender_id: UUID | str, *, position: int, size: int | None = ...) -> Reply[Inclusion]: ...
    def publish_tender(
        self, tender_id: UUID | str, *, if_match: str | None = ..., idempotency_key: str = ...
    ) -> Reply[Tender]: ...
    def put_key(self, tender_id: UUID | str, body: NewTenderKey) -> Reply[TenderKey]: ...
    def read_document(self, bid_id: UUID | str, document_id: UUID | str) -> Reply[bytes]: ...
    def read_evidence(self, evidence_id: UUID | str) -> Reply[bytes]: ...
    def read_feed(self, *, after: str | None = ..., limit: int = ..., wait: int = ...) -> Reply[Feed]: ...
    def read_record(self, tender_id: UUID | str, *, after: int = ..., limit: int = ...) -> Reply[Chronicle]: ...
    def ready(self) -> Reply[Ready]: ...
    def recommend_award(
        self, lot_id: UUID | str, body: NewRecommendation, *, idempotency_key: str = ...
    ) -> Reply[Recommendation]: ...
    def record_consensus(
        self, bid_id: UUID | str, criterion_id: str, body: NewScore, *, if_match: str | None = ...
    ) -> Reply[ConsensusScore]: ...
    def record_contract(
        self, lot_id: UUID | str, body: NewContract, *, idempotency_key: str = ...
    ) -> Reply[Contract]: ...
    def record_failure(self, lot_id: UUID | str, body: NewFailure, *, idempotency_key: str = ...) -> Reply[Failure]: ...
    def record_meeting(self, lot_id: UUID | str, body: NewMeeting, *, idempotency_key: str = ...) -> Reply[Meeting]: ...
    def record_notice(self, lot_id: UUID | str, body: NewNotice, *, idempotency_key: str = ...) -> Reply[Notice]: ...
    def record_performance_notice(
        self, lot_id: UUID | str, body: NewPublication, *, idempotency_key: str = ...
    ) -> Reply[PerformanceNotice]: ...
    def record_training(
        self, tender_id: UUID | str, body: NewTraining, *, idempotency_key: str = ...
    ) -> Reply[Training]: ...
    def redact_field(
        self, lot_id: UUID | str, bid_id: UUID | str, field: str, body: NewRedaction
    ) -> Reply[Redaction]: ...
    def redeliver(
        self, webhook_id: UUID | str, delivery_id: UUID | str, *, idempotency_key: str = ...
    ) -> Reply[WebhookDelivery]: ...
    def register_officer_key(self, body: NewOfficerKey) -> Reply[OfficerKey]: ...
    def register_organisation(self, body: NewOrganisation, *, idempotency_key: str = ...) -> Reply[Registration]: ...
    def register_provider(self, body: NewProvider, *, idempotency_key: str = ...) -> Reply[IdentityProvider]: ...
    def rehearse(self, tender_id: UUID | str, body: Rehearsal, *, idempotency_key: str = ...) -> Reply[Rehearsed]: ...
    def reject_recommendation(
        self, lot_id: UUID | str, number: int, body: NewRejection, *, idempotency_key: str = ...
    ) -> Reply[Recommendation]: ...
    def relay_share(
        self,
        lot_id: UUID | str,
        person_id: UUID | str,
        body: RelayedShare,
        *,
        envelope: Literal["offer", "price"] = ...,
    ) -> Reply[Relayed]: ...
    def remind_evaluators(
        self, lot_id: UUID | str, body: NewReminder, *, idempotency_key: str = ...
    ) -> Reply[list[Progress]]: ...
    def remove_webhook(self, webhook_id: UUID | str) -> Reply[Webhook]: ...
    def replace_bid(
        self,
        bid_id: UUID | str,
        body: ReplaceBidBody | bytes,
        *,
        idempotency_key: str | None = ...,
        validate: Literal["only"] | None = ...,
        media_type: Literal[
            "application/json",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.tenderscore.sealed-bid",
            "text/csv",
        ] = ...,
    ) -> Reply[Any]: ...
    def replace_evaluator(
        self, lot_id: UUID | str, body: NewReplacement, *, idempotency_key: str = ...
    ) -> Reply[Panel]: ...
    def report_delivery(
        self, obligation_id: UUID | str, body: NewDelivery, *, idempotency_key: str = ...
    ) -> Reply[Delivery]: ...
    def request_explanation(
        self, bid_id: UUID | str, body: NewRequest, *, idempotency_key: str = ...
    ) -> Reply[LowBid]: ...
    def retire_provider(self, provider_id: UUID | str) -> Reply[IdentityProvider]: ...
    def reveal_secret(self, lot_id: UUID | str, body: NewDraw, *, idempotency_key: str = ...) -> Reply[Draw]: ...
    def revoke_key(self, key_id: str) -> Reply[Key]: ...
    def rotate_secret(self, webhook_id: UUID | str, *, idempotency_key: str = ...) -> Reply[WebhookWithSecret]: ...
    def save_draft(self, bid_id: UUID | str, criterion_id: str, body: NewDraft) -> Reply[Draft]: ...
    def send_summaries(self, lot_id: UUID | str, body: NewSending, *, idempotency_key: str = ...) -> Reply[Sent]: ...
    def set_panel(self, lot_id: UUID | str, body: NewPanel, *, if_match: str | None = ...) -> Reply[Panel]: ...
    def set_retention(self, tender_id: UUID | str, body: NewPeriod) -> Reply[Retention]: ...
    def show_contract_report(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_learnt_paper(self, tender_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_letter(
        self, lot_id: UUID | str, bid_id: UUID | str, *, award: int | None = ..., lang: str | None = ...
    ) -> Reply[str]: ...
    def show_moderation_paper(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_opening_paper(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_procedure_paper(self, tender_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_public_report(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_record_file(self, record_file_id: UUID | str) -> Reply[str]: ...
    def show_report(self, evaluation_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_scoring_sheet(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_simulation_report(self, simulation_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def show_spend_report(self, analysis_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    def shred_bids(
        self, tender_id: UUID | str, body: NewShredding, *, idempotency_key: str = ...
    ) -> Reply[Retention]: ...
    def simulate_lot(
        self, tender_id: UUID | str, body: NewSimulation, *, idempotency_key: str = ...
    ) -> Reply[Simulation]: ...
    def stamp_log(self, tender_id: UUID | str, *, idempotency_key: str = ...) -> Reply[Stamp]: ...
    def submit_bid(
        self,
        lot_id: UUID | str,
        body: SubmitBidBody | bytes,
        *,
        idempotency_key: str | None = ...,
        validate: Literal["only"] | None = ...,
        variant: int = ...,
        media_type: Literal[
            "application/json",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.tenderscore.sealed-bid",
            "text/csv",
        ] = ...,
    ) -> Reply[Any]: ...
    def take_remedy(
        self, obligation_id: UUID | str, body: NewRemedy, *, idempotency_key: str = ...
    ) -> Reply[Remedy]: ...
    def take_role(self, tender_id: UUID | str, person_id: UUID | str, role: str) -> Reply[None]: ...
    def unlock_criterion(
        self, lot_id: UUID | str, criterion_id: str, body: NewUnlock, *, idempotency_key: str = ...
    ) -> Reply[CriterionLock]: ...
    def upload_document(
        self,
        lot_id: UUID | str,
        body: bytes,
        *,
        document_id: UUID | str | None = ...,
        idempotency_key: str | None = ...,
        media_type: Literal["application/octet-stream", "application/vnd.tenderscore.sealed-document"] = ...,
    ) -> Reply[DocumentReceipt]: ...
    def upload_spend_file(
        self,
        body: bytes,
        *,
        name: str,
        kind: Literal["payments", "register", "places"] = ...,
        idempotency_key: str = ...,
        media_type: Literal["application/octet-stream", "text/csv"] = ...,
    ) -> Reply[SpendFile]: ...
    def value_quantities(self, body: NewValuation, *, idempotency_key: str = ...) -> Reply[Valuation]: ...
    def verify_evaluation(self, evaluation_id: UUID | str, *, idempotency_key: str = ...) -> Reply[Verification]: ...
    def who_am_i(self) -> Reply[Caller]: ...
    def withdraw_bid(self, bid_id: UUID | str) -> Reply[Receipt]: ...
    def withdraw_corrigendum(self, tender_id: UUID | str, number: int) -> Reply[ProposedCorrigendum]: ...
    def write_requirements(
        self, tender_id: UUID | str, body: NewRequirements, *, if_match: str | None = ...
    ) -> Reply[Requirements]: ...
    def send(self, operation: Operation, given: dict[str, Any]) -> Any: ...

class AsyncOperations:
    async def add_evidence(
        self,
        delivery_id: UUID | str,
        body: bytes,
        *,
        name: str,
        idempotency_key: str = ...,
        media_type: Literal["application/octet-stream", "text/csv"] = ...,
    ) -> Reply[Delivery]: ...
    async def add_identity(
        self, person_id: UUID | str, body: NewIdentity, *, idempotency_key: str = ...
    ) -> Reply[Identity]: ...
    async def add_obligation(
        self, lot_id: UUID | str, body: NewObligation, *, idempotency_key: str = ...
    ) -> Reply[Obligation]: ...
    async def add_person(self, body: NewPerson, *, idempotency_key: str = ...) -> Reply[Person]: ...
    async def annul_award(
        self, lot_id: UUID | str, body: NewAnnulment, *, idempotency_key: str = ...
    ) -> Reply[Award]: ...
    async def answer_about_supplier(
        self, body: NewSupplierAnswer, *, idempotency_key: str = ...
    ) -> Reply[SupplierAnswer]: ...
    async def answer_clarification(self, clarification_id: UUID | str, body: NewAnswer) -> Reply[Clarification]: ...
    async def answer_question(self, tender_id: UUID | str, number: int, body: NewPublicAnswer) -> Reply[Question]: ...
    async def ask_bidder(
        self, bid_id: UUID | str, body: NewClarification, *, idempotency_key: str = ...
    ) -> Reply[Clarification]: ...
    async def ask_for_analysis(self, body: NewAnalysis, *, idempotency_key: str = ...) -> Reply[AskedAnalysis]: ...
    async def ask_for_record(
        self, tender_id: UUID | str, *, lang: str | None = ..., idempotency_key: str = ...
    ) -> Reply[RecordFile]: ...
    async def ask_question(
        self, tender_id: UUID | str, body: NewQuestion, *, idempotency_key: str = ...
    ) -> Reply[Question]: ...
    async def assess_explanation(
        self, bid_id: UUID | str, body: AbnormallyLowNewAssessment, *, idempotency_key: str = ...
    ) -> Reply[LowBid]: ...
    async def assess_performance(
        self, lot_id: UUID | str, body: PerformanceNoticesNewAssessment, *, idempotency_key: str = ...
    ) -> Reply[PerformanceNoticesAssessment]: ...
    async def cancel_lot(
        self, lot_id: UUID | str, body: NewCancellation, *, idempotency_key: str = ...
    ) -> Reply[Cancellation]: ...
    async def cancel_tender(
        self, tender_id: UUID | str, body: NewCancellation, *, idempotency_key: str = ...
    ) -> Reply[list[Cancellation]]: ...
    async def change_terms(
        self, obligation_id: UUID | str, body: ChangedTerms, *, if_match: str | None = ...
    ) -> Reply[Obligation]: ...
    async def confirm_corrigendum(
        self, tender_id: UUID | str, number: int, *, if_match: str | None = ..., idempotency_key: str = ...
    ) -> Reply[Tender]: ...
    async def decide_award(self, lot_id: UUID | str, body: NewAward, *, idempotency_key: str = ...) -> Reply[Award]: ...
    async def decide_correction(
        self, clarification_id: UUID | str, body: NewCorrectionDecision
    ) -> Reply[Correction]: ...
    async def decide_declaration(
        self,
        tender_id: UUID | str,
        person_id: UUID | str,
        number: int,
        body: DeclarationsNewDecision,
        *,
        idempotency_key: str = ...,
    ) -> Reply[Declaration]: ...
    async def decide_delivery(
        self, delivery_id: UUID | str, body: DeliveriesNewDecision, *, idempotency_key: str = ...
    ) -> Reply[Delivery]: ...
    async def decide_hold(self, tender_id: UUID | str, body: NewHold) -> Reply[Retention]: ...
    async def decide_low_price(
        self, bid_id: UUID | str, body: NewLowDecision, *, idempotency_key: str = ...
    ) -> Reply[LowBid]: ...
    async def decide_selection(
        self, bid_id: UUID | str, body: NewSelectionDecision, *, idempotency_key: str = ...
    ) -> Reply[Decided]: ...
    async def decide_state(self, bid_id: UUID | str, body: NewBidState) -> Reply[BidState]: ...
    async def declare_interest(
        self, tender_id: UUID | str, body: NewDeclaration, *, idempotency_key: str = ...
    ) -> Reply[Declaration]: ...
    async def delete_spend_file(self, file_id: UUID | str) -> Reply[None]: ...
    async def download_year(
        self, year: int, *, profile: Literal["current", "find-a-tender"] = ..., buyer: str | None = ...
    ) -> Reply[bytes]: ...
    async def draft_from_ocds(self, body: NewFromOcds, *, idempotency_key: str = ...) -> Reply[DraftFromOcds]: ...
    async def draft_from_setup(
        self,
        body: Setup | bytes,
        *,
        reference: str,
        title: str | None = ...,
        submission_deadline: str | None = ...,
        opening_at: str | None = ...,
        starts_on: str | None = ...,
        framework_ends_at: str | None = ...,
        framework_id: UUID | str | None = ...,
        idempotency_key: str = ...,
        media_type: Literal["application/json", "application/yaml"] = ...,
    ) -> Reply[Tender]: ...
    async def draft_tender(self, body: DraftTender, *, idempotency_key: str = ...) -> Reply[Tender]: ...
    async def edit_tender(
        self, tender_id: UUID | str, body: DraftTender, *, if_match: str | None = ...
    ) -> Reply[Tender]: ...
    async def enable_webhook(self, webhook_id: UUID | str, *, idempotency_key: str = ...) -> Reply[Webhook]: ...
    async def evaluate_lot(
        self, lot_id: UUID | str, body: NewEvaluation, *, idempotency_key: str = ...
    ) -> Reply[EvaluationRun]: ...
    async def export_catalogue(self, catalogue_id: UUID | str) -> Reply[bytes]: ...
    async def export_log(self, tender_id: UUID | str) -> Reply[bytes]: ...
    async def export_scores(self, lot_id: UUID | str, *, format_: Literal["xlsx", "csv"] = ...) -> Reply[bytes]: ...
    async def export_tender(self, tender_id: UUID | str) -> Reply[bytes]: ...
    async def get_agenda(self, lot_id: UUID | str) -> Reply[Agenda]: ...
    async def get_analysis(self, analysis_id: UUID | str) -> Reply[SpendAnalysis]: ...
    async def get_award(self, lot_id: UUID | str) -> Reply[Award]: ...
    async def get_bid_template(
        self, lot_id: UUID | str, *, format_: Literal["xlsx", "csv"] = ..., variant: int = ...
    ) -> Reply[bytes]: ...
    async def get_cancellation(self, lot_id: UUID | str) -> Reply[Cancellation]: ...
    async def get_catalogue(self) -> Reply[Measures]: ...
    async def get_contract(self, lot_id: UUID | str) -> Reply[Contract]: ...
    async def get_contract_report(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_corrigendum(self, tender_id: UUID | str, number: int) -> Reply[ProposedCorrigendum]: ...
    async def get_difference(self, evaluation_id: UUID | str, *, from_: UUID | str) -> Reply[Difference]: ...
    async def get_dossier_verifier(self) -> Reply[str]: ...
    async def get_eforms_terms(self, tender_id: UUID | str) -> Reply[EformsTerms]: ...
    async def get_evaluation(self, evaluation_id: UUID | str, *, if_none_match: str = ...) -> Reply[Evaluation]: ...
    async def get_extension(self) -> Reply[dict[str, Any]]: ...
    async def get_extension_codes(self) -> Reply[bytes]: ...
    async def get_extension_schema(self) -> Reply[dict[str, Any]]: ...
    async def get_framework(self, tender_id: UUID | str) -> Reply[FrameworkState]: ...
    async def get_import(self, import_id: UUID | str) -> Reply[ImportedTender]: ...
    async def get_imported_file(self, import_id: UUID | str) -> Reply[bytes]: ...
    async def get_jurisdiction(self, jurisdiction: str, *, on: str | None = ...) -> Reply[Presets]: ...
    async def get_key(self, tender_id: UUID | str) -> Reply[TenderKey]: ...
    async def get_learnt_paper(
        self, tender_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_legal_rules(self, tender_id: UUID | str) -> Reply[Presets]: ...
    async def get_letter(
        self,
        lot_id: UUID | str,
        bid_id: UUID | str,
        *,
        award: int | None = ...,
        lang: str | None = ...,
        if_none_match: str = ...,
    ) -> Reply[bytes]: ...
    async def get_log_checkpoint(self, tender_id: UUID | str) -> Reply[str]: ...
    async def get_model(self, *, starts_on: str) -> Reply[SocialValueModel]: ...
    async def get_moderation_paper(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_monitoring(self, lot_id: UUID | str) -> Reply[Monitoring]: ...
    async def get_notice(self, lot_id: UUID | str) -> Reply[Notice]: ...
    async def get_opening(self, lot_id: UUID | str) -> Reply[OpeningRecord]: ...
    async def get_opening_paper(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_own_catalogue(self, catalogue_id: UUID | str) -> Reply[OwnCatalogue]: ...
    async def get_panel(self, lot_id: UUID | str) -> Reply[Panel]: ...
    async def get_platform_record(
        self, tender_id: UUID | str, *, begin: str | None = ..., end: str | None = ...
    ) -> Reply[PlatformRecord]: ...
    async def get_problem(self, slug: str) -> Reply[ProblemPage]: ...
    async def get_procedure_paper(
        self, tender_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_procedure_report(self, tender_id: UUID | str) -> Reply[ProcedureReport]: ...
    async def get_progress(self, lot_id: UUID | str) -> Reply[list[Progress]]: ...
    async def get_proxy(self, series_id: str, case: str, *, year: int | None = ...) -> Reply[ProxyValue]: ...
    async def get_public_report(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_ready_setup(self, name: str, *, format_: Literal["json", "yaml"] = ...) -> Reply[Setup]: ...
    async def get_receipt(self, bid_id: UUID | str) -> Reply[Receipt]: ...
    async def get_record_file(self, record_file_id: UUID | str, *, if_none_match: str = ...) -> Reply[bytes]: ...
    async def get_report(
        self, evaluation_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_requirements(self, tender_id: UUID | str) -> Reply[Requirements]: ...
    async def get_retention(self, tender_id: UUID | str) -> Reply[Retention]: ...
    async def get_score_sheet(self, lot_id: UUID | str, *, format_: Literal["xlsx", "csv"] = ...) -> Reply[bytes]: ...
    async def get_scoring_sheet(
        self, lot_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_sealing(self, lot_id: UUID | str, *, variant: int = ...) -> Reply[SubmissionsTerms]: ...
    async def get_sensitivity(
        self, evaluation_id: UUID | str, *, draws: int = ..., seed: int = ...
    ) -> Reply[Sensitivity]: ...
    async def get_setup(self, tender_id: UUID | str, *, format_: Literal["json", "yaml"] = ...) -> Reply[Setup]: ...
    async def get_share(self, tender_id: UUID | str) -> Reply[OwnShare]: ...
    async def get_simulation(self, simulation_id: UUID | str) -> Reply[Simulation]: ...
    async def get_simulation_report(
        self, simulation_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_spend_file(self, file_id: UUID | str) -> Reply[SpendFile]: ...
    async def get_spend_report(
        self, analysis_id: UUID | str, *, lang: str | None = ..., if_none_match: str = ...
    ) -> Reply[bytes]: ...
    async def get_standstill(self, lot_id: UUID | str) -> Reply[StoredStandstill]: ...
    async def get_summary(
        self, lot_id: UUID | str, bid_id: UUID | str, *, award: int | None = ...
    ) -> Reply[Summary]: ...
    async def get_tender(self, tender_id: UUID | str) -> Reply[Tender]: ...
    async def get_tender_record(
        self, tender_id: UUID | str, *, profile: Literal["current", "find-a-tender"] = ..., if_none_match: str = ...
    ) -> Reply[dict[str, Any]]: ...
    async def get_token_metadata(self) -> Reply[TokenMetadata]: ...
    async def get_verifier(self) -> Reply[str]: ...
    async def get_webhook(self, webhook_id: UUID | str) -> Reply[Webhook]: ...
    async def get_webhook_delivery(
        self, webhook_id: UUID | str, delivery_id: UUID | str
    ) -> Reply[WebhookDeliveryWithAttempts]: ...
    async def give_report_text(self, tender_id: UUID | str, field: str, body: NewReportText) -> Reply[ReportText]: ...
    async def give_score(
        self, bid_id: UUID | str, criterion_id: str, body: NewScore, *, if_match: str | None = ...
    ) -> Reply[PanelScore]: ...
    async def give_scores(
        self,
        lot_id: UUID | str,
        body: bytes,
        *,
        validate: Literal["only"] | None = ...,
        idempotency_key: str = ...,
        media_type: Literal["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv"] = ...,
    ) -> Reply[StoredSheet]: ...
    async def give_text(
        self, lot_id: UUID | str, bid_id: UUID | str, field: str, body: NewText
    ) -> Reply[GivenText]: ...
    async def grant_role(
        self, tender_id: UUID | str, body: NewRole, *, idempotency_key: str = ...
    ) -> Reply[RoleHeld]: ...
    async def import_catalogue(
        self,
        body: bytes,
        *,
        title: str,
        version: str,
        licence: str,
        source: str,
        idempotency_key: str = ...,
        media_type: Literal["application/octet-stream", "text/csv"] = ...,
    ) -> Reply[OwnCatalogue]: ...
    async def import_tender(
        self, body: bytes, *, key: str, idempotency_key: str = ..., media_type: Literal["application/zip"] = ...
    ) -> Reply[ImportedTender]: ...
    async def issue_key(
        self, person_id: UUID | str, body: NewKey, *, idempotency_key: str = ...
    ) -> Reply[IssuedKey]: ...
    async def issue_token(
        self, body: bytes, *, media_type: Literal["application/x-www-form-urlencoded"] = ...
    ) -> Reply[AccessToken]: ...
    async def link_finding(
        self, tender_id: UUID | str, body: NewLinkedFinding, *, idempotency_key: str = ...
    ) -> Reply[LinkedFinding]: ...
    async def list_analyses(
        self, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceSpendAnalysesAskedAnalysis]: ...
    async def list_answers_about_suppliers(
        self, *, limit: int | None = ..., cursor: str | None = ...
    ) -> Reply[list[SupplierAnswer]]: ...
    async def list_awards(self, lot_id: UUID | str) -> Reply[list[Award]]: ...
    async def list_bid_clarifications(self, bid_id: UUID | str) -> Reply[list[Clarification]]: ...
    async def list_bidders(self, tender_id: UUID | str) -> Reply[list[DeclarationsBidder]]: ...
    async def list_bids(self, lot_id: UUID | str) -> Reply[list[OwnBid] | list[PanelBid]]: ...
    async def list_clarifications(self, lot_id: UUID | str) -> Reply[list[Clarification]]: ...
    async def list_consensus(self, lot_id: UUID | str) -> Reply[list[ConsensusScore]]: ...
    async def list_corrections(self, lot_id: UUID | str) -> Reply[list[Correction]]: ...
    async def list_corrigenda(self, tender_id: UUID | str) -> Reply[list[ProposedCorrigendum]]: ...
    async def list_declarations(self, tender_id: UUID | str) -> Reply[list[Declaration]]: ...
    async def list_delivered(self) -> Reply[list[DeliveredOf]]: ...
    async def list_deliveries(self, lot_id: UUID | str) -> Reply[list[Delivery]]: ...
    async def list_document_headers(self, lot_id: UUID | str) -> Reply[list[SealedDocument]]: ...
    async def list_documents(self, bid_id: UUID | str) -> Reply[list[BidDocument]]: ...
    async def list_doubts(self, lot_id: UUID | str) -> Reply[list[Doubt]]: ...
    async def list_drafts(self, lot_id: UUID | str) -> Reply[list[Draft]]: ...
    async def list_evaluations(
        self, lot_id: UUID | str, *, limit: int | None = ..., cursor: str | None = ...
    ) -> Reply[list[EvaluationRun]]: ...
    async def list_events(self, tender_id: UUID | str, *, after: int = ..., limit: int = ...) -> Reply[list[Event]]: ...
    async def list_findings(self, tender_id: UUID | str) -> Reply[list[LinkedFinding]]: ...
    async def list_headers(
        self, lot_id: UUID | str, *, envelope: Literal["offer", "price"] = ...
    ) -> Reply[list[Header]]: ...
    async def list_identities(
        self, person_id: UUID | str, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[list[Identity]]: ...
    async def list_imports(
        self, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceImportsImportedTender]: ...
    async def list_jurisdictions(self) -> Reply[list[Jurisdiction]]: ...
    async def list_keys(
        self, person_id: UUID | str, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[list[Key]]: ...
    async def list_left_out(self, file_id: UUID | str) -> Reply[bytes]: ...
    async def list_left_out_of_analysis(self, analysis_id: UUID | str) -> Reply[bytes]: ...
    async def list_locks(self, lot_id: UUID | str) -> Reply[list[CriterionLock]]: ...
    async def list_low_bids(self, lot_id: UUID | str) -> Reply[list[LowBid]]: ...
    async def list_meetings(self, lot_id: UUID | str) -> Reply[list[Meeting]]: ...
    async def list_methods(self) -> Reply[list[Listed]]: ...
    async def list_notices(
        self, tender_id: UUID | str, *, limit: int = ..., cursor: str | None = ..., if_none_match: str = ...
    ) -> Reply[PageServiceNoticesPublicNotice]: ...
    async def list_obligations(self, lot_id: UUID | str) -> Reply[Watched]: ...
    async def list_own_catalogues(self) -> Reply[list[ListedCatalogue]]: ...
    async def list_people(
        self, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceOrganisationsPerson]: ...
    async def list_performance_notices(self, lot_id: UUID | str) -> Reply[list[PerformanceNotice]]: ...
    async def list_problems(self) -> Reply[list[ProblemPage]]: ...
    async def list_providers(self, *, limit: int = ..., cursor: str | None = ...) -> Reply[list[IdentityProvider]]: ...
    async def list_public_notices(
        self, tender_id: UUID | str, *, limit: int = ..., cursor: str | None = ..., if_none_match: str = ...
    ) -> Reply[PageServiceNoticesPublicNotice]: ...
    async def list_questions(self, tender_id: UUID | str) -> Reply[list[Question]]: ...
    async def list_ready_setups(self) -> Reply[list[ReadySetup]]: ...
    async def list_recommendations(self, lot_id: UUID | str) -> Reply[list[Recommendation]]: ...
    async def list_relays(
        self, lot_id: UUID | str, *, envelope: Literal["offer", "price"] = ...
    ) -> Reply[list[Relay]]: ...
    async def list_releases(
        self,
        *,
        profile: Literal["current", "find-a-tender"] = ...,
        buyer: str | None = ...,
        limit: int = ...,
        cursor: str | None = ...,
        if_none_match: str = ...,
    ) -> Reply[dict[str, Any]]: ...
    async def list_roles(self, tender_id: UUID | str) -> Reply[list[RoleHeld]]: ...
    async def list_samples(
        self, tender_id: UUID | str, *, begin: str | None = ..., end: str | None = ...
    ) -> Reply[bytes]: ...
    async def list_scores(self, lot_id: UUID | str) -> Reply[list[PanelScore]]: ...
    async def list_selection(self, lot_id: UUID | str) -> Reply[list[SelectionDecision]]: ...
    async def list_signing_keys(self) -> Reply[PublishedKeys]: ...
    async def list_simulations(self, tender_id: UUID | str) -> Reply[list[SimulationRun]]: ...
    async def list_spend_files(
        self, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceSpendSpendFile]: ...
    async def list_states(self, lot_id: UUID | str) -> Reply[list[BidState]]: ...
    async def list_summaries(self, lot_id: UUID | str) -> Reply[list[SummaryLine]]: ...
    async def list_tender_releases(
        self, tender_id: UUID | str, *, profile: Literal["current", "find-a-tender"] = ..., if_none_match: str = ...
    ) -> Reply[dict[str, Any]]: ...
    async def list_tenders(
        self, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceTenderListTenderLine]: ...
    async def list_token_keys(self) -> Reply[TokenKeys]: ...
    async def list_verifications(self, evaluation_id: UUID | str) -> Reply[list[Verification]]: ...
    async def list_warnings(self, evaluation_id: UUID | str, *, places: int | None = ...) -> Reply[list[Warned]]: ...
    async def list_webhook_deliveries(
        self, webhook_id: UUID | str, *, limit: int = ..., cursor: str | None = ...
    ) -> Reply[PageServiceWebhookDeliveriesWebhookDelivery]: ...
    async def list_webhooks(self) -> Reply[list[Webhook]]: ...
    async def list_years(self) -> Reply[list[OpenDataYear]]: ...
    async def live(self) -> Reply[Alive]: ...
    async def lock_consensus(self, lot_id: UUID | str, *, idempotency_key: str = ...) -> Reply[ConsensusLock]: ...
    async def lock_criterion(
        self, lot_id: UUID | str, criterion_id: str, *, idempotency_key: str = ...
    ) -> Reply[CriterionLock]: ...
    async def make_obligations(
        self, lot_id: UUID | str, body: NewPlan, *, idempotency_key: str = ...
    ) -> Reply[Watched]: ...
    async def make_webhook(self, body: NewWebhook, *, idempotency_key: str = ...) -> Reply[WebhookWithSecret]: ...
    async def map_spend_file(self, file_id: UUID | str, body: Mapped) -> Reply[SpendFile]: ...
    async def open_bids(
        self, lot_id: UUID | str, *, envelope: Literal["offer", "price"] = ..., idempotency_key: str = ...
    ) -> Reply[OpeningRecord]: ...
    async def open_hearing(
        self, bid_id: UUID | str, body: NewHearing, *, idempotency_key: str = ...
    ) -> Reply[Clarification]: ...
    async def open_with_keys(
        self, lot_id: UUID | str, body: ContentKeys, *, idempotency_key: str = ...
    ) -> Reply[OpeningRecord]: ...
    async def ping_webhook(self, webhook_id: UUID | str, *, idempotency_key: str = ...) -> Reply[Webhook]: ...
    async def preview_exclusion(
        self,
        lot_id: UUID | str,
        *,
        bid_id: UUID | str,
        becomes: Literal[
            "received",
            "withdrawn",
            "late",
            "excluded",
            "failed_selection",
            "non_compliant",
            "failed_hurdle",
            "abnormally_low_rejected",
            "admissible",
            "disqualified_after_award",
        ] = ...,
    ) -> Reply[Effect]: ...
    async def preview_spend_file(self, file_id: UUID | str) -> Reply[Preview]: ...
    async def propose_correction(
        self, clarification_id: UUID | str, body: NewCorrection, *, idempotency_key: str = ...
    ) -> Reply[Correction]: ...
    async def propose_corrigendum(
        self, tender_id: UUID | str, body: NewCorrigendum, *, if_match: str | None = ..., idempotency_key: str = ...
    ) -> Reply[ProposedCorrigendum]: ...
    async def propose_criteria(
        self, tender_id: UUID | str, body: NewCriteriaProposal, *, idempotency_key: str = ...
    ) -> Reply[CriteriaProposal]: ...
    async def propose_own_criteria(
        self, tender_id: UUID | str, catalogue_id: UUID | str, body: NewCriteriaProposal, *, idempotency_key: str = ...
    ) -> Reply[CriteriaProposal]: ...
    async def prove_consistency(
        self, tender_id: UUID | str, *, from_: int, to: int | None = ...
    ) -> Reply[Consistency]: ...
    async def prove_inclusion(
        self, tender_id: UUID | str, *, position: int, size: int | None = ...
    ) -> Reply[Inclusion]: ...
    async def publish_tender(
        self, tender_id: UUID | str, *, if_match: str | None = ..., idempotency_key: str = ...
    ) -> Reply[Tender]: ...
    async def put_key(self, tender_id: UUID | str, body: NewTenderKey) -> Reply[TenderKey]: ...
    async def read_document(self, bid_id: UUID | str, document_id: UUID | str) -> Reply[bytes]: ...
    async def read_evidence(self, evidence_id: UUID | str) -> Reply[bytes]: ...
    async def read_feed(self, *, after: str | None = ..., limit: int = ..., wait: int = ...) -> Reply[Feed]: ...
    async def read_record(self, tender_id: UUID | str, *, after: int = ..., limit: int = ...) -> Reply[Chronicle]: ...
    async def ready(self) -> Reply[Ready]: ...
    async def recommend_award(
        self, lot_id: UUID | str, body: NewRecommendation, *, idempotency_key: str = ...
    ) -> Reply[Recommendation]: ...
    async def record_consensus(
        self, bid_id: UUID | str, criterion_id: str, body: NewScore, *, if_match: str | None = ...
    ) -> Reply[ConsensusScore]: ...
    async def record_contract(
        self, lot_id: UUID | str, body: NewContract, *, idempotency_key: str = ...
    ) -> Reply[Contract]: ...
    async def record_failure(
        self, lot_id: UUID | str, body: NewFailure, *, idempotency_key: str = ...
    ) -> Reply[Failure]: ...
    async def record_meeting(
        self, lot_id: UUID | str, body: NewMeeting, *, idempotency_key: str = ...
    ) -> Reply[Meeting]: ...
    async def record_notice(
        self, lot_id: UUID | str, body: NewNotice, *, idempotency_key: str = ...
    ) -> Reply[Notice]: ...
    async def record_performance_notice(
        self, lot_id: UUID | str, body: NewPublication, *, idempotency_key: str = ...
    ) -> Reply[PerformanceNotice]: ...
    async def record_training(
        self, tender_id: UUID | str, body: NewTraining, *, idempotency_key: str = ...
    ) -> Reply[Training]: ...
    async def redact_field(
        self, lot_id: UUID | str, bid_id: UUID | str, field: str, body: NewRedaction
    ) -> Reply[Redaction]: ...
    async def redeliver(
        self, webhook_id: UUID | str, delivery_id: UUID | str, *, idempotency_key: str = ...
    ) -> Reply[WebhookDelivery]: ...
    async def register_officer_key(self, body: NewOfficerKey) -> Reply[OfficerKey]: ...
    async def register_organisation(
        self, body: NewOrganisation, *, idempotency_key: str = ...
    ) -> Reply[Registration]: ...
    async def register_provider(self, body: NewProvider, *, idempotency_key: str = ...) -> Reply[IdentityProvider]: ...
    async def rehearse(
        self, tender_id: UUID | str, body: Rehearsal, *, idempotency_key: str = ...
    ) -> Reply[Rehearsed]: ...
    async def reject_recommendation(
        self, lot_id: UUID | str, number: int, body: NewRejection, *, idempotency_key: str = ...
    ) -> Reply[Recommendation]: ...
    async def relay_share(
        self,
        lot_id: UUID | str,
        person_id: UUID | str,
        body: RelayedShare,
        *,
        envelope: Literal["offer", "price"] = ...,
    ) -> Reply[Relayed]: ...
    async def remind_evaluators(
        self, lot_id: UUID | str, body: NewReminder, *, idempotency_key: str = ...
    ) -> Reply[list[Progress]]: ...
    async def remove_webhook(self, webhook_id: UUID | str) -> Reply[Webhook]: ...
    async def replace_bid(
        self,
        bid_id: UUID | str,
        body: ReplaceBidBody | bytes,
        *,
        idempotency_key: str | None = ...,
        validate: Literal["only"] | None = ...,
        media_type: Literal[
            "application/json",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.tenderscore.sealed-bid",
            "text/csv",
        ] = ...,
    ) -> Reply[Any]: ...
    async def replace_evaluator(
        self, lot_id: UUID | str, body: NewReplacement, *, idempotency_key: str = ...
    ) -> Reply[Panel]: ...
    async def report_delivery(
        self, obligation_id: UUID | str, body: NewDelivery, *, idempotency_key: str = ...
    ) -> Reply[Delivery]: ...
    async def request_explanation(
        self, bid_id: UUID | str, body: NewRequest, *, idempotency_key: str = ...
    ) -> Reply[LowBid]: ...
    async def retire_provider(self, provider_id: UUID | str) -> Reply[IdentityProvider]: ...
    async def reveal_secret(self, lot_id: UUID | str, body: NewDraw, *, idempotency_key: str = ...) -> Reply[Draw]: ...
    async def revoke_key(self, key_id: str) -> Reply[Key]: ...
    async def rotate_secret(
        self, webhook_id: UUID | str, *, idempotency_key: str = ...
    ) -> Reply[WebhookWithSecret]: ...
    async def save_draft(self, bid_id: UUID | str, criterion_id: str, body: NewDraft) -> Reply[Draft]: ...
    async def send_summaries(
        self, lot_id: UUID | str, body: NewSending, *, idempotency_key: str = ...
    ) -> Reply[Sent]: ...
    async def set_panel(self, lot_id: UUID | str, body: NewPanel, *, if_match: str | None = ...) -> Reply[Panel]: ...
    async def set_retention(self, tender_id: UUID | str, body: NewPeriod) -> Reply[Retention]: ...
    async def show_contract_report(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_learnt_paper(self, tender_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_letter(
        self, lot_id: UUID | str, bid_id: UUID | str, *, award: int | None = ..., lang: str | None = ...
    ) -> Reply[str]: ...
    async def show_moderation_paper(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_opening_paper(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_procedure_paper(self, tender_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_public_report(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_record_file(self, record_file_id: UUID | str) -> Reply[str]: ...
    async def show_report(self, evaluation_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_scoring_sheet(self, lot_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_simulation_report(self, simulation_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def show_spend_report(self, analysis_id: UUID | str, *, lang: str | None = ...) -> Reply[str]: ...
    async def shred_bids(
        self, tender_id: UUID | str, body: NewShredding, *, idempotency_key: str = ...
    ) -> Reply[Retention]: ...
    async def simulate_lot(
        self, tender_id: UUID | str, body: NewSimulation, *, idempotency_key: str = ...
    ) -> Reply[Simulation]: ...
    async def stamp_log(self, tender_id: UUID | str, *, idempotency_key: str = ...) -> Reply[Stamp]: ...
    async def submit_bid(
        self,
        lot_id: UUID | str,
        body: SubmitBidBody | bytes,
        *,
        idempotency_key: str | None = ...,
        validate: Literal["only"] | None = ...,
        variant: int = ...,
        media_type: Literal[
            "application/json",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.tenderscore.sealed-bid",
            "text/csv",
        ] = ...,
    ) -> Reply[Any]: ...
    async def take_remedy(
        self, obligation_id: UUID | str, body: NewRemedy, *, idempotency_key: str = ...
    ) -> Reply[Remedy]: ...
    async def take_role(self, tender_id: UUID | str, person_id: UUID | str, role: str) -> Reply[None]: ...
    async def unlock_criterion(
        self, lot_id: UUID | str, criterion_id: str, body: NewUnlock, *, idempotency_key: str = ...
    ) -> Reply[CriterionLock]: ...
    async def upload_document(
        self,
        lot_id: UUID | str,
        body: bytes,
        *,
        document_id: UUID | str | None = ...,
        idempotency_key: str | None = ...,
        media_type: Literal["application/octet-stream", "application/vnd.tenderscore.sealed-document"] = ...,
    ) -> Reply[DocumentReceipt]: ...
    async def upload_spend_file(
        self,
        body: bytes,
        *,
        name: str,
        kind: Literal["payments", "register", "places"] = ...,
        idempotency_key: str = ...,
        media_type: Literal["application/octet-stream", "text/csv"] = ...,
    ) -> Reply[SpendFile]: ...
    async def value_quantities(self, body: NewValuation, *, idempotency_key: str = ...) -> Reply[Valuation]: ...
    async def verify_evaluation(
        self, evaluation_id: UUID | str, *, idempotency_key: str = ...
    ) -> Reply[Verification]: ...
    async def who_am_i(self) -> Reply[Caller]: ...
    async def withdraw_bid(self, bid_id: UUID | str) -> Reply[Receipt]: ...
    async def withdraw_corrigendum(self, tender_id: UUID | str, number: int) -> Reply[ProposedCorrigendum]: ...
    async def write_requirements(
        self, tender_id: UUID | str, body: NewRequirements, *, if_match: str | None = ...
    ) -> Reply[Requirements]: ...
    async def send(self, operation: Operation, given: dict[str, Any]) -> Any: ...
