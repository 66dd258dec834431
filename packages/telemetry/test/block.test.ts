import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCK_MAGIC, encodeBlock } from '../src/store/block.ts';
import { bloomOf, mayHold } from '../src/store/bloom.ts';
import { ByteReader, ByteWriter } from '../src/store/bytes.ts';
import { encodeRows } from '../src/store/log-rows.ts';
import { readBlock } from '../src/store/read-block.ts';
import { logSchema, metricSchema, spanSchema } from '../src/store/rows.ts';
import { logRow, metricRow, spanRow } from './support.ts';

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString('hex'));
const orNone = (ids: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), ids);
/** What UTF-8 can hold: a lone surrogate is no character. */
const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const instant = fc.integer({ min: 0, max: 2 ** 51 }).map((micro) => micro / 1000);

const logs = fc.array(
  fc.record({
    at: instant,
    text: anyText,
    trace: orNone(hex(16)),
    span: orNone(hex(8)),
    instance: anyText,
    attributes: anyText,
  }),
  { minLength: 1, maxLength: 50 },
);

/** As a segment has them, and as the log has few of them. */
for (const [form, encode] of [
  ['in columns', encodeBlock],
  ['as rows', encodeRows],
] as const) {
  test(`what is written of logs is what is read, ${form}`, () => {
    fc.assert(
      fc.property(logs, (changes) => {
        const rows = changes.map((one) => logRow(one));
        const block = encode(
          { signal: 'logs', service: 'orders', rows, first: 7, last: 7 + rows.length - 1 },
          logSchema,
        );
        assert.deepEqual(readBlock(block).rowsOf(logSchema), rows);
      }),
      { numRuns: 200 },
    );
  });

  test(`what is written of spans is what is read, ${form}`, () => {
    // An id of zeros is none (W3C Trace Context).
    const id = hex(8).filter((text) => !/^0+$/.test(text));
    const spans = fc.array(
      fc.record({ at: instant, trace: hex(16), span: id, parent: orNone(id), message: anyText, events: anyText }),
      { minLength: 1, maxLength: 50 },
    );
    fc.assert(
      fc.property(spans, (changes) => {
        const rows = changes.map((one) => spanRow({ ...one, endAt: one.at + 1.5 }));
        const block = encode({ signal: 'spans', service: 'orders', rows, first: 0, last: rows.length - 1 }, spanSchema);
        const read = readBlock(block).rowsOf(spanSchema);
        // To the microsecond.
        assert.deepEqual(
          read?.map(({ endAt: _, ...rest }) => rest),
          rows.map(({ endAt: _, ...rest }) => rest),
        );
        for (const [index, { endAt }] of rows.entries()) assert(Math.abs((read?.[index]?.endAt ?? 0) - endAt) <= 0.001);
      }),
      { numRuns: 100 },
    );
  });

  test(`what is written of metrics is what is read, every number of them, ${form}`, () => {
    const number = fc.double({ noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, fc.nat()), { minLength: 1 }), (values) => {
        const rows = values.map(([sum, count]) => metricRow({ at: 10_000, sum, count }));
        const block = encode({ signal: 'metrics-10s', service: 'orders', rows, first: 0, last: 0 }, metricSchema);
        assert.deepEqual(readBlock(block).rowsOf(metricSchema), rows);
      }),
    );
  });

  test(`a bit that is flipped anywhere in a block is seen, and never read as something else, ${form}`, () => {
    const rows = Array.from({ length: 40 }, (_, index) =>
      logRow({ at: 1000 + index, text: `line ${index}`, trace: 'ab'.repeat(16) }),
    );
    const block = encode({ signal: 'logs', service: 'orders', rows, first: 0, last: 39 }, logSchema);
    for (let bit = 0; bit < block.length * 8; bit++) {
      const damaged = Buffer.from(block);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      let read: unknown;
      try {
        read = readBlock(damaged).rowsOf(logSchema);
      } catch (error) {
        assert.equal((error as Error).name, 'DamagedBlock', `bit ${bit}`);
        continue;
      }
      // A damaged filter or the length of the body change nothing of the rows.
      if (read !== undefined) assert.deepEqual(read, rows, `bit ${bit}`);
    }
    assert.equal(block.readUInt32LE(0), BLOCK_MAGIC);
  });
}

test('numbers of every size and sign come back from their bytes', () => {
  fc.assert(
    // Whole numbers know no -0, which the quotient of a small negative one would be.
    fc.property(fc.array(fc.maxSafeInteger().map((value) => Math.trunc(value / 4) + 0)), (values) => {
      const writer = new ByteWriter(1);
      for (const value of values) writer.zigzag(value);
      const reader = new ByteReader(Buffer.from(writer.done()));
      assert.deepEqual(
        values.map(() => reader.zigzag()),
        values,
      );
    }),
  );
});

test('a filter holds all ids that were put into it, and few others', () => {
  const ids = Array.from({ length: 2_000 }, (_, index) => index.toString(16).padStart(32, '0'));
  const filter = bloomOf(new Set(ids));
  assert(ids.every((id) => mayHold(filter, id)));
  const others = Array.from({ length: 10_000 }, (_, index) => (index + 5_000).toString(16).padStart(32, 'f'));
  const wrong = others.filter((id) => mayHold(filter, id)).length;
  assert(wrong < 300, `${wrong} of 10,000`);
});
