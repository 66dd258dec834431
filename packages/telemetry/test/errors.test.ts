import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openErrorBook } from '@islet/errors';
import { errorHandlers } from '../src/errors/answer.ts';
import { ErrorWatch } from '../src/errors/watch.ts';
import { Taken } from '../src/taken.ts';
import { Clock, logRow, open, spanId, spanRow, temporary, traceId } from './support.ts';

const STACK = 'TypeError: no x\n    at charge (/srv/src/pay.ts:7:3)';

function telemetry(t: TestContext) {
  const folder = temporary(t);
  const clock = new Clock();
  const { store } = open({ folder: join(folder, 'store'), clock });
  const book = openErrorBook(':memory:');
  const taken = new Taken(store, clock.read);
  const services = join(folder, 'services');
  const watch = new ErrorWatch({ book, services: () => services, now: clock.read });
  taken.listen(watch.listener);
  t.after(() => watch.close());
  const never = new AbortController().signal;
  const api = errorHandlers({ book, store, now: clock.read });
  return {
    clock,
    taken,
    services,
    groups: async (asked = {}) => api.errorGroups(asked, never),
    group: async (group: string) => api.errorGroup({ group }, never),
    mark: async (group: string, state: 'resolved' | 'ignored') => api.markErrorGroup({ group, state }, never),
  };
}

const exception = (at: number) =>
  JSON.stringify([
    {
      at,
      name: 'exception',
      attributes: { 'exception.type': 'TypeError', 'exception.message': 'no x', 'exception.stacktrace': STACK },
    },
  ]);

describe('what is thrown', () => {
  it('is found in spans and in logs, and is one group that names the revision that brought it', async (t) => {
    const { clock, taken, groups, group } = telemetry(t);
    const { now } = clock;
    taken.logs('orders', [logRow({ at: now - 9_000, text: 'starting' })]);
    taken.spans([spanRow({ trace: traceId(1), span: spanId(1), at: now - 5, events: exception(now) })]);
    // The same request again, and another one, as crashed processes tell it.
    taken.logs('orders', [logRow({ at: now + 1, text: STACK, level: 'error', trace: traceId(1) })]);
    taken.logs('orders', [logRow({ at: now + 2, text: `Uncaught\n${STACK}`, level: undefined, revision: 'def' })]);
    const [found, ...others] = await groups({ service: 'orders' });
    assert.deepEqual(others, []);
    assert.deepEqual([found?.count, found?.firstRevision, found?.revisions], [2, 'abc', ['abc', 'def']]);
    assert.deepEqual([found?.culprit, found?.traces], ['charge (/srv/src/pay.ts:7)', [traceId(1)]]);
    const { sample } = await group(found?.group ?? '');
    assert.match(sample?.logsAround.join('\n') ?? '', /starting[\s\S]*TypeError/);
  });

  it('is open, resolved, and regresses with another revision', async (t) => {
    const { clock, taken, groups, mark } = telemetry(t);
    const thrown = (revision: string) => logRow({ at: ++clock.now, text: STACK, level: 'error', revision });
    taken.logs('orders', [thrown('abc')]);
    const id = (await groups())[0]?.group ?? '';
    assert.equal((await mark(id, 'resolved')).state, 'resolved');
    taken.logs('orders', [thrown('abc')]);
    assert.deepEqual(
      (await groups({ state: 'resolved' })).map(({ count }) => count),
      [2],
    );
    taken.logs('orders', [thrown('def')]);
    assert.equal((await groups())[0]?.state, 'regressed');
  });

  it('is told by its source, where a map lies beside the script', async (t) => {
    const { clock, taken, services, groups } = telemetry(t);
    const files = join(services, 'orders', 'revisions', 'abc', 'files');
    mkdirSync(join(files, 'dist'), { recursive: true });
    const map = { version: 3, sources: ['../src/cart.ts'], names: ['total'], mappings: 'AAEIA' };
    writeFileSync(join(files, 'dist/main.js.map'), JSON.stringify(map));
    const text = `TypeError: no x\n    at a (${files}/dist/main.js:1:1)`;
    taken.logs('orders', [logRow({ at: clock.now, text, level: 'error' })]);
    assert.equal((await groups())[0]?.culprit, `total (${files}/src/cart.ts:3)`);
  });

  it('is looked for in so much of one service alone, and in all of another', async (t) => {
    const { clock, taken, groups } = telemetry(t);
    const flood = Array.from({ length: 600 }, () => logRow({ at: clock.now, text: STACK, level: 'error' }));
    taken.logs('orders', flood);
    taken.logs('web', [logRow({ at: clock.now, text: STACK, level: 'error', service: 'web' })]);
    assert.deepEqual((await groups()).map(({ service, count }) => [service, count]).toSorted(), [
      ['orders', 500],
      ['web', 1],
    ]);
  });

  it('is not what a store says to whoever comes before it is open, nor what a drill meets', async (t) => {
    const { clock, taken, groups } = telemetry(t);
    const said = (text: string, service = 'orders') =>
      taken.logs(service, [logRow({ at: ++clock.now, text, level: 'fatal', service })]);
    said('2026-11-27 19:52:01.976 UTC [2011] islet FATAL:  the database system is starting up');
    said('2026-11-27 19:52:01.976 UTC [2011] FATAL:  the database system is shutting down');
    said('2026-11-27 19:52:01.976 UTC [2011] orders FATAL:  terminating connection due to administrator command');
    said('2026-11-27 19:52:01.976 UTC [2011] orders FATAL:  out of memory', 'drill.orders');
    assert.deepEqual(await groups(), []);
    said('2026-11-27 19:52:01.976 UTC [2011] orders FATAL:  remaining connection slots are reserved');
    assert.equal((await groups()).length, 1);
  });

  it('is nothing where nothing is', async (t) => {
    const { group } = telemetry(t);
    await assert.rejects(group('000000000000'), /not-found/);
  });
});
