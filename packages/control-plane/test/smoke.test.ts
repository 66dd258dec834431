import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { ProbeRequest } from '@islet/spec/probes';
import { askRequests } from '../src/backup/smoke/ask-requests.ts';
import { planSmoke, type SmokeFacts } from '../src/backup/smoke/plan-smoke.ts';
import { launchSpec } from './support.ts';

const get = (path: string): ProbeRequest => ({ method: 'GET', path, headers: {} });
const spec = (smoke: string | undefined, api: Partial<ReturnType<typeof launchSpec>['api']> = {}) => {
  const usual = launchSpec('orders');
  return { ...usual, test: { unit: undefined, smoke }, api: { ...usual.api, ...api } };
};

describe("a drill's smoke test", () => {
  const usual: SmokeFacts = { spec: spec('a.http'), revision: 'r1', isBuilt: true, requests: [get('/')] };
  const rows: readonly [string, Partial<SmokeFacts>, ReturnType<typeof planSmoke>['kind'], RegExp?][] = [
    ['asks what its file says', {}, 'requests'],
    ['runs a program', { spec: spec('npm run smoke'), requests: [] }, 'command'],
    ['is none where none is declared', { spec: spec(undefined) }, 'none'],
    ['is left out where nothing has served', { revision: undefined, spec: undefined }, 'left out', /has served/],
    ['is left out where there are no bytes to run', { isBuilt: false }, 'left out', /r1 is not built/],
    ['is left out where its port is taken', { spec: spec('a.http', { port: 8080 }) }, 'left out', /port 8080/],
    ['is left out where nothing may be asked', { requests: [] }, 'left out', /changes nothing/],
    ['is left out where it speaks otherwise', { spec: spec('a.http', { protocol: 'grpc' }) }, 'left out', /grpc/],
  ];
  for (const [name, change, kind, why] of rows) {
    it(name, () => {
      const plan = planSmoke({ ...usual, ...change });
      assert.equal(plan.kind, kind);
      if (why !== undefined) assert.match(plan.kind === 'left out' ? plan.why : '', why);
    });
  }
});

type Incoming = { readonly url?: string | undefined; destroy(): unknown };
type Outgoing = { writeHead(status: number): unknown; end(body: string): unknown };

async function serve(t: TestContext, http2: boolean, answer: (path: string) => number): Promise<number> {
  const listener = (request: Incoming, response: Outgoing) => {
    const status = answer(request.url ?? '');
    if (status === 0) request.destroy();
    else {
      response.writeHead(status);
      response.end('body');
    }
  };
  const server = (http2 ? createHttp2Server(listener) : createServer(listener)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

for (const http2 of [false, true])
  it(`asks each in turn over HTTP/${http2 ? 2 : 1}, and tells of the first that does not succeed`, async (t) => {
    const asked: string[] = [];
    const port = await serve(t, http2, (path) => {
      asked.push(path);
      return { '/moved': 302, '/wrong': 404, '/broken': 0 }[path] ?? 200;
    });
    const ask = (...paths: string[]) =>
      askRequests(paths.map(get), { host: '127.0.0.1', port, http2 }, AbortSignal.timeout(60_000));
    assert.equal(await ask('/', '/moved'), undefined);
    assert.equal(await ask('/a', '/wrong', '/never'), 'GET /wrong: status 404');
    assert.match((await ask('/broken')) ?? '', /^GET \/broken: .*(hang up|reset|no answer)/);
    assert.deepEqual(asked, ['/', '/moved', '/a', '/wrong', '/broken']);
  });
