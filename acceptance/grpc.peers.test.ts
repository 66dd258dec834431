import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient } from '@islet/client/remote';
import { startLoad } from './support/load.ts';
import { makeSystem, type System } from './support/system.ts';
import { makePathWithoutToolchains } from './support/tools-path.ts';
import { until } from './support/until.ts';

/* The example of gRPC: a board in TypeScript that asks three gauges in Go, brought up by one command from the files as they are. */

const HARBOUR = fileURLToPath(new URL('../examples/grpc', import.meta.url));

interface Reading {
  readonly harbour: string;
  readonly metres: number;
  readonly gauge: string;
}

let harbour: System;
before(async () => {
  harbour = await makeSystem({ copyOf: HARBOUR });
});
after(async () => {
  await harbour[Symbol.asyncDispose]();
});

function connected() {
  return createClient({
    ...JSON.parse(harbour.read('.islet/control.json')),
    token: harbour.read('.islet/token'),
  });
}

test('one command brings both services up', async () => {
  // All of gRPC is compiled, by a build that takes what others leave of the processor: where that is little, `up` ends before it.
  await harbour.islet('up', '--timeout', '150s');
  await until('all is built', async () => (await harbour.status()).settled, { deadlineMs: 480_000, everyMs: 1_000 });
  const { stdout, stderr } = await harbour.up();
  assert.match(stdout, new RegExp(`^harbour is at ${harbour.url}$`, 'm'), stderr);
  const { services } = await harbour.status();
  assert.deepEqual(
    services.map(({ name, language, state, instances }) => [name, language, state, instances.ready]),
    [
      ['board', 'TypeScript', 'ready', 1],
      ['tides', 'Go', 'ready', 3],
    ],
  );
});

/** Of requests that were answered. */
const ids: string[] = [];

test('calls of one connection are balanced one by one, and what one gauge refuses is asked of another', async () => {
  // A gauge that has just come is given a smaller part at first.
  const byGauge = await until('every gauge has its part', async () => {
    const parts = await askedOf(120);
    return Math.min(...parts) >= 12 ? parts : undefined;
  });
  assert.equal(byGauge.length, 3);
});

/** How many of so many readings each gauge answered. Each refuses at every sixtieth, and the three of them are not in step. */
async function askedOf(count: number): Promise<readonly number[]> {
  const readings: Reading[] = [];
  while (readings.length < count) {
    const response = await harbour.get('/api/tides/skerry');
    assert.equal(response.status, 200, await response.clone().text());
    readings.push((await response.json()) as Reading);
    ids.push(response.headers.get('x-request-id') ?? '');
  }
  return Object.values(Object.groupBy(readings, ({ gauge }) => gauge)).map((own = []) => own.length);
}

test('a request that was asked again is explained, with the rule and both gauges', async () => {
  const client = connected();
  const found = await until('those that were refused are told', async () => {
    const records = await Promise.all(ids.map((id) => client.explain({ id }).catch(() => [])));
    return records.flat().find(({ service, tries }) => service === 'tides' && tries.length > 1);
  });
  assert.deepEqual([found.protocol, found.grpcStatus], ['grpc', 0]);
  assert.equal(new Set(found.tries.map(({ instance }) => instance)).size, 2);
  assert.deepEqual(
    found.decisions.map(({ rule, from }) => [rule, from.replace(/:\d+$/, '')]),
    [['traffic.retry', 'services/tides/service.yaml']],
  );
});

test('a status of gRPC is the status of HTTP that it stands for', async () => {
  const response = await harbour.get('/api/tides/atlantis');
  assert.equal(response.status, 404);
  assert.deepEqual(await response.json(), { error: 'not_found', message: 'there is no harbour "atlantis"' });
});

test('a stream comes message by message, from one gauge, and ends', async () => {
  const response = await harbour.get('/api/tides/strait/watch?everyMs=20&count=5');
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const events = (await response.text()).trim().split('\n\n');
  const readings = events.map((event) => JSON.parse(event.replace('data: ', '')) as Reading);
  assert.equal(readings.length, 5);
  assert.equal(new Set(readings.map(({ gauge }) => gauge)).size, 1);
});

test('a stream without an end is cancelled in the gauge when its visitor leaves', async () => {
  const visit = get(`${harbour.url}/api/tides/strait/watch?everyMs=20`);
  const [response] = await once(visit, 'response');
  await once(response, 'data');
  visit.destroy();
  await until('the gauge knows', async () => {
    const { stdout } = await harbour.islet('logs', 'tides', '-n', '50', '--json');
    return stdout.split('\n').some((line) => line.includes('WatchLevel') && line.includes('"Canceled"'));
  });
});

test('a gauge that is killed costs no request', async () => {
  using load = await startLoad(`${harbour.url}/api/tides/skerry`);
  const [victim] = await harbour.pids('tides');
  assert.ok(victim);
  process.kill(victim, 'SIGKILL');
  await until('another one is there', async () => {
    const pids = await harbour.pids('tides');
    return pids.length === 3 && !pids.includes(victim) && (await harbour.service('tides')).state === 'ready';
  });
  const { ok, others } = await load.stop();
  assert.ok(ok > 0);
  assert.deepEqual(others, {});
});

test('where Go is missing, the gauges are blocked with what to install, and the board says that it has none', async (t) => {
  const tools = mkdtempSync(join(tmpdir(), 'islet-tools-'));
  t.after(() => rmSync(tools, { recursive: true }));
  chmodSync(tools, 0o755);
  const path = makePathWithoutToolchains(join(tools, 'bin'));
  await using without = await makeSystem({ copyOf: HARBOUR, path });
  const { stderr } = await without.up(3);
  assert.match(stderr, /^tides: blocked: go is not installed: .+$/m);
  assert.equal((await without.get('/api/tides/skerry')).status, 503);
});
