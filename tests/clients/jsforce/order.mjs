// An order, from the graph that posts it to its captured money; parcel and status by a second graph.
import { answer, connect, eventually, told } from './ordo.mjs';

const c = await connect.client_credentials();
const posted = await c.requestPost('/composite/graph', told.sale);
const orderId = posted.graphs[0].graphResponse.compositeResponse[0].body.id;

const ofOrder = `SELECT Id, Status, OrderSummaryId, GrandTotalAmount FROM FulfillmentOrder WHERE OrderId = '${orderId}'`;
const routed = await eventually(() => c.query(ofOrder), ({ totalSize }) => totalSize > 0);
const { Id, OrderSummaryId } = routed.records[0];

const root = '/services/data/v60.0/sobjects';
const shipment = { FulfillmentOrderId: Id, TrackingNumber: 'JS-1', ShipToName: 'Jo Example' };
const shipped = await c.requestPost('/composite/graph', {
  graphs: [{
    graphId: 'shipped',
    compositeRequest: [
      { method: 'POST', url: `${root}/Shipment`, referenceId: 'parcel', body: shipment },
      { method: 'PATCH', url: `${root}/FulfillmentOrder/${Id}`, referenceId: 'status', body: { Status: 'Fulfilled' } },
    ],
  }],
});

const ofSummary = `WHERE OrderSummaryId = '${OrderSummaryId}'`;
const purse = `SELECT AuthorizationAmount, CapturedAmount, PendingCaptureAmount FROM OrderPaymentSummary ${ofSummary}`;
const taken = ({ records: [one] }) => one.CapturedAmount === told.total && one.PendingCaptureAmount === 0;
const captured = await eventually(() => c.query(purse), taken);
const ended = await c.query(ofOrder);
const items = await c.query(
  `SELECT StockKeepingUnit, Status, QuantityFulfilled FROM OrderItemSummary ${ofSummary} ORDER BY LineNumber`);
answer({ posted, routed, shipped, captured, ended, items });
