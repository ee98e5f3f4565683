"""A server that answers like Ordo and does nothing: what a life costs the load generator itself."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
from typing import Any, cast
from urllib.parse import unquote

import msgspec

_LISTED = re.compile(r"'(\w+)'")


class Company:
    """What was posted so far: orders with their lines and total, summaries with what is captured."""

    def __init__(self) -> None:
        self.lines: dict[str, list[float]] = {}
        self.totals: dict[str, float] = {}
        self.shipped: set[str] = set()
        self.requests: list[str] = []
        self._numbers = itertools.count(1)

    def answer(self, path: str, body: bytes) -> tuple[int, object]:
        self.requests.append(path)
        if path == "/services/oauth2/token":
            return 200, {"access_token": "token", "token_type": "Bearer"}
        if path.endswith("/composite/graph"):
            return 200, {"graphs": [self._graph(graph) for graph in msgspec.json.decode(body)["graphs"]]}
        soql = unquote(path.partition("?q=")[2])
        ids = _LISTED.findall(soql)
        rows = self._fulfillment_orders(ids) if " FROM FulfillmentOrder " in soql else self._payments(ids)
        return 200, {"totalSize": len(rows), "done": True, "records": rows}

    def _graph(self, graph: dict[str, Any]) -> dict[str, Any]:
        bodies = {node["referenceId"]: node["body"] for node in graph["compositeRequest"]}
        if "order" in bodies:
            made = f"801{next(self._numbers):015}"
            self.lines[made] = [bodies["item1"]["Quantity"], bodies["item2"]["Quantity"]]
            self.totals[made] = bodies["authorization"]["Amount"]
        else:
            made = "0OB" + "0" * 15
            self.shipped.add(bodies["shipment"]["OrderSummaryId"])
        nodes = [_node(reference, made) for reference in bodies]
        answer = {"compositeResponse": nodes}
        return {"graphId": graph["graphId"], "graphResponse": answer, "isSuccessful": True}

    def _fulfillment_orders(self, ids: list[str]) -> list[dict[str, Any]]:
        return [_fulfillment_order(order_id, self.lines[order_id]) for order_id in ids]

    def _payments(self, ids: list[str]) -> list[dict[str, Any]]:
        rows = []
        for summary_id in ids:
            captured = self.totals["801" + summary_id[3:]] if summary_id in self.shipped else 0
            rows.append({"Id": summary_id, "OrderSummaryId": summary_id, "CapturedAmount": captured})
        return rows


def _node(reference: str, made: str) -> dict[str, Any]:
    body = {"id": made, "success": True, "errors": []}
    return {"body": body, "httpHeaders": {}, "httpStatusCode": 201, "referenceId": reference}


def _fulfillment_order(order_id: str, quantities: list[float]) -> dict[str, Any]:
    lines = [{"Id": f"0a4{at}", "Quantity": quantity} for at, quantity in enumerate(quantities)]
    return {
        "Id": "0a3" + order_id[3:],
        "OrderId": order_id,
        "OrderSummaryId": "1Os" + order_id[3:],
        "Status": "Allocated",
        "FulfillmentOrderLineItems": {"totalSize": len(lines), "done": True, "records": lines},
    }


class Stub(asyncio.Protocol):
    """One connection of the stub."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        length = _body_length(head)
        if not found or len(rest) < length:
            return
        self._buffer = rest[length:]
        status, document = self._company.answer(head.split(b" ", 2)[1].decode(), rest[:length])
        body = msgspec.json.encode(document)
        assert self._transport is not None
        self._transport.write(b"HTTP/1.1 %d OK\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body))


def _body_length(head: bytes) -> int:
    found = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return int(found[1]) if found else 0


async def serve(company: Company, port: int = 0) -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(lambda: Stub(company), "127.0.0.1", port)


async def _main(port: int) -> None:
    await (await serve(Company(), port)).serve_forever()


if __name__ == "__main__":
    import uvloop

    parser = argparse.ArgumentParser(prog="python -m bench.stub", description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    uvloop.run(_main(parser.parse_args().port))
