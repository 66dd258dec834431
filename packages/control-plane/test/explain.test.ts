import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestRecord } from '@islet/policy';
import { createHandlers } from '../src/api/handlers.ts';
import { QUICK, world } from './world.ts';

const recordAt = (at: number): RequestRecord => ({
  v: 1,
  at,
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
  decisions: [{ rule: 'traffic.timeout.request', at: 1, why: 'no response within 3000 ms' }],
});

describe('explain', () => {
  it('names the line that held when the request came, not where the rule stands now', async (t) => {
    const w = world(t);
    const fileWith = (before: string) => ({
      'services/web/service.yaml': `${before}run: { command: serve }\nuses: [catalog]\ntraffic: { timeout: 3s }\n${QUICK}`,
    });
    w.write(fileWith(''));
    await w.up();
    w.records.push(recordAt(w.system.parts.clock.now()));
    await new Promise((resolve) => setTimeout(resolve, 2));
    w.write(fileWith('# One line further down.\n'));
    const before = w.pids();
    await w.up();
    assert.deepEqual(w.pids(), before);
    w.records.push(recordAt(w.system.parts.clock.now()));
    const explained = await createHandlers(w.system).explain({
      params: { id: 'b7' },
      query: {},
      body: {},
      signal: new AbortController().signal,
    } as never);
    assert.deepEqual(
      explained.map(({ decisions }) => decisions.map(({ from }) => from)),
      [['services/web/service.yaml:3'], ['services/web/service.yaml:4']],
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
