"""The role table: who may do what, one row for each operation of the service.

The guards read it: `check_caller` before every handler (key, scope, kind of organisation), `tenders.check_access` once
the tender is known (whose it is, which role). `tests/service/test_isolation.py` multiplies it out: each operation by
each role by ids of one's own, of others, of nothing and of other stages. An operation without a row answers nobody.
"""

from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from msgspec import Struct

from service.organisations import Caller, OrganisationKind, Scope
from service.problems import Refusal

Role = Literal["author", "approver", "opening_officer", "evaluator", "moderator", "auditor", "contract_manager"]
Stage = Literal["draft", "published", "closed", "opened", "evaluated", "awarded", "cancelled"]

Whose = Literal["anybody", "caller", "operator", "published", "buyer", "supplier", "parties"]
"""Whose things an operation reaches.

anybody: nobody's, without a key · caller: the caller's own organisation's · operator: the platform's · published: a
tender's, of the own organisation or published · buyer: a tender's or its bids', for its buyer's people · supplier: for
the supplier whose bid it is · parties: a bid's, for its supplier and for the buyer's people.
"""

Tells = Literal["offer", "price", "reason"]
"""What of a bid an answer may tell: what was offered beside the price; the price; scores and what they rest on."""

ROLES: tuple[Role, ...] = (
    "author",
    "approver",
    "opening_officer",
    "evaluator",
    "moderator",
    "auditor",
    "contract_manager",
)
READERS: tuple[Role, ...] = ("evaluator", "moderator", "approver", "auditor", "contract_manager")
"""Opened bids are for those who score, decide or audit, not for every colleague (Annex IV (f))."""

PANEL: tuple[Role, ...] = ("evaluator", "moderator", "approver")
"""Who scores, moderates or decides: they see no bid before their declaration of interest is approved."""

OFFICERS: tuple[Role, ...] = ("opening_officer",)


class Row(Struct, frozen=True, kw_only=True):
    """What an operation asks of its caller.

    scope: what the key must carry, None where any key does. kind: of which organisations people may come. roles: of
    which the caller must hold one in the tender, if he comes from its buyer; none where every colleague may. decides:
    whether it opens bids, approves or weighs as much, or changes what a strong sign-in is, for which the sign-in must
    be strong. These the guards read. since: the stage before which it is refused; each handler does so by a rule of its
    own that says what is missing, for most stages are a lot's and not the tender's. tells: what of bids its answer may
    tell, which its queries see to. Both are read by the tests alone, which ask at every stage and search every answer.
    """

    whose: Whose
    scope: Scope | None
    kind: OrganisationKind | None = None
    roles: tuple[Role, ...] = ()
    since: Stage = "draft"
    tells: frozenset[Tells] = frozenset()
    decides: bool = False


def _open(since: Stage = "draft") -> Row:
    return Row(whose="anybody", scope=None, since=since)


def _read(whose: Whose, *roles: Role, since: Stage = "draft", tells: tuple[Tells, ...] = ()) -> Row:
    return Row(whose=whose, scope="read", roles=roles, since=since, tells=frozenset(tells))


def _write(whose: Whose, *roles: Role, since: Stage = "draft", tells: tuple[Tells, ...] = ()) -> Row:
    kind: OrganisationKind | None = "supplier" if whose == "supplier" else None
    return Row(whose=whose, scope="write", kind=kind, roles=roles, since=since, tells=frozenset(tells))


def _decide(*roles: Role, since: Stage, tells: tuple[Tells, ...] = ()) -> Row:
    return Row(whose="buyer", scope="write", roles=roles, since=since, tells=frozenset(tells), decides=True)


CONTRACT: tuple[Role, ...] = ("contract_manager", "approver", "auditor")
"""Who reads how a contract is performed."""


def _spend(scope: Scope) -> Row:
    return Row(whose="caller", scope=scope, kind="buyer")


_BIDS: tuple[Tells, ...] = ("offer", "price", "reason")

ROWS: dict[str, Row] = {
    # What everybody may read
    "live": _open(),
    "ready": _open(),
    "list_problems": _open(),
    "get_problem": _open(),
    "list_methods": _open(),
    "get_verifier": _open(),
    "get_dossier_verifier": _open(),
    "list_jurisdictions": _open(),
    "get_jurisdiction": _open(),
    "list_signing_keys": _open(),
    "get_scoring_sheet": _open(since="published"),
    "show_scoring_sheet": _open(since="published"),
    "get_public_report": _open(since="awarded"),
    "show_public_report": _open(since="awarded"),
    "list_tender_releases": _open(since="published"),
    "get_tender_record": _open(since="published"),
    "list_releases": _open(),
    "list_years": _open(),
    "download_year": _open(),
    "get_extension": _open(),
    "get_extension_schema": _open(),
    "get_extension_codes": _open(),
    # What comes with the program
    "get_catalogue": _read("caller"),
    "get_model": _read("caller"),
    "get_proxy": _read("caller"),
    "value_quantities": _read("caller"),
    # A buyer's own catalogues
    "import_catalogue": _spend("write"),
    "list_own_catalogues": _spend("read"),
    "get_own_catalogue": _spend("read"),
    "export_catalogue": _spend("read"),
    # Organisations, people, keys
    "register_organisation": Row(whose="operator", scope="platform"),
    "import_tender": Row(whose="operator", scope="platform"),
    "list_imports": Row(whose="operator", scope="platform"),
    "get_import": Row(whose="operator", scope="platform"),
    "get_imported_file": Row(whose="operator", scope="platform"),
    "who_am_i": _read("caller"),
    "add_person": Row(whose="caller", scope="admin"),
    "list_people": _read("caller"),
    "issue_key": Row(whose="caller", scope="admin"),
    "list_keys": _read("caller"),
    "revoke_key": Row(whose="caller", scope=None),
    "issue_token": _open(),
    "list_token_keys": _open(),
    "get_token_metadata": _open(),
    "register_provider": Row(whose="caller", scope="admin", kind="buyer", decides=True),
    "list_providers": Row(whose="caller", scope="read", kind="buyer"),
    "retire_provider": Row(whose="caller", scope="admin", kind="buyer"),
    "add_identity": Row(whose="caller", scope="admin", kind="buyer"),  # asks for a strong sign-in from the second on
    "list_identities": Row(whose="caller", scope="read", kind="buyer"),
    "register_officer_key": Row(whose="caller", scope="write", kind="buyer", decides=True),
    # What happened: the feed, and webhooks, which read with the eyes of their makers
    "read_feed": _read("caller"),
    "make_webhook": Row(whose="caller", scope="write"),
    "list_webhooks": _read("caller"),
    "get_webhook": _read("caller"),
    "rotate_secret": Row(whose="caller", scope="write"),
    "ping_webhook": Row(whose="caller", scope="write"),
    "enable_webhook": Row(whose="caller", scope="write"),
    "remove_webhook": Row(whose="caller", scope="write"),
    "list_webhook_deliveries": _read("caller"),
    "get_webhook_delivery": _read("caller"),
    "redeliver": Row(whose="caller", scope="write"),
    # Spend analysis: a buyer's own business
    "upload_spend_file": _spend("write"),
    "list_spend_files": _spend("read"),
    "get_spend_file": _spend("read"),
    "preview_spend_file": _spend("read"),
    "map_spend_file": _spend("write"),
    "list_left_out": _spend("read"),
    "delete_spend_file": _spend("write"),
    "ask_for_analysis": _spend("write"),
    "list_analyses": _spend("read"),
    "get_analysis": _spend("read"),
    "list_left_out_of_analysis": _spend("read"),
    "answer_about_supplier": _spend("write"),
    "list_answers_about_suppliers": _spend("read"),
    "show_spend_report": _spend("read"),
    "get_spend_report": _spend("read"),
    # Before publication
    "draft_tender": Row(whose="caller", scope="write", kind="buyer"),
    "draft_from_ocds": Row(whose="caller", scope="write", kind="buyer"),
    "list_ready_setups": _read("caller"),
    "get_ready_setup": _read("caller"),
    "get_setup": _read("buyer"),
    "draft_from_setup": Row(whose="caller", scope="write", kind="buyer"),
    "list_tenders": _read("published"),
    "get_tender": _read("published"),
    "edit_tender": _write("buyer", "author"),
    "get_legal_rules": _read("published"),
    "get_eforms_terms": _read("published"),
    "grant_role": _write("buyer", "author", "approver"),  # asks for a strong sign-in where the role opens or approves
    "take_role": _write("buyer", "author", "approver"),
    "list_roles": _read("buyer"),
    "write_requirements": _write("buyer", "author"),
    "get_requirements": _read("published"),
    "simulate_lot": _write("buyer", "author", "approver"),
    "list_simulations": _read("buyer", "author", "approver", "auditor"),
    "get_simulation": _read("buyer", "author", "approver", "auditor"),
    "get_simulation_report": _read("buyer", "author", "approver", "auditor"),
    "show_simulation_report": _read("buyer", "author", "approver", "auditor"),
    "propose_criteria": _write("buyer", "author"),
    "propose_own_criteria": _write("buyer", "author"),
    "link_finding": _write("buyer", "author"),
    "list_findings": _read("buyer"),
    "get_learnt_paper": _read("buyer"),
    "show_learnt_paper": _read("buyer"),
    "get_key": _read("buyer", "opening_officer", "author", "approver", "auditor"),
    "put_key": _decide(*OFFICERS, since="draft"),
    "get_share": _read("buyer", *OFFICERS),
    "rehearse": _write("buyer", *OFFICERS),
    "publish_tender": _decide("approver", since="draft"),
    # Open for bids
    "propose_corrigendum": _write("buyer", "author", "approver", since="published"),
    "confirm_corrigendum": _decide("approver", since="published"),
    "withdraw_corrigendum": _write("buyer", "author", "approver", since="published"),
    "list_corrigenda": _read("buyer"),
    "get_corrigendum": _read("buyer"),
    "ask_question": _write("supplier", since="published"),
    "answer_question": _write("buyer", "author", "approver", since="published"),
    "list_questions": _read("published", *ROLES),
    "get_sealing": _read("published", since="published"),
    "get_bid_template": _read("published", since="published"),
    "upload_document": _write("supplier", since="published"),
    "submit_bid": _write("supplier", since="published"),
    "replace_bid": _write("supplier", since="published"),
    "get_receipt": _read("supplier", since="published"),
    "withdraw_bid": _write("supplier", since="published"),
    "cancel_tender": _decide("approver", since="published"),
    "cancel_lot": _decide("approver", since="published"),
    "get_cancellation": _read("published", since="published"),
    # Opening
    "open_bids": _decide(*OFFICERS, since="closed", tells=("offer",)),
    "relay_share": _decide(*OFFICERS, since="closed"),
    "list_relays": _read("buyer", *OFFICERS, since="closed"),
    "list_headers": _read("buyer", *OFFICERS, since="closed"),
    "list_document_headers": _read("buyer", *OFFICERS, since="closed"),
    "open_with_keys": _decide(*OFFICERS, since="closed"),
    "get_opening": _read("buyer", *ROLES, tells=("price",)),
    "get_opening_paper": _read("buyer", *ROLES, since="opened", tells=("price",)),
    "show_opening_paper": _read("buyer", *ROLES, since="opened", tells=("price",)),
    "list_bids": _read("published", *READERS, tells=("offer", "price")),
    "list_documents": _read("parties", *READERS, since="published"),
    "read_document": _read("parties", *READERS, since="opened", tells=("offer",)),
    # Interests and the panel
    "list_bidders": _read("buyer", *ROLES),
    "declare_interest": _write("buyer", *ROLES, since="opened"),
    "decide_declaration": _decide("author", "approver", since="opened"),
    "list_declarations": _read("buyer", *ROLES),
    "record_training": _write("buyer", "author", "moderator"),
    "set_panel": _write("buyer", "author", "moderator"),
    "replace_evaluator": _write("buyer", "author", "moderator"),
    "get_panel": _read("buyer", *ROLES),
    "give_score": _write("buyer", "evaluator", since="opened"),
    "get_score_sheet": _read("buyer", "evaluator", since="opened", tells=("reason",)),
    "export_scores": _read("buyer", "moderator", "approver", "auditor", since="opened", tells=("reason",)),
    "give_scores": _write("buyer", "evaluator", since="opened"),
    "save_draft": _write("buyer", "evaluator", since="opened"),
    "list_drafts": _read("buyer", "evaluator", tells=("reason",)),
    "list_scores": _read("buyer", "evaluator", "moderator", "approver", "auditor", tells=("reason",)),
    "get_progress": _read("buyer", "evaluator", "moderator", "approver", "auditor"),
    "remind_evaluators": _write("buyer", "moderator", since="opened"),
    "get_agenda": _read("buyer", "moderator", "approver", "auditor", since="opened", tells=("reason",)),
    "record_meeting": _write("buyer", "moderator", since="opened"),
    "list_meetings": _read("buyer", "moderator", "approver", "auditor", tells=("reason",)),
    "get_moderation_paper": _read("buyer", "moderator", "approver", "auditor", since="opened", tells=("reason",)),
    "show_moderation_paper": _read("buyer", "moderator", "approver", "auditor", since="opened", tells=("reason",)),
    "record_consensus": _write("buyer", "moderator", since="opened"),
    "list_consensus": _read("buyer", "moderator", "approver", "auditor", tells=("reason",)),
    "lock_criterion": _decide("moderator", since="opened"),
    "unlock_criterion": _decide("approver", since="opened"),
    "list_locks": _read("buyer", *READERS, tells=("reason",)),
    "lock_consensus": _decide("moderator", since="opened"),
    # Selection, clarifications, prices
    "ask_bidder": _write("buyer", "moderator", "approver", since="opened"),
    "answer_clarification": _write("supplier", since="opened"),
    "list_bid_clarifications": _read("parties", *READERS, tells=_BIDS),
    "list_clarifications": _read("buyer", *READERS, since="opened", tells=_BIDS),
    "propose_correction": _write("buyer", "moderator", since="opened"),
    "decide_correction": _decide("approver", since="opened"),
    "list_corrections": _read("buyer", *READERS, tells=_BIDS),
    "open_hearing": _write("buyer", "moderator", "approver", since="opened"),
    "decide_selection": _decide("moderator", "approver", since="opened"),
    "list_selection": _read("buyer", *READERS, tells=("reason",)),
    "decide_state": _decide("moderator", "approver", since="opened"),
    "list_states": _read("buyer", *READERS, tells=("reason",)),
    "preview_exclusion": _read("buyer", "moderator", "approver", "auditor", since="evaluated", tells=_BIDS),
    "request_explanation": _write("buyer", "moderator", "approver", since="opened"),
    "assess_explanation": _write("buyer", "moderator", since="opened"),
    "decide_low_price": _decide("approver", since="opened"),
    "list_doubts": _read("buyer", "moderator", "approver", "auditor", since="opened", tells=("offer",)),
    "list_low_bids": _read("buyer", "moderator", "approver", "auditor", tells=_BIDS),
    # Evaluation
    "evaluate_lot": _write("buyer", "moderator", since="opened"),
    "list_evaluations": _read("buyer", *READERS, tells=_BIDS),
    "get_evaluation": _read("buyer", *READERS, since="evaluated", tells=_BIDS),
    "reveal_secret": _write("buyer", "author", "moderator", "approver", since="opened"),
    "get_sensitivity": _read("buyer", *READERS, since="evaluated", tells=_BIDS),
    "verify_evaluation": _write("buyer", *READERS, since="evaluated"),
    "list_verifications": _read("buyer", *READERS, since="evaluated"),
    "get_difference": _read("buyer", *READERS, since="evaluated", tells=_BIDS),
    "get_report": _read("buyer", *READERS, since="evaluated", tells=_BIDS),
    "show_report": _read("buyer", *READERS, since="evaluated", tells=_BIDS),
    "list_warnings": _read("buyer", *READERS, since="evaluated", tells=_BIDS),
    "recommend_award": _write("buyer", "moderator", since="evaluated"),
    "reject_recommendation": _decide("approver", since="evaluated"),
    "list_recommendations": _read("buyer", *READERS, tells=("reason",)),
    # Award
    "decide_award": _decide("approver", since="evaluated"),
    "annul_award": _decide("approver", since="awarded"),
    "get_award": _read("buyer", since="awarded", tells=("reason",)),
    "list_awards": _read("buyer", tells=("reason",)),
    "get_framework": _read("parties", since="published"),
    "list_summaries": _read("buyer", *READERS, since="awarded", tells=_BIDS),
    "get_summary": _read("parties", *READERS, since="awarded", tells=_BIDS),
    "get_letter": _read("parties", *READERS, since="awarded", tells=_BIDS),
    "show_letter": _read("parties", *READERS, since="awarded", tells=_BIDS),
    "give_text": _write("buyer", "author", "moderator", "approver", since="opened"),
    "redact_field": _decide("approver", since="opened"),
    "send_summaries": _decide("approver", since="awarded"),
    "get_standstill": _read("buyer", since="awarded"),
    "record_notice": _decide("approver", since="awarded"),
    "list_notices": _read("published", since="published"),
    "list_public_notices": _open(since="published"),
    "get_notice": _read("buyer", since="awarded"),
    "record_contract": _decide("approver", "contract_manager", since="awarded"),
    "get_contract": _read("buyer", since="awarded"),
    # The contract
    "make_obligations": _decide("contract_manager", "approver", since="awarded"),
    "list_obligations": _read("parties", *CONTRACT, since="awarded", tells=("offer", "price")),
    "change_terms": _decide("contract_manager", "approver", since="awarded"),
    "add_obligation": _decide("contract_manager", "approver", since="awarded"),
    "report_delivery": _write("parties", "contract_manager", since="awarded"),
    "list_deliveries": _read("parties", *CONTRACT, since="awarded", tells=("offer",)),
    "add_evidence": _write("parties", "contract_manager", since="awarded"),
    "read_evidence": _read("parties", *CONTRACT, since="awarded", tells=("offer",)),
    "decide_delivery": _decide("contract_manager", "approver", since="awarded"),
    "take_remedy": _decide("contract_manager", "approver", since="awarded"),
    "assess_performance": _decide("contract_manager", "approver", since="awarded"),
    "record_failure": _decide("contract_manager", "approver", since="awarded"),
    "list_performance_notices": _read("buyer", *CONTRACT, since="awarded", tells=("offer", "price")),
    "record_performance_notice": _decide("contract_manager", "approver", since="awarded"),
    "get_monitoring": _read("buyer", *CONTRACT, since="awarded", tells=("offer", "price")),
    "get_contract_report": _read("buyer", *CONTRACT, since="awarded", tells=("offer", "price")),
    "show_contract_report": _read("buyer", *CONTRACT, since="awarded", tells=("offer", "price")),
    "list_delivered": Row(whose="caller", scope="read", kind="buyer"),
    # The record
    "list_events": _read("buyer", "author", "approver", "auditor", tells=_BIDS),
    "get_log_checkpoint": _read("published"),
    "export_log": _read("buyer", "author", "approver", "auditor", tells=_BIDS),
    "export_tender": _read("buyer", "approver", "auditor", since="opened", tells=_BIDS),
    "prove_inclusion": _read("published"),
    "prove_consistency": _read("published"),
    "stamp_log": _write("buyer", "auditor", "approver", "opening_officer"),
    "read_record": _read("buyer", "approver", "auditor", tells=_BIDS),
    "ask_for_record": _write("buyer", "approver", "auditor"),
    "get_record_file": _read("buyer", "approver", "auditor", tells=_BIDS),
    "show_record_file": _read("buyer", "approver", "auditor", tells=_BIDS),
    "get_platform_record": _read("parties", "approver", "auditor", "opening_officer", since="published"),
    "list_samples": _read("parties", "approver", "auditor", "opening_officer", since="published"),
    "get_procedure_report": _read("buyer", *READERS, tells=_BIDS),
    "get_procedure_paper": _read("buyer", *READERS, tells=_BIDS),
    "show_procedure_paper": _read("buyer", *READERS, tells=_BIDS),
    "give_report_text": _write("buyer", "author", "moderator", "approver"),
    "get_retention": _read("buyer", "author", "approver", "auditor"),
    "set_retention": _decide("approver", since="draft"),
    "decide_hold": _decide("approver", since="draft"),
    "shred_bids": _decide("approver", "auditor", since="draft"),
}


class StrongerSignInNeeded(Refusal):
    """This needs a stronger sign-in.

    To open bids and to approve, sign in at your organisation's identity provider with more than one factor and send the
    access token that it gives you; an API key does not say who sits in front of it.
    """

    status = 401


def check_sign_in(caller: Caller) -> None:
    """Refuse whoever has not signed in strongly enough to open bids or to approve (RFC 9470)."""
    if caller.decides:
        return
    wanted = " ".join(caller.acr_values)
    challenge = f'Bearer realm="tenderscore", error="insufficient_user_authentication", acr_values="{wanted}"'
    raise StrongerSignInNeeded(
        f"Your organisation opens and approves by a token of its identity provider with an acr of: {wanted}.",
        headers={"WWW-Authenticate": challenge},
    )


def check_caller(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a key without the scope that the operation asks for, and people of the wrong kind of organisation.

    Pages outside of the description (the reference, metrics) guard themselves.
    """
    row = ROWS.get(handler.handler_name)
    if row is None:
        if isinstance(handler, HTTPRouteHandler) and handler.resolve_include_in_schema():
            raise LookupError(f"{handler.handler_name} has no row in the role table, service/access.py.")
        return
    if row.whose == "anybody":
        return
    caller: Caller = connection.user
    if row.kind is not None:
        caller.require_kind(row.kind)
    if row.scope is not None:
        caller.require(row.scope)
    if row.decides:
        check_sign_in(caller)
