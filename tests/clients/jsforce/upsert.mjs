// A sales channel by its name: made, changed, and refused once there are two.
import { answer, connect, refused } from './ordo.mjs';

const c = await connect.password();
const channels = c.sobject('SalesChannel');
const key = 'SalesChannelName';
const made = await channels.upsert({ SalesChannelName: 'Müller & Sons, 100 % wool', Type: 'B2B' }, key);
const changed = await channels.upsert({ SalesChannelName: 'Müller & Sons, 100 % wool', Type: 'B2C' }, key);
const { SalesChannelName, Type, TypeCategory } = await channels.retrieve(made.id);
await channels.create({ SalesChannelName: 'twice' });
await channels.create({ SalesChannelName: 'twice' });
answer({
  made, changed, read: { SalesChannelName, Type, TypeCategory },
  several: await refused(() => channels.upsert({ SalesChannelName: 'twice', Type: 'B2B' }, key)),
  written: await c.query("SELECT Id FROM SalesChannel WHERE SalesChannelName = 'twice' AND Type = 'B2B'"),
});
