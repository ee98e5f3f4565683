"""The table of requirements is up to date, and tests quote only what it holds."""

from __future__ import annotations

import pytest
from tests.house.requirement_table import PAGE, ids_in, page, quoted_in, quotes, sections

SAMPLE = '''
"""A file about {module}."""


# {above}
@parametrize("status", ["{data}"])  # {decorator}
def test_{name}_is_shown() -> None:
    """{docstring}: it works."""
    assert True  # {inside}


# {between}
LIMIT = 1
'''


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text() == page(sections(), quotes())


def test_every_quoted_id_is_in_the_table() -> None:
    known = {requirement for part in sections() for requirement in part.texts}
    assert {quote for quote in quotes() if quote.requirement not in known} == set()


def test_no_id_is_written_down_twice() -> None:
    ids = [requirement for part in sections() for requirement in part.texts]
    assert len(ids) == len(set(ids))


def test_no_text_breaks_the_table() -> None:
    assert [text for part in sections() for text in part.texts.values() if "|" in text or "\n" in text] == []


def test_ids_count_in_docstrings_names_and_comments_but_not_in_data() -> None:
    source = SAMPLE.format(
        module="S0-01", above="S0-02", data="S0-03", decorator="S0-04", name="s0_05_and_c6",
        docstring="S0-07", inside="S1-08", between="C9",
    )  # fmt: skip
    test = "::test_s0_05_and_c6_is_shown"
    assert sorted(quoted_in(source)) == [
        ("C6", test), ("C9", ""), ("S0-01", ""), ("S0-02", test), ("S0-04", test), ("S0-05", test),
        ("S0-07", test), ("S1-08", test),
    ]  # fmt: skip


def test_a_range_stands_for_all_its_ids() -> None:
    assert list(ids_in("S0-08 … S0-11, C9…C10 and S0-101")) == [
        "S0-08", "S0-09", "S0-10", "S0-11", "C9", "C10", "S0-101",
    ]  # fmt: skip


def test_a_range_goes_upwards_within_one_section() -> None:
    with pytest.raises(ValueError, match=r"S0-11…S1-12 is no range"):
        list(ids_in("S0-11…S1-12"))
