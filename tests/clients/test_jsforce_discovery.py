"""What unmodified jsforce 3.10.26 asks of describe and limits."""

from __future__ import annotations

from tests.clients.node import ran
from tests.processes import Running


def test_what_there_is(running: Running) -> None:
    """S0-22, S0-23."""
    found = ran("discovery", running)
    about = found["global"]
    assert (about["encoding"], about["maxBatchSize"]) == ("UTF-8", 200)
    nouns = {one["name"]: one for one in about["sobjects"]}
    assert nouns["Order"]["urls"]["describe"] == "/services/data/v60.0/sobjects/Order/describe"
    assert (nouns["OrderSummary"]["keyPrefix"], nouns["Invoice"]["createable"]) == ("1Os", False)

    order = found["order"]
    fields = order["fields"]
    assert (order["name"], order["keyPrefix"], order["createable"]) == ("Order", "801", True)
    assert (fields["AccountId"]["type"], fields["AccountId"]["referenceTo"]) == ("reference", ["Account"])
    assert (fields["EffectiveDate"]["type"], fields["EffectiveDate"]["nillable"]) == ("date", False)
    assert fields["OrderNumber"]["autoNumber"] is True
    assert found["unknown"] == "NOT_FOUND"


def test_limits_and_the_usage_of_each_answer(running: Running) -> None:
    found = ran("discovery", running)
    requests = found["limits"]["DailyApiRequests"]
    assert 0 <= requests["Remaining"] <= requests["Max"]
    assert found["usage"]["apiUsage"]["limit"] == requests["Max"]
