import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DecisionRecord, RequestRecord } from '@islet/policy';
import { createHandlers } from '../src/api/handlers.ts';
import { QUICK, world } from './world.ts';

const recordWith = (...decisions: readonly DecisionRecord[]): RequestRecord => ({
  v: 1,
  at: 1,
  id: 'b7',
  trace: 't',
  span: 's',
  from: 'gateway',
  service: 'web',
  protocol: 'http/1.1',
  bytesIn: 0,
  bytesOut: 0,
  timings: { queue: 0, connect: 0, total: 1 },
  tries: [],
  kept: 'decision',
  decisions,
});

describe('explain', () => {
  it('the proxy is told where lines have moved to that say the same, and nothing is replaced for that', async (t) => {
    const w = world(t);
    const fileWith = (before: string) => ({
      'services/web/service.yaml': `${before}run: { command: serve }\nuses: [catalog]\ntraffic: { timeout: 3s }\n${QUICK}`,
    });
    const lines = async () => {
      const seen = await w.traffic.observe();
      return seen.kind === 'reachable' ? seen.table?.services.web?.lines : undefined;
    };
    w.write(fileWith(''));
    await w.up();
    assert.equal((await lines())?.['traffic.timeout.request'], 'services/web/service.yaml:3');
    assert.equal((await lines())?.['run.command'], undefined);
    const before = w.pids();
    w.write(fileWith('# One line further down.\n'));
    await w.up();
    assert.equal((await lines())?.['traffic.timeout.request'], 'services/web/service.yaml:4');
    assert.deepEqual(w.pids(), before);
  });

  it('tells each decision by its name in the file, with the line that held when it was made', async (t) => {
    const w = world(t);
    await w.up();
    const common = { at: 1, why: 'no response within 3000 ms' } as const;
    const path = 'traffic.routes[0].timeout.request';
    w.records.push(
      recordWith(
        { ...common, rule: 'traffic.timeout.request', path, from: 'services/web/service.yaml:9' },
        { ...common, rule: 'traffic.timeout.connect', from: 'default' },
        { ...common, rule: 'traffic.retry' },
      ),
    );
    const asked = { params: { id: 'b7' }, query: {}, body: {}, signal: new AbortController().signal } as never;
    const explained = await createHandlers(w.system).explain(asked);
    assert.deepEqual(
      explained.flatMap(({ decisions }) => decisions.map(({ rule, from }) => [rule, from])),
      [
        [path, 'services/web/service.yaml:9'],
        ['traffic.timeout.connect', 'default'],
        // An older Islet wrote it.
        ['traffic.retry', 'not known any more'],
      ],
    );
  });

  it('of a request that nobody has recorded says which ones are kept', async (t) => {
    const w = world(t);
    await w.up();
    const asked = { params: { id: 'none' }, query: {}, body: {} } as never;
    await assert.rejects(
      async () => createHandlers(w.system).explain(asked),
      (error: { code: string; hint: string }) => error.code === 'not-found' && /accessLog/.test(error.hint),
    );
  });
});
