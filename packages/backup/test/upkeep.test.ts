import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { offersOf, openVault, type Repository, readCatalog, readLog, upkeep, writeCopy } from '../src/index.ts';
import { logName } from '../src/names.ts';
import { makeWorld, parts, patience, position, type World, writeSet } from './sets.ts';

const HOUR = 3_600_000;
const KEEP = { daily: 1, weekly: 0, monthly: 0 };
/** All that the set holds is older than an hour: it may be merged. */
const REQUEST = { keep: KEEP, pitr: true, now: HOUR, log: 'bytes' as const };

/** What can be restored: from where, up to when, and every byte of the log, wherever it lies. */
async function offered({ repository, by }: World): Promise<unknown> {
  const vault = await openVault({ repository, service: 'orders', by }, patience());
  return Promise.all(
    offersOf(await readCatalog(vault, patience())).map(async ({ copy, from, to, log }) => {
      let bytes = Buffer.alloc(0);
      for await (const chunk of readLog(vault, log, patience())) {
        const begin = Number(`0x${chunk.from}`);
        bytes = Buffer.concat([bytes.subarray(0, begin), chunk.bytes]);
      }
      return { copy: copy.id, from, to, bytes: bytes.toString('hex') };
    }),
  );
}

/** Fails at the nth change, as one whose process was killed there. */
function cutShort(repository: Repository, after: number): Repository {
  let changes = 0;
  const count = () => {
    if (++changes > after) throw new Error('cut short');
  };
  return {
    ...repository,
    put: async (...asked) => {
      count();
      await repository.put(...asked);
    },
    remove: async (...asked) => {
      count();
      await repository.remove(...asked);
    },
  };
}

async function tidied({ by, repository }: World, through: Repository = repository): Promise<number> {
  return upkeep(await openVault({ repository: through, service: 'orders', by }, patience()), REQUEST, patience());
}

describe('upkeep', () => {
  it('merges the small pieces of a log into one, and loses no byte of it', async () => {
    const world = await makeWorld();
    try {
      await writeSet(world.vault, { bytes: Buffer.alloc(10), pieces: 30 });
      const before = await offered(world);
      assert.equal(await tidied(world), 30);
      assert.deepEqual(await offered(world), before);
      const [era] = (await readCatalog(world.vault, patience())).eras;
      assert.equal(era?.log.length, 1);
      assert.equal(await tidied(world), 0);
    } finally {
      await world.close();
    }
  });

  it('puts pieces that say themselves where they lie one after the other, however long they are', async () => {
    const world = await makeWorld();
    try {
      const { era } = await writeSet(world.vault, { bytes: Buffer.alloc(10), pieces: 0 });
      const texts = ['needed, ', 'first, ', 'and second'];
      for (const [index, text] of texts.entries()) {
        const place = { from: position(index * 10), to: position(index * 10 + 10), at: 3_000 + index };
        await world.vault.put(logName(era, place), Buffer.from(text), patience());
      }
      await assert.rejects(upkeep(world.vault, REQUEST, patience()), /another length/);
      await upkeep(world.vault, { ...REQUEST, log: 'frames' }, patience());
      const [found] = (await readCatalog(world.vault, patience())).eras;
      assert.equal(found?.log.length, 1);
      assert.equal(String(await world.vault.get(found?.log[0]?.name ?? '', patience())), texts.join(''));
    } finally {
      await world.close();
    }
  });

  it('leaves alone what is young, and may be on its way to another place', async () => {
    const world = await makeWorld();
    try {
      await writeSet(world.vault, { bytes: Buffer.alloc(10), pieces: 5 });
      assert.equal(await upkeep(world.vault, { ...REQUEST, now: 10_000 }, patience()), 0);
    } finally {
      await world.close();
    }
  });

  it('deletes copies that are not kept, and the log that only they needed', async () => {
    const world = await makeWorld();
    try {
      const { era } = await writeSet(world.vault, { bytes: Buffer.alloc(10), pieces: 3 });
      const day = 24 * HOUR;
      const facts = { needs: { from: position(20), to: position(30) }, notes: {} };
      const newer = {
        vault: world.vault,
        era,
        engine: 'postgres',
        identity: 'one',
        bytes: parts(Buffer.alloc(10), facts),
      };
      const { id } = await writeCopy({ ...newer, startedAt: 7 * day, now: () => 7 * day }, patience());
      await upkeep(world.vault, { ...REQUEST, now: 7 * day + HOUR, log: undefined }, patience());
      const [left] = (await readCatalog(world.vault, patience())).eras;
      assert.deepEqual(
        left?.copies.map((copy) => copy.id),
        [id],
      );
      assert.deepEqual(
        left?.log.map(({ from }) => from),
        [position(20)],
      );
    } finally {
      await world.close();
    }
  });

  it('that is cut short at any point leaves all that could be restored, and is finished by the next', async () => {
    const world = await makeWorld();
    try {
      await writeSet(world.vault, { bytes: Buffer.alloc(10), pieces: 12 });
      const before = await offered(world);
      for (let after = 0; ; after++) {
        const cut = await tidied(world, cutShort(world.repository, after)).then(
          () => false,
          (error: Error) => /cut short/.test(error.message),
        );
        assert.deepEqual(await offered(world), before, `cut short after ${after} changes`);
        if (!cut) break;
      }
      const [era] = (await readCatalog(world.vault, patience())).eras;
      assert.equal(era?.log.length, 1);
    } finally {
      await world.close();
    }
  });
});
