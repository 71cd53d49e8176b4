"""What each step does to the model of a ticket. Like the model, it imports nothing of the house."""

from datetime import datetime

from tests.histories.chain_effects import CHAIN, Effect, resume, unanswered
from tests.histories.state import ENDS, LEVELS, State


def liaison(unit: str) -> str:
    """Who answers for a unit until somebody is named."""
    return f"{unit.lower().replace('-', '.')}.handler"


def send(t: State, login: str, unit: str, now: datetime) -> None:
    """To a unit: the total clock starts with the first dispatch, and goes on with every later one."""
    t.supports.discard(unit)
    t.delegates = {one: above for one, above in t.delegates.items() if root(t, one) in t.supports}
    t.owed &= t.supports | set(t.delegates)
    t.status, t.lead, t.handler, t.sent_at = "AWAITING_SIGN", unit, liaison(unit), now
    if t.total in ("none", "stopped"):
        t.total, t.total_start = "running", t.total_start or now


def end(t: State, status: str, now: datetime) -> None:
    """Nothing runs and nothing is owed any longer."""
    t.status, t.closed_at = status, now
    leave_master(t)
    t.asked.clear()
    t.paused, t.unsigned, t.owed, t.disputed = False, 0, set(), ""
    t.decisions.clear()
    unanswered(t)
    stop_total(t)


def stop_total(t: State) -> None:
    t.total = "none" if t.total == "none" else "stopped"


def answered(t: State, now: datetime) -> None:
    """The enterprise is called back; those merged into this ticket got the same answer."""
    t.status, t.unsigned, t.owed = "AWAITING_CALLBACK", 0, set()
    unanswered(t)
    stop_total(t)
    for child in t.children:
        child.status, child.master = "AWAITING_CALLBACK", None
    t.children.clear()


def again(t: State, now: datetime) -> None:
    """A new round: a clock of its own at the unit that had it."""
    t.round += 1
    t.tries, t.heard = 0, ""
    t.status = "HANDLING" if t.lead else "AWAITING_DISPATCH"
    if t.lead:
        t.total = "running"


def merge(t: State, master: State) -> None:
    t.keeps_due = t.keeps_due or t.total == "running"
    t.status, t.master, t.lead, t.handler = "MERGED", master, "", ""
    t.supports.clear()
    t.delegates.clear()
    t.owed.clear()
    unanswered(t)
    stop_total(t)
    master.children.append(t)


def leave_master(t: State) -> None:
    if t.master is not None:
        t.master.children.remove(t)
        t.master = None


def split(t: State, login: str, target: str, now: datetime) -> None:
    leave_master(t)
    t.status = "AWAITING_DISPATCH"


def ask_opinion(t: State, login: str, unit: str, now: datetime) -> None:
    t.supports.add(unit)
    t.owed.add(unit)


def delegate(t: State, login: str, unit: str, now: datetime) -> None:
    t.delegates[unit] = t.sender(login)
    t.owed.add(unit)


def root(t: State, unit: str) -> str:
    """The unit at the top of what was sent down to this one."""
    while unit in t.delegates:
        unit = t.delegates[unit]
    return unit


def grant_extension(t: State, *_: object) -> None:
    t.asked.discard("extension")
    t.extensions, t.extension_heard = t.extensions + 1, False


def transfer_external(t: State, *_: object) -> None:
    t.status = "AWAITING_EXTERNAL"
    unanswered(t)


def grant_pause(t: State, *_: object) -> None:
    t.asked.discard("pause")
    t.paused, t.pause_heard, t.total = True, False, "paused"
    t.pauses += 1


def reply(t: State, login: str, target: str, now: datetime) -> None:
    t.unsigned, t.signers = LEVELS.get(t.lead, 1), {login}


def sign_off(t: State, login: str, target: str, now: datetime) -> None:
    t.unsigned -= 1
    t.signers.add(login)
    t.status = t.status if t.unsigned else "UNDER_REVIEW"


def hear(verdict: str) -> Effect:
    """A valid callback."""

    def effect(t: State, *_: object) -> None:
        t.heard, t.tries = verdict, t.tries + 1

    return effect


def become(status: str) -> Effect:
    """A step that only moves the ticket on."""

    def effect(t: State, login: str, target: str, now: datetime) -> None:
        if status in ENDS:
            end(t, status, now)
        else:
            t.status = status

    return effect


def ask(what: str) -> Effect:
    """An extension or a pause waits for its ruling."""
    return lambda t, *_: t.asked.add(what)


def drop(what: str) -> Effect:
    """It was not granted."""
    return lambda t, *_: t.asked.discard(what)


def objected(t: State, *_: object) -> None:
    t.status, t.objections = "OBJECTED", t.objections + 1


def overruled(t: State, login: str, target: str, now: datetime) -> None:
    t.status, t.sent_at = "AWAITING_SIGN", now


def request_review(t: State, *_: object) -> None:
    t.reviews, t.reviewing = 1, True


def ruled_review(t: State, login: str, target: str, now: datetime) -> None:
    t.reviewing = False


def grant_review(t: State, login: str, target: str, now: datetime) -> None:
    t.reviewing = False
    again(t, now)


def hand_over(t: State, login: str, target: str, now: datetime) -> None:
    part = t.held_by_target(target)
    assert part is not None
    setattr(t, part, successor(target))


def successor(login: str) -> str:
    """The second one at the same desk."""
    return "agent2" if login == "agent1" else "agent1" if login == "agent2" else second(login)


def second(login: str) -> str:
    return login.removesuffix("2") if login.endswith("2") else f"{login}2"


EFFECTS: dict[str, Effect] = {
    "dispatch": send,
    "return_for_supplement": become("AWAITING_SUPPLEMENT"),
    "supplement": become("AWAITING_DISPATCH"),
    "transfer_external": transfer_external,
    "external_return": become("AWAITING_DISPATCH"),
    "external_reply": lambda t, login, target, now: answered(t, now),
    "refuse": become("REFUSED"),
    "transfer_emergency": become("TRANSFERRED"),
    "withdraw": become("WITHDRAWN"),
    "split": split,
    "redispatch": send,
    "overrule": overruled,
    "add_support": ask_opinion,
    "sign": become("HANDLING"),
    "object": objected,
    "delegate": delegate,
    "contribute": lambda t, login, target, now: t.owed.discard(target),
    "request_extension": ask("extension"),
    "grant_extension": grant_extension,
    "deny_extension": drop("extension"),
    "request_pause": ask("pause"),
    "grant_pause": grant_pause,
    "deny_pause": drop("pause"),
    "resume": resume,
    "reply": reply,
    "sign_off": sign_off,
    "reject_sign_off": lambda t, *_: setattr(t, "unsigned", 0),
    "approve": lambda t, login, target, now: answered(t, now),
    "return_reply": become("HANDLING"),
    "callback": hear("good"),
    "callback_badly": hear("bad"),
    "close": become("CLOSED"),
    "rework": lambda t, login, target, now: again(t, now),
    "request_review": request_review,
    "grant_review": grant_review,
    "deny_review": ruled_review,
    "reopen": lambda t, login, target, now: again(t, now),
    "hand_over": hand_over,
    **CHAIN,
}
MAY_MOVE_DUE = {
    "dispatch",
    "rework",
    "grant_review",
    "reopen",
    "grant_extension",
    "resume",
    "uphold_dispute",
    "new_profile",
}
"""The steps by which a due time may change; by every other one it stands still."""
BY_THE_CLOCK = {"sign_by_default": become("HANDLING"), "resume": resume, "supervise": CHAIN["supervise"]}
"""What the house does itself when a time has run out, and what that means."""
