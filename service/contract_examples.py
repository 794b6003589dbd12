"""Examples of what is sent while a contract runs, for the reference page; a test sends them all."""

from typing import Any, Final

CONTRACT_EXAMPLES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "make_obligations": (
        "Quarters of two years, with two indicators and an agreed rate for emissions",
        {
            "starts_on": "2026-04-01",
            "ends_on": "2028-03-31",
            "period_months": 3,
            "bounds": {"good": "100", "approaching_target": "90", "requires_improvement": "75"},
            "terms": {
                "apprentice-weeks": {"measure": "apprentice-weeks", "kpi": True},
                "carbon": {
                    "measure": "emissions",
                    "kpi": True,
                    "compensation": {"id": "per_unit", "rate": "277.22", "source": "clause 14.2; DESNZ central, 2026"},
                },
            },
        },
    ),
    "change_terms": (
        "Two schools fewer",
        {
            "reason": "Change notice 1 of 2 June 2026: ten schools instead of twelve.",
            "terms": {"kpi": True, "targets": ["10", "15", "15", "15", "20", "20", "20", "15"]},
        },
    ),
    "add_obligation": (
        "An indicator that no bid promised: safety meetings on site",
        {
            "criterion_id": "safety-meetings",
            "title": "Safety meetings on site",
            "description": "A meeting about safety on each site in each month, with minutes (clause 21.3).",
            "unit": "count",
            "reason": "Agreed when the contract was made: three indicators are published.",
            "terms": {
                "kpi": True,
                "targets": ["6", "6", "6", "6", "6", "6", "6", "6"],
                "evidence": ["minutes"],
                "compensation": {"id": "per_unit", "rate": "150.00", "source": "clause 21.4"},
            },
        },
    ),
    "report_delivery": (
        "Apprentices of the first quarter, by their payroll numbers",
        {
            "period": 1,
            "quantity": "13",
            "note": "One apprentice from the first day, thirteen weeks.",
            "counted": ["payroll-0417"],
        },
    ),
    "decide_delivery": (
        "Verified, a little less than reported",
        {"verdict": "verified", "quantity": "12", "reason": "The payroll extract shows twelve weeks."},
    ),
    "take_remedy": (
        "The first step",
        {"step": "notify", "reason": "Seven weeks of the first quarter are missing.", "due_on": "2131-07-31"},
    ),
    "assess_performance": (
        "The first year, one rating with a reason",
        {
            "starts_on": "2026-04-01",
            "ends_on": "2026-06-30",
            "ratings": {"carbon": {"rating": "other", "comment": "Nothing was built yet, so nothing was emitted."}},
        },
    ),
    "record_failure": (
        "Damages that both sides agreed",
        {
            "kind": "breach",
            "outcome": "settlement",
            "description": "Apprentice weeks of the first year were not delivered; 10,000.00 were agreed.",
            "arose_on": "2026-06-30",
            "decided_by": "agreement of the parties",
        },
    ),
    "record_performance_notice": (
        "As the platform for notices acknowledged it",
        {"about": "assessment", "number": 1, "reference": "2027/S 000-123456", "published_at": "2026-07-02T09:30:00Z"},
    ),
    "value_quantities": (
        "Two people for half a year, a machine's emissions, and the obligation of 5 % of the contract's sum",
        {
            "items": [
                {
                    "quantity": {"id": "employment", "people": "2", "weekly_hours": "18", "months": "6"},
                    "series": "sroi-utrecht-1",
                    "case": "block",
                    "confidence": "0.9",
                },
                {
                    "quantity": {"id": "emissions", "unit": "tCO2e", "years": {"2026": "12.5", "2030": "120"}},
                    "series": "desnz-carbon-2023",
                },
            ],
            "contract_sum": "400000",
            "percent": "5",
        },
    ),
    "propose_own_criteria": (
        "Half of the group for a measure of one's own catalogue, half for another",
        {
            "weighting": "10",
            "measures": [
                {"code": "OWN-1", "weighting": "50", "target": "12"},
                {"code": "OWN-2", "weighting": "50", "target": "200"},
            ],
        },
    ),
}
"""Summary and body, by operation."""
