import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { makeSystem } from './support/system.ts';

/* `gateway.tls: dev`, as somebody uses it who develops. */

const system = await makeSystem({
  name: 'secure',
  services: { web: { file: { api: { expose: ['/', 'shop.localhost/', 'shop.example.com/'] } } } },
});
after(() => system[Symbol.asyncDispose]());

/** Through TLS, as a client that trusts this authority and no other. */
async function ask(ca: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const where = {
      host: '127.0.0.1',
      port: system.port,
      path: '/',
      servername: host,
      headers: { host },
      agent: false,
    };
    const outgoing = request({ ...where, ca: readFileSync(ca) }, (response) => resolve(text(response)));
    outgoing.on('error', reject).end();
  });
}

async function authority(): Promise<string> {
  const { authority: path = '' } = await system.status();
  return path;
}

test('one word is enough for TLS that a client can trust', async () => {
  system.write(
    'islet.yaml',
    `system: secure\ngateway: { port: ${system.port}, tls: dev }\nenvironments: { prod: {} }\n`,
  );
  const { stdout, stderr } = await system.up();
  assert.match(stdout, new RegExp(`^secure is at https://localhost:${system.port}$`, 'm'));
  const ca = await authority();
  assert.match(stdout, new RegExp(`clients are to trust ${ca} \\(curl --cacert FILE`));
  assert.match(stderr, /warning: .*shop\.example\.com, and the development authority speaks for hosts below/);
  assert.ok((await system.islet('doctor')).stdout.includes(`the development authority: clients are to trust ${ca}\n`));
  for (const host of ['localhost', 'shop.localhost']) assert.match(await ask(ca, host), /I am web/);
  await assert.rejects(ask(ca, 'shop.example.com'), /altnames|ERR_TLS_CERT_ALTNAME_INVALID/);
});

test('the command that `up` names works, and plain HTTP is sent to TLS', async () => {
  const { stdout } = await promisify(execFile)('curl', [
    ...['--silent', '--show-error', '--cacert', await authority(), '--location'],
    `http://localhost:${system.port}/`,
  ]);
  assert.match(stdout, /I am web/);
});

test('an environment that takes it over without a word is warned of for as long as it does', async () => {
  const { code, stdout, stderr } = await system.islet('up', '--env', 'prod');
  assert.equal(code, 0, stdout);
  const warning = /the environment prod has a certificate of the development authority, which only this machine trusts/;
  assert.match(stderr, warning);
  assert.match((await system.islet('status')).stdout, warning);
  await system.up();
  assert.doesNotMatch((await system.islet('status')).stdout, warning);
});
