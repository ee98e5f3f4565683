"""How a payment method is named on a payment summary."""

from __future__ import annotations

from ordo.objects.payments import AlternativePaymentMethod, CardPaymentMethod, DigitalWallet
from ordo.platform.records import noun_of_id
from ordo.platform.unit import Unit

PaymentMethod = CardPaymentMethod | DigitalWallet | AlternativePaymentMethod


def method_of(unit: Unit, method_id: str) -> PaymentMethod | None:
    """The card, wallet or other method with this id; None for no id."""
    if not method_id:
        return None
    shape = noun_of_id(method_id)
    if shape is CardPaymentMethod.__noun__:
        return unit.get(CardPaymentMethod, method_id)
    if shape is DigitalWallet.__noun__:
        return unit.get(DigitalWallet, method_id)
    return unit.get(AlternativePaymentMethod, method_id)


def described(method: PaymentMethod | None) -> tuple[str, str, str | None]:
    """Name ("Visa - 1111"), type and holder for the OrderPaymentSummary; a card shows four digits at most."""
    match method:
        case CardPaymentMethod():
            kind = method.card_type or "Card"
            last = f" - {method.card_last_four:04d}" if method.card_last_four is not None else ""
            return f"{kind}{last}", kind, method.card_holder_name
        case DigitalWallet():
            kind = method.type or "Digital Wallet"
            return kind, kind, None
        case AlternativePaymentMethod():
            return method.nick_name or "Alternative Payment Method", "Alternative Payment Method", None
    return "Unknown", "Unknown", None
