"""A user who is made inactive is out: logins and sessions end with the write that says so."""

from __future__ import annotations

from ordo.kernel.problems import FieldIntegrity
from ordo.objects.accounts import User
from ordo.platform.generic import check_cleared
from ordo.platform.reading import Reading
from ordo.platform.roles import InsufficientAccess
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, through


class NobodyShutsThemselvesOut(FieldIntegrity):
    """So that whoever may change users remains: the last administrator is never made inactive."""

    def __init__(self) -> None:
        super().__init__("nobody makes the user inactive that they are logged in as", fields=("IsActive",))


def need_login(reading: Reading, user_id: str) -> None:
    reading.lock_login([user_id])


@through(User, "is_active", needs=need_login)
def change_user_access(unit: Unit, user: User, values: Values) -> None:
    """Inactive: no login, no session, at most two seconds later in any process. Active again: logins."""
    check_cleared(User.__noun__, values)
    if not values["is_active"]:
        _check_who_remains(unit, user)
    unit.hold_login(user.id)
    unit.change(user, **values)
    unit.let_in(user.id, values["is_active"])


def _check_who_remains(unit: Unit, user: User) -> None:
    """The one who does it, who is active still when it is written: two cannot shut each other out."""
    if user.id == unit.actor:
        raise NobodyShutsThemselvesOut
    unit.hold(User, unit.actor)
    actor = unit.get(User, unit.actor)
    if actor is not None and not actor.is_active:
        raise InsufficientAccess
