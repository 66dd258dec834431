import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import {
  fingerprint,
  mapFrames,
  markGroup,
  normalised,
  type Occurrence,
  ofException,
  ofLog,
  openErrorBook,
  seen,
  sourceMaps,
  sparkOf,
  type Thrown,
} from '../src/index.ts';

const frame = (name: string, file = '/srv/src/main.ts', inApp = true) => ({
  function: name,
  file,
  line: 1,
  column: 1,
  inApp,
});
const thrown = (changes: Partial<Thrown> = {}): Thrown => ({
  type: 'TypeError',
  message: 'no x',
  frames: [frame('f')],
  ...changes,
});

describe('a fingerprint', () => {
  const same = (a: Thrown, b: Thrown) => fingerprint('orders', a) === fingerprint('orders', b);

  it('is of the own frames: neither the message, nor lines, nor the frames of libraries count', () => {
    const other = thrown({
      message: 'no y',
      frames: [frame('lib', '/srv/node_modules/x/i.js', false), { ...frame('f'), line: 99 }],
    });
    assert.ok(same(thrown(), other));
    assert.ok(!same(thrown(), thrown({ frames: [frame('g')] })));
    assert.ok(!same(thrown(), thrown({ type: 'RangeError' })));
  });

  it('is the same for another revision, and another build of the same file', () => {
    const at = (file: string) => thrown({ frames: [frame('f', file)] });
    assert.ok(same(at('/x/revisions/aaaaaaaaaaaa/files/src/a.js'), at('/x/revisions/bbbbbbbbbbbb/files/src/a.js')));
    assert.ok(same(at('/x/dist/main.3f9a2c1d.js'), at('/x/dist/main-0b1c2d3e.js'.replace('-0', '.0'))));
    assert.ok(!same(at('/x/dist/checkout.js'), at('/x/dist/payments.js')));
  });

  it('is the same however deep a recursion was', () => {
    const deep = (depth: number) =>
      thrown({ frames: [...Array.from({ length: depth }, () => frame('walk')), frame('main')] });
    assert.ok(same(deep(3), deep(30)));
  });

  it('is of the message without what differs, where no frame is the own one', () => {
    const said = (message: string) => thrown({ message, frames: [] });
    assert.ok(same(said('order 42 of "a@b.example" not found'), said('order 43 of "c@d.example" not found')));
    assert.ok(!same(said('order 42 not found'), said('order 42 not paid')));
  });

  it('is what the service says, where it does', () => {
    const source = { at: 0, service: 'orders', revision: undefined, instance: undefined, trace: undefined };
    const of = (type: string) => ofException(source, { 'exception.type': type, 'error.fingerprint': 'mine' }).group;
    assert.equal(of('A'), of('B'));
  });

  it('is of one service', () => assert.notEqual(fingerprint('a', thrown()), fingerprint('b', thrown())));

  for (const [message, expected] of [
    ['id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 at 2026-11-27T10:00:00Z', 'id <uuid> at <time>'],
    ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED <ip>'],
    ['GET https://example.com/a?b=1 took 12.5 s', 'GET <url> took <number> s'],
    ["Unexpected token 'x' in 0xDEAD, commit deadbeef42", 'Unexpected token <text> in <hex>, commit <hex>'],
  ] as const) {
    it(`leaves of ${message}: ${expected}`, () => assert.equal(normalised(message), expected));
  }

  it('does not change when it is normalised again', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(normalised(normalised(text)), normalised(text))));
  });
});

function happened(changes: Partial<Occurrence> = {}): Occurrence {
  return {
    group: 'g',
    at: 1_000,
    service: 'orders',
    revision: 'r1',
    instance: 'i1',
    trace: undefined,
    thrown: thrown(),
    stack: 'TypeError: no x',
    attributes: {},
    ...changes,
  };
}

describe('a group', () => {
  it('names the revision that brought it, and everything that had it since', () => {
    const first = seen(undefined, happened());
    const after = seen(first, happened({ at: 9_000, revision: 'r2', instance: 'i2', trace: 't' }));
    assert.deepEqual([after.firstRevision, after.revisions, after.instances], ['r1', ['r1', 'r2'], ['i1', 'i2']]);
    assert.deepEqual([after.firstSeen, after.lastSeen, after.count, after.traces], [1_000, 9_000, 2, ['t']]);
    assert.equal(after.culprit, 'f (/srv/src/main.ts:1)');
  });

  it('counts a request that is told of by its span and by its log once', () => {
    const once = seen(undefined, happened({ trace: 't' }));
    assert.equal(seen(once, happened({ trace: 't', at: 1_200 })).count, 1);
    assert.equal(seen(once, happened({ trace: 'u', at: 1_200 })).count, 2);
    assert.equal(seen(once, happened({ trace: 't', at: 60_000 })).count, 2);
  });

  it('that is resolved stays so while only the old revision throws, and regresses with a newer one', () => {
    const resolved = markGroup(seen(undefined, happened()), 'resolved', 2_000);
    const late = seen(resolved, happened({ at: 3_000 }));
    assert.equal(late.state.kind, 'resolved');
    const back = seen(late, happened({ at: 4_000, revision: 'r2' }));
    assert.deepEqual(back.state, { kind: 'regressed', at: 4_000, revision: 'r2' });
  });

  it('that is ignored stays so', () => {
    const ignored = markGroup(seen(undefined, happened()), 'ignored', 2_000);
    assert.equal(seen(ignored, happened({ at: 9_000, revision: 'r9' })).state.kind, 'ignored');
  });

  it('knows how many there were in each of the last 24 hours', () => {
    const hour = 3_600_000;
    const now = 100 * hour;
    const group = [1, 1, 30, 50].reduce<ReturnType<typeof seen> | undefined>(
      (before, ago) => seen(before, happened({ at: now - ago * hour })),
      undefined,
    );
    assert(group);
    assert.deepEqual(sparkOf(group, now), [...Array(22).fill(0), 2, 0]);
  });
});

describe('a log', () => {
  const source = { at: 0, service: 'orders', revision: 'r1', instance: 'i', trace: undefined };
  const STACK = 'TypeError: no x\n    at f (/srv/src/main.ts:1:1)';

  for (const { what, log, type } of [
    { what: 'a stack on stderr, whatever its level', log: { level: undefined, text: STACK }, type: 'TypeError' },
    {
      what: "pino's err",
      log: { level: 'error', text: 'failed', attributes: { err: { type: 'x', stack: STACK } } },
      type: 'TypeError',
    },
    {
      what: "logback's stack_trace",
      log: { level: 'error', text: 'failed', attributes: { stack_trace: STACK } },
      type: 'TypeError',
    },
    {
      what: "OpenTelemetry's attributes",
      log: { level: 'error', text: 'x', attributes: { 'exception.type': 'E', 'exception.stacktrace': STACK } },
      type: 'E',
    },
    {
      what: 'the whole error as text, in a field of that name',
      log: { level: 'error', text: 'failed', attributes: { path: '/', error: STACK } },
      type: 'TypeError',
    },
    {
      what: "Python's, in the same way",
      log: {
        level: 'error',
        text: 'failed',
        attributes: {
          error: 'Traceback (most recent call last):\n  File "/srv/pay.py", line 3, in charge\n    x()\nKeyError: 1\n',
        },
      },
      type: 'KeyError',
    },
    {
      what: 'several lines there that are no stack',
      log: { level: 'error', text: 'failed', attributes: { error: 'one\ntwo' } },
      type: 'log',
    },
    { what: 'a line of level error', log: { level: 'error', text: 'payment 17 failed' }, type: 'log' },
    { what: 'a line of level info', log: { level: 'info', text: 'payment 17 failed' }, type: undefined },
  ]) {
    it(`tells of an error, or not: ${what}`, () => assert.equal(ofLog({ ...source, ...log })?.thrown.type, type));
  }

  it('that says why it failed in a field is not of one group with all that fails', () => {
    const failed = (error: string) => ofLog({ ...source, level: 'error', text: 'failed', attributes: { error } });
    const [refused, again, slow] = ['refused by 10.0.0.1', 'refused by 10.0.0.2', 'it took too long'].map(failed);
    assert.equal(refused?.thrown.message, 'failed: refused by 10.0.0.1');
    assert.deepEqual([refused?.group === again?.group, refused?.group === slow?.group], [true, false]);
  });

  it('and a span of the same error are of one group', () => {
    const log = ofLog({ ...source, level: 'error', text: STACK });
    const span = ofException(source, {
      'exception.type': 'TypeError',
      'exception.message': 'no x',
      'exception.stacktrace': STACK,
    });
    assert.equal(log?.group, span.group);
  });
});

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'islet-errors-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe('the book of errors', () => {
  it('knows its groups, and what a person said of them, after it was opened anew', (t) => {
    const path = join(folder(t), 'errors.db');
    const first = openErrorBook(path);
    first.add(happened());
    first.add(happened({ at: 2_000 }));
    first.mark('g', 'resolved', 3_000);
    first.add(happened({ group: 'h', service: 'web' }));
    first.close();
    const second = openErrorBook(path);
    assert.equal(second.find('g')?.count, 2);
    assert.equal(second.find('g')?.state.kind, 'resolved');
    assert.deepEqual(
      second.list({ service: 'web' }).map(({ group }) => group),
      ['h'],
    );
    assert.deepEqual(
      second.list({ state: 'open' }).map(({ group }) => group),
      ['h'],
    );
    assert.deepEqual(
      second.list({ from: 2_000 }).map(({ group }) => group),
      ['g'],
    );
    second.close();
  });

  it('keeps a number of groups for each service; what was put aside goes last', () => {
    const book = openErrorBook(':memory:');
    book.add(happened({ group: 'ignored', at: 0 }));
    book.mark('ignored', 'ignored', 1);
    book.add(happened({ group: 'of another', service: 'web', at: 0 }));
    for (let n = 1; n <= 600; n++) book.add(happened({ group: `g${n}`, at: n }));
    assert.equal(book.list({ service: 'orders' }).length, 500);
    assert.ok(book.find('ignored') && book.find('of another') && book.find('g600'));
    assert.equal(book.find('g1'), undefined);
    book.close();
  });

  it('has nothing to say of a group that is not there', () => {
    const book = openErrorBook(':memory:');
    assert.equal(book.mark('none', 'resolved', 0), undefined);
    book.close();
  });
});

describe('source maps', () => {
  // Made by hand: column 1 of line 1 is `total` at line 3, column 5 of cart.ts.
  const MAP = { version: 3, sources: ['../src/cart.ts'], names: ['total'], mappings: 'AAEIA' };

  it('give a frame its file, line and name as its author wrote it', (t) => {
    const within = folder(t);
    mkdirSync(join(within, 'dist'));
    writeFileSync(join(within, 'dist', 'main.js.map'), JSON.stringify(MAP));
    const minified = thrown({ frames: [{ ...frame('a', join(within, 'dist/main.js')), line: 1, column: 1 }] });
    assert.deepEqual(mapFrames(minified, sourceMaps(within)).frames, [
      { function: 'total', file: join(within, 'src/cart.ts'), line: 3, column: 5, inApp: true },
    ]);
  });

  it('are read below the folder of the service alone, also by a link', (t) => {
    const [within, outside] = [folder(t), folder(t)];
    writeFileSync(join(outside, 'main.js.map'), JSON.stringify(MAP));
    symlinkSync(join(outside, 'main.js.map'), join(within, 'main.js.map'));
    for (const file of [join(outside, 'main.js'), join(within, 'main.js')])
      assert.equal(sourceMaps(within)(file), undefined);
  });

  it('that are broken change nothing', (t) => {
    const within = folder(t);
    writeFileSync(join(within, 'main.js.map'), 'nonsense');
    const before = thrown({ frames: [frame('a', join(within, 'main.js'))] });
    assert.deepEqual(mapFrames(before, sourceMaps(within)), before);
  });
});
