import assert from 'node:assert/strict';
import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { rotateLog } from '@islet/supervise';
import { AllOutput, revisionOf } from '../src/logs/all-output.ts';
import { begin, join as joinLine, type OpenRecord } from '../src/logs/join-lines.ts';
import { unmarked } from '../src/logs/mark.ts';
import { Output } from '../src/logs/output.ts';
import { readRecord } from '../src/logs/read-record.ts';
import { temporary } from './support.ts';

const NODE = `TypeError: no such order
    at place (/app/orders.js:10:9)
    at async /app/main.js:3:1 {
  code: 'E_ORDER'
}`;
const NODE_LAST_WORDS = `file:///app/main.js:3
throw new Error('boom')
      ^

Error: boom
    at file:///app/main.js:3:7
    at ModuleJob.run (node:internal/modules/esm/module_job:430:25)

Node.js v24.9.0`;
const PYTHON = `Traceback (most recent call last):
  File "/app/main.py", line 4, in <module>
    place()
ValueError: no such order`;
const PYTHON_CHAIN = `${PYTHON}

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 9, in <module>
    refund()
RuntimeError: nothing to refund`;
const GO = `panic: runtime error: index out of range [3] with length 1

goroutine 1 [running]:
main.place(...)
	/app/main.go:12
main.main()
	/app/main.go:6 +0x1d
exit status 2`;
const JAVA = `java.lang.IllegalStateException: no such order
	at com.shop.Orders.place(Orders.java:31)
	at com.shop.Main.main(Main.java:8)
Caused by: java.sql.SQLException: closed
	at com.shop.Db.query(Db.java:77)
	... 2 more`;

describe('a stack trace is one record, and the lines around it are others', () => {
  for (const [name, trace, level] of [
    ['of Node', NODE, 'error'],
    ['of Node that ends', NODE_LAST_WORDS, 'error'],
    ['of Python', PYTHON, 'error'],
    ['of Python, with what it led to', PYTHON_CHAIN, 'error'],
    ['of Go', GO, 'fatal'],
    ['of Java', JAVA, 'error'],
  ] as const) {
    it(name, () => {
      const records = recordsOf(['INFO before it', ...trace.split('\n'), 'INFO after it']);
      assert.deepEqual(records, ['INFO before it', trace, 'INFO after it']);
      assert.equal(readRecord(trace).level, level);
    });
  }

  it('lines without indent stay apart', () => {
    assert.deepEqual(recordsOf(['one', 'two', '{"msg":"three"}', '{"msg":"four"}']), [
      'one',
      'two',
      '{"msg":"three"}',
      '{"msg":"four"}',
    ]);
  });
});

function recordsOf(lines: readonly string[]): string[] {
  const records: string[] = [];
  let open: OpenRecord | undefined;
  const end = () => open !== undefined && records.push(open.lines.join('\n').trimEnd());
  for (const line of lines) {
    const joined = joinLine(open, line);
    if (joined === undefined) {
      end();
      open = line === '' ? undefined : begin(line);
    } else open = joined;
  }
  end();
  return records;
}

describe('what a record says', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  for (const [name, line, told] of [
    [
      'pino',
      `{"level":50,"time":1795773006325,"pid":3,"hostname":"h","msg":"no such order","order":7,"trace_id":"${TRACE}"}`,
      { level: 'error', text: 'no such order', at: 1795773006325, trace: TRACE, attributes: { order: 7 } },
    ],
    [
      'structlog',
      '{"event":"no such order","level":"warning","timestamp":"2026-11-27T09:50:06.325000Z","order":7}',
      { level: 'warn', text: 'no such order', at: 1795773006325, attributes: { order: 7 } },
    ],
    [
      'logback',
      '{"@timestamp":"2026-11-27T09:50:06.325Z","@version":"1","message":"no such order","logger_name":"Orders","level":"ERROR","level_value":40000}',
      { level: 'error', text: 'no such order', at: 1795773006325, attributes: { logger_name: 'Orders' } },
    ],
    [
      'zap',
      '{"level":"info","ts":1795773006.325,"caller":"main.go:3","msg":"placed"}',
      { level: 'info', text: 'placed', at: 1795773006325, attributes: { caller: 'main.go:3' } },
    ],
    ['a level in brackets', '[warn] the queue is long', { level: 'warn' }],
    ['a level as a word', '2026-11-27T09:50:06Z ERROR no such order', { level: 'error', at: 1795773006000 }],
    ['logfmt', `level=debug msg="asked" trace_id=${TRACE}`, { level: 'debug', trace: TRACE }],
    ['a word that is no level', 'the information desk has no errors to report', { level: undefined }],
    ['a path that is no level', 'GET /api/ERROR/7 200', { level: undefined }],
    ['a traceparent', `calls with 00-${TRACE}-00f067aa0ba902b7-01`, { trace: TRACE, span: '00f067aa0ba902b7' }],
    ['JSON that is none', '{not json}', { text: '{not json}', level: undefined }],
  ] as const) {
    it(name, () => {
      const read = readRecord(line) as unknown as Record<string, unknown>;
      assert.deepEqual(Object.fromEntries(Object.keys(told).map((key) => [key, read[key]])), told);
    });
  }

  it('an error in JSON keeps its stack', () => {
    const { text } = readRecord(
      JSON.stringify({ level: 50, msg: 'failed', err: { type: 'TypeError', message: 'x', stack: NODE } }),
    );
    assert.equal(text, `failed\n${NODE}`);
  });
});

describe('the output of an instance', () => {
  const OF = { service: 'orders', instance: 'orders-abc.0-0', revision: 'abc' };
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `${from + index}`);

  /** As often as there is something, and then once more, for what is open. */
  function readAll(output: Output): string[] {
    const texts: string[] = [];
    for (let quiet = 0; quiet < 3; ) {
      const { rows, more } = output.read(Date.now());
      texts.push(...rows.map(({ text }) => text));
      quiet = more || rows.length > 0 ? 0 : quiet + 1;
    }
    return texts;
  }

  test('is read once, over rotations and restarts of whoever reads', async (t) => {
    const path = join(temporary(t), 'orders-abc.0-0.log');
    writeFileSync(path, '');
    const got: string[] = [];
    let output = new Output(OF, path, undefined);
    for (let round = 0; round < 12; round++) {
      appendFileSync(path, `${numbers(round * 2000, round * 2000 + 2000).join('\n')}\n`);
      if (round % 2 === 0) got.push(...readAll(output));
      await rotateLog(path, { maxBytes: 4_000, keep: 5 });
      if (round % 3 === 0) output = new Output(OF, path, output.place);
      if (round % 4 === 1) got.push(...readAll(output));
    }
    got.push(...readAll(output));
    assert.deepEqual(got, numbers(0, 24_000));
  });

  test('is read to its end also where several rotations came meanwhile', async (t) => {
    const path = join(temporary(t), 'x.log');
    writeFileSync(path, `${numbers(0, 3000).join('\n')}\n`);
    const output = new Output(OF, path, undefined);
    const got = readAll(output);
    for (let round = 1; round < 4; round++) {
      appendFileSync(path, `${numbers(round * 3000, round * 3000 + 3000).join('\n')}\n`);
      await rotateLog(path, { maxBytes: 4_000, keep: 5 });
    }
    got.push(...readAll(new Output(OF, path, output.place)));
    assert.deepEqual(got, numbers(0, 12_000));
  });

  test('what was rotated away before it was read is said to be lost', async (t) => {
    const path = join(temporary(t), 'x.log');
    writeFileSync(path, `${'x'.repeat(100)}\n`.repeat(200));
    await rotateLog(path, { maxBytes: 4_000, keep: 2 });
    const output = new Output(OF, path, undefined);
    readAll(output);
    for (let round = 0; round < 5; round++) {
      appendFileSync(path, `${'x'.repeat(100)}\n`.repeat(200));
      await rotateLog(path, { maxBytes: 4_000, keep: 2 });
    }
    let lost = false;
    const again = new Output(OF, path, output.place);
    for (let look = 0; look < 20; look++) lost ||= again.read(Date.now()).isAfterLoss;
    assert(lost);
  });

  test('a rotated file is no other for having the number of one that is gone', async (t) => {
    const path = join(temporary(t), 'x.log');
    writeFileSync(`${path}.1`, 'before\n');
    writeFileSync(path, 'one\ntwo\n');
    const output = new Output(OF, path, undefined);
    assert.deepEqual(readAll(output), ['one', 'two']);
    // In place, as if it were made anew: what was `.1` is gone, and so is what came before this one.
    writeFileSync(`${path}.1`, 'later\n');
    utimesSync(`${path}.1`, 1, 1);
    writeFileSync(path, 'one more\nand more\n');
    const again = new Output(OF, path, output.place);
    let [lost, texts] = [false, [] as string[]];
    for (let look = 0; look < 20; look++) {
      const { rows, isAfterLoss } = again.read(Date.now());
      lost ||= isAfterLoss;
      texts = [...texts, ...rows.map(({ text }) => text)];
    }
    assert.deepEqual([lost, texts], [true, ['later', 'one more', 'and more']]);
  });

  test('a record that is not whole is told once it is, also after a restart in between', (t) => {
    const path = join(temporary(t), 'x.log');
    writeFileSync(path, 'one\nError: bo');
    const output = new Output(OF, path, undefined);
    assert.deepEqual(
      output.read(0).rows.map(({ text }) => text),
      [],
    );
    assert.deepEqual(
      output.read(0).rows.map(({ text }) => text),
      ['one'],
    );
    appendFileSync(path, 'om\n    at x (/y.js:1:1)\nnext\n');
    assert.deepEqual(readAll(new Output(OF, path, output.place)), ['Error: boom\n    at x (/y.js:1:1)', 'next']);
  });

  test('a line that never ends is cut, and letters of several bytes are not', (t) => {
    const path = join(temporary(t), 'x.log');
    writeFileSync(path, `${'ü'.repeat(300_000)}`);
    const texts = readAll(new Output(OF, path, undefined));
    assert(texts.every((text) => /^ü+$/.test(text)));
    assert(texts.length >= 1);
  });
});

test('all output is found by looking, and what is gone is forgotten', (t) => {
  const folder = temporary(t);
  const all = new AllOutput({});
  all.discover(join(folder, 'missing'));
  assert.deepEqual(all.read(0).rows, []);
});

for (const [service, instance, revision] of [
  ['orders', 'orders-3f9a2c1d04b7.0-1', '3f9a2c1d04b7'],
  ['order-history', 'order-history-3f9a2c1d04b7.12-0', '3f9a2c1d04b7'],
  ['orders', 'postgres', ''],
  ['orders', 'build-3f9a2c1d04b7', ''],
] as const) {
  test(`${instance} of ${service} is of revision "${revision}"`, () => {
    assert.equal(revisionOf(service, instance), revision);
  });
}

describe('what a runtime says of the request that a line belongs to', () => {
  const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  const mark = ` [trace_id=${trace} span_id=${span}]`;
  for (const [printed, text] of [
    [`paid 7${mark}`, 'paid 7'],
    [`RangeError: odd${mark}\n    at pay (/app/a.js:1:1)`, 'RangeError: odd\n    at pay (/app/a.js:1:1)'],
  ] as const) {
    it(`is taken off, and ties it to its trace: ${text.split('\n')[0]}`, () => {
      const record = readRecord(printed);
      assert.deepEqual([record.text, record.trace, record.span], [text, trace, span]);
    });
  }

  it('is only at the end of the first line', () => {
    const text = `see${mark} for more`;
    assert.equal(readRecord(text).text, text);
  });

  for (const [line, shown] of [
    [`paid 7${mark}`, 'paid 7'],
    [`see${mark} for more`, `see${mark} for more`],
    [`{"trace_id":"${trace}","span_id":"${span}","msg":"paid"}`, '{"msg":"paid"}'],
    [`{"msg":"paid","trace_id":"${trace}","span_id":"${span}"}`, undefined],
    [`{"trace_id":"${trace}","span_id":"${span}"}`, undefined],
    ['plain', undefined],
  ] as const) {
    it(`is taken off a line of a log file, and nothing else is: ${line}`, () =>
      assert.equal(unmarked(line), shown ?? line));
  }
});
