import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Alert, type Condition, HOLD_MS, type Notice, REMIND_MS, turnAlerts } from '../../src/index.ts';

const MINUTE_MS = 60_000;
const LOOP: Condition = {
  rule: 'restart-loop',
  service: 'orders',
  severity: 'page',
  summary: 'orders ends again and again',
  why: '5 ends in 10 minutes',
  help: 'islet logs orders',
};
const DISK: Condition = { ...LOOP, rule: 'disk', service: undefined, severity: 'ticket', summary: 'the disk is full' };

/** Turns at instants, keeping what is open, as a control plane does. */
class Watch {
  open: readonly Alert[] = [];
  told: string[] = [];
  #ids = 0;

  turn(
    now: number,
    conditions: readonly Condition[],
    unknown: readonly string[] = [],
    isOver: (condition: Condition) => boolean = () => false,
  ): readonly Notice[] {
    const newId = () => `a${++this.#ids}`;
    const { alerts, notices } = turnAlerts(this.open, { conditions, unknown: new Set(unknown), isOver, now, newId });
    this.open = alerts.filter(({ state }) => state.kind !== 'resolved');
    this.told.push(...notices.map(({ kind, alert }) => `${kind} ${alert.condition.rule}`));
    return notices;
  }

  set(state: Alert['state']): void {
    this.open = this.open.map((alert) => ({ ...alert, state }));
  }
}

describe('an alert', () => {
  it('fires once for what goes on, and is resolved once it is over', () => {
    const watch = new Watch();
    for (const now of [0, 10_000, 20_000]) watch.turn(now, [LOOP]);
    watch.turn(30_000, []);
    assert.deepEqual(watch.told, ['fired restart-loop']);
    watch.turn(20_000 + HOLD_MS, []);
    assert.deepEqual(watch.told, ['fired restart-loop', 'resolved restart-loop']);
    assert.deepEqual(watch.open, []);
  });

  it('is resolved at once, and once, where its end is known', () => {
    const isOver = ({ rule }: Condition) => rule === 'restart-loop';
    const watch = new Watch();
    watch.turn(0, [LOOP, DISK]);
    watch.turn(1, [LOOP], [], isOver);
    assert.deepEqual(watch.told, ['fired restart-loop', 'fired disk'], 'what holds is not over');
    watch.turn(2, [], ['restart-loop'], isOver);
    assert.equal(watch.open.length, 2, 'nobody could look');
    watch.turn(3, [], [], isOver);
    watch.turn(4, [], [], isOver);
    assert.deepEqual(watch.told, ['fired restart-loop', 'fired disk', 'resolved restart-loop']);
    assert.deepEqual(
      watch.open.map(({ condition }) => condition.rule),
      ['disk'],
    );
  });

  it('is one alert for what comes and goes', () => {
    const watch = new Watch();
    for (let now = 0; now < 20 * MINUTE_MS; now += MINUTE_MS)
      watch.turn(now, now % (2 * MINUTE_MS) === 0 ? [LOOP] : []);
    assert.deepEqual(watch.told, ['fired restart-loop']);
  });

  it('is another one, with an id of its own, when it comes back after it was resolved', () => {
    const watch = new Watch();
    watch.turn(0, [LOOP]);
    watch.turn(HOLD_MS, []);
    watch.turn(HOLD_MS + 1, [LOOP]);
    assert.equal(watch.open[0]?.id, 'a2');
  });

  it('is told again after hours when it is a page that nobody acknowledged', () => {
    const watch = new Watch();
    watch.turn(0, [LOOP, DISK]);
    watch.turn(REMIND_MS, [LOOP, DISK]);
    assert.deepEqual(watch.told, ['fired restart-loop', 'fired disk', 'reminded restart-loop']);
  });

  it('is not told again once it was acknowledged, and its end is', () => {
    const watch = new Watch();
    watch.turn(0, [LOOP]);
    watch.set({ kind: 'acknowledged', at: 1 });
    watch.turn(REMIND_MS * 2, [LOOP]);
    watch.turn(REMIND_MS * 2 + HOLD_MS, []);
    assert.deepEqual(watch.told, ['fired restart-loop', 'resolved restart-loop']);
  });

  it('fires again when it is acknowledged and grows worse', () => {
    const watch = new Watch();
    watch.turn(0, [DISK]);
    watch.set({ kind: 'acknowledged', at: 1 });
    watch.turn(10, [{ ...DISK, severity: 'page' }]);
    assert.deepEqual(watch.told, ['fired disk', 'fired disk']);
    assert.equal(watch.open[0]?.state.kind, 'firing');
  });

  it('says nothing while it is silenced, not even its end, and fires again if it is there then', () => {
    const watch = new Watch();
    watch.turn(0, [LOOP, DISK]);
    watch.set({ kind: 'silenced', until: HOLD_MS * 2 });
    watch.turn(HOLD_MS, [LOOP, { ...DISK, severity: 'page' }]);
    watch.turn(HOLD_MS * 2 - 1, [LOOP]);
    assert.deepEqual(watch.told, ['fired restart-loop', 'fired disk']);
    watch.turn(HOLD_MS * 2, [LOOP]);
    assert.deepEqual(watch.told, ['fired restart-loop', 'fired disk', 'fired restart-loop']);
  });

  it('stays as it is while nobody can look', () => {
    const watch = new Watch();
    watch.turn(0, [LOOP]);
    watch.turn(HOLD_MS * 10, [], ['restart-loop']);
    assert.equal(watch.open[0]?.state.kind, 'firing');
  });

  it('is open exactly while its condition was seen within the hold, and each firing is told once', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60, size: 'max' }), (sights) => {
        const watch = new Watch();
        let seenAt = Number.NEGATIVE_INFINITY;
        sights.forEach((isThere, minute) => {
          const now = minute * MINUTE_MS;
          if (isThere) seenAt = now;
          watch.turn(now, isThere ? [LOOP] : []);
          assert.equal(watch.open.length === 1, now - seenAt < HOLD_MS);
        });
        const [fired, resolved] = ['fired', 'resolved'].map((kind) =>
          watch.told.filter((text) => text.startsWith(kind)),
        );
        assert.equal((fired?.length ?? 0) - (resolved?.length ?? 0), watch.open.length);
      }),
    );
  });
});
