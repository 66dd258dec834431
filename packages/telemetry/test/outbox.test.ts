import assert from 'node:assert/strict';
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Message } from '../src/forward/message.ts';
import { Outbox } from '../src/forward/outbox.ts';
import { Spool } from '../src/forward/spool.ts';
import { temporary } from './support.ts';

/** So many records in as many bytes. */
const message = (items: number, text = 'x'): Message => ({
  items,
  body: Buffer.from(text.repeat(items)),
  isGzip: false,
});

function outboxIn(folder: string, { maxBytes = 1_000, ensureFree = () => {} } = {}): Outbox {
  return new Outbox({ spool: new Spool(folder, ensureFree), maxBytes, inMemory: 2 });
}

/** What the messages say, in their order; each is taken. */
function drained(outbox: Outbox): readonly string[] {
  const texts: string[] = [];
  for (let next = outbox.take(0); next !== undefined; next = outbox.take(0)) {
    texts.push(Buffer.from(next.body).toString());
    outbox.remove(0);
  }
  return texts;
}

const filesIn = (folder: string) => readdirSync(folder).sort();

/** What a kill leaves of it: the folder, and an outbox that was never closed. */
function left(t: TestContext, texts: readonly string[]): string {
  const folder = temporary(t);
  const outbox = outboxIn(folder);
  for (const text of texts) outbox.add(message(1, text));
  return folder;
}

describe('messages that wait for a backend', () => {
  it('do not touch the disk where the one is sent before the next one comes', (t) => {
    const folder = temporary(t);
    const outbox = outboxIn(folder);
    for (const text of ['a', 'b', 'c']) {
      outbox.add(message(1, text));
      assert.deepEqual([drained(outbox), filesIn(folder)], [[text], []]);
    }
  });

  it('are all on the disk as soon as two wait, and are gone from it when they are taken', (t) => {
    const folder = left(t, ['a', 'b', 'c']);
    assert.equal(filesIn(folder).length, 3);
    const next = outboxIn(folder);
    assert.deepEqual([next.length, next.items], [3, 3]);
    assert.deepEqual([drained(next), filesIn(folder)], [['a', 'b', 'c'], []]);
  });

  it('stay in their order over a kill, also with what comes after it', (t) => {
    const folder = left(t, ['a', 'b']);
    const next = outboxIn(folder);
    next.add(message(1, 'c'));
    assert.deepEqual(drained(outboxIn(folder)), ['a', 'b', 'c']);
  });

  it('are readable by nobody else', (t) => {
    const folder = left(t, ['a', 'b']);
    for (const name of filesIn(folder)) assert.equal(statSync(join(folder, name)).mode & 0o077, 0);
  });

  it('that a kill has torn, or that rot, are passed over and counted', (t) => {
    const folder = left(t, ['aaa', 'bbb', 'ccc']);
    const [first = '', second = ''] = filesIn(folder);
    truncateSync(join(folder, first), 1);
    writeFileSync(join(folder, second), 'bbX');
    const next = outboxIn(folder);
    assert.deepEqual([drained(next), next.lost], [['ccc'], 2]);
    assert.deepEqual(filesIn(folder), []);
  });

  it('leave alone what is none of them', (t) => {
    const folder = left(t, ['a', 'b']);
    writeFileSync(join(folder, 'note.txt'), 'mine');
    assert.deepEqual(drained(outboxIn(folder)), ['a', 'b']);
    assert.deepEqual(filesIn(folder), ['note.txt']);
  });

  it('are bounded: the oldest go and are counted, but for the one that is being sent', (t) => {
    const folder = temporary(t);
    const outbox = outboxIn(folder, { maxBytes: 30 });
    outbox.add(message(10, 'a'));
    outbox.take(0);
    for (const text of ['b', 'c', 'd', 'e']) outbox.add(message(10, text));
    assert.deepEqual([outbox.items, outbox.lost], [30, 20]);
    assert.deepEqual(
      drained(outbox).map((text) => text[0]),
      ['a', 'd', 'e'],
    );
  });

  it('are bounded by a smaller bound after a restart too', (t) => {
    const folder = left(t, ['a', 'b', 'c']);
    const next = outboxIn(folder, { maxBytes: 2 });
    assert.deepEqual([next.lost, drained(next)], [1, ['b', 'c']]);
  });

  it('wait in memory, a few of them, while the disk takes nothing, and go there when it does', (t) => {
    const folder = temporary(t);
    let isFull = true;
    const ensureFree = () => {
      if (isFull) throw new Error('the disk is full');
    };
    const outbox = outboxIn(folder, { ensureFree });
    outbox.add(message(1, 'a'));
    assert.equal(outbox.hasRoom, true);
    outbox.add(message(1, 'b'));
    assert.deepEqual([outbox.hasRoom, filesIn(folder)], [false, []]);
    isFull = false;
    outbox.keep();
    assert.deepEqual([outbox.hasRoom, filesIn(folder).length], [true, 2]);
    assert.deepEqual(drained(outbox), ['a', 'b']);
  });

  it('are counted as lost where they are in memory alone at the end', () => {
    const outbox = new Outbox({ spool: undefined, maxBytes: 0, inMemory: 2 });
    outbox.add(message(3));
    outbox.close();
    assert.deepEqual([outbox.length, outbox.lost], [0, 3]);
  });
});
