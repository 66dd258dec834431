import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseThrown } from '../src/index.ts';

/** As the runtimes themselves print them. */

const NODE = `file:///srv/src/main.mjs:1
function handler(order){ return order.items.length }
                                            ^

TypeError: Cannot read properties of undefined (reading 'length')
    at handler (file:///srv/src/main.mjs:1:45)
    at new Server (/srv/src/main.mjs:2:19)
    at async Promise.all (index 0)
    at Ta.with (/srv/.islet/instrument/node-3d31c6c7ef89.cjs:1:10160)
    at Layer.handle [as handle_request] (/srv/node_modules/express/lib/router/layer.js:95:5)
    at async node:internal/modules/esm/loader:647:26

Node.js v24.21.0`;

const NODE_LOGGED = `2026-11-27 failed to charge: Error [DbError]: two
lines 17
    at query (/srv/src/db.ts:7:3)
    at process.processTicksAndRejections (node:internal/process/task_queues:104:5) {
  code: 'X'
}`;

const PYTHON = `Traceback (most recent call last):
  File "/srv/app.py", line 5, in serve
    load({})
  File "/srv/app.py", line 2, in load
    return d["sku"]
           ~^^^^^^^
KeyError: 'sku'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/.venv/lib/python3.11/site-packages/flask/app.py", line 880, in full_dispatch_request
    rv = self.dispatch_request()
  File "/srv/app.py", line 7, in serve
    raise ValueError("order 42 has no sku") from e
ValueError: order 42 has no sku`;

const GO = `x
panic: runtime error: index out of range [5] with length 3 [recovered]
	panic: runtime error: index out of range [5] with length 3

goroutine 18 [running]:
panic({0x1, 0x2})
	/usr/local/go/src/runtime/panic.go:884 +0x213
main.(*Server).handle(0xc000012345, {0xc0, 0x3, 0x3}, 0x5)
	/srv/main.go:4 +0x1d
net/http.HandlerFunc.ServeHTTP(0x0?, {0x7, 0x8}, 0x9)
	/usr/local/go/src/net/http/server.go:2122 +0x2f
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3089 +0x5ed
exit status 2`;

const GO_HTTP = `2026/11/27 10:00:00 http: panic serving 127.0.0.1:41234: no such order
goroutine 5 [running]:
net/http.(*conn).serve.func1()
	/usr/local/go/src/net/http/server.go:1850 +0xbf
main.charge(...)
	/srv/charge.go:9`;

const JAVA = `Exception in thread "main" java.lang.RuntimeException: order failed
	at com.shop.Main.main(Main.java:3)
Caused by: java.lang.IllegalArgumentException: card 4242 refused
	at com.shop.Card.charge(Card.java:2)
	at com.shop.Main.lambda$run$0(Main.java:9)
	at java.base/java.lang.reflect.Method.invoke(Method.java:569)
	... 12 more`;

describe('a stack', () => {
  for (const { what, text, type, message, first, own } of [
    {
      what: 'of Node, when it ended the process',
      text: NODE,
      type: 'TypeError',
      message: "Cannot read properties of undefined (reading 'length')",
      first: 'handler /srv/src/main.mjs:1',
      own: ['handler', 'Server'],
    },
    {
      what: 'of Node, when it was logged, with a message of two lines',
      text: NODE_LOGGED,
      type: 'Error',
      message: 'two\nlines 17',
      first: 'query /srv/src/db.ts:7',
      own: ['query'],
    },
    {
      what: 'of Python, the one that was not caught of a chain',
      text: PYTHON,
      type: 'ValueError',
      message: 'order 42 has no sku',
      first: 'serve /srv/app.py:7',
      own: ['serve'],
    },
    {
      what: 'of Go, when it ended the process',
      text: GO,
      type: 'runtime error',
      message: 'index out of range [5] with length 3',
      first: 'panic /usr/local/go/src/runtime/panic.go:884',
      own: ['main.(*Server).handle'],
    },
    {
      what: 'of Go, when net/http caught it',
      text: GO_HTTP,
      type: 'panic',
      message: 'no such order',
      first: 'net/http.(*conn).serve.func1 /usr/local/go/src/net/http/server.go:1850',
      own: ['main.charge'],
    },
    {
      what: 'of Java, the cause',
      text: JAVA,
      type: 'java.lang.IllegalArgumentException',
      message: 'card 4242 refused',
      first: 'com.shop.Card.charge Card.java:2',
      own: ['com.shop.Card.charge', 'com.shop.Main.run'],
    },
  ]) {
    it(`${what} is read`, () => {
      const thrown = parseThrown(text);
      assert(thrown);
      assert.deepEqual([thrown.type, thrown.message], [type, message]);
      const [top] = thrown.frames;
      assert.equal(`${top?.function} ${top?.file}:${top?.line}`, first);
      assert.deepEqual(
        thrown.frames.filter(({ inApp }) => inApp).map((frame) => frame.function),
        own,
      );
    });
  }

  for (const text of [
    '',
    'listening on port 80',
    'Error: no stack here',
    'meet me at noon (file:1:2)',
    '{"level":50}',
  ]) {
    it(`is not seen in ${JSON.stringify(text)}`, () => assert.equal(parseThrown(text), undefined));
  }

  it('is looked for in any text without throwing', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(...[NODE, PYTHON, GO, JAVA].flatMap((text) => text.split('\n'))),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40, size: 'max' }), (lines) => void parseThrown(lines.join('\n'))),
    );
  });
});
