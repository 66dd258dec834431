import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DriverError } from '@islet/driver';
import {
  BACKUP_LIMITS,
  choose,
  ensureEra,
  ensureVault,
  newKey,
  openVault,
  parseRecoveryKey,
  readCatalog,
  readCopy,
  readLog,
  recoveryKey,
  recoveryKeyText,
  verifyVault,
  writeCopy,
} from '../src/index.ts';
import { unwrapKey, wrapKey } from '../src/keys.ts';
import { headName } from '../src/names.ts';
import { makeWorld, parts, patience, position, type World, writeSet } from './sets.ts';

describe('a backup set', () => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => world.close());

  it('gives back what was put into it, over many pieces', async () => {
    const bytes = randomBytes(2 * BACKUP_LIMITS.pieceBytes + 12_345);
    await writeSet(world.vault, { bytes, pieces: 3 });
    const choice = choose(await readCatalog(world.vault, patience()), { kind: 'latest' });
    assert.ok(choice.kind === 'found');
    assert.equal(choice.offer.copy.manifest.pieces.length, 3);
    assert.ok((await buffer(readCopy(world.vault, choice.offer, patience()))).equals(bytes));
    const log: Uint8Array[] = [];
    for await (const chunk of readLog(world.vault, choice.log, patience())) log.push(chunk.bytes);
    assert.deepEqual(Buffer.concat(log), Buffer.concat([0, 1, 2].map((value) => Buffer.alloc(10, value))));
    assert.deepEqual((await verifyVault(world.vault, patience())).findings, []);
  });

  it('is offered where nobody can read how far its log went, and that is found', async () => {
    const bytes = randomBytes(1_000);
    const { era } = await writeSet(world.vault, { bytes, pieces: 3 });
    await writeFile(join(world.folder, 'orders', headName(era)), 'nonsense');
    const choice = choose(await readCatalog(world.vault, patience()), { kind: 'latest' });
    assert.ok(choice.kind === 'found');
    assert.equal(choice.log.length, 3);
    const { findings } = await verifyVault(world.vault, patience());
    assert.match(JSON.stringify(findings), /log\/head.*damaged/);
  });

  it('is not offered before its manifest is there', async () => {
    const record = { engine: 'postgres', identity: 'one' };
    const era = await ensureEra(world.vault, { record, now: 1 }, patience());
    const bytes = (async function* () {
      yield randomBytes(BACKUP_LIMITS.pieceBytes + 1);
      throw new Error('the server died');
    })();
    const copying = writeCopy({ vault: world.vault, era, ...record, startedAt: 2, now: () => 3, bytes }, patience());
    await assert.rejects(copying, /the server died/);
    const catalog = await readCatalog(world.vault, patience());
    assert.deepEqual(
      catalog.eras[0]?.copies.map(({ kind }) => kind),
      ['unfinished'],
    );
    assert.equal(choose(catalog, { kind: 'latest' }).kind, 'none');
  });

  it('is not finished when what was written is not what is read again', async () => {
    const record = { engine: 'postgres', identity: 'one' };
    const era = await ensureEra(world.vault, { record, now: 1 }, patience());
    const lying = { ...world.vault, stored: async () => Buffer.from('something else') };
    const bytes = parts(randomBytes(10), { needs: undefined, notes: {} });
    const copying = writeCopy({ vault: lying, era, ...record, startedAt: 2, now: () => 3, bytes }, patience());
    await assert.rejects(copying, { code: 'damaged' });
    assert.equal(choose(await readCatalog(world.vault, patience()), { kind: 'latest' }).kind, 'none');
  });

  it('lets go of the store where it can not be written', async () => {
    const record = { engine: 'mariadb', identity: 'one' };
    const era = await ensureEra(world.vault, { record, now: 1_000 }, patience());
    const full = new DriverError('no-space', 'there is no room');
    const vault = { ...world.vault, put: () => Promise.reject(full) };
    let isHeld = true;
    const bytes = (async function* () {
      try {
        for (;;) yield Buffer.alloc(BACKUP_LIMITS.pieceBytes);
      } finally {
        isHeld = false;
      }
    })();
    const copy = { vault, era, ...record, startedAt: 2_000, now: () => 3_000, bytes };
    await assert.rejects(writeCopy(copy, patience()), full);
    assert.equal(isHeld, false);
  });

  it('tells nothing of what is in it', async () => {
    const text = 'the customer is called Grace Hopper'.repeat(100);
    await writeSet(world.vault, { bytes: Buffer.from(text), pieces: 1 });
    for (const { name } of await world.repository.list('', patience())) {
      const stored = Buffer.from((await world.repository.get(name, patience())) ?? []);
      assert.ok(!stored.includes('Grace Hopper') && !stored.includes('postgres'), name);
    }
  });

  it('finds every altered, cut, missing and exchanged piece before it is used', async (t) => {
    await writeSet(world.vault, { bytes: randomBytes(50_000), pieces: 20 });
    const objects = await world.repository.list('', patience());
    const total = objects.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.deepEqual((await verifyVault(world.vault, patience())).findings, []);
    for (let round = 0; round < 200; round++) {
      // Half of them anywhere in the bytes, half of them in any object.
      const { name, offset } = round % 2 === 0 ? placeOf(objects, randomInt(total)) : anyPlace(objects);
      const path = join(world.folder, name);
      const sound = await readFile(path);
      const harm = HARMS[round % HARMS.length]!;
      await harm.act(path, offset, sound);
      const what = `${harm.name} of ${name} at ${offset}`;
      t.diagnostic(what);
      assert.equal(await isFound(), true, what);
      await writeFile(path, sound);
    }
    assert.deepEqual((await verifyVault(world.vault, patience())).findings, []);
  });

  const HARMS = [
    {
      name: 'a flipped bit',
      act: (path: string, offset: number, sound: Buffer) => {
        const altered = Buffer.from(sound);
        altered[offset] = altered[offset]! ^ (1 << (offset % 8));
        return writeFile(path, altered);
      },
    },
    { name: 'a cut', act: (path: string, offset: number) => truncate(path, offset) },
    { name: 'a loss', act: (path: string) => rm(path) },
    {
      name: 'an addition',
      act: (path: string, _offset: number, sound: Buffer) => writeFile(path, Buffer.concat([sound, Buffer.of(0)])),
    },
    {
      name: 'an exchange',
      act: async (path: string, _offset: number, sound: Buffer) => {
        const objects = await world.repository.list('', patience());
        const others = await Promise.all(objects.map(({ name }) => readFile(join(world.folder, name))));
        await writeFile(path, others.find((other) => !other.equals(sound))!);
      },
    },
  ];

  /** By `verify`, and by whoever would use it. */
  async function isFound(): Promise<boolean> {
    const { repository, by } = world;
    const vault = await openVault({ repository, service: 'orders', by }, patience()).catch((error: unknown) => {
      assert.ok(error instanceof DriverError && ['damaged', 'not-found'].includes(error.code), String(error));
      return undefined;
    });
    if (vault === undefined) return true;
    const { findings, unfinished } = await verifyVault(vault, patience());
    // What has no manifest is offered for nothing.
    return findings.length + unfinished.length > 0;
  }
});

function placeOf(objects: readonly { name: string; bytes: number }[], at: number): { name: string; offset: number } {
  let offset = at;
  for (const { name, bytes } of objects) {
    if (offset < bytes) return { name, offset };
    offset -= bytes;
  }
  throw new Error('beyond the end');
}

function anyPlace(objects: readonly { name: string; bytes: number }[]): { name: string; offset: number } {
  const { name, bytes } = objects[randomInt(objects.length)]!;
  return { name, offset: randomInt(bytes) };
}

describe('the recovery key', () => {
  it('is told from another, and from a name of it that was altered', () => {
    const [by, other] = [recoveryKey(newKey()), recoveryKey(newKey())];
    const stored = wrapKey(newKey(), { by, service: 'orders' });
    const renamed = Buffer.from(Buffer.from(stored).toString().replace(by.id, other.id));
    const codeOf = (bytes: Uint8Array, key: typeof by) => {
      try {
        return unwrapKey(bytes, { by: key, service: 'orders' }).length;
      } catch (error) {
        return error instanceof DriverError ? error.code : error;
      }
    };
    assert.deepEqual([codeOf(stored, by), codeOf(stored, other)], [32, 'refused']);
    assert.deepEqual([codeOf(renamed, by), codeOf(renamed, other)], ['damaged', 'damaged']);
  });

  it('is read as it was printed, whatever became of spaces and letters', () => {
    const key = recoveryKey(newKey());
    const text = recoveryKeyText(key);
    assert.match(text, /^islet-recovery(-[0-9a-f]{8}){9}$/);
    for (const written of [text, ` ${text.toUpperCase()}\n`, text.replaceAll('-', ' - ')]) {
      assert.equal(parseRecoveryKey(written).id, key.id);
    }
  });

  it('is refused with one wrong digit, or cut off', () => {
    const text = recoveryKeyText(recoveryKey(newKey()));
    const at = 'islet-recovery-'.length + randomInt(8);
    const wrong = text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
    for (const written of [wrong, text.slice(0, -1), '', 'islet-recovery-']) {
      assert.throws(() => parseRecoveryKey(written), { code: 'refused' });
    }
  });

  it('opens nothing of another, and says which one is needed', async () => {
    const world = await makeWorld();
    try {
      const { repository } = world;
      const other = recoveryKey(newKey());
      const opening = openVault({ repository, service: 'orders', by: other }, patience());
      await assert.rejects(opening, (error: DriverError) => {
        assert.match(error.message, new RegExp(`need recovery key ${world.by.id}, and this one is ${other.id}`));
        return error.code === 'refused';
      });
      const ensuring = ensureVault({ repository, service: 'orders', by: other }, patience());
      await assert.rejects(ensuring, { code: 'refused' });
    } finally {
      await world.close();
    }
  });
});

describe('an era', () => {
  it('goes on for the same store, and another begins for another', async () => {
    const world = await makeWorld();
    try {
      const ask = (identity: string, now: number) =>
        ensureEra(world.vault, { record: { engine: 'postgres', identity }, now }, patience());
      const first = await ask('one', 1_000);
      assert.equal(await ask('one', 2_000), first);
      const second = await ask('two', 1_000);
      assert.ok(second > first);
      const third = await ask('one', 3_000);
      assert.ok(third > second);
      assert.equal(position(10) < position(16), true);
    } finally {
      await world.close();
    }
  });
});
