"""What a story is told with: a client that posts as a till or shop would, and a small company."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
from starlette.types import ASGIApp

from ordo.api.app import application
from ordo.bootstrap import Machine, first_credentials
from ordo.platform import options
from ordo.platform.events import Consumer, sequence
from ordo.platform.jobs import Runner

ROOT = "/services/data/v60.0"
# What every test of a process shares: people who can log in, leases, numbers, cursors.
KEPT = {
    "alembic_version", "apiusage", "autonumber", "connectedapp", "consumercursor", "credential", "organization",
    "process", "session", "user",
}  # fmt: skip
# Rows are deleted, since truncating makes every file of a table anew; without looking at keys, since all go.
_EMPTY = """
DO $$ DECLARE name text; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND NOT tablename = ANY($kept$%s$kept$::text[])
  LOOP
    EXECUTE format('DELETE FROM %%I', name);
  END LOOP;
END $$
""" % ("{" + ",".join(sorted(KEPT)) + "}")


@dataclass
class Face:
    """The application of one test process."""

    machine: Machine
    app: ASGIApp
    app_secrets: dict[str, str]
    flows: Consumer
    jobs: Runner
    token: str = ""

    @classmethod
    async def opened(cls, machine: Machine) -> Face:
        path = await first_credentials(machine, "http://ordo.test")
        assert path is not None
        secrets = json.loads(path.read_text())
        return await cls.over(machine, {name: secrets[name] for name in ("client_id", "client_secret")})

    @classmethod
    async def over(cls, machine: Machine, app_secrets: dict[str, str]) -> Face:
        """On a database whose first login was made before."""
        flows = machine.flow_consumer()
        await flows.register(machine.database)
        await machine.refresh_flows()
        return cls(machine, application(machine.parts()), app_secrets, flows, machine.jobs())

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """With a session of its own: tests of sessions end those they find."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://ordo.test"
        ) as client:
            form = {"grant_type": "client_credentials", **self.app_secrets}
            answer = await client.post("/services/oauth2/token", data=form)
            self.token = answer.json()["access_token"]
            client.headers["Authorization"] = f"Bearer {self.token}"
            yield client

    async def clear(self) -> None:
        await self.machine.database.execute(_EMPTY)
        await self.machine.refresh_options()
        await self.machine.refresh_flows()

    async def settle(self) -> None:
        """Works off everything that is waiting, as a worker would; bounded."""
        for _ in range(100):
            moved = await sequence(self.machine.database)
            passed = await self.flows.step(self.machine.worker)
            done = await self.jobs.step()
            if not (moved or passed or done):
                return
        raise AssertionError("facts keep causing facts")


@dataclass
class Desk:
    """A client, and the ids of what it sells, to whom and from where."""

    face: Face
    client: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def furnished(cls, face: Face, client: httpx.AsyncClient) -> Desk:
        desk = cls(face, client)
        make = desk.make
        desk.ids["account"] = await make("Account", Name="Jo Example")
        desk.ids["book"] = await make("Pricebook2", Name="shop-en-GB", IsActive=True)
        desk.ids["method"] = await make("OrderDeliveryMethod", Name="ONLINE-DEFAULT", IsActive=True)
        desk.ids["channel"] = await make("SalesChannel", SalesChannelName="POS")
        desk.ids["provider"] = await make("PaymentGatewayProvider", DeveloperName="Simulated", MasterLabel="Sim")
        desk.ids["gateway"] = await make(
            "PaymentGateway", PaymentGatewayName="Sim", PaymentGatewayProviderId=desk.ids["provider"],
            Status="Active", MerchantCredentialId="0XA000000000001",
        )  # fmt: skip
        for name in ("DC1", "DC2"):
            desk.ids[name] = await make("Location", Name=name, LocationType="Warehouse")
        for sku, price in (("shirt", "10.00"), ("hat", "5.50")):
            await desk.sell(sku, price)
        return desk

    async def sell(self, sku: str, price: str) -> None:
        """A product with its price in the book; ids `<sku>` and `<sku>-price`."""
        self.ids[sku] = await self.make("Product2", Name=sku.title(), StockKeepingUnit=sku, IsActive=True)
        self.ids[f"{sku}-price"] = await self.make(
            "PricebookEntry", Pricebook2Id=self.ids["book"], Product2Id=self.ids[sku],
            UnitPrice=Decimal(price), IsActive=True,
        )  # fmt: skip

    # -- the wire -----------------------------------------------------------------------------

    async def post(self, path: str, body: Any) -> httpx.Response:
        content = json.dumps(body, default=float)
        headers = {"Content-Type": "application/json"}
        return await self.client.post(ROOT + path, content=content, headers=headers)

    async def make(self, noun: str, **body: Any) -> str:
        answer = await self.post(f"/sobjects/{noun}", body)
        assert answer.status_code == 201, answer.text
        record_id: str = answer.json()["id"]
        return record_id

    async def patch(self, noun: str, record_id: str, **body: Any) -> httpx.Response:
        return await self.client.patch(f"{ROOT}/sobjects/{noun}/{record_id}", json=body)

    async def get(self, noun: str, record_id: str) -> dict[str, Any]:
        answer = await self.client.get(f"{ROOT}/sobjects/{noun}/{record_id}")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def query(self, soql: str) -> list[dict[str, Any]]:
        answer = await self.client.get(f"{ROOT}/query", params={"q": soql})
        assert answer.status_code == 200, answer.text
        records: list[dict[str, Any]] = answer.json()["records"]
        return [_without_attributes(record) for record in records]

    async def graph(self, *nodes: dict[str, Any], graph_id: str = "g") -> dict[str, Any]:
        """One graph; its answer."""
        answer = await self.post(
            "/composite/graph", {"graphs": [{"graphId": graph_id, "compositeRequest": list(nodes)}]}
        )
        assert answer.status_code == 200, answer.text
        graph: dict[str, Any] = answer.json()["graphs"][0]
        return graph

    async def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        """What really is in the tables."""
        return [dict(row) for row in await self.face.machine.database.fetch(sql, *args)]

    # -- the company --------------------------------------------------------------------------

    async def stock(self, location: str, **units: int) -> None:
        for sku, quantity in units.items():
            await self.face.machine.database.execute(
                "INSERT INTO position (sku, location, onhand) VALUES ($1, $2, $3) "
                "ON CONFLICT (sku, location) DO UPDATE SET onhand = excluded.onhand",
                sku, self.ids[location], Decimal(quantity),
            )  # fmt: skip

    async def route_to(self, *locations: str) -> None:
        await self.option("routing_locations", [self.ids[name] for name in locations])

    async def option(self, name: str, value: object) -> None:
        await options.store(self.face.machine.database, name, value)
        await self.face.machine.refresh_options()

    async def settle(self) -> None:
        await self.face.settle()

    async def order(
        self, *lines: tuple[str, int, str], reference: str | None = None, activate: bool = True
    ) -> dict[str, Any]:
        """Posts the S0 tree as one graph; lines are (sku, quantity, line amount). Answers the graph."""
        return await self.graph(*self.order_nodes(lines, reference=reference, activate=activate))

    def order_nodes(
        self,
        lines: Sequence[tuple[str, int, str]],
        *,
        reference: str | None = None,
        activate: bool = True,
        currency: str = "EUR",
    ) -> list[dict[str, Any]]:
        total = sum((Decimal(amount) for _, _, amount in lines), Decimal())
        nodes = [
            node(
                "POST", "Order", "order", AccountId=self.ids["account"], Pricebook2Id=self.ids["book"],
                EffectiveDate="2026-01-31", Status="Draft", CurrencyIsoCode=currency,
                SalesChannelId=self.ids["channel"], BillingEmailAddress="jo@example.com",
                OrderManagementReferenceIdentifier=reference,
            ),
            node(
                "POST", "OrderDeliveryGroup", "group", OrderId="@{order.id}",
                OrderDeliveryMethodId=self.ids["method"], DeliverToName="Jo Example",
                DeliverToCity="Town", EmailAddress="jo@example.com",
            ),
            *(self.item(number, *line) for number, line in enumerate(lines, 1)),
            node("POST", "PaymentGroup", "payments", SourceObjectId="@{order.id}"),
            node(
                "POST", "CardPaymentMethod", "card", PaymentGatewayId=self.ids["gateway"],
                AccountId=self.ids["account"], ProcessingMode="Salesforce", Status="Active",
                CardLastFour=1111, CardType="Visa",
            ),
            node(
                "POST", "PaymentAuthorization", "authorization", PaymentGroupId="@{payments.id}",
                PaymentMethodId="@{card.id}", PaymentGatewayId=self.ids["gateway"],
                AccountId=self.ids["account"], Amount=total, ProcessingMode="Salesforce",
                Status="Processed",
            ),
        ]  # fmt: skip
        if activate:
            nodes.append(node("PATCH", "Order/@{order.id}", "activated", Status="Activated"))
        return nodes

    def item(self, number: int, sku: str, quantity: int, amount: str) -> dict[str, Any]:
        return node(
            "POST", "OrderItem", f"item{number}", OrderId="@{order.id}", OrderDeliveryGroupId="@{group.id}",
            PricebookEntryId=self.ids[f"{sku}-price"], Quantity=quantity, UnitPrice=Decimal(amount) / quantity,
            TotalLineAmount=Decimal(amount), LineNumber=number, Type="Order Product",
        )  # fmt: skip


def node(method: str, path: str, reference: str, **body: Any) -> dict[str, Any]:
    return {"method": method, "url": f"{ROOT}/sobjects/{path}", "referenceId": reference, "body": body}


def bodies(graph: dict[str, Any]) -> dict[str, Any]:
    """The subresponses' bodies by referenceId."""
    return {one["referenceId"]: one["body"] for one in graph["graphResponse"]["compositeResponse"]}


def statuses(graph: dict[str, Any]) -> dict[str, int]:
    return {one["referenceId"]: one["httpStatusCode"] for one in graph["graphResponse"]["compositeResponse"]}


def _without_attributes(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"totalSize", "done", "records"}:
            return [_without_attributes(record) for record in value["records"]]
        return {key: _without_attributes(item) for key, item in value.items() if key != "attributes"}
    return value
