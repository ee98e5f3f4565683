// What there is.
import { answer, connect } from './ordo.mjs';

const c = await connect.client_credentials();
const order = await c.sobject('Order').describe();
answer({
  global: await c.describeGlobal(),
  order: { ...order, fields: Object.fromEntries(order.fields.map((field) => [field.name, field])) },
  unknown: await c.sobject('Nonsense').describe().catch((error) => error.errorCode),
  limits: await c.limits(),
  usage: c.limitInfo,
});
