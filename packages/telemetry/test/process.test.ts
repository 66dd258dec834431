import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { placeFor, start, until } from './running.ts';
import { spanId, temporary, traceId } from './support.ts';

const WHO = { service: 'orders', instance: 'orders-abc.0-0', revision: 'abc' };

test('kills at any moment cost no line of output, and tell none twice', async (t) => {
  const around = temporary(t);
  const place = await placeFor(join(around, 'telemetry'), around);
  let written = 0;
  for (let life = 0; life < 3; life++) {
    const running = await start(t, place);
    const path = join(running.outputFolder, 'orders-abc.0-0.log');
    // At a moment that is another in each life: before it was read, when it was read, when it was synced.
    for (let batch = 0; batch <= life; batch++) {
      appendFileSync(path, Array.from({ length: 500 }, () => `line ${written++}\n`).join(''));
      if (batch > 0)
        await until('some of it is read', async () => (await running.client.telemetryStatus()).rates.logs > 0);
    }
    const at = Date.now() * 1_000_000;
    const span = {
      traceId: traceId(life),
      spanId: spanId(life),
      name: 'GET',
      startTimeUnixNano: String(at),
      endTimeUnixNano: String(at),
    };
    assert.equal(await running.send(WHO, [span]), 200);
    // Whatever was synced is there after the kill.
    if (life === 1) {
      await until('it is synced', async () => {
        const { bytes } = await running.client.telemetryStatus();
        await running.client.traces({});
        return bytes > 0;
      });
    }
    await running.kill();
  }
  const last = await start(t, place);
  const texts = async () => {
    const { logs } = await last.client.logRecords({ service: 'orders', limit: 5_000 });
    return logs.map(({ text }) => text).reverse();
  };
  await until('all is read', async () => (await texts()).length >= written);
  const all = await texts();
  assert.deepEqual(
    all.toSorted(byNumber),
    Array.from({ length: written }, (_, index) => `line ${index}`),
  );
});

test('while nobody else lives it takes spans and output, and tells both', async (t) => {
  const around = temporary(t);
  const running = await start(t, await placeFor(join(around, 'telemetry'), around));
  const trace = traceId(5);
  const at = String(Date.now() * 1_000_000);
  await running.send(WHO, [
    { traceId: trace, spanId: spanId(5), name: 'GET /orders', kind: 2, startTimeUnixNano: at, endTimeUnixNano: at },
  ]);
  appendFileSync(
    join(running.outputFolder, 'orders-abc.0-0.log'),
    `{"level":50,"msg":"broke","trace_id":"${trace}"}\n`,
  );
  await until('the log is with its trace', async () => {
    const found = await running.client.trace({ trace });
    return found.spans.length === 1 && found.logs.length === 1 && found.logs[0]?.revision === 'abc';
  });
  const tailed = running.client.tailLogRecords({ level: 'error' })[Symbol.asyncIterator]();
  const next = tailed.next();
  await until('it is told as it comes', async () => {
    appendFileSync(join(running.outputFolder, 'orders-abc.0-0.log'), 'INFO quiet\nERROR loud\n');
    return (await Promise.race([next, pause(1_000)])) !== undefined;
  });
  assert.equal((await next).value?.text, 'ERROR loud');
  await tailed.return?.();
  await assert.rejects(running.client.trace({ trace: traceId(404) }), /there is no trace/);
});

function byNumber(one: string, other: string): number {
  return Number(one.slice(5)) - Number(other.slice(5));
}
