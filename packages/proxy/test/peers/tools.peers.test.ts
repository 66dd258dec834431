import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../../../scripts/test/free-port.ts';
import { folderOf, selfSigned } from '../certificates.ts';
import { http2Instance } from '../http2-world.ts';
import { httpInstance, serve, world } from '../world.ts';

const run = promisify(execFile);

async function curl(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('curl', ['-sS', '--max-time', '20', '-w', ' %{http_version} %{http_code}', ...args]);
  return stdout;
}

test('curl speaks HTTP/1.1, HTTP/2 and HTTP/2 over TLS to one service', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['localhost'] });
  const instance = await httpInstance(t, (request, response) => {
    request.resume().on('end', () => response.end(`${request.method} ${request.headers['x-forwarded-proto']}`));
  });
  const { edge, change, listeners } = await world(t, [instance]);
  const port = await freePort();
  const routes = [{ host: undefined, path: '/', strip: false, service: 'orders' }];
  const secure = { certificates: [files], port, redirect: true };
  await change({ listeners: [...listeners, { kind: 'gateway', host: '127.0.0.1', port, routes, secure }] });
  assert.equal(await curl('--http1.1', `http://127.0.0.1:${edge}/`), 'GET http 1.1 200');
  assert.equal(await curl('--http2-prior-knowledge', '-d', 'body', `http://127.0.0.1:${edge}/`), 'POST http 2 200');
  assert.equal(await curl('--http2', '--cacert', files.cert, `https://localhost:${port}/`), 'GET https 2 200');
  assert.equal(await curl('--http1.1', '--cacert', files.cert, `https://localhost:${port}/`), 'GET https 1.1 200');
  assert.equal(await curl('-k', '-L', `http://localhost:${port}/`), 'GET https 2 200');
  // An upgrade to h2c is declined, and the request answered as it is.
  assert.equal(await curl('--http2', `http://127.0.0.1:${edge}/`), 'GET http 1.1 200');
});

test('curl gets the answer of an upload that is refused, also where it waits to be asked for the body', async (t) => {
  const refuse: RequestListener = (_, response) => response.writeHead(413, { 'content-length': 2 }).end('no');
  const instance = await serve(t, createServer(refuse).on('checkContinue', refuse));
  const { edge } = await world(t, [instance]);
  const file = join(await folderOf(t), 'large');
  await writeFile(file, Buffer.alloc(8_000_000));
  for (const protocol of ['--http1.1', '--http2-prior-knowledge']) {
    const version = protocol === '--http1.1' ? '1.1' : '2';
    for (const expect of ['Expect:', 'Expect: 100-continue']) {
      const upload = ['-H', expect, '--expect100-timeout', '19', '--data-binary', `@${file}`];
      assert.equal(await curl(protocol, ...upload, `http://127.0.0.1:${edge}/`), `no ${version} 413`);
    }
  }
});

test('h2load gets every one of its answers, from a service of either protocol', async (t) => {
  const one = await httpInstance(t, (_, response) => void response.end('ok'));
  const two = await http2Instance(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('ok');
  });
  for (const [protocol, instance] of [
    ['http', one],
    ['grpc', two],
  ] as const) {
    const { edge, plane } = await world(t, [instance], protocol);
    const args = ['-n', '5000', '-c', '10', '-m', '20', `http://127.0.0.1:${edge}/`];
    const { stdout } = await run('h2load', args, { timeout: 60_000 });
    assert.match(stdout, /5000 succeeded, 0 failed, 0 errored, 0 timeout/);
    assert.match(stdout, /5000 2xx/);
    assert.equal(plane.readStats().edges[0]?.statuses['2xx'], 5_000);
  }
});

test('wrk sees no error over kept connections', async (t) => {
  const instance = await httpInstance(t, (_, response) => void response.end('ok'));
  const { edge, plane } = await world(t, [instance]);
  const { stdout } = await run('wrk', ['-t1', '-c20', '-d2s', `http://127.0.0.1:${edge}/`], { timeout: 30_000 });
  assert.doesNotMatch(stdout, /Non-2xx|Socket errors/);
  assert.ok((plane.readStats().edges[0]?.statuses['2xx'] ?? 0) > 100);
});
