"""The stage on which histories are played, and undone: a city whose directory stays in memory."""

import gc
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account, AccountRole, UnitPost
from hotline.database import Database, EncryptedText
from hotline.directory.models import SlaProfile, Unit
from tests.city import City
from tests.histories.play import Broken, Play
from tests.histories.state import JOBS
from tests.meta.stage import Rehearsal

DIRECTORY = (Unit, Account, AccountRole, UnitPost, SlaProfile)
"""What no history changes; only new versions of the profile come and go."""

CAST = (*JOBS, "admin1")


class Stage(Rehearsal):
    """One session for all steps: it knows the directory by heart; tickets and what hangs on them it reads anew."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.session = Session(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        self.session.begin()  # never ended: to roll back a step inside it does not forget what no step has changed
        self.known = [row for model in DIRECTORY for row in self.session.scalars(select(model))]
        self.strangers: list[object] = []
        for how in ("loaded_as_persistent", "pending_to_persistent"):
            event.listen(self.session, how, self.meet)

    def meet(self, _session: Session, row: object) -> None:
        self.strangers.append(row)

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Session]:
        try:
            with self.session.begin_nested():
                yield self.session
        finally:
            for row in self.strangers:
                if row in self.session:
                    self.session.expunge(row)
            self.strangers.clear()

    def end(self) -> None:
        self.session.close()
        super().end()


Player = Callable[[int], tuple[Counter[str], set[int]]]
"""Plays the histories of a seed: what was done how often, and a fingerprint of each."""


@contextmanager
def theatre(database: Database, category: str) -> Iterator[Player]:
    """A city on which the histories of a seed can be played; each is undone."""
    stage, decrypt = Stage(database), database.secrets.decrypt
    city = City(stage, category=category)
    for login in CAST:
        city.actor(login)
    EncryptedText.secrets.decrypt = lru_cache(maxsize=1000)(decrypt)  # type: ignore[method-assign]
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, *thresholds[1:])

    def play(seed: int) -> tuple[Counter[str], set[int]]:
        tree = Play(city, random.Random(seed))
        with stage.undone():
            try:
                tree.run()
            except Broken as error:
                raise Broken(f"seed {seed}\n{error}") from None
        return tree.tally, tree.ended

    yield play
    EncryptedText.secrets.decrypt = decrypt  # type: ignore[method-assign]
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    stage.end()
