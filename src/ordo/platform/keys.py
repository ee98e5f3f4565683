"""A record named by the value of one of its fields instead of its id."""

from __future__ import annotations

from typing import NamedTuple

from ordo.kernel.problems import InvalidField, NotFound, Problem
from ordo.platform.fields import Field
from ordo.platform.lookup import lock_number
from ordo.platform.records import Noun, Record


class Key(NamedTuple):
    """The rows of a noun that have this value in this field; `value` is typed, and a text."""

    shape: Noun
    field: Field
    value: str

    @classmethod
    def by(cls, record: type[Record], attribute: str, value: str) -> Key:
        """For code that knows the field; what a caller names is read by `values.key_of`."""
        return cls(record.__noun__, record.__fields__[attribute], value)

    @property
    def place(self) -> tuple[str, str, str]:
        """Table, column and value: what a read asks for."""
        return self.shape.table, self.field.column, self.value

    @property
    def folded(self) -> str:
        """As two values of the field are compared."""
        return self.value if self.field.case_sensitive else self.value.lower()

    @property
    def lock(self) -> int:
        """Who holds it in a transaction is the only one to make a row with this key, where no index sees to it."""
        return lock_number(self.shape.table, self.field.column, self.folded)


class NoSuchKey(NotFound):
    """A field in a URL by which no record can be named (recalled)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Provided external ID field does not exist or is not accessible: {name}")


class NotAKey(InvalidField):
    """A field in a body by which no record can be named (recalled)."""

    def __init__(self, name: str, noun: str) -> None:
        super().__init__(
            f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field for "
            f"{noun}"
        )


class NothingNamed(InvalidField):
    """A reference told by a key that no record has (recalled)."""

    def __init__(self, key: Key, reference: str) -> None:
        super().__init__(
            f"Foreign key external ID: {key.value} not found for field {key.field.api} in entity {key.shape.api}",
            fields=(reference,),
        )


class SeveralNamed(Problem):
    """A reference told by a key that several records have (recalled)."""

    code = "DUPLICATE_EXTERNAL_ID"

    def __init__(self, key: Key, ids: list[str], reference: str) -> None:
        super().__init__(
            f"{key.field.api}: more than one record found for external id field: [{', '.join(ids)}]",
            fields=(reference,),
        )


class SeveralRecords(Problem):
    """A key in a URL that several records have: 300, and where they are."""

    code = "DUPLICATE_EXTERNAL_ID"
    status = 300

    def __init__(self, key: Key, urls: list[str]) -> None:
        super().__init__(f"{key.field.api}: more than one record found for external id field")
        self.urls = urls

    def as_body(self) -> list[object]:
        return list(self.urls)
