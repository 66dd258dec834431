import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ForwardStatus } from '@islet/client';
import { ForwardWatch } from '../../src/telemetry/forward-watch.ts';

const MINUTE_MS = 60_000;
const URL = 'https://otel.example.com';

function told(changes: Partial<ForwardStatus> = {}): ForwardStatus {
  return { url: URL, signal: 'traces', sent: 10, waiting: 0, dropped: 0, rejected: 0, ...changes };
}

/** What is said of one backend after each of these, a minute apart. */
function watched(...turns: readonly (readonly ForwardStatus[])[]): readonly (readonly string[])[] {
  const watch = new ForwardWatch();
  return turns.map((status, minute) => {
    watch.see(status, minute * MINUTE_MS);
    assert.equal(watch.conditions(minute * MINUTE_MS).length, watch.warnings(minute * MINUTE_MS).length);
    return watch.warnings(minute * MINUTE_MS);
  });
}

describe('telemetry that is forwarded', () => {
  it('is not spoken of while it arrives', () => {
    assert.deepEqual(watched([told()], [told({ waiting: 400 })]), [[], []]);
  });

  it('is, once a backend has been away for a minute', () => {
    const away = told({ since: 0, problem: 'nobody listens there', waiting: 9 });
    const [first, second] = watched([away], [away]);
    assert.deepEqual(first, []);
    assert.match(second?.[0] ?? '', /traces: nobody listens there since 1970-01-01T00:00:00.000Z \(9 records wait\)/);
  });

  it('is, for ten minutes after records were lost, however short the trouble was', () => {
    const lost = [told({ dropped: 7 })];
    const turns = watched([told()], ...Array.from({ length: 12 }, () => lost));
    assert.match(turns[1]?.[0] ?? '', /7 were dropped/);
    assert.deepEqual(
      turns.map((said) => said.length),
      [0, ...Array.from({ length: 10 }, () => 1), 0, 0],
    );
  });

  it('is not, because a new process counts from none', () => {
    const turns = watched([told({ dropped: 7 })], ...Array.from({ length: 11 }, () => [told({ dropped: 7 })]), [
      told(),
    ]);
    assert.deepEqual(turns.at(-1), []);
  });

  it('is one alert for each backend, with all its signals', () => {
    const watch = new ForwardWatch();
    const away = (signal: ForwardStatus['signal']) => told({ signal, since: 0, problem: 'it is away' });
    watch.see([away('traces'), away('logs'), told({ url: 'http://other', since: 0, problem: 'x' })], 2 * MINUTE_MS);
    assert.deepEqual(
      watch.conditions(2 * MINUTE_MS).map(({ rule, part, severity }) => [rule, part, severity]),
      [
        ['forwarding', URL, 'ticket'],
        ['forwarding', 'http://other', 'ticket'],
      ],
    );
    assert.match(watch.conditions(2 * MINUTE_MS)[0]?.why ?? '', /traces: it is away.*; logs: it is away/);
  });

  it('is forgotten when it is no longer asked for', () => {
    const watch = new ForwardWatch();
    watch.see([told({ since: 0, problem: 'x' })], MINUTE_MS);
    watch.see([], 2 * MINUTE_MS);
    assert.deepEqual(watch.warnings(2 * MINUTE_MS), []);
  });
});
