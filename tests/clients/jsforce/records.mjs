// One record from its creation to its end.
import { answer, connect, refused } from './ordo.mjs';

const c = await connect.soap();
const accounts = c.sobject('Account');
const created = await accounts.create({ Name: 'Jo', Phone: '1' });
const { id } = created;
const first = await accounts.retrieve(id);
const updated = await accounts.update({ Id: id, Phone: null, Website: 'https://jo.example' });
const { Name, Phone, Website } = await accounts.retrieve(id);
const destroyed = await accounts.destroy(id);
answer({
  created, first: { attributes: first.attributes, Id: first.Id, Name: first.Name, Phone: first.Phone },
  updated, second: { Name, Phone, Website }, destroyed,
  gone: await refused(() => accounts.retrieve(id)),
});
