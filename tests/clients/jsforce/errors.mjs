// How refusals arrive.
import { answer, connect, refused, told } from './ordo.mjs';

const c = await connect.client_credentials();
answer({
  required: await refused(() => c.sobject('Order').create({ AccountId: told.account, Status: 'Draft' })),
  picklist: await refused(() => c.sobject('Product2').create({ Name: 'x', Type: 'Nonsense' })),
  soql: await refused(() => c.query('SELECT Nonsense FROM Account')),
  unknown: await refused(() => c.sobject('Account').retrieve('001000000000001AAA')),
  object: await refused(() => c.sobject('Nonsense').create({ Name: 'x' })),
  resource: await refused(() => c.requestGet('/nonsense')),
  method: await refused(() => c.requestPut('/composite/graph', {})),
  verbs: await refused(() => c.sobject('Invoice').create({})),
});
