"""Picklist values that several nouns share."""

from __future__ import annotations

LINE_TYPES = ("Order Product", "Delivery Charge", "Fee")
LINE_TYPE_CODES = ("Product", "Charge")
TAX_LOCALES = ("Net", "Gross", "Automatic")
TAX_TYPES = ("Actual", "Estimated")
ADJUSTMENT_GROUP_TYPES = ("Header", "SplitLine")
SALUTATIONS = ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.")
GEOCODE_ACCURACY = (
    "Address",
    "NearAddress",
    "Block",
    "Street",
    "ExtendedZip",
    "Zip",
    "Neighborhood",
    "City",
    "County",
    "State",
    "Unknown",
)

PROCESSING_MODES = ("Salesforce", "External")
TRANSACTION_STATUSES = ("Draft", "Processed", "Canceled", "Pending", "Failed")
PAYMENT_METHOD_STATUSES = ("Active", "InActive", "Canceled")
PAYMENT_METHOD_TYPES = (
    "AfterpayClearpay",
    "AmericanExpress",
    "ApplePay",
    "BanContact",
    "DinersClub",
    "Discover",
    "EPS",
    "GooglePay",
    "Jcb",
    "Klarna",
    "Maestro",
    "MasterCard",
    "Other",
    "PayPal",
    "SepaDebit",
    "UnionPay",
    "Venmo",
    "Visa",
    "iDeal",
)
SF_RESULTS = (
    "Success",
    "PermanentFail",
    "Decline",
    "RequiresReview",
    "Indeterminate",
    "SystemError",
    "ValidationError",
)
