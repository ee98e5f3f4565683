// Calls in one call, that refer to each other; then one that is refused whole.
import { answer, connect } from './ordo.mjs';

const c = await connect.password();
const root = '/services/data/v60.0';
const account = (referenceId, Name) =>
  ({ method: 'POST', url: `${root}/sobjects/Account`, referenceId, body: { Name } });
const made = await c.requestPost('/composite', {
  allOrNone: true,
  compositeRequest: [
    account('jo', 'composite Jo'),
    { method: 'PATCH', url: `${root}/sobjects/Account/@{jo.id}`, referenceId: 'phone', body: { Phone: '1' } },
    { method: 'GET', url: `${root}/sobjects/Account/@{jo.id}?fields=Name,Phone`, referenceId: 'read' },
    {
      method: 'GET', referenceId: 'found',
      url: `${root}/query?q=${encodeURIComponent("SELECT Phone FROM Account WHERE Name = 'composite Jo'")}`,
    },
  ],
});
const halted = await c.requestPost('/composite', {
  allOrNone: true,
  compositeRequest: [
    account('li', 'composite Li'),
    { method: 'POST', url: `${root}/sobjects/Account`, referenceId: 'bad', body: { Name: 'composite Bo', Nonsense: 1 } },
  ],
});
const left = await c.query("SELECT Name FROM Account WHERE Name LIKE 'composite %'");
answer({ made, halted, left: left.records.map((one) => one.Name) });
