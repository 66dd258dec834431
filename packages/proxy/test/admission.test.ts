import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Priority } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { httpInstance, send, until, world } from './world.ts';

const ADMISSION = { k: 2, windowMs: 120_000, header: 'x-priority' };

/** A service whose callers say how important they are; its breaker is off, so that only this refuses. */
async function overloaded(t: TestContext, status: () => number) {
  let asked = 0;
  const instance = await httpInstance(t, (_, response) => {
    asked++;
    response.writeHead(status(), status() === 503 ? { 'retry-after': '1' } : {}).end();
  });
  const traffic = { ...DEFAULT_TRAFFIC, breaker: undefined, retry: undefined, admission: ADMISSION };
  const made = await world(t, [instance], 'http', { now: () => 1_000_000, dice: () => 0.5, traffic });
  const ask = (priority: Priority, port = made.edge) =>
    send(port, `GET /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Priority: ${priority}\r\n\r\n`);
  const many = async (priority: Priority, count: number) => {
    for (let call = 0; call < count; call++) await ask(priority);
  };
  return { ...made, ask, many, asked: () => asked };
}

test('what is mostly refused is shed at once, the lowest priority first', async (t) => {
  const { ask, many, asked, plane } = await overloaded(t, () => 503);
  await many('low', 15);
  await many('high', 5);
  assert.equal(asked(), 20);
  const shed = await ask('low');
  assert.match(shed, /^HTTP\/1\.1 503 [\s\S]*x-islet-error: shed\r\nx-islet-explain: traffic\.admission\r\n/);
  assert.match(shed, /\r\nRetry-After: 1\r\n/);
  assert.match(await ask('critical'), /^HTTP\/1\.1 503 (?![\s\S]*x-islet-error)/);
  assert.equal(asked(), 21);
  const edge = plane.readStats().edges.find(({ from }) => from.kind === 'edge');
  assert.deepEqual([edge?.decisions['traffic.admission'], edge?.errors.shed], [1, 1]);
});

test('errors that are no refusals shed nothing', async (t) => {
  const { many, asked } = await overloaded(t, () => 500);
  await many('low', 40);
  assert.equal(asked(), 40);
});

test('the public is not believed when it says that it is important', async (t) => {
  const { ask, many, gateway } = await overloaded(t, () => 503);
  await many('normal', 5);
  await many('high', 15);
  assert.match(await ask('critical', gateway), /x-islet-error: shed/);
});

test('of those who wait for a place, the more important goes first, and takes the place of a lesser one', async (t) => {
  const held: { readonly priority: unknown; readonly end: () => void }[] = [];
  const instance = await httpInstance(t, ({ headers }, response) => {
    held.push({ priority: headers['x-priority'], end: () => response.end() });
  });
  const limits = { ...DEFAULT_TRAFFIC.limits, requests: 1, pending: 2 };
  const traffic = { ...DEFAULT_TRAFFIC, limits, admission: ADMISSION };
  const { edge, plane } = await world(t, [instance], 'http', { now: () => 1_000_000, traffic });
  const ask = (priority: string) =>
    send(edge, `GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Priority: ${priority}\r\n\r\n`);
  const waiting = () => plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.waiting;
  const first = ask('low');
  await until(() => held.length === 1);
  const normal = ask('normal');
  await until(() => waiting() === 1);
  const low = ask('low');
  await until(() => waiting() === 2);
  const critical = ask('critical');
  assert.match(await low, /x-islet-error: overloaded[\s\S]*more important/);
  for (let served = 0; served < 3; served++) {
    await until(() => held.length === served + 1);
    held[served]?.end();
  }
  await Promise.all([first, normal, critical]);
  assert.deepEqual(
    held.map(({ priority }) => priority),
    ['low', 'critical', 'normal'],
  );
});

test('one that takes the place of a lesser one in the queue, and is let in by its end, gives its place back', async (t) => {
  const held: (() => void)[] = [];
  const instance = await httpInstance(t, (_, response) => void held.push(() => response.end()));
  const allow = (requests: number) => {
    const limits = { ...DEFAULT_TRAFFIC.limits, requests, pending: 2 };
    return { ...DEFAULT_TRAFFIC, limits, admission: ADMISSION };
  };
  const { edge, plane, change } = await world(t, [instance], 'http', { now: () => 1_000_000, traffic: allow(1) });
  const ask = (priority: string) =>
    send(edge, `GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Priority: ${priority}\r\n\r\n`);
  const waiting = () => plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.waiting;
  const first = ask('low');
  await until(() => held.length === 1);
  const normal = ask('normal');
  await until(() => waiting() === 1);
  // There is room now, and nobody has ended since who would have seen it.
  await change({ traffic: allow(2) });
  const low = ask('low');
  await until(() => waiting() === 2);
  const critical = ask('critical');
  assert.match(await low, /x-islet-error: overloaded/);
  await until(() => held.length === 2);
  for (const end of held) end();
  await until(() => held.length === 3);
  held[2]?.();
  await Promise.all([first, normal, critical]);
  const next = [ask('low'), ask('low')];
  await until(() => held.length === 5);
  for (const end of held) end();
  await Promise.all(next);
});
