"""The requests that the Salesforce CLI makes, as it was seen making them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from tests.processes import Running

DATA = "/services/data/v51.0"
FIELDS = "Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType"


@pytest.fixture
def cli(running: Running) -> Iterator[httpx.Client]:
    with running.client(running.token()) as client:
        client.headers["Sforce-Call-Options"] = "client=sfdx toolbelt:"
        yield client


def test_login_with_an_access_token(running: Running, cli: httpx.Client) -> None:
    """`sf org login access-token`: userinfo, the user, no dev hub, the versions, the one organization."""
    username = running.credentials["username"]
    who = cli.get("/services/oauth2/userinfo").json()
    assert who["preferred_username"] == username

    user = cli.get(f"{DATA}/sobjects/User/{who['user_id']}")
    assert (user.status_code, user.json()["Username"]) == (200, username)

    hub = cli.get(f"{DATA}/query", params={"q": "SELECT Id FROM ScratchOrgInfo limit 1"})
    assert (hub.status_code, [one["errorCode"] for one in hub.json()]) == (400, ["INVALID_TYPE"])

    versions = cli.get(httpx.URL(running.base_url).copy_with(raw_path=b"//services/data"))
    assert (versions.status_code, versions.json()[-1]["version"]) == (200, "67.0")
    assert "Sforce-Limit-Info" not in versions.headers

    found = cli.get("/services/data/v67.0/query", params={"q": f"SELECT {FIELDS} FROM Organization"}).json()
    (organization,) = found["records"]
    assert organization.pop("attributes")["type"] == "Organization"
    ((name,),) = running.rows("SELECT name FROM organization")
    assert organization == {
        "Name": name, "InstanceName": "ORDO", "IsSandbox": False, "TrialExpirationDate": None,
        "NamespacePrefix": None, "OrganizationType": "Developer Edition",
    }  # fmt: skip


def test_columns_of_a_query(cli: httpx.Client) -> None:
    """`sf data query` asks for the columns beside the rows."""
    soql = "SELECT Id, Account.Name, (SELECT Quantity FROM OrderItems) FROM Order"
    answer = cli.get("/services/data/v67.0/query", params={"q": soql, "columns": "true"})
    assert answer.status_code == 200
    found = answer.json()
    columns = found.pop("columnMetadata")
    assert found == {"entityName": "Order", "groupBy": False, "idSelected": True, "keyPrefix": "801"}
    assert columns[0] == {
        "aggregate": False, "apexType": "Id", "booleanType": False, "columnName": "Id", "custom": False,
        "displayName": "Id", "foreignKeyName": None, "insertable": False, "joinColumns": [],
        "numberType": False, "textType": False, "updatable": False,
    }  # fmt: skip
    assert [(one["columnName"], [inner["columnName"] for inner in one["joinColumns"]]) for one in columns[1:]] == [
        ("Account", ["Name"]), ("OrderItems", ["Quantity"]),
    ]  # fmt: skip
