// What all scripts share: what they were told on standard input, the connections, and how they answer.
import { readFileSync } from 'node:fs';
import jsforce from 'jsforce';

export const told = JSON.parse(readFileSync(0, 'utf8'));
const version = '60.0';
const { url, username, password, security_token, client_id, client_secret } = told;
const oauth2 = { loginUrl: url, clientId: client_id, clientSecret: client_secret };

export const connect = {
  async soap() {
    const c = new jsforce.Connection({ loginUrl: url, version });
    await c.login(username, password + security_token);
    return c;
  },
  async password() {
    const c = new jsforce.Connection({ oauth2, version });
    await c.login(username, password + security_token);
    return c;
  },
  async client_credentials() {
    const c = new jsforce.Connection({ instanceUrl: url, oauth2, version });
    await c.authorize({ grant_type: 'client_credentials' });
    return c;
  },
  async token(more = {}) {
    return new jsforce.Connection({ instanceUrl: url, accessToken: told.token, version, ...more });
  },
};

// What a call was refused with.
export async function refused(call) {
  try {
    return { answered: await call() };
  } catch (error) {
    return { message: error.message, errorCode: error.errorCode ?? null, data: error.data ?? null };
  }
}

// Asks again and again until it holds, for a minute at most.
export async function eventually(ask, holds) {
  for (let round = 0; round < 600; round += 1) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  throw new Error('not within a minute');
}

export function answer(found) {
  process.stdout.write(JSON.stringify(found));
}
