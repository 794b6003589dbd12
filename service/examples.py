"""One request example for each operation that takes a body; the reference page shows them and a test sends them all."""

from typing import Any, NamedTuple

from service.contract_examples import CONTRACT_EXAMPLES

SCHOOL_ROOFS: dict[str, Any] = {
    "criteria": [
        {
            "id": "price",
            "title": "Price",
            "weighting": "40",
            "direction": "lower",
            "unit": "GBP",
            "method": {"id": "P1", "zero": "reject"},
        },
        {
            "id": "quality",
            "title": "Quality",
            "weighting": "35",
            "criteria": [
                {
                    "id": "method-statement",
                    "title": "Method statement",
                    "weighting": "60",
                    "minimum": "40",
                    "method": {
                        "id": "graded",
                        "scale": [
                            {"value": "0", "label": "unacceptable", "descriptor": "No answer, or off the point."},
                            {"value": "1", "label": "poor", "descriptor": "Serious gaps."},
                            {"value": "2", "label": "fair", "descriptor": "Some gaps."},
                            {"value": "3", "label": "good", "descriptor": "Meets the need."},
                            {"value": "4", "label": "very good", "descriptor": "Meets it with added value."},
                            {"value": "5", "label": "excellent", "descriptor": "Exceeds it throughout."},
                        ],
                    },
                },
                {
                    "id": "working-time",
                    "title": "Work outside school hours",
                    "weighting": "40",
                    "method": {"id": "yes_no"},
                },
            ],
        },
        {
            "id": "social-value",
            "title": "Social value",
            "weighting": "25",
            "criteria": [
                {
                    "id": "apprentice-weeks",
                    "title": "Apprentice weeks on the contract",
                    "weighting": "60",
                    "unit": "week",
                    "method": {"id": "target", "target": "208"},
                },
                {
                    "id": "carbon",
                    "title": "Emissions of the works",
                    "weighting": "40",
                    "unit": "tCO2e",
                    "direction": "lower",
                    "method": {"id": "A1", "best": "20", "worst": "120"},
                },
            ],
        },
    ],
    "rounding": [
        {"stage": "leaf", "decimals": 2, "mode": "half_up"},
        {"stage": "criterion", "decimals": 2, "mode": "half_up"},
        {"stage": "total", "decimals": 2, "mode": "half_up"},
    ],
    "tie_break": [{"id": "criterion", "criterion": "social-value"}, {"id": "criterion", "criterion": "price"}],
}

TENDER: dict[str, Any] = {
    "reference": "SOLAR-2026-07",
    "title": "Solar roofs for twelve schools",
    "description": "Design, supply and installation of solar roofs on twelve primary schools.",
    "currency": "GBP",
    "time_zone": "Europe/London",
    "submission_deadline": "2031-03-14T12:00:00Z",
    "lots": [{"title": "Northern schools", "rules": SCHOOL_ROOFS}],
}

OCDS_RELEASE: dict[str, Any] = {
    "time_zone": "Europe/London",
    "reference": "PARKS-2026-03",
    "methods": {
        "price": {"method": {"id": "P1", "zero": "reject"}},
        "quality": {"method": {"id": "target", "target": "10"}, "unit": "fte_year"},
    },
    "document": {
        "ocid": "ocds-213czf-000-00001",
        "id": "000-00001-01",
        "date": "2026-01-10T09:00:00Z",
        "tag": ["tender"],
        "initiationType": "tender",
        "tender": {
            "id": "T-1",
            "title": "Park maintenance",
            "value": {"amount": 250000, "currency": "GBP"},
            "tenderPeriod": {"endDate": "2031-02-20T12:00:00Z"},
            "lots": [
                {
                    "id": "1",
                    "title": "North parks",
                    "awardCriteria": {
                        "criteria": [
                            {
                                "type": "price",
                                "name": "Price",
                                "numbers": [{"number": 70, "weight": "percentageExact"}],
                            },
                            {"type": "quality", "name": "Local jobs", "description": "30 %"},
                        ]
                    },
                }
            ],
        },
    },
}

BID: dict[str, Any] = {
    "values": {
        "price": "1184500.00",
        "method-statement": "We strip and re-roof one school at a time, outside term wherever a crane is needed.",
        "working-time": "yes",
        "apprentice-weeks": "156",
        "carbon": "64.5",
    }
}


DRAWN_WITH = "dew point over the weir"
"""What a buyer who draws lots keeps to itself until the opening."""

PANEL: dict[str, Any] = {
    "chair_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f13",
    "reason": "One subject, low value: one evaluator and a moderator are in proportion.",
    "policy": {"every_question": True, "spread": 1, "outlier": 1, "majority": "unanimous"},
    "seats": [{"person_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11", "criteria": ["method-statement"]}],
}

MEETING: dict[str, Any] = {
    "held_at": "2031-03-20T09:30:00Z",
    "present": ["3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f13", "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11"],
    "items": [
        {
            "bid_id": "6c0f6f7e-52a0-4a0c-8f0f-5f3f3f4e8b22",
            "criterion_id": "method-statement",
            "points": ["Page 4 was read together: every school has its phase.", "The crane plan lacks one site."],
            "value": "4",
            "reason": "Agreed: phasing is convincing; crane plan lacks one site.",
            "cites": ["Method statement, p. 4"],
        }
    ],
}


class RequestExample(NamedTuple):
    """A body that is accepted as it stands once its ids and digests are those of the reader's own tender."""

    summary: str
    body: dict[str, Any]


_POINT = (
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""The base point of P-256: a public key whose private half everybody knows, and so nobody's."""

EXAMPLES: dict[str, RequestExample] = {
    "register_organisation": RequestExample(
        "A supplier",
        {
            "kind": "supplier",
            "name": "Alder Roofing Ltd",
            "identifier": "GB-COH-01234567",
            "person": {"name": "Ada Alder", "email": "ada@alder.example"},
        },
    ),
    "add_person": RequestExample("A colleague", {"name": "Noor Haddad", "email": "noor@city.example"}),
    "issue_key": RequestExample("A key for the e-tendering portal", {"label": "Portal", "scopes": ["read", "write"]}),
    "register_provider": RequestExample(
        "The city's own sign-in, strong by a second factor",
        {"issuer": "https://login.northgate.example/realms/city", "acr_values": ["https://refeds.org/profile/mfa"]},
    ),
    "add_identity": RequestExample(
        "What the provider calls the first person, who names the others",
        {
            "provider_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f12",
            "subject": "a.nwosu",
            "scopes": ["read", "write", "admin"],
        },
    ),
    "draft_tender": RequestExample("One lot with three groups of criteria", TENDER),
    "draft_from_ocds": RequestExample("A release of another buyer's", OCDS_RELEASE),
    "edit_tender": RequestExample("The same, with another title", {**TENDER, "title": "Solar roofs for 12 schools"}),
    "draft_from_setup": RequestExample(
        "What was tried in one tender, for the next",
        {name: value for name, value in TENDER.items() if name not in {"reference", "submission_deadline"}},
    ),
    "grant_role": RequestExample(
        "An evaluator", {"person_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11", "role": "evaluator"}
    ),
    "register_officer_key": RequestExample("The public half of an officer's own key", {"public_key": _POINT}),
    "put_key": RequestExample(
        "A key in two shares, as the officers' client makes it",
        {
            "public_key": _POINT,
            "officers_needed": 2,
            "shares": [
                {
                    "person_id": f"3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f1{number}",
                    "number": number,
                    "sealed_share": "VFNFMQ==",
                    "sealed_to": _POINT,
                    "share_digest": "0" * 64,
                    "rehearsal_digest": "0" * 64,
                }
                for number in (1, 2)
            ],
        },
    ),
    "rehearse": RequestExample("The answer of a share's holder", {"answer": "0" * 64}),
    "relay_share": RequestExample("A share, sealed to the officer who opens", {"sealed_share": "VFNFMQ=="}),
    "open_with_keys": RequestExample(
        "The content keys of a lot with one bid",
        {
            "envelope": "offer",
            "keys": [
                {
                    "bid_id": "6c0f6f7e-52a0-4a0c-8f0f-5f3f3f4e8b22",
                    "key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                }
            ],
        },
    ),
    "simulate_lot": RequestExample(
        "Five invented bids for the first lot", {"lot": 1, "generate": {"number": 5, "seed": 7}, "runs": 200}
    ),
    "propose_corrigendum": RequestExample(
        "Two more days",
        {"reason": "The site visit was moved to the last week.", "submission_deadline": "2031-03-16T12:00:00Z"},
    ),
    "submit_bid": RequestExample("A complete bid", BID),
    "replace_bid": RequestExample("A better price", {"values": {**BID["values"], "price": "1179000.00"}}),
    "declare_interest": RequestExample(
        "An interest that can be mitigated",
        {
            "interest": "potential",
            "details": "My brother worked for Alder Roofing until 2024.",
            "mitigation": "I score the social value of all bids and no other criterion.",
        },
    ),
    "decide_declaration": RequestExample(
        "An approval", {"approved": True, "reason": "He left two years ago and holds no shares; the seat is agreed."}
    ),
    "set_panel": RequestExample("One evaluator on one criterion, everything discussed", PANEL),
    "replace_evaluator": RequestExample(
        "A successor",
        {
            "person_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11",
            "successor_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f12",
            "reason": "On parental leave from Monday.",
        },
    ),
    "record_training": RequestExample(
        "A course",
        {
            "person_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11",
            "subject": "Evaluating bids and writing reasons, half a day",
            "held_on": "2026-02-11",
        },
    ),
    "save_draft": RequestExample("Half a thought", {"reason": "Phasing: page 4. Cranes?"}),
    "give_score": RequestExample(
        "A grade with its reason",
        {"value": "4", "reason": "Phasing is shown per school.", "cites": ["Method statement, p. 4"]},
    ),
    "remind_evaluators": RequestExample("By Friday", {"message": "We meet on Friday; please submit by Thursday noon."}),
    "record_meeting": RequestExample("A meeting about one question", MEETING),
    "record_consensus": RequestExample(
        "An agreed grade that changes, where nobody had to meet",
        {
            "value": "4",
            "reason": "Agreed: phasing is convincing; crane plan lacks one site.",
            "cites": ["Method statement, p. 4"],
            "change_reason": "The two missing pages were read.",
        },
    ),
    "unlock_criterion": RequestExample(
        "An error that was found", {"reason": "Two pages of the bid had not been in the evaluators' copy."}
    ),
    "decide_state": RequestExample(
        "An exclusion", {"state": "excluded", "reason": "Mandatory insurance certificate not supplied when asked."}
    ),
    "set_retention": RequestExample("Six years", {"years": 6, "reason": "The financial rules of the city want six."}),
    "decide_hold": RequestExample("A hold", {"held": True, "reason": "Claim CL-2026-114 was served on 3 March."}),
    "shred_bids": RequestExample(
        "After the retention", {"reason": "The record was kept for as long as the law wants."}
    ),
    "evaluate_lot": RequestExample("Under the published rules", {"rules_digest": "0" * 64}),
    "ask_question": RequestExample(
        "A question without a name", {"question": "May work begin before the school closes?"}
    ),
    "answer_question": RequestExample(
        "The answer to all", {"answer": "No. Work begins on the first day of the holidays."}
    ),
    "reveal_secret": RequestExample("The secret behind the published hash", {"secret": DRAWN_WITH}),
    "recommend_award": RequestExample(
        "The bid ranked first, knowing on what that hangs",
        {
            "evaluation_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11",
            "bid_id": "6c0f6f7e-52a0-4a0c-8f0f-5f3f3f4e8b22",
            "reason": "Ranked first on the published criteria; its crane plan names every school.",
            "acknowledged": [
                {
                    "warning": "one-mark/method-statement/6c0f6f7e-52a0-4a0c-8f0f-5f3f3f4e8b22/4-3",
                    "answer": "The panel read page 14 together once more and stands by the 4.",
                }
            ],
        },
    ),
    "reject_recommendation": RequestExample(
        "To be reasoned again", {"reason": "The reasons do not say how the crane plan was assessed."}
    ),
    "write_requirements": RequestExample(
        "One condition and one requirement",
        {
            "requirements": [
                {
                    "id": "insurance",
                    "kind": "condition",
                    "title": "Liability insurance",
                    "text": "Cover of at least 5 million pounds for each event.",
                    "evidence": "The insurer's certificate, not older than a year.",
                },
                {
                    "id": "modules",
                    "kind": "mandatory",
                    "title": "Certified modules",
                    "text": "Every module is certified by IEC 61215.",
                    "evidence": "The certificates, as an annex to the bid.",
                    "lot": 1,
                },
            ]
        },
    ),
    "open_hearing": RequestExample(
        "What is held against a supplier",
        {
            "ground_id": "deficient-performance",
            "question": "Westgate ended a contract with you in 2025 for repeated delay. What do you say to that?",
            "due_at": "2031-03-28T12:00:00Z",
        },
    ),
    "decide_selection": RequestExample(
        "A condition that is met",
        {
            "subject": "condition",
            "id": "insurance",
            "outcome": "met",
            "evidence": "Certificate of 3 March 2031, annex 5.",
            "reason": "Cover of 10 million pounds, in force until 2032.",
        },
    ),
    "request_explanation": RequestExample(
        "How the price is possible",
        {
            "question": "Your price lies below the published limit. Explain labour and modules in figures.",
            "due_at": "2031-03-28T12:00:00Z",
        },
    ),
    "assess_explanation": RequestExample(
        "An explanation that convinces",
        {"explained": True, "reason": "The modules are in stock; wages are above the collective agreement."},
    ),
    "decide_low_price": RequestExample(
        "What follows from it", {"outcome": "accepted", "reason": "As assessed: the price is explained in each part."}
    ),
    "ask_bidder": RequestExample(
        "What a sentence of the bid means",
        {
            "kind": "explanation",
            "criterion_id": "method-statement",
            "question": "On page 4 you name a crane plan: for which of the schools does it hold?",
            "due_at": "2031-03-21T12:00:00Z",
        },
    ),
    "answer_clarification": RequestExample("The bidder's words", {"answer": "For all twelve, as annex 2 lists them."}),
    "propose_correction": RequestExample(
        "A comma in the wrong place",
        {"corrected": "158", "reason": "Annex 3 adds up to 158 weeks; the 6 is a slip of the pen."},
    ),
    "decide_correction": RequestExample(
        "By a second person", {"decision": "confirmed", "reason": "The annex was part of the bid and leaves no doubt."}
    ),
    "cancel_lot": RequestExample("A lot that is not needed any more", {"reason": "The school closes in summer."}),
    "cancel_tender": RequestExample("All lots", {"reason": "The roofs' survey found that none carries the load."}),
    "decide_award": RequestExample(
        "To the bid ranked first",
        {
            "evaluation_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11",
            "bid_id": "6c0f6f7e-52a0-4a0c-8f0f-5f3f3f4e8b22",
            "reason": "Ranked first on the published criteria; no abnormally low price.",
        },
    ),
    "give_text": RequestExample("A supplier's address", {"text": "Alder Roofing Ltd, 3 Mill Lane, Northgate NG1 2AB"}),
    "redact_field": RequestExample(
        "A trade secret of the winner",
        {"ground": "trade-secret", "reason": "The phasing plan is a trade secret, as the supplier has shown."},
    ),
    "send_summaries": RequestExample(
        "Electronically, prices being public",
        {"inference_accepted": "Every price was read out at the opening and is known to all bidders."},
    ),
    "record_notice": RequestExample(
        "As the platform for notices acknowledged it",
        {"published_at": "2026-03-02T09:30:00Z", "reference": "2026/S 000-123456"},
    ),
    "give_report_text": RequestExample(
        "The authority's address", {"text": "Town Hall, 1 High Street, Northgate NG1 1AA"}
    ),
    "record_contract": RequestExample(
        "Signed by both", {"signed_at": "2026-03-16T10:00:00Z", "reference": "NGC-SOLAR-2026-07"}
    ),
    "propose_criteria": RequestExample(
        "Apprenticeships against a target, and a question",
        {
            "weighting": "10",
            "starts_on": "2026-02-01",
            "measures": [
                {"code": "apprentice-weeks", "weighting": "60", "target": "208"},
                {"code": "fair-work", "weighting": "40"},
            ],
        },
    ),
    "map_spend_file": RequestExample(
        "As the preview proposed it",
        {
            "layout": {"encoding": "utf-8", "delimiter": ",", "heading_row": 1},
            "columns": {"supplier": 1, "paid_on": 2, "amount": 3, "transaction": 4, "category": 5},
            "dates": "dmy",
            "decimal_mark": ".",
            "currency": "GBP",
        },
    ),
    "ask_for_analysis": RequestExample(
        "A year's payments, with a register of suppliers and the rings around the city",
        {
            "title": "Spend of 2024/25",
            "files": ["3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f21"],
            "register_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f22",
            "places_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f23",
            "local": ["city"],
            "region": ["city", "county"],
            "exclude": {"categories": ["Grants"]},
            "survey": [{"supplier": "Alder Roofing Ltd", "local_staff": "40", "local_suppliers": "20"}],
        },
    ),
    "answer_about_supplier": RequestExample(
        "A slip of the pen", {"supplier": "alder rofing", "entry": "1234567", "same": True}
    ),
    "link_finding": RequestExample(
        "What the tender is to change",
        {
            "analysis_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f24",
            "finding_id": "influence:Energy",
            "outcome": "Resilient, innovative and flexible supply chains (PPN 002)",
        },
    ),
    "make_webhook": RequestExample(
        "A supplier's portal that wants to know when bids are opened and letters are sent",
        {
            "url": "https://portal.example.org/hooks/tenderscore",
            "types": ["deadline.moved", "question.answered", "bids.opened", "clarification.asked", "summary.sent"],
        },
    ),
    "annul_award": RequestExample(
        "Set aside by a court",
        {
            "annulled_by": "court",
            "reference": "[2022] EWHC 1532 (TCC)",
            "reason": "One mark on one question was a manifest error and changed the winner.",
        },
    ),
} | {name: RequestExample(*one) for name, one in CONTRACT_EXAMPLES.items()}
