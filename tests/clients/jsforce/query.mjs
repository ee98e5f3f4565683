// More rows than a page holds: page by page, and fetched by the client itself.
import { answer, connect } from './ordo.mjs';

const c = await connect.client_credentials();
const soql = "SELECT ProductCode FROM Product2 WHERE Family = 'Many' ORDER BY ProductCode";
const first = await c.query(soql);
const rest = await c.queryMore(first.nextRecordsUrl);
const all = await c.query(soql, { autoFetch: true, maxFetch: 5000 });
const streamed = [];
const query = c.query(soql).on('record', (row) => streamed.push(row.ProductCode));
await query.run({ autoFetch: true, maxFetch: 5000 });
const codes = (rows) => rows.map((row) => row.ProductCode);
answer({
  pages: [first, rest].map(({ totalSize, done, records }) => ({ totalSize, done, codes: codes(records) })),
  all: codes(all.records),
  streamed,
});
