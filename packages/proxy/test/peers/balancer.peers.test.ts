import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../../../scripts/test/free-port.ts';
import { folderOf } from '../certificates.ts';
import { httpInstance, until, world } from '../world.ts';

/** HAProxy before a port, which it tells whose its connections are; its health checks too. */
async function haproxy(t: TestContext, port: number): Promise<number> {
  const own = await freePort();
  const file = join(await folderOf(t), 'haproxy.cfg');
  const lines = [
    ...['defaults', ' mode tcp', ' timeout connect 2s', ' timeout client 10s', ' timeout server 10s'],
    ...['frontend clients', ` bind 127.0.0.1:${own}`, ' default_backend gateway'],
    ...['backend gateway', ` server one 127.0.0.1:${port} send-proxy-v2 check inter 200ms`, ''],
  ];
  await writeFile(file, lines.join('\n'));
  const child: ChildProcess = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  t.after(async () => {
    const exit = once(child, 'exit');
    if (child.exitCode === null && child.kill('SIGKILL')) await exit;
  });
  return own;
}

test('HAProxy passes connections on, and the service is told who made them', async (t) => {
  const instance = await httpInstance(t, (request, response) =>
    response.end(`for ${request.headers['x-forwarded-for']}`),
  );
  const { gateway, change, plane } = await world(t, [instance]);
  const routes = [{ host: undefined, path: '/', strip: false, service: 'orders' }];
  const passedOnBy = ['127.0.0.1'];
  await change({ listeners: [{ kind: 'gateway', host: '127.0.0.1', port: gateway, routes, passedOnBy }] });
  const port = await haproxy(t, gateway);
  const curl = async (from: string) => {
    const args = ['-sS', '--max-time', '10', '--interface', from, `http://127.0.0.1:${port}/`];
    return (await promisify(execFile)('curl', args).catch(() => undefined))?.stdout;
  };
  let answer: string | undefined;
  const ask = async () => {
    answer = await curl('127.0.0.2');
  };
  for (let left = 50; answer === undefined && left > 0; left--) await ask();
  assert.equal(answer, 'for 127.0.0.2');
  assert.equal(await curl('127.0.0.3'), 'for 127.0.0.3');
  const errors = () => plane.readStats().edges.find(({ from }) => from.kind === 'gateway')?.errors['not-passed-on'];
  await until(() => errors() === undefined);
});
