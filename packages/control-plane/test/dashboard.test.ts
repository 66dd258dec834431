import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { contract, DASHBOARD_HEADER } from '@islet/client';
import { type Handlers, serveApi } from '../src/api/server.ts';
import { type Clock, systemClock } from '../src/clock.ts';
import { createDoorkeeper, type Doorkeeper, SESSION_MS } from '../src/dashboard/doorkeeper.ts';
import { createPages } from '../src/dashboard/pages.ts';
import { IN_MEMORY, openDatabase } from '../src/store/database.ts';
import { openSessions } from '../src/store/sessions.ts';
import { VirtualClock } from '../src/testing/index.ts';

async function served(t: TestContext, handlers: Partial<Handlers> = {}, clock: Clock = systemClock) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-pages-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>a page');
  writeFileSync(join(folder, 'assets/index-abc.js'), '1');
  writeFileSync(join(folder, 'inputs'), 'not for the public');
  const doorkeeper = createDoorkeeper({ sessions: openSessions(openDatabase(IN_MEMORY)), clock });
  const dashboard = { doorkeeper, pages: createPages(folder), system: 'abc' };
  const api = await serveApi(handlers as Handlers, { token: 'a-token', port: 0, version: '0', dashboard });
  t.after(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });
  const login = async () => {
    const response = await fetch(`${api.url}/session`, {
      method: 'POST',
      body: JSON.stringify({ code: doorkeeper.invite().code }),
      headers: { 'content-type': 'application/json' },
    });
    const { key } = (await response.json()) as { key: string };
    return { cookie: response.headers.get('set-cookie') ?? '', key };
  };
  return { url: api.url, doorkeeper, login };
}

/** As `fetch`, but with any `Host`. */
function get(url: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { headers, setHost: !('host' in headers) }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

const STATUS: Partial<Handlers> = { status: () => ({ system: 'shop' }) as never };

it('sets a cookie that no script sees and no other site sends', async (t) => {
  const { login } = await served(t);
  const { cookie } = await login();
  assert.match(cookie, /^islet_abc=[\w-]{32}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/);
});

it('answers a session that comes from its own pages, and no other', async (t) => {
  const { url, login } = await served(t, STATUS);
  const { cookie: line, key } = await login();
  const cookie = line.split(';')[0]!;
  const asked = (headers: Record<string, string>) => get(url, '/v1/status', headers);
  assert.equal(await asked({ cookie, [DASHBOARD_HEADER]: key }), 200);
  assert.equal(await asked({ cookie, [DASHBOARD_HEADER]: key, 'sec-fetch-site': 'same-origin', origin: url }), 200);
  assert.equal(await asked({ cookie }), 401, 'the cookie alone is what another port gets');
  assert.equal(await asked({ [DASHBOARD_HEADER]: key }), 401);
  assert.equal(await asked({ cookie, [DASHBOARD_HEADER]: key, origin: 'http://127.0.0.1:1' }), 401);
  assert.equal(await asked({ cookie, [DASHBOARD_HEADER]: key, 'sec-fetch-site': 'same-site' }), 401);
  assert.equal(await asked({ cookie, [DASHBOARD_HEADER]: key, host: 'rebound.example' }), 401);
});

it('gives a session nothing that gives secrets away', async (t) => {
  const never = () => assert.fail('it was asked');
  const names = ['environment', 'database', 'dashboardLogin', 'operator', 'branches'] as const;
  const { url, login } = await served(t, Object.fromEntries(names.map((name) => [name, never])));
  const { cookie, key } = await login();
  const headers = { cookie: cookie.split(';')[0]!, [DASHBOARD_HEADER]: key };
  for (const path of ['/v1/services/a/environment', '/v1/services/a/database', '/v1/operator', '/v1/branches'])
    assert.equal(await get(url, path, headers), 401, path);
  const login2 = await fetch(`${url}/v1/dashboard/logins`, { method: 'POST', headers, body: '{}' });
  assert.equal(login2.status, 401);
});

for (const { why, end } of [
  { why: 'is logged out', end: ({ doorkeeper }: House) => void doorkeeper.end(undefined) },
  { why: 'has had its days', end: ({ clock }: House) => clock.pass(SESSION_MS) },
  {
    why: 'has had its days by a clock that is put forward',
    end: async ({ clock }: House) => {
      clock.jump(SESSION_MS);
      await clock.pass(60_000);
    },
  },
]) {
  it(`ends the streams of a session that ${why}, also where nothing is told that could end`, async (t) => {
    const clock = new VirtualClock();
    const watch: Handlers['watch'] = async function* ({ signal }) {
      yield {} as never;
      await once(signal, 'abort');
    };
    // It never looks at the signal: what it waits for is not there yet.
    const tailLogRecords: Handlers['tailLogRecords'] = async function* () {
      yield {} as never;
      await new Promise(() => {});
    };
    const { url, doorkeeper, login } = await served(t, { watch, tailLogRecords }, clock);
    const { cookie, key } = await login();
    const headers = { cookie: cookie.split(';')[0]!, [DASHBOARD_HEADER]: key };
    const readers = await Promise.all(
      ['/v1/status/watch', TAIL].map(async (path) => (await fetch(url + path, { headers })).body!.getReader()),
    );
    for (const reader of readers) assert.equal((await reader.read()).done, false);
    await end({ doorkeeper, clock });
    for (const reader of readers) assert.equal((await reader.read()).done, true);
    assert.equal(await get(url, '/v1/status/watch', headers), 401);
  });
}

const TAIL = contract.tailLogRecords.path;

interface House {
  readonly doorkeeper: Doorkeeper;
  readonly clock: VirtualClock;
}

it('serves its pages under a policy that lets nothing in from elsewhere', async (t) => {
  const { url } = await served(t);
  const page = await fetch(`${url}/services/orders`);
  assert.equal(await page.text(), '<p>a page');
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  const etag = page.headers.get('etag') ?? '';
  assert.equal((await fetch(`${url}/`, { headers: { 'if-none-match': etag } })).status, 304);
  const asset = await fetch(`${url}/assets/index-abc.js`);
  assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
});

it('serves files of the pages alone, to nobody under a strange name, and no page for a route of the API', async (t) => {
  const { url } = await served(t);
  for (const path of ['/assets/..%2finputs', '/assets/../inputs', '/inputs', '/assets/none.js']) {
    const response = await fetch(`${url}${path}`);
    assert.doesNotMatch(await response.text(), /not for the public/, path);
  }
  assert.equal(await get(url, '/', { host: 'rebound.example' }), 401);
  assert.equal(await get(url, '/v1/nothing', { authorization: 'Bearer a-token' }), 404);
  assert.equal(await get(url, '/v1/nothing', {}), 401);
});

it('says how to build pages that are not built', async (t) => {
  const dashboard = {
    doorkeeper: createDoorkeeper({ sessions: openSessions(openDatabase(IN_MEMORY)), clock: systemClock }),
    pages: createPages('/nowhere'),
    system: 'abc',
  };
  const api = await serveApi({} as Handlers, { token: 'a', port: 0, version: '0', dashboard });
  t.after(() => api.close());
  const response = await fetch(api.url);
  assert.equal(response.status, 503);
  assert.match(await response.text(), /\.\/islet dashboard/);
});
