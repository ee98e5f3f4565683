"""A refusal: what a caller did wrong or may not do, with the platform's code and status."""

from __future__ import annotations

from collections.abc import Sequence


class Problem(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """A refusal with Salesforce's code, HTTP status and the fields it is about.

    Subclasses read as sentences (`QuantityNotAvailableToCancel`) and fix code and status.
    """

    code = "UNKNOWN_EXCEPTION"
    status = 400
    retry_after_seconds: int | None = None  # when the same call may well succeed later

    def __init__(
        self, message: str, *, fields: Sequence[str] = (), code: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = tuple(fields)
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status

    def as_error(self) -> dict[str, object]:
        """One element of the platform's error array: message, errorCode and, when known, fields."""
        error: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        return error

    def as_body(self) -> list[object]:
        """The body of the answer: an array of one."""
        return [self.as_error()]


class NotFound(Problem):
    code = "NOT_FOUND"
    status = 404

    def __init__(self, message: str = "The requested resource does not exist") -> None:
        super().__init__(message)


class EntityIsDeleted(Problem):
    code = "ENTITY_IS_DELETED"
    status = 404

    def __init__(self) -> None:
        super().__init__("entity is deleted")


class RequiredFieldMissing(Problem):
    code = "REQUIRED_FIELD_MISSING"

    def __init__(self, *fields: str) -> None:
        super().__init__(f"Required fields are missing: [{', '.join(fields)}]", fields=fields)


class InvalidField(Problem):
    code = "INVALID_FIELD"


class NoSuchColumn(InvalidField):
    def __init__(self, field: str, noun: str) -> None:
        super().__init__(f"No such column '{field}' on sobject of type {noun}")


class FieldNotWriteable(Problem):
    code = "INVALID_FIELD_FOR_INSERT_UPDATE"

    def __init__(self, *fields: str) -> None:
        super().__init__(
            f"Unable to create/update fields: {', '.join(fields)}. Please check the security settings of this "
            "field and verify that it is read/write for your profile or permission set.",
            fields=fields,
        )


class MalformedId(Problem):
    code = "MALFORMED_ID"


class InvalidIdentifier(Problem):
    """An id told to an action that is none, or names nothing of what the action is about."""

    code = "INVALID_ID_FIELD"

    def __init__(self, field: str, value: object) -> None:
        super().__init__(f"Invalid identifier: {value}", fields=(field,))


class InvalidCurrency(Problem):
    code = "INVALID_CURRENCY_ISO"

    def __init__(self, code: str) -> None:
        super().__init__(f"invalid currency: {code}", fields=("CurrencyIsoCode",))


class InvalidInput(Problem):
    """What an action was told cannot be done."""

    code = "INVALID_INPUT"


class InvalidCrossReference(Problem):
    code = "INVALID_CROSS_REFERENCE_KEY"

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"invalid cross reference id: {value}", fields=(field,))


class DuplicateValue(Problem):
    code = "DUPLICATE_VALUE"


class FieldIntegrity(Problem):
    code = "FIELD_INTEGRITY_EXCEPTION"


class OperationNotAllowed(Problem):
    """A record that only verbs may write was written from outside."""

    code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


class ParserError(Problem):
    code = "JSON_PARSER_ERROR"


class Unavailable(Problem):
    """The database is away: nothing was written, try again."""

    code = "SERVER_UNAVAILABLE"
    status = 503
    retry_after_seconds = 1

    def __init__(self, message: str = "The service is temporarily unavailable. Please try again.") -> None:
        super().__init__(message)


class RowIsLocked(Problem):
    code = "UNABLE_TO_LOCK_ROW"

    def __init__(self, key: str) -> None:
        super().__init__(f"unable to obtain exclusive access to this record or 1 records: {key}")
