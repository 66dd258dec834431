import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Catalog, Copy, Manifest, Wanted } from '@islet/backup';
import { instantId } from '@islet/backup';
import { backedUpStores, keptStores, partiesOf, serviceOfStore } from '../src/backup/kept-stores.ts';
import { instantOf, momentOf, skewNotes } from '../src/backup/moment.ts';
import { launchSpec } from './support.ts';

const KEEP = { daily: 7, weekly: 4, monthly: 0 };
const BACKUP = { everyMs: 86_400_000, pitr: true, keep: KEEP };
const FILES_BACKUP = { everyMs: 3_600_000, keep: { hourly: 24, ...KEEP } };
const DRILL = { everyMs: 1_000, maxRtoMs: 1_000, check: [] };
const COMMON = { migrations: undefined, migrate: undefined, seed: undefined, settings: {} };
const DATABASE = { engine: 'postgres', ...COMMON, backup: BACKUP, drill: DRILL } as const;
const VOLUMES = { folders: ['uploads'], backup: FILES_BACKUP };
const orders = (rest: object) => ({ ...launchSpec('orders'), database: undefined, ...rest });

const REDIS = { as: 'store', maxMemoryBytes: 1, evict: 'noeviction', backup: BACKUP, drill: DRILL } as const;

describe('the stores of a service that are backed up', () => {
  const parties = (rest: object) =>
    partiesOf(backedUpStores(orders(rest))).map((party) => party.map(({ id }) => id).join(' with '));

  it('come back together where one names what is in the other, and each other by itself', () => {
    assert.deepEqual(parties({ database: DATABASE, redis: REDIS, volumes: VOLUMES }), [
      'orders with orders.files',
      'orders.redis',
    ]);
    assert.deepEqual(parties({ database: { ...DATABASE, backup: undefined }, volumes: VOLUMES }), ['orders.files']);
    assert.deepEqual(parties({ database: DATABASE, volumes: { ...VOLUMES, backup: undefined } }), ['orders']);
    const outside = { engine: 'external', url: { secret: 'a' }, ...COMMON };
    assert.deepEqual(parties({ database: outside, volumes: VOLUMES }), ['orders.files']);
    assert.deepEqual(parties({}), []);
  });

  it('are known by names from which the service is known', () => {
    for (const id of ['orders', 'orders.redis', 'orders.files']) assert.equal(serviceOfStore(id), 'orders');
  });

  it('are proved as the database says, and files without a database every week', () => {
    const drills = (rest: object) => keptStores(orders(rest)).map(({ drill }) => drill?.everyMs);
    assert.deepEqual(drills({ database: DATABASE, volumes: VOLUMES }), [1_000, undefined]);
    assert.deepEqual(drills({ database: { ...DATABASE, backup: undefined }, volumes: VOLUMES })[1], 7 * 86_400_000);
    assert.deepEqual(drills({ volumes: VOLUMES }), [7 * 86_400_000]);
  });
});

const [MINUTE, HOUR] = [60_000, 3_600_000];

function copy(startedAt: number, needs: boolean): Copy {
  const range = { from: '0000000000000000', to: '0000000000000001' };
  const facts = { needs: needs ? range : undefined, notes: {} };
  const manifest: Manifest = {
    format: 1 as const,
    engine: '',
    identity: '',
    startedAt,
    finishedAt: startedAt + MINUTE,
    facts,
    plainBytes: 0,
    pieces: [],
  };
  return { kind: 'whole', id: instantId(startedAt), startedAt, bytes: 0, pieceNames: [], manifest };
}

/** Copied at these instants; with a log that ends then. */
function catalog(copies: readonly number[], logTo?: number): Pick<Catalog, 'eras'> {
  const [from, to] = ['0000000000000000', '0000000000000001'];
  const log = logTo === undefined ? [] : [{ name: 'log', from, to, at: logTo, bytes: 1 }];
  const made = copies.map((at) => copy(at, logTo !== undefined));
  return { eras: [{ id: instantId(1), startedAt: 1, copies: made, log, head: undefined }] };
}

describe('the stores of a service as of one moment', () => {
  const [database, files] = keptStores(orders({ database: DATABASE, volumes: VOLUMES }));
  const at = (wanted: Wanted, fileCopies: readonly number[] = [2 * HOUR, 3 * HOUR]) => {
    assert.ok(database && files);
    const moment = momentOf(wanted, [
      { store: database, catalog: catalog([HOUR], 5 * HOUR) },
      { store: files, catalog: catalog(fileCopies) },
    ]);
    if (moment.kind === 'none') return moment.reason;
    const instants = moment.parts.map(({ choice }) => choice && instantOf(choice) / MINUTE);
    return { instants, notes: skewNotes(moment.parts) };
  };

  it('are a database of just then, and the newest files that were copied by then, with the skew', () => {
    const found = at({ kind: 'time', at: 3 * HOUR + 30 * MINUTE });
    assert.deepEqual(typeof found === 'object' && found.instants, [210, 180]);
    assert.match(
      JSON.stringify(found),
      /as of 1970-01-01T03:00:00.000Z, copied within 60.0 s, 1800.0 s before the data/,
    );
  });

  it('are no files whose copy was not finished by then', () => {
    const found = at({ kind: 'time', at: 3 * HOUR + MINUTE / 2 });
    assert.deepEqual(typeof found === 'object' && found.instants, [180.5, 120]);
  });

  it('of a copy of the files are a database as of its beginning: all files that it knew of are there', () => {
    const found = at({ kind: 'copy', copy: instantId(3 * HOUR) });
    assert.deepEqual(typeof found === 'object' && found.instants, [180, 180]);
    assert.doesNotMatch(JSON.stringify(found), /the data/);
  });

  it('of a copy of the database have the newest files of then', () => {
    const found = at({ kind: 'copy', copy: instantId(HOUR) }, [HOUR / 2, 2 * HOUR]);
    assert.deepEqual(typeof found === 'object' && found.instants, [61, 30]);
  });

  it('leave files as they are of which no copy is so old, and say so', () => {
    const found = at({ kind: 'time', at: HOUR + 30 * MINUTE });
    assert.deepEqual(typeof found === 'object' && found.instants, [90, undefined]);
    assert.match(JSON.stringify(found), /no copy of its files is as old as that: they are as they were/);
  });

  it('are nothing where the database was not there yet, whatever files there are', () => {
    assert.match(String(at({ kind: 'time', at: HOUR / 2 }, [1])), /nothing holds/);
  });

  it('are the newest of each where that is wished for', () => {
    const found = at({ kind: 'latest' });
    assert.deepEqual(typeof found === 'object' && found.instants, [300, 180]);
  });
});
