import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ServiceStatus, Slo, StoreBackup } from '@islet/client/browser';
import { aService } from '@islet/client/testing';
import { overviewLines, proofOf, verdictOf } from '../app/model/overview.ts';
import { recentDecisions } from '../app/model/recent.ts';

const states = (...all: ServiceStatus['state'][]) => all.map((state, index) => aService(`s${index}`, { state }));

for (const [services, tone, text] of [
  [[], 'idle', 'Nothing runs here yet'],
  [states('ready'), 'good', 'Its one service is ready'],
  [states('ready', 'ready'), 'good', 'All 2 services are ready'],
  [states('stopped', 'stopped'), 'idle', 'Everything is stopped'],
  [states('ready', 'progressing'), 'busy', 's1 is progressing'],
  [states('progressing', 'stopping'), 'busy', '2 services are on the move'],
  [states('progressing', 'blocked'), 'warn', 's1 is blocked'],
  [states('paused', 'failed', 'ready'), 'bad', '2 services need a look'],
] as const) {
  it(`says "${text}" of ${services.map(({ state }) => state).join(', ') || 'nothing'}`, () =>
    assert.deepEqual(verdictOf(services), { tone, text }));
}

const NONE = { activity: undefined, slos: undefined, backups: undefined, errors: undefined, alerts: undefined };

it('shows that nothing is known, and does not make a zero of it', () => {
  const [line] = overviewLines({ ...NONE, services: states('ready') });
  assert.deepEqual([line?.activity, line?.slo, line?.openErrors], [undefined, undefined, undefined]);
});

it('shows the objective that has the least left, and counts what is open alone', () => {
  const slo = (name: Slo['name'], budgetLeft: number) => ({ service: 's0', name, budgetLeft }) as Slo;
  const group = (state: string) => ({ service: 's0', state }) as never;
  const [line] = overviewLines({
    ...NONE,
    services: states('ready'),
    slos: [slo('latency', 0.4), slo('availability', -0.1)],
    errors: ['open', 'resolved', 'ignored', 'regressed'].map(group),
    alerts: [{ service: 's0', state: 'firing' } as never, { service: 's0', state: 'silenced' } as never],
  });
  assert.deepEqual([line?.slo?.budgetLeft, line?.openErrors, line?.alerts], [-0.1, 2, 1]);
});

const backup = (more: Partial<StoreBackup>): StoreBackup => ({
  service: 's',
  engine: 'postgres',
  state: 'on',
  bytes: 1,
  problems: [],
  ...more,
});
const last = { id: 'c', startedAt: 1, finishedAt: 2, storedBytes: 1, plainBytes: 1 };

for (const [given, text, tone] of [
  [backup({}), 'none yet', 'busy'],
  [backup({ last }), 'copied', 'good'],
  [backup({ last, drill: { at: 3, passed: true } }), 'proven', 'good'],
  [backup({ last, drill: { at: 3, passed: false } }), 'drill failed', 'bad'],
  [backup({ last, drill: { at: 3, passed: false }, problems: ['its last drill failed'] }), 'drill failed', 'bad'],
  [backup({ last, drill: { at: 3, passed: true }, problems: ['is 31 h old'] }), 'late', 'bad'],
  [backup({ state: 'off' }), 'off', 'idle'],
  [backup({ state: 'none' }), 'none', 'warn'],
] as const) {
  it(`calls a backup ${text}: ${JSON.stringify(given.problems)}`, () => {
    const proof = proofOf(given);
    assert.deepEqual([proof?.text, proof?.tone], [text, tone]);
  });
}

it('shows the newest decisions first, and what repeats itself once', () => {
  const row = (seq: number, text: string) => ({ seq, at: seq, service: 'a', kind: 'ended', text });
  const lines = recentDecisions([row(1, 'x'), row(2, 'y'), row(3, 'y'), row(4, 'z')], 2);
  assert.deepEqual(
    lines.map(({ text, times, at }) => [text, times, at]),
    [
      ['z', 1, 4],
      ['y', 2, 3],
    ],
  );
});
