import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { TrafficPolicies } from '@islet/policy';
import { jsonSchema, parseSystem, type ServiceTraffic, type TrafficSpec } from '@islet/spec';
import { Recorder } from '../src/record/recorder.ts';
import type { Trail } from '../src/record/trail.ts';
import { routingTableSchema } from '../src/table/schema.ts';
import { HOT_CHANGES } from './hot-changes.ts';
import { endpointAt, serve, tableOf, until, world } from './world.ts';

/*
 * Each key of traffic is changed while requests go over connections that are kept, a tunnel is open and a stream flows: from the
 * next request on the new value holds, and nothing is dropped. The keys are those of the schema, so that none is forgotten.
 */

const ORDERS = 'services/orders/service.yaml';

/** As a file's traffic is parsed, and comes to the proxy. */
function parsed(traffic: object): ServiceTraffic {
  const orders = { run: { command: 'serve' }, api: { expose: '/orders' }, uses: ['web'], traffic };
  const texts: Readonly<Record<string, string>> = {
    'islet.yaml': 'system: shop\n',
    [ORDERS]: JSON.stringify(orders),
    'services/orders/instead.json': '[]',
    'services/web/service.yaml': 'run: { command: serve }\n',
  };
  const result = parseSystem({
    readText: (path) => texts[path],
    listFolders: (path) => (path === 'services' ? ['orders', 'web'] : []),
    listFiles: (path) => (path.startsWith('services/') ? ['service.yaml'] : []),
    kind: (path) => (path in texts ? 'file' : /^(\.|services(\/(orders|web))?)$/.test(path) ? 'folder' : undefined),
  });
  assert.ok(result.kind === 'ok', JSON.stringify(result));
  const found = result.spec.services.find(({ name }) => name === 'orders');
  assert.ok(found);
  return found.traffic;
}

/** What of a JSON Schema says which keys there are. */
interface Keyed {
  readonly properties?: Readonly<Record<string, Keyed>>;
  readonly anyOf?: readonly Keyed[];
  readonly items?: Keyed;
}

/** Every value that can be written, by its path; an item of a list stands for all. */
function keysOf(schema: Keyed, path: readonly string[] = []): readonly string[] {
  const properties: Readonly<Record<string, Keyed>> = Object.assign({}, ...propertiesOf(schema));
  const keys = Object.keys(properties).filter((key) => path.length > 0 || (key !== 'routes' && key !== 'callers'));
  return keys.length === 0 ? [path.join('.')] : keys.flatMap((key) => keysOf(properties[key] ?? {}, [...path, key]));
}

function propertiesOf({ properties, anyOf = [], items }: Keyed): readonly object[] {
  return [properties ?? {}, ...anyOf.flatMap(propertiesOf), ...(items === undefined ? [] : propertiesOf(items))];
}

test('a change of each key that can be written is tried', () => {
  const schema = jsonSchema('service') as Keyed;
  assert.deepEqual(Object.keys(HOT_CHANGES), keysOf(schema.properties?.traffic ?? {}));
});

/** Requests without end over one connection that is kept. */
function load(t: TestContext, port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  const seen = { answers: 0, statuses: new Set<string>(), dropped: false };
  const ask = () => socket.write('GET /orders/a HTTP/1.1\r\nHost: h\r\n\r\n');
  let text = '';
  socket.on('data', (more: string) => {
    text += more;
    if (!text.endsWith('well')) return;
    seen.answers++;
    seen.statuses.add(text.slice(9, 12));
    text = '';
    ask();
  });
  const drop = () => {
    seen.dropped = true;
  };
  socket.on('end', drop).on('error', drop).on('close', drop);
  t.after(() => socket.destroy());
  ask();
  return seen;
}

/** An upgraded connection whose other end says everything again. */
async function tunnel(t: TestContext, port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  const seen = { text: '', dropped: false };
  socket.on('data', (more: string) => {
    seen.text += more;
  });
  const drop = () => {
    seen.dropped = true;
  };
  socket.on('end', drop).on('error', drop).on('close', drop);
  t.after(() => socket.destroy());
  socket.write('GET /orders/a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  await until(() => seen.text.endsWith('\r\n\r\n'));
  assert.match(seen.text, /^HTTP\/1\.1 101 /);
  return { seen, say: (word: string) => socket.write(word) };
}

/** A stream of events over HTTP/2. */
async function stream(t: TestContext, port: number) {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const request = session.request({ ':path': '/orders/a', accept: 'text/event-stream' });
  const seen = { text: '', dropped: false };
  const drop = () => {
    seen.dropped = true;
  };
  request.setEncoding('utf8').on('data', (more: string) => {
    seen.text += more;
  });
  for (const it of [request, session]) it.on('end', drop).on('error', drop).on('close', drop);
  t.after(() => session.destroy());
  await until(() => seen.text !== '');
  return seen;
}

/** A service under load, and what policy its requests have ended under. */
async function underLoad(t: TestContext) {
  const events: ((event: string) => void)[] = [];
  const make = async () => {
    const server = createServer((incoming, response) => {
      if (incoming.headers.accept !== 'text/event-stream') {
        response.end('well');
        return;
      }
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: first\n\n');
      events.push((event) => response.write(`data: ${event}\n\n`));
    });
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.on('error', () => undefined).pipe(socket);
    });
    return serve(t, server);
  };
  const instances = [await make(), await make()];
  const { plane, gateway, listeners } = await world(t, instances);
  const policies: TrafficSpec[] = [];
  const end = Recorder.prototype.end;
  t.mock.method(Recorder.prototype, 'end', function (this: Recorder, trail: Trail, now: number) {
    if (trail.start.way !== undefined) policies.push(trail.start.way.policy);
    end.call(this, trail, now);
  });
  const loads = [load(t, gateway), load(t, gateway), load(t, gateway)];
  const echo = await tunnel(t, gateway);
  const flow = await stream(t, gateway);
  let version = 10;
  const endpoints = instances.map(({ port }) => endpointAt(port));
  /** As the control plane publishes it. */
  const publish = (traffic: ServiceTraffic) => {
    const table = tableOf({ version: version++, listeners, endpoints, traffic });
    return plane.apply(routingTableSchema.parse(JSON.parse(JSON.stringify(table))));
  };
  const answered = async (more: number) => {
    const before = loads.map(({ answers }) => answers);
    await until(() => loads.every(({ answers }, index) => answers >= (before[index] ?? 0) + more));
  };
  /** What holds for the requests that begin from now on. */
  const inForce = async () => {
    // What is in flight has begun before.
    await answered(1);
    policies.length = 0;
    await answered(2);
    return [...new Set(policies)];
  };
  const stillThere = async (word: string) => {
    echo.say(word);
    for (const tell of events) tell(word);
    await until(() => echo.seen.text.endsWith(word) && flow.text.includes(word));
    for (const it of [...loads, echo.seen, flow]) assert.equal(it.dropped, false, word);
    for (const { statuses } of loads) assert.deepEqual([...statuses], ['200'], word);
  };
  return { publish, inForce, stillThere };
}

for (const [who, written] of [
  ['the service', (policy: object) => policy],
  ['a route', (policy: object) => ({ routes: [{ match: 'GET /a', ...policy }] })],
  ['a caller', (policy: object) => ({ callers: { gateway: policy } })],
  ['a caller on a route', (policy: object) => ({ callers: { gateway: { routes: [{ match: '/a', ...policy }] } } })],
] as const) {
  test(`each key of ${who} holds from the next request on, and what is open stays open`, async (t) => {
    const { publish, inForce, stillThere } = await underLoad(t);
    for (const [key, change] of Object.entries(HOT_CHANGES)) {
      const [before, after] = change.map((policy) => parsed(written(policy)));
      assert.ok(before !== undefined && after !== undefined);
      const policyOf = (traffic: ServiceTraffic) => new TrafficPolicies(traffic, 'gateway').find('GET', '/a').policy;
      assert.notDeepEqual(plain(policyOf(before)), plain(policyOf(after)), `${key}: the values do not differ`);
      for (const traffic of [before, after]) {
        await publish(traffic);
        for (const policy of await inForce()) assert.deepEqual(plain(policy), plain(policyOf(traffic)), key);
        await stillThere(`${key} `);
      }
    }
  });
}

/** As JSON has it: what is off is not there. */
function plain(policy: TrafficSpec): unknown {
  return JSON.parse(JSON.stringify({ ...policy, overrides: undefined }));
}
