"""Ticket numbers ("QY" + local day + six digits + check digit) and the query codes that go with them."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hotline.clock import to_local
from hotline.database import EncryptedText
from hotline.ticket.models import TicketSequence

PREFIX = "QY"
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 8


def next_number(session: Session, now: datetime) -> str:
    """The next number of the local day. Unique; a rolled-back transaction may leave a gap on PostgreSQL."""
    day = to_local(now).strftime("%Y%m%d")
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(TicketSequence).values(day=day, last=1)
    upsert = insert.on_conflict_do_update(index_elements=["day"], set_={"last": TicketSequence.last + 1})
    last = session.scalars(upsert.returning(TicketSequence.last)).one()
    digits = f"{day}{last:06d}"
    return f"{PREFIX}{digits}{check_digit(digits)}"


def check_digit(digits: str) -> str:
    """ISO 7064 MOD 11,10: catches every wrong digit and every swap of neighbours but one in ten."""
    product = 10
    for digit in digits:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return str((11 - product) % 10)


def is_number(text: str) -> bool:
    """Whether this can be a ticket number at all: told before the database is asked."""
    digits = text.removeprefix(PREFIX)
    well_formed = text.startswith(PREFIX) and len(digits) == 15 and digits.isascii() and digits.isdigit()
    return well_formed and check_digit(digits[:-1]) == digits[-1]


def query_code(number: str) -> str:
    """The code an enterprise tracks its ticket with: eight characters that only the holder of the key can make."""
    digest = int(EncryptedText.secrets.lookup(f"query code {number}"), 16)
    return "".join(CODE_ALPHABET[digest >> (5 * place) & 31] for place in range(CODE_LENGTH))
