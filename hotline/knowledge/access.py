"""Who reads what of the knowledge base: published entries, internal ones, drafts."""

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.knowledge.guards import belongs
from hotline.knowledge.models import KbEntry

OVERSEERS = frozenset({Role.KB_EDITOR, Role.SUPERVISOR, Role.AUDITOR})
"""Who reads drafts of every unit."""
WRITERS = frozenset({Role.EXPERT, Role.HANDLER, Role.UNIT_LEADER})
"""Who reads drafts of the own unit."""


def reads_internal(actor: Actor | None) -> bool:
    """Whether this reader may see entries that are not public: everybody with a post, nobody else."""
    return actor is not None and bool(actor.roles - {Role.ENTERPRISE})


def may_see_drafts(actor: Actor | None, entry: KbEntry) -> bool:
    """Whether this reader may see what is still being written: the owning unit and those who oversee."""
    if actor is None or not reads_internal(actor):
        return False
    return bool(actor.roles & OVERSEERS) or (bool(actor.roles & WRITERS) and belongs(entry.unit_id, actor))
