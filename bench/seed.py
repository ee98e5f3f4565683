"""Seeds Ordo for the benchmark: the company's records and its stock, straight into the tables.

This is no import: nothing is checked and no fact is said. On-hand stock has no ledger rows, so the laws of
`ordo check` hold for what the benchmark does, not for what it starts from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import asyncpg
import msgspec

from bench.company import BENCHMARK, CURRENCY, Company, record_id, sku, unit_price_cents
from ordo.objects.accounts import Account
from ordo.objects.catalog import Pricebook2, PricebookEntry, Product2, SalesChannel
from ordo.objects.inventory import Location
from ordo.objects.orders import OrderDeliveryMethod
from ordo.objects.payments import PaymentGateway, PaymentGatewayProvider
from ordo.platform.records import Record

# Processes read the options they know and leave this one alone.
MARKER = "bench_seed"
SEED_VERSION = 1

_SET_OPTION = "INSERT INTO option (name, value) VALUES ($1, $2::text::json)"
_STOCK = """
INSERT INTO position (sku, location, onhand)
SELECT s, l, $3::numeric FROM unnest($1::text[]) s, unnest($2::text[]) l ORDER BY s COLLATE "C", l COLLATE "C"
"""

R = TypeVar("R", bound=Record)


async def seed_ordo(dsn: str, company: Company = BENCHMARK) -> bool:
    """Seed the migrated database behind `dsn` unless it is seeded. True if it seeded.

    All or nothing, in one transaction. Processes read the options when they start: seed before.
    """
    connection = await asyncpg.connect(dsn)
    try:
        if await _seeded(connection):
            return False
        async with connection.transaction():
            for records in _records(company):
                await _copy(connection, records)
            await _stock(connection, company)
            await _options(connection, company)
        await connection.execute("VACUUM ANALYZE")
        return True
    finally:
        await connection.close()


async def _seeded(connection: asyncpg.Connection) -> bool:
    version = await connection.fetchval("SELECT value::text FROM option WHERE name = $1", MARKER)
    if version not in (None, str(SEED_VERSION)):
        raise RuntimeError(f"the database holds seed version {version}; remove it to seed {SEED_VERSION}")
    return version is not None


async def _copy(connection: asyncpg.Connection, records: Iterator[Record]) -> None:
    """Copy records of one noun. Only columns the first one fills are sent: the rest is null in all."""
    first = next(records)
    fields = [field for field in first.__noun__.stored if getattr(first, field.attribute) is not None]
    rows = _rows(first, records, [field.attribute for field in fields])
    columns = [field.column for field in fields]
    await connection.copy_records_to_table(first.__noun__.table, records=rows, columns=columns)


def _rows(first: Record, rest: Iterable[Record], attributes: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    yield tuple(getattr(first, attribute) for attribute in attributes)
    for record in rest:
        yield tuple(getattr(record, attribute) for attribute in attributes)


async def _stock(connection: asyncpg.Connection, company: Company) -> None:
    skus = [sku(number) for number in range(1, company.products + 1)]
    await connection.execute(_STOCK, skus, _location_ids(company), company.on_hand)


async def _options(connection: asyncpg.Connection, company: Company) -> None:
    options = {MARKER: SEED_VERSION, "currency": CURRENCY, "routing_locations": _location_ids(company)}
    await connection.execute("DELETE FROM option WHERE name = ANY($1::text[])", list(options))
    rows = [(name, msgspec.json.encode(value).decode()) for name, value in options.items()]
    await connection.executemany(_SET_OPTION, rows)


def _location_ids(company: Company) -> list[str]:
    return [record_id("location", number) for number in range(1, company.locations + 1)]


def _records(company: Company) -> Iterator[Iterator[Record]]:
    """Every noun's records, what is referred to before what refers."""
    make = partial(_made, datetime.now(UTC))
    one = range(1, 2)
    products = range(1, company.products + 1)
    yield (make(SalesChannel, n, sales_channel_name="Benchmark", type="B2C") for n in one)
    yield (make(OrderDeliveryMethod, n, name="Benchmark", is_active=True) for n in one)
    yield (make(Pricebook2, n, name="Benchmark", is_active=True, currency_iso_code=CURRENCY) for n in one)
    yield (make(PaymentGatewayProvider, n, master_label="Simulated", developer_name="Simulated") for n in one)
    yield (_gateway(make, n) for n in one)
    yield (_location(make, n) for n in range(1, company.locations + 1))
    yield (make(Account, n, name=f"Shopper {n}") for n in range(1, company.accounts + 1))
    yield (_product(make, n) for n in products)
    yield (_price(make, n) for n in products)


def _made(now: datetime, kind: type[R], number: int, **fields: Any) -> R:
    seeder = record_id("user", 1)
    return kind(
        id=record_id(kind.__noun__.table, number),
        created_date=now,
        created_by_id=seeder,
        last_modified_date=now,
        last_modified_by_id=seeder,
        system_modstamp=now,
        **fields,
    )


def _gateway(make: Any, number: int) -> PaymentGateway:
    provider = record_id("paymentgatewayprovider", 1)
    fields = {"payment_gateway_name": "Benchmark", "payment_gateway_provider_id": provider, "status": "Active"}
    gateway: PaymentGateway = make(PaymentGateway, number, **fields)
    return gateway


def _location(make: Any, number: int) -> Location:
    fields = {"external_reference": f"bench-{number}", "location_type": "Warehouse"}
    location: Location = make(Location, number, name=f"Warehouse {number}", is_inventory_location=True, **fields)
    return location


def _product(make: Any, number: int) -> Product2:
    code = sku(number)
    product: Product2 = make(
        Product2, number, name=f"Product {number}", product_code=code, stock_keeping_unit=code, is_active=True
    )
    return product


def _price(make: Any, number: int) -> PricebookEntry:
    entry: PricebookEntry = make(
        PricebookEntry,
        number,
        name=f"Product {number}",
        product_code=sku(number),
        pricebook2_id=record_id("pricebook2", 1),
        product2_id=record_id("product2", number),
        is_active=True,
        currency_iso_code=CURRENCY,
        unit_price=Decimal(unit_price_cents(number)).scaleb(-2),
    )
    return entry
