// What a logged-out connection holds, and the tokens it had.
import { answer, connect } from './ordo.mjs';

const found = {};
for (const way of ['soap', 'password', 'client_credentials']) {
  const c = await connect[way]();
  const token = c.accessToken;
  await c.query('SELECT Name FROM Organization');
  await c.logout();
  found[way] = { token, left: c.accessToken };
}
answer(found);
