import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trace } from '../src/client/trace-context.ts';
import { type RequestHead, RequestHeadParser } from '../src/http/request-head.ts';
import { requestList } from '../src/upstream/request-list.ts';
import { passingText, type RequestOrigin, type TimeLeft } from '../src/upstream/request-text.ts';
import { SteadyHead } from '../src/upstream/steady-head.ts';
import { httpInstance, rawInstance, send, world } from './world.ts';

const TIME = { headMs: 15_000, callMs: undefined };
const parser = new RequestHeadParser();
const get = (text: string) => parser.parse(`GET ${text}`);

function originOf(changes: Partial<RequestOrigin> & Pick<RequestOrigin, 'steady' | 'target'>): RequestOrigin {
  const from = { kind: 'gateway' } as const;
  const trace = new Trace(undefined, undefined);
  return { from, clientAddress: '10.0.0.1', secure: false, requestId: 'id', trace, isMirror: false, ...changes };
}

/** As it is written to an instance. */
function headText(request: RequestHead, origin: RequestOrigin, time: TimeLeft): string {
  return origin.steady.of(request, origin) + passingText(origin, time);
}

test('a head that is known says what one says that is put together anew', () => {
  const steady = new SteadyHead();
  const heads = ['/a HTTP/1.1\r\nHost: h\r\nX: 1\r\n', '/a HTTP/1.1\r\nHost: h\r\nX: 2\r\n'];
  for (const head of [0, 0, 0, 1, 1, 0, 1].map((index) => `${heads[index]}`)) {
    const request = get(head);
    for (const target of ['/a', '/stripped', '/stripped', '/stripped']) {
      for (const other of [{}, { isMirror: true }, { inNameOf: 'shop' }, {}]) {
        const origin = originOf({ steady, target, ...other });
        const anew = headText(request, { ...origin, steady: new SteadyHead() }, TIME);
        assert.equal(headText(request, origin, TIME), anew);
        const listedAnew = requestList(request, { ...origin, steady: new SteadyHead() }, TIME);
        assert.deepEqual(requestList(request, origin, TIME), listedAnew);
      }
    }
  }
});

test('an instance is told the same, whatever it speaks', () => {
  const request = parser.parse('POST /a HTTP/1.1\r\nHost: h\r\nX: 1\r\nTE: trailers\r\nContent-Length: 3\r\n');
  const trace = new Trace('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'a=b');
  const origin = originOf({ steady: new SteadyHead(), target: '/a', trace, inNameOf: 'shop' });
  const time = { headMs: 15_000, callMs: 1_000 };
  const list = requestList(request, origin, time);
  const fields = list.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${list[at + 1]}`] : []));
  const [line, ...text] = headText(request, origin, time).trimEnd().split('\r\n');
  assert.equal(line, 'POST /a HTTP/1.1');
  const inHttp1 = [':method: POST', ':scheme: http', ':path: /a', ':authority: h'];
  for (const field of text) {
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    if (name !== 'host' && name !== 'connection') inHttp1.push(name + field.slice(name.length));
  }
  assert.deepEqual(fields.toSorted(), inHttp1.toSorted());
});

test('the same request again and again has an id, a span and a target of its own each time', async (t) => {
  const seen: unknown[] = [];
  const instance = await httpInstance(t, ({ url, headers }, response) => {
    seen.push(url, headers['x-request-id'], headers.traceparent);
    response.end('ok');
  });
  const { gateway } = await world(t, [instance]);
  const request = (close: boolean) =>
    `GET /orders/7 HTTP/1.1\r\nHost: h\r\n${close ? 'Connection: close\r\n' : ''}\r\n`;
  const answers = await send(gateway, `${request(false).repeat(4)}${request(true)}`);
  assert.equal(answers.match(/200 OK/g)?.length, 5);
  assert.equal(new Set(seen).size, 1 + 2 * 5, String(seen));
  assert.equal(seen[0], '/7');
});

test('what was added for a response that is given up does not go out with the next', async (t) => {
  let asked = 0;
  const instance = await rawInstance(t, (socket) => {
    socket.on('data', () => {
      asked++;
      // Both come in one read, and of the second nothing can be made.
      if (asked === 1) socket.end('HTTP/1.1 103 Early Hints\r\nLink: </stale>\r\n\r\nHTTP/1.1 nonsense\r\n\r\n');
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    });
  });
  const { gateway } = await world(t, [instance]);
  const post = (more: string) => `POST /orders HTTP/1.1\r\nHost: h\r\n${more}Content-Length: 0\r\n\r\n`;
  const answers = await send(gateway, `${post('')}${post('Connection: close\r\n')}`);
  assert.match(answers, /^HTTP\/1\.1 502 [\s\S]*HTTP\/1\.1 200 OK/);
  assert.doesNotMatch(answers, /stale/);
});
