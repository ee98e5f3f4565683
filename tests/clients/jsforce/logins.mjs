// Every way to log in, and who one is then.
import jsforce from 'jsforce';
import { answer, connect } from './ordo.mjs';

const found = { version: jsforce.VERSION, ways: {} };
for (const [way, login] of Object.entries(connect)) {
  const c = await login();
  const { user_id, organization_id, username } = await c.identity();
  found.ways[way] = { instanceUrl: c.instanceUrl, userInfo: c.userInfo ?? null, user_id, organization_id, username };
}
answer(found);
