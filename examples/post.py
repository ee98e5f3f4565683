"""Posts an example to a running Ordo: python examples/post.py examples/in-store.json [credentials.json]"""

import json
import sys
import uuid
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TILL = "/services/data/v49.0"  # the version tills speak
SHOP = "/services/data/v60.0"
ORDER = "SELECT OrderNumber, GrandTotalAmount, CurrencyIsoCode FROM OrderSummary WHERE OriginalOrderId = '{}'"


class Org:
    """One login; every answer is JSON."""

    def __init__(self, credentials):
        self.headers, self.url = {}, credentials["base_url"]
        app = {name: credentials[name] for name in ("client_id", "client_secret")}
        form = urlencode({"grant_type": "client_credentials", **app}).encode()
        self.headers = {"Authorization": f"Bearer {self.ask('/services/oauth2/token', form)['access_token']}"}

    def ask(self, path, data=None, **headers):
        with urlopen(Request(self.url + path, data, {**self.headers, **headers}), timeout=30) as answer:
            return json.load(answer)

    def post(self, path, body):
        return self.ask(path, json.dumps(body).encode(), **{"Content-Type": "application/json"})

    def query(self, soql):
        return self.ask(f"{TILL}/query?{urlencode({'q': soql})}")["records"]


def posted(org, example):
    """The answers of all nodes, by reference. A sale of a till is filled in first, a web order goes as it is."""
    if "graph" not in example:
        return org.post(f"{SHOP}/composite", example)["compositeResponse"]
    text = json.dumps(example["graph"]).replace("<reference>", f"till-{uuid.uuid4().hex[:12]}")
    for name, soql in example["lookups"].items():
        text = text.replace(f"<{name}>", org.query(soql)[0]["Id"])
    (graph,) = org.post(f"{TILL}/composite/graph", json.loads(text))["graphs"]
    return graph["graphResponse"]["compositeResponse"]


def main(example, credentials=".ordo/credentials.json"):
    org = Org(json.loads(Path(credentials).read_text()))
    nodes = {one["referenceId"]: one for one in posted(org, json.loads(Path(example).read_text(encoding="utf-8")))}
    if failed := [one["body"] for one in nodes.values() if one["httpStatusCode"] >= 400]:
        sys.exit(f"It was refused: {json.dumps(failed)}")
    (order,) = org.query(ORDER.format(nodes["order"]["body"]["id"]))
    print(f"Order {order['OrderNumber']}: {order['CurrencyIsoCode']} {order['GrandTotalAmount']}")


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else sys.exit(__doc__)
