import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpInstance, rawInstance, send, world } from './world.ts';

/*
 * What may be said in HTTP/1.1, and what some server understands otherwise than the proxy does: it reaches no instance as it was
 * said, but as the proxy has understood it, or not at all.
 */

const HEAD = 'POST /a HTTP/1.1\r\nHost: h\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const upgrades = (protocol: string, options = 'Upgrade') => `Connection: ${options}\r\nUpgrade: ${protocol}\r\n`;

const cases = [
  ['a length with zeros before it', 'Content-Length: 0003\r\n', 'abc', 'Content-Length: 3\r\n', 'abc'],
  ['lengths and codings with an underscore', 'Content_Length: 9\r\nTransfer_Encoding: chunked\r\n', '', '', ''],
  [
    'a last chunk of many zeros, with an extension',
    CHUNKED,
    '1\r\na\r\n000;b=c\r\n\r\n',
    CHUNKED,
    '1\r\na\r\n0\r\n\r\n',
  ],
  ['an upgrade that Connection does not name', 'Upgrade: websocket\r\n', '', '', ''],
  ['an upgrade that Connection names in a list', upgrades('foo/2', 'keep-alive, upgrade'), '', upgrades('foo/2'), ''],
  ['an upgrade to HTTP/2', upgrades('h2c', 'Upgrade, HTTP2-Settings'), '', '', ''],
  ['an upgrade to HTTP/2 among others', upgrades('websocket, h2c'), '', '', ''],
  ['an upgrade to HTTP/2 in a field of its own', `${upgrades('foo')}Upgrade: h2c\r\n`, '', '', ''],
  ['an upgrade to what is no protocol', upgrades('"h2c"'), '', '', ''],
  ['an upgrade with a body', `${upgrades('foo')}Content-Length: 3\r\n`, 'abc', 'Content-Length: 3\r\n', 'abc'],
  [
    'an expectation',
    'Expect: 100-Continue\r\nContent-Length: 3\r\n',
    'abc',
    'Expect: 100-Continue\r\nContent-Length: 3\r\n',
    'abc',
  ],
  ['an expectation without a body', 'Expect: 100-continue\r\n', '', '', ''],
  ['an expectation of an empty body', 'Expect: 100-continue\r\nContent-Length: 0\r\n', '', 'Content-Length: 0\r\n', ''],
  [
    'an expectation that only looks like one',
    'Expect: y 100-continue\r\nContent-Length: 3\r\n',
    'abc',
    'Content-Length: 3\r\n',
    'abc',
  ],
  [
    'an expectation twice',
    'Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 3\r\n',
    'abc',
    'Content-Length: 3\r\n',
    'abc',
  ],
  [
    'an expectation of something else',
    'Expect: 200-ok\r\nContent-Length: 3\r\n',
    'abc',
    'Content-Length: 3\r\n',
    'abc',
  ],
  [
    'trailers that say what a field says',
    CHUNKED,
    '0\r\nContent-Length: 40\r\nHost: evil\r\nX-Forwarded-For: 6.6.6.6\r\nX_Real_IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n' +
      'X_Islet_Caller: root\r\nX-Request-Id: evil\r\nUpgrade: h2c\r\nRange: bytes=1-\r\nIf-Match: "a"\r\nX-Sum: 42\r\n\r\n',
    CHUNKED,
    '0\r\nX-Sum: 42\r\n\r\n',
  ],
] as const;

for (const [what, fields, body, fieldsThere, bodyThere] of cases) {
  test(`${what}: only what the proxy has understood of it reaches an instance`, async (t) => {
    let reached = '';
    const instance = await rawInstance(t, (socket) => {
      socket.on('data', (bytes) => {
        reached += bytes.toString('latin1');
        const isWhole = reached.endsWith(`\r\n\r\n${bodyThere}`) || /GET \/next[\s\S]*\r\n\r\n$/.test(reached);
        if (isWhole) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const { edge } = await world(t, [instance]);
    const next = 'GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
    const answers = await send(edge, `${HEAD}${fields}\r\n${body}${next}`);
    assert.equal(answers.split('HTTP/1.1 200 ').length, 3);
    const [said = '', ...others] = reached.split(/(?=GET \/next )/);
    const own = /^(?:X-Forwarded-[^\n]*|x-islet-[^\n]*|x-request-id[^\n]*|traceparent[^\n]*|Via[^\n]*)\n/gm;
    assert.equal(said.replace(own, ''), `${HEAD}${fieldsThere}\r\n${bodyThere}`);
    assert.equal(others.length, 1);
  });
}

test('HTTP/1.0 knows neither upgrades nor expectations', async (t) => {
  let asked: unknown;
  const instance = await httpInstance(t, (incoming, response) => {
    const { upgrade, expect } = incoming.headers;
    asked = { upgrade, expect };
    incoming.resume().on('end', () => response.end('ok'));
  });
  const { edge } = await world(t, [instance]);
  const upgrade = await send(edge, `GET / HTTP/1.0\r\nHost: h\r\n${upgrades('foo')}\r\n`);
  assert.match(upgrade, /^HTTP\/1\.1 200 [\s\S]*ok$/);
  assert.deepEqual(asked, { upgrade: undefined, expect: undefined });
  await send(edge, 'POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na');
  assert.deepEqual(asked, { upgrade: undefined, expect: undefined });
});
