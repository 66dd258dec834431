import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Catalog,
  type Copy,
  chainFrom,
  choose,
  type Era,
  garbageOf,
  instantId,
  isUnlogged,
  keptCopies,
  type LogPiece,
  mergesOf,
  offersOf,
  type WholeCopy,
} from '../src/index.ts';
import { position } from './sets.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function piece(from: number, to: number, at: number): LogPiece {
  return { name: `log/${from}-${to}-${at}`, from: position(from), to: position(to), at, bytes: 1 };
}

function copy(startedAt: number, needs?: readonly [number, number]): Copy {
  const facts = { needs: needs && { from: position(needs[0]), to: position(needs[1]) }, notes: {} };
  const id = instantId(startedAt);
  const times = { startedAt, finishedAt: startedAt + 10 };
  const origin = { format: 1 as const, engine: 'postgres', identity: 'one' };
  const manifest = { ...origin, ...times, facts, plainBytes: 1, pieces: [] };
  return { kind: 'whole', id, startedAt, bytes: 1, pieceNames: [`${id}/0`], manifest };
}

function era(startedAt: number, rest: Partial<Era>): Era {
  return { id: instantId(startedAt), startedAt, copies: [], log: [], head: undefined, ...rest };
}

const catalogOf = (...eras: Era[]): Catalog => ({ eras, points: [], bytes: 0 });

describe('a chain', () => {
  it('goes as far as pieces touch, whatever they are cut into, and no further', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 })), { maxLength: 30, size: 'max' }),
        fc.nat(60),
        (ranges, start) => {
          const log = ranges
            .map(([from, length]) => piece(from, from + length, 0))
            .sort((a, b) => (a.from === b.from ? (a.to > b.to ? -1 : 1) : a.from < b.from ? -1 : 1));
          let reach = start;
          const covered = (byte: number) => ranges.some(([from, length]) => from <= byte && byte < from + length);
          while (covered(reach)) reach++;
          const chain = chainFrom(position(start), log);
          assert.equal(chain.to, position(reach));
          let at = position(start);
          for (const { from, to } of chain.pieces) {
            assert.ok(from <= at && to > at);
            at = to;
          }
        },
      ),
    );
  });
});

describe('what is offered', () => {
  it('is no copy whose log is missing', () => {
    const log = [piece(0, 10, 100), piece(20, 30, 200)];
    const copies = [copy(50, [0, 10]), copy(60, [5, 15]), copy(70, [20, 25])];
    assert.deepEqual(
      offersOf(catalogOf(era(1, { copies, log }))).map((offer) => [offer.copy.startedAt, offer.from, offer.to]),
      [
        [50, 60, 100],
        [70, 80, 200],
      ],
    );
  });

  it('reaches to when the log was last known to be at its end', () => {
    const log = [piece(0, 10, 100)];
    const copies = [copy(50, [0, 10])];
    const [offer] = offersOf(catalogOf(era(1, { copies, log, head: { to: position(10), at: 900 } })));
    assert.equal(offer?.to, 900);
    const [older] = offersOf(catalogOf(era(1, { copies, log, head: { to: position(20), at: 900 } })));
    assert.equal(older?.to, 100);
  });

  it('for an instant is the newest copy finished by then, in the era that the instant lies in', () => {
    const log = [piece(0, 10, 100), piece(10, 20, 2_000)];
    const first = era(1, { copies: [copy(50, [0, 10]), copy(500, [10, 12])], log });
    const second = era(1_000, { copies: [copy(1_200, [0, 10])], log: [piece(0, 10, 1_300)] });
    const catalog = catalogOf(first, second);
    const chosen = (at: number) => {
      const choice = choose(catalog, { kind: 'time', at });
      return choice.kind === 'found' ? [choice.offer.era, choice.offer.copy.startedAt] : choice.reason;
    };
    assert.deepEqual(chosen(70), [first.id, 50]);
    assert.deepEqual(chosen(700), [first.id, 500]);
    // The first era's log goes on, but the store was another one by then.
    assert.match(String(chosen(1_100)), /nothing holds 1970-01-01T00:00:01.100Z/);
    assert.deepEqual(chosen(1_250), [second.id, 1_200]);
    assert.match(String(chosen(20)), /nothing holds/);
  });

  it('as a copy has only the log that it needs', () => {
    const log = [piece(0, 10, 100), piece(10, 20, 200), piece(20, 30, 300)];
    const choice = choose(catalogOf(era(1, { copies: [copy(50, [2, 12])], log })), {
      kind: 'copy',
      copy: instantId(50),
    });
    assert.deepEqual(choice.kind === 'found' && choice.log.map(({ at }) => at), [100, 200]);
  });
});

describe('a copy that is based on others', () => {
  const based = (startedAt: number, ...bases: number[]): Copy => {
    const made = copy(startedAt);
    if (made.kind !== 'whole') return made;
    const facts = { ...made.manifest.facts, bases: bases.map(instantId) };
    return { ...made, manifest: { ...made.manifest, facts } };
  };
  const offered = (...copies: Copy[]) =>
    offersOf(catalogOf(era(1, { copies }))).map(({ copy, bases }) => [
      copy.startedAt,
      bases.map((one) => one.startedAt),
    ]);

  it('is offered with all of them, and not at all where one of them is not whole', () => {
    assert.deepEqual(offered(based(50), based(60), based(70, 50, 60)), [
      [50, []],
      [60, []],
      [70, [50, 60]],
    ]);
    const { id, startedAt, bytes, pieceNames } = copy(50);
    const damaged: Copy = { id, startedAt, bytes, pieceNames, kind: 'damaged', problem: 'a piece is missing' };
    assert.deepEqual(offered(damaged, based(60), based(70, 50, 60)), [[60, []]]);
  });

  it('keeps them alive for as long as it is kept itself, and no longer', () => {
    const keep = { daily: 1, weekly: 0, monthly: 0 };
    const now = 40 * DAY;
    const copies = [based(1 * DAY), based(2 * DAY), based(30 * DAY, 1 * DAY)];
    const gone = (all: readonly Copy[]) => {
      const names = garbageOf(catalogOf(era(1, { copies: all })), { keep, pitr: false, now });
      return all.filter(({ id }) => names.some((name) => name.includes(id))).map(({ startedAt }) => startedAt / DAY);
    };
    assert.deepEqual(gone(copies), [2]);
    assert.deepEqual(gone([...copies, based(31 * DAY)]), [1, 2, 30]);
  });
});

describe('retention', () => {
  const keep = { daily: 3, weekly: 2, monthly: 2 };

  it('keeps the newest of each of the last hours, where that is asked for', () => {
    const copies = [0, 10, 70, 100, 130].map((minutes) => ({ id: String(minutes), finishedAt: minutes * 60_000 }));
    const of = (hourly: number) => [...keptCopies(copies, { hourly, daily: 0, weekly: 0, monthly: 0 }).all].sort();
    assert.deepEqual(of(0), ['130']);
    assert.deepEqual(of(2), ['100', '130']);
    assert.deepEqual(of(9), ['10', '100', '130']);
  });

  it('keeps the newest of each day, week and month', () => {
    const start = Date.UTC(2026, 0, 1);
    const copies = Array.from({ length: 90 * 4 }, (_, index) => ({
      id: String(index),
      finishedAt: start + index * 6 * HOUR,
    }));
    const kept = [...keptCopies(copies, keep).all].map((id) => new Date(copies[Number(id)]!.finishedAt).toISOString());
    assert.deepEqual(
      kept.sort(),
      [
        '2026-02-28T18:00:00.000Z',
        '2026-03-29T18:00:00.000Z',
        '2026-03-30T18:00:00.000Z',
        '2026-03-31T18:00:00.000Z',
        // The last of the year's 90 days is the newest of its day, its week and its month.
        '2026-03-31T18:00:00.000Z',
      ].filter((text, index, all) => all.indexOf(text) === index),
    );
  });

  it('never deletes the newest whole copy, nor the log that a kept copy needs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { minLength: 1, maxLength: 20 }),
        fc.record({ daily: fc.nat(3), weekly: fc.nat(2), monthly: fc.nat(2) }),
        (days, numbers) => {
          const copies = days
            .toSorted((a, b) => a - b)
            .map((day, index) => copy(day * DAY + index, [day * 10, day * 10 + 5]));
          const log = Array.from({ length: 110 }, (_, index) => piece(index * 10, index * 10 + 10, index * DAY));
          const before = catalogOf(era(0, { copies, log }));
          const garbage = new Set(garbageOf(before, { keep: numbers, pitr: true, now: 101 * DAY }));
          const after = catalogOf(
            era(0, {
              copies: copies.filter(({ pieceNames }) => !pieceNames.some((name) => garbage.has(name))),
              log: log.filter(({ name }) => !garbage.has(name)),
            }),
          );
          const left = after.eras[0]!.copies;
          assert.equal(left.at(-1)?.id, copies.at(-1)?.id);
          assert.equal(offersOf(after).length, left.length);
          // From the oldest daily copy on every instant is there.
          assert.equal(offersOf(after).at(-1)?.to, offersOf(before).at(-1)?.to);
        },
      ),
    );
  });

  it('keeps any instant of the last day, however often the store was copied or restored in it', () => {
    const log = [piece(0, 30, 40 * HOUR)];
    const first = era(0, { copies: [copy(1 * HOUR, [0, 1]), copy(30 * HOUR, [5, 6]), copy(35 * HOUR, [7, 8])], log });
    const second = era(36 * HOUR, { copies: [copy(37 * HOUR, [0, 1]), copy(38 * HOUR, [2, 3])], log });
    const keepOne = { daily: 1, weekly: 0, monthly: 0 };
    const gone = new Set(garbageOf(catalogOf(first, second), { keep: keepOne, pitr: true, now: 40 * HOUR }));
    const left = [first, second].flatMap(({ copies }) => copies.filter(({ pieceNames }) => !gone.has(pieceNames[0]!)));
    assert.deepEqual(
      left.map(({ startedAt }) => startedAt / HOUR),
      [30, 37, 38],
    );
  });

  it('keeps the first copy after a gap in the log, before which nothing leads to what came then', () => {
    const log = [piece(0, 10, 31 * HOUR), piece(20, 40, 40 * HOUR)];
    const copies = [
      copy(30 * HOUR, [0, 1]),
      copy(31 * HOUR, [6, 7]),
      copy(32 * HOUR, [20, 21]),
      copy(35 * HOUR, [30, 31]),
    ];
    const all = catalogOf(era(0, { copies: [...copies, copy(38 * HOUR, [35, 36])], log }));
    const gone = new Set(garbageOf(all, { keep: { daily: 1, weekly: 0, monthly: 0 }, pitr: true, now: 40 * HOUR }));
    assert.deepEqual(
      all.eras[0]?.copies
        .filter(({ pieceNames }) => !gone.has(pieceNames[0]!))
        .map(({ startedAt }) => startedAt / HOUR),
      [30, 32, 38],
    );
    assert.ok(log.every(({ name }) => !gone.has(name)));
  });

  it('deletes what was merged only when the longer piece is there', () => {
    const small = [piece(0, 10, 1), piece(10, 20, 2), piece(20, 30, 3)];
    const copies = [copy(50, [0, 10])];
    const names = (log: LogPiece[]) => garbageOf(catalogOf(era(0, { copies, log })), { keep, pitr: true, now: 100 });
    assert.deepEqual(names(small), []);
    assert.deepEqual(names([piece(0, 20, 2), ...small]), [small[0]!.name, small[1]!.name]);
  });

  it('merges only what touches, is old, and is more than one', () => {
    const now = 3_600_000;
    const log = [piece(0, 10, 1), piece(10, 20, 2), piece(30, 40, 3), piece(40, 50, now)];
    assert.deepEqual(
      mergesOf({ log }, now).map((group) => group.map(({ at }) => at)),
      [[1, 2]],
    );
  });

  it('merges only what touches: nothing beyond one that is young, and nothing at the end of which nobody knows how old it is', () => {
    const now = 10 * DAY;
    const young = now - 1;
    const merged = (...ats: number[]) =>
      mergesOf({ log: ats.map((at, index) => piece(index * 10, index * 10 + 10, at)) }, now).map(
        (group) => group.length,
      );
    assert.deepEqual(merged(1, young, 0, 0), []);
    assert.deepEqual(merged(1, 2, young, 3, 4), [2]);
    assert.deepEqual(merged(0, 1, 0, 0), [2]);
    assert.deepEqual(merged(0, 0, 1, 0, 2), [5]);
  });

  it('counts no copy whose log was never stored in the place of one that can be restored', () => {
    const good = copy(1 * HOUR, [0, 5]);
    const unlogged = copy(2 * HOUR, [8, 40]);
    const next = copy(30 * HOUR, [9, 10]);
    const log = [piece(0, 10, 31 * HOUR)];
    const head = { to: position(10), at: 31 * HOUR };
    const catalog = catalogOf(era(0, { copies: [good, unlogged, next], log, head }));
    const twoDays = { daily: 2, weekly: 0, monthly: 0 };
    assert.deepEqual(garbageOf(catalog, { keep: twoDays, pitr: true, now: 60 * HOUR }), []);
    assert.ok(garbageOf(catalog, { keep: twoDays, pitr: true, now: 10 * DAY }).includes(unlogged.pieceNames[0]!));
    assert.ok(isUnlogged({ head }, unlogged as WholeCopy));
    assert.ok(!isUnlogged({ head }, good as WholeCopy));
  });

  it('leaves an unfinished copy its time', () => {
    const unfinished: Copy = { kind: 'unfinished', id: instantId(0), startedAt: 0, bytes: 1, pieceNames: ['a'] };
    const names = (now: number) => garbageOf(catalogOf(era(0, { copies: [unfinished] })), { keep, pitr: true, now });
    assert.deepEqual(names(HOUR), []);
    assert.ok(names(2 * DAY).includes('a'));
  });
});
