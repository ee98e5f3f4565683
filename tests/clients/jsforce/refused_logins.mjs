// Wrong secrets, by SOAP and by OAuth.
import jsforce from 'jsforce';
import { answer, refused, told } from './ordo.mjs';

const { url, username, client_id } = told;
const version = '60.0';
const oauth2 = { loginUrl: url, clientId: client_id, clientSecret: told.client_secret };
const wrong = { ...oauth2, clientSecret: 'wrong-secret' };
answer({
  soap: await refused(() => new jsforce.Connection({ loginUrl: url, version }).login(username, 'wrong-word')),
  password: await refused(() => new jsforce.Connection({ oauth2, version }).login(username, 'wrong-word')),
  client_credentials: await refused(() =>
    new jsforce.Connection({ instanceUrl: url, oauth2: wrong, version }).authorize({ grant_type: 'client_credentials' })),
});
