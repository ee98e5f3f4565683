"""What a declaration says of one field: its kind, its flags, its limits."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """Salesforce's field types, spelled as `describe` spells them."""

    ID = "id"
    REFERENCE = "reference"
    STRING = "string"
    TEXTAREA = "textarea"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    PICKLIST = "picklist"
    MULTIPICKLIST = "multipicklist"
    ENCRYPTED = "encryptedstring"
    BOOLEAN = "boolean"
    INT = "int"
    DOUBLE = "double"
    CURRENCY = "currency"
    PERCENT = "percent"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    ADDRESS = "address"
    LOCATION = "location"


LONG_TEXT = 255
_DIGITS_OF_INTEGER = 9
COMPOUND_KINDS = frozenset({Kind.ADDRESS, Kind.LOCATION})
_UNSORTED = COMPOUND_KINDS | {Kind.MULTIPICKLIST, Kind.ENCRYPTED}
_UNORDERED = _UNSORTED | {Kind.BOOLEAN, Kind.TIME}
TEXT_KINDS = frozenset(
    {
        Kind.STRING,
        Kind.TEXTAREA,
        Kind.EMAIL,
        Kind.PHONE,
        Kind.URL,
        Kind.PICKLIST,
        Kind.MULTIPICKLIST,
        Kind.ENCRYPTED,
    }
)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a noun. `flags` are those of the object reference: C create, U update, N nillable,
    D defaulted, R restricted picklist, A autonumber, L lookup key or name, K calculated by the platform.

    `aliases` are further API names it answers to. A relationship with `children` is indexed, for the way from
    parent to child; `indexed` adds an index elsewhere, or (False) saves every insert one that hardly any query
    would use: few parents with very many children each, or a shorter way round. `option` names the option of
    the organisation that adds picklist values.
    """

    kind: Kind
    flags: str = ""
    api: str = ""
    attribute: str = ""
    label: str = ""
    length: int = 0
    digits: int = 18
    scale: int = 2
    values: tuple[str, ...] = ()
    default: Any = None
    targets: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    cascade: bool = False
    number_format: str = "{:08d}"
    unique: bool = False
    case_sensitive: bool = False
    approximate: bool = False
    unmanaged: bool = False
    hidden: bool = False
    since: int = 0
    aliases: tuple[str, ...] = ()
    indexed: bool | None = None
    option: str = ""

    @property
    def column(self) -> str:
        return self.api.lower()

    @property
    def createable(self) -> bool:
        return "C" in self.flags

    @property
    def updateable(self) -> bool:
        return "U" in self.flags

    @property
    def nillable(self) -> bool:
        return "N" in self.flags

    @property
    def required(self) -> bool:
        """Whether a create must name it: createable, not nillable, and nothing fills it."""
        return self.createable and not self.nillable and not self.defaulted

    @property
    def defaulted(self) -> bool:
        """Whether a create that does not name it fills it all the same."""
        return "D" in self.flags or self.default is not None

    @property
    def autonumber(self) -> bool:
        return "A" in self.flags

    @property
    def restricted(self) -> bool:
        return "R" in self.flags

    @property
    def id_lookup(self) -> bool:
        """Whether a record may be named by this field instead of its id, as `describe` tells it (idLookup)."""
        if self.kind is Kind.ID:
            return True
        return self.kind in TEXT_KINDS and not self.hidden and (self.unique or "L" in self.flags)

    @property
    def stored(self) -> bool:
        return self.kind not in COMPOUND_KINDS

    @property
    def is_long(self) -> bool:
        """Whether it is an integer beyond 32 bits."""
        return self.kind is Kind.INT and self.digits > _DIGITS_OF_INTEGER

    @property
    def filterable(self) -> bool:
        """Whether WHERE may name it."""
        return self.stored

    @property
    def sortable(self) -> bool:
        """Whether ORDER BY may name it."""
        return self.kind not in _UNSORTED and not self._is_long_text

    @property
    def groupable(self) -> bool:
        """Whether GROUP BY may name it."""
        return self.stored and not self._is_long_text

    @property
    def aggregatable(self) -> bool:
        """Whether it has a smallest, a largest and a number of different values."""
        return self.kind not in _UNORDERED and not self._is_long_text

    @property
    def _is_long_text(self) -> bool:
        return self.kind is Kind.TEXTAREA and self.length > LONG_TEXT
