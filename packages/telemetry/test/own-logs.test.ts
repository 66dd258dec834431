import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AllOutput } from '../src/logs/all-output.ts';
import { findLogs, rowFilter } from '../src/query/logs.ts';
import { Clock, logRow, open, temporary } from './support.ts';

describe("Islet's own logs", () => {
  it('are read on as those of one service, an instance for each process', (t) => {
    const folder = temporary(t);
    const [output, own] = [join(folder, 'output'), join(folder, 'logs')];
    for (const path of [join(output, 'orders'), own]) mkdirSync(path, { recursive: true });
    writeFileSync(join(output, 'orders', 'orders-abc.0-0.log'), 'up\n');
    writeFileSync(join(own, 'control-plane.log'), '{"level":40,"process":"control-plane","msg":"a step failed"}\n');
    const all = new AllOutput({});
    const read = () => {
      all.discover(output, own);
      return [...all.read(0).rows, ...all.read(0).rows].flatMap(({ of, rows }) =>
        rows.map(({ level, text }) => [of.service, of.instance, level, text]),
      );
    };
    assert.deepEqual(read(), [
      ['orders', 'orders-abc.0-0', undefined, 'up'],
      ['islet', 'control-plane', 'warn', 'a step failed'],
    ]);
    appendFileSync(join(own, 'keeper.log'), '2026-11-27T09:00:00.000Z the proxy ended\n');
    assert.deepEqual(
      read().map(([service, instance]) => [service, instance]),
      [['islet', 'keeper']],
    );
  });

  it('are found by name, and are not among those of services', async (t) => {
    const clock = new Clock();
    const { store } = open({ folder: temporary(t), clock });
    const texts = async (service?: string) => {
      const asked = service === undefined ? {} : { service };
      return (await findLogs(store, asked, clock.now)).logs.map(({ text }) => text);
    };
    const add = (suffix: string) => {
      store.add('logs', 'orders', [logRow({ at: clock.now, text: `paid ${suffix}` })]);
      store.add('logs', 'islet', [logRow({ at: clock.now, text: `step ${suffix}`, service: 'islet' })]);
    };
    add('in a segment');
    store.sync({});
    store.tend({ all: true });
    add('in memory');
    assert.deepEqual((await texts()).sort(), ['paid in a segment', 'paid in memory']);
    assert.deepEqual((await texts('islet')).sort(), ['step in a segment', 'step in memory']);
    assert.equal(rowFilter({})(logRow({ at: 0, text: 'x', service: 'islet' })), false);
    assert.equal(rowFilter({ service: 'islet' })(logRow({ at: 0, text: 'x', service: 'islet' })), true);
  });
});
