"""What payments rest on stays where it is: nobody could capture or refund without it."""

from __future__ import annotations

from functools import partial

from ordo.kernel.problems import Problem
from ordo.objects.payments import (
    AlternativePaymentMethod,
    CardPaymentMethod,
    DigitalWallet,
    Payment,
    PaymentAuthorization,
    PaymentGateway,
    PaymentGatewayProvider,
    PaymentGroup,
)
from ordo.platform.records import Record
from ordo.platform.unit import Unit
from ordo.platform.verbs import deletes


class StandsBehindPayments(Problem):
    code = "DELETE_FAILED"

    def __init__(self, noun: str, hint: str) -> None:
        super().__init__(f"{noun} cannot be deleted: {hint}")


def _keep_used(attribute: str, unit: Unit, row: Record) -> None:
    asks = [partial(unit.children, record, attribute, row.id) for record in (PaymentAuthorization, Payment)]
    if any(unit.together(asks)):
        raise StandsBehindPayments(row.__noun__.api, "payments or authorizations refer to it")


def _keep(_: Unit, row: Record) -> None:
    raise StandsBehindPayments(row.__noun__.api, "a gateway that is not to be used any more is set to Inactive")


deletes(PaymentGroup)(partial(_keep_used, "payment_group_id"))
for _method in (CardPaymentMethod, DigitalWallet, AlternativePaymentMethod):
    deletes(_method)(partial(_keep_used, "payment_method_id"))
for _record in (PaymentGateway, PaymentGatewayProvider):
    deletes(_record)(_keep)
