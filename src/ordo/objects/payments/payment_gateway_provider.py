"""PaymentGatewayProvider: the adapter that speaks to a payment provider."""

from __future__ import annotations

from ordo.platform.records import Id, Record, picklist, reference, string, textarea


class PaymentGatewayProvider(Record, prefix="0cJ", room="payments"):
    master_label: str = string(255, "CUL", label="Label")
    apex_adapter_id: Id | None = reference("ApexClass", "CUN", label="Class ID")

    comments: str | None = textarea(1000, "CUN")
    developer_name: str = string(255, "CU", label="Name")
    fullname: str | None = string(255, "CUN")
    idempotency_supported: str = picklist("CUNDR", "No", "Yes", default="No")
    language: str = picklist("CUNDR", "en_US", "de", "es", "fr", "it", "ja", "sv", "ko", "zh_TW", "zh_CN", "pt_BR", "nl_NL", "da", "th", "fi", "ru", "es_MX", "no", "hu", "pl", "cs", "tr", "in", "ro", "vi", "uk", length=40, label="Master Language", default="en_US")
    namespace_prefix: str | None = string(15, "N")
