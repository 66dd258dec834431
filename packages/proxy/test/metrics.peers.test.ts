import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { metricsText } from '../src/control/metrics.ts';
import { httpInstance, send, world } from './world.ts';

test('promtool finds nothing to complain of in the metrics', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end());
  const { plane, gateway, edge } = await world(t, [instance]);
  for (const path of ['/orders/1', '/nowhere']) {
    await send(gateway, `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
  }
  await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  const promtool = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = Promise.all([text(promtool.stdout), text(promtool.stderr)]);
  promtool.stdin.end(metricsText(plane.readStats()));
  const [code] = await once(promtool, 'exit');
  assert.deepEqual([code, ...(await said)], [0, '', '']);
});
