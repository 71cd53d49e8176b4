"""One dict: action → (operation, schema). `perform()` serves page, API, job and demo alike.

The form of an action is its schema: a page draws its fields, the API documents and checks them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.deadlines.sweep import SweepContext, catch_up
from hotline.directory.time import working_calendar
from hotline.dispatch import operations as dispatch
from hotline.dispatch import schemas as dispatch_forms
from hotline.dispatch import telephone
from hotline.errors import NotFound
from hotline.experts import clocks as advice_clocks
from hotline.experts import operations as experts
from hotline.experts import rungs as advice_rungs
from hotline.experts import schemas as expert_forms
from hotline.experts.clocks import ADVICE
from hotline.feedback import operations as feedback
from hotline.feedback import schemas as feedback_forms
from hotline.handling import conferring, disputes, rulings
from hotline.handling import operations as handling
from hotline.handling import schemas as handling_forms
from hotline.intake import operations as intake
from hotline.intake import schemas as intake_forms
from hotline.knowledge import clocks as kb_clocks
from hotline.knowledge import rungs as kb_rungs
from hotline.supervision import handover, rungs, task_forces
from hotline.supervision import operations as supervision
from hotline.supervision import schemas as supervision_forms
from hotline.ticket.clocks import AROUND, ASSIGNMENT, CONSULTATION, DECISION, Ladders
from hotline.ticket.models import Ticket
from hotline.ticket.numbering import is_number
from hotline.ticket.operations import check
from hotline.ticket.parts import follow_master
from hotline.ticket.queries import get
from hotline.ticket.schemas import Action, Reasoned, Remark

CREATING: dict[str, Action] = {
    "answer": Action(intake.answer, intake_forms.Answer),
    "submit": Action(intake.submit, intake_forms.Submission),
    "forward_praise": Action(intake.forward_praise, intake_forms.Praise),
    "refuse": Action(intake.refuse_at_desk, intake_forms.RefusalAtDesk),
    "transfer_emergency": Action(intake.transfer_at_desk, intake_forms.TransferAtDesk),
}
"""Rows of the table without a source: they make the ticket."""

ACTIONS: dict[str, Action] = {
    "supplement": Action(intake.supplement, intake_forms.Supplement),
    "amend": Action(intake.amend, intake_forms.Amendment),
    "withdraw": Action(intake.withdraw, Reasoned),
    "urge": Action(intake.urge, Remark),
    "refuse": Action(intake.refuse, intake_forms.Refusal),
    "transfer_emergency": Action(intake.transfer_emergency, intake_forms.Transfer),
    "dispatch": Action(dispatch.dispatch, dispatch_forms.Dispatch),
    "redispatch": Action(dispatch.redispatch, dispatch_forms.Redispatch),
    "overrule": Action(dispatch.overrule, Reasoned),
    "return_for_supplement": Action(dispatch.return_for_supplement, dispatch_forms.ReturnForSupplement),
    "transfer_external": Action(dispatch.transfer_external, dispatch_forms.TransferExternal),
    "external_reply": Action(dispatch.external_reply, dispatch_forms.ExternalReply),
    "external_return": Action(dispatch.external_return, Reasoned),
    "merge": Action(dispatch.merge, dispatch_forms.Merge),
    "split": Action(dispatch.split, Reasoned),
    "add_support": Action(dispatch.add_support, dispatch_forms.AddSupport),
    "sign": Action(handling.sign, Remark),
    "sign_by_default": Action(handling.sign_by_default, Remark),
    "object": Action(handling.object, handling_forms.Objecting),
    "assign_handler": Action(handling.assign_handler, handling_forms.AssignHandler),
    "delegate": Action(handling.delegate, handling_forms.Delegate),
    "contribute": Action(handling.contribute, handling_forms.Contribute),
    "contact": Action(handling.contact, handling_forms.Contacting),
    "interim": Action(handling.interim, handling_forms.Interim),
    "request_extension": Action(rulings.request_extension, handling_forms.RequestExtension),
    "grant_extension": Action(rulings.grant_extension, Remark),
    "deny_extension": Action(rulings.deny_extension, Reasoned),
    "request_pause": Action(rulings.request_pause, handling_forms.RequestPause),
    "grant_pause": Action(rulings.grant_pause, Remark),
    "deny_pause": Action(rulings.deny_pause, Reasoned),
    "resume": Action(rulings.resume, Remark),
    "reply": Action(handling.reply, handling_forms.Replying),
    "sign_off": Action(handling.sign_off, Remark),
    "reject_sign_off": Action(handling.reject_sign_off, Reasoned),
    "approve": Action(feedback.approve, Remark),
    "return_reply": Action(feedback.return_reply, Reasoned),
    "callback": Action(feedback.callback, feedback_forms.Callback),
    "rework": Action(feedback.rework, feedback_forms.Rework),
    "close": Action(feedback.close, feedback_forms.Close),
    "rate": Action(feedback.rate, feedback_forms.Rate),
    "request_review": Action(feedback.request_review, feedback_forms.ReviewRequesting),
    "grant_review": Action(feedback.grant_review, Reasoned),
    "deny_review": Action(feedback.deny_review, Reasoned),
    "reopen": Action(feedback.reopen, Reasoned),
    "follow_master": Action(follow_master, Remark),
    "ask_expert": Action(experts.ask_expert, expert_forms.AskExpert),
    "expert_answer": Action(experts.expert_answer, expert_forms.ExpertAnswer),
    "expert_decline": Action(experts.expert_decline, expert_forms.ExpertDecline),
    "note": Action(supervision.note, supervision_forms.Note),
    "change_follower": Action(supervision.change_follower, supervision_forms.ChangeFollower),
    "hand_over": Action(handover.hand_over, supervision_forms.HandOver),
    "supervise": Action(supervision.supervise, Reasoned),
    "lift_supervision": Action(supervision.lift_supervision, Reasoned),
    "tell_by_phone": Action(telephone.tell_by_phone, dispatch_forms.TellByPhone),
    "confer": Action(conferring.confer, handling_forms.Conferring),
    "raise_task_force": Action(task_forces.raise_task_force, supervision_forms.RaiseTaskForce),
    "join_task_force": Action(task_forces.join_task_force, supervision_forms.JoinTaskForce),
    "leave_task_force": Action(task_forces.leave_task_force, supervision_forms.LeaveTaskForce),
    "decide": Action(task_forces.decide, supervision_forms.Decide),
    "fulfil": Action(task_forces.fulfil, supervision_forms.Fulfil),
    "drop_decision": Action(task_forces.drop_decision, supervision_forms.DropDecision),
    "end_task_force": Action(task_forces.end_task_force, supervision_forms.EndTaskForce),
    "dispute": Action(disputes.dispute, handling_forms.Disputing),
    "uphold_dispute": Action(disputes.uphold_dispute, Reasoned),
    "reject_dispute": Action(disputes.reject_dispute, Reasoned),
}
"""Rows of the table with a source: they move a ticket."""


def sweep_context(session: Session) -> SweepContext:
    """What the sweep needs of the house: the calendar, each clock's ladder, and what a rung does."""
    kinds, ladders = ("ticket", ASSIGNMENT, CONSULTATION, DECISION), Ladders(session)
    knowledge = {kind: kb_rungs.fire(kind) for kind in kb_clocks.KINDS}
    of_kind = dict.fromkeys(knowledge, kb_clocks.ladder_of) | {ADVICE: advice_clocks.ladder_of}
    locks = {kb_clocks.ENTRY: kb_rungs.lock_entries, ADVICE: advice_rungs.lock}
    return SweepContext(
        calendar=working_calendar(session),
        ladder_of=lambda clock: of_kind.get(clock.subject_kind, ladders.of)(clock),
        handlers={kind: rungs.fire(kind) for kind in kinds} | knowledge | {ADVICE: advice_rungs.fire},
        locks={kind: rungs.lock(kind) for kind in kinds} | locks,
        turning=rungs.TURNING,
    )


def perform(
    session: Session,
    actor: Actor,
    action: str,
    payload: Mapping[str, Any],
    now: datetime,
    number: str | None = None,
) -> Ticket:
    """Do one action, on the ticket `number` or, without one, by registering a new ticket.

    Raises NotFound (404) for an unknown action or a ticket out of sight, then IllegalAction (409) and Forbidden (403)
    by the table, then Invalid (422) for a bad form with its `fields`, and Conflict (409). Nothing is committed here.
    """
    known = CREATING if number is None else ACTIONS
    if action not in known:
        raise NotFound("没有这个操作", code="unknown_action")
    if number is None:
        made: Ticket = known[action].operation(session, known[action].load(payload), actor, now)
        return made
    if not is_number(number):
        raise NotFound("工单号有误，请核对", code="ticket_not_found")
    ticket = get(session, actor, number, lock=True)
    catch_up(session, AROUND, {"ticket_id": ticket.id}, now, lambda: sweep_context(session))
    check(ticket, action, actor, now)  # what may not be done at all is said before how its form is wrong
    known[action].operation(ticket, known[action].load(payload), actor, now)
    return ticket
