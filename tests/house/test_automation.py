"""The how-to on flows lists what there is, and the standard flows ask for nothing else."""

from __future__ import annotations

import json
import re

from tests.house.automation_lists import PAGE, facts, page

from ordo.console.sentences import SENTENCES
from ordo.flows.flow import standard_flows

_OF_FACT = re.compile(r'"\$([A-Za-z_]\w*)"')
_BIND = re.compile(r":([A-Za-z_]\w*)")


def test_the_page_lists_what_there_is() -> None:
    assert PAGE.read_text() == page(PAGE.read_text())


def test_facts_are_found_where_they_are_said() -> None:
    assert facts()["OrderSummaryCreated"] == ["OrderId", "OrderSummaryId", "OrderNumber"]


def test_standard_flows_wait_for_facts_and_fields_that_exist() -> None:
    """Facts are declared by being said, so that loading a flow cannot check this."""
    for flow in standard_flows():
        known = {*facts()[flow.on], "Root"}
        asked = {*flow.matching, *_OF_FACT.findall(json.dumps(flow.do)), *_BIND.findall(flow.when)}
        assert (flow.flow, asked - known) == (flow.flow, set())


def test_pages_have_words_for_facts_that_there_are() -> None:
    assert set(SENTENCES) - set(facts()) == set()
