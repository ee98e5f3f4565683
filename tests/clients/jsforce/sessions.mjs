// Sessions that end under the client: it logs in again once and goes on.
import { answer, connect, refused, told } from './ordo.mjs';

const soql = 'SELECT Name FROM Organization';

async function revoked(c) {
  await fetch(`${told.url}/services/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ token: c.accessToken }) });
}

async function survives(c, end) {
  const before = c.accessToken;
  let refreshed = 0;
  c.on('refresh', () => { refreshed += 1; });
  await end(c);
  const { totalSize } = await c.query(soql);
  const created = await c.sobject('Account').create({ Name: `after ${refreshed}` });
  return { totalSize, created: created.success, refreshed, changed: c.accessToken !== before };
}

async function again(c, done) {
  const fresh = await connect.client_credentials();
  done(null, fresh.accessToken);
}

const unheld = await connect.token();
answer({
  soap: await survives(await connect.soap(), revoked),
  password: await survives(await connect.password(), revoked),
  expired: await survives(await connect.token({ refreshFn: again }), () => {}),
  alone: await refused(() => unheld.query(soql)),
});
