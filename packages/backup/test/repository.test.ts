import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  bringAll,
  folderRepository,
  type MirrorTold,
  mirrored,
  type Repository,
  removalsIn,
  s3Repository,
} from '../src/index.ts';
import { startS3 } from './s3-server.ts';
import { patience } from './sets.ts';

const KINDS: readonly { name: string; open: () => Promise<{ repository: Repository; close: () => Promise<void> }> }[] =
  [
    {
      name: 'a folder',
      open: async () => {
        const folder = await mkdtemp(join(tmpdir(), 'islet-repository-'));
        return { repository: folderRepository(folder), close: () => rm(folder, { recursive: true }) };
      },
    },
    {
      name: 'a bucket',
      open: async () => {
        const s3 = await startS3('backups');
        return { repository: await s3Repository(s3), close: async () => s3[Symbol.asyncDispose]() };
      },
    },
  ];

it('a folder loses what somebody who was killed had begun to write, once nobody can be writing it any more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'islet-repository-'));
  const draft = (name: string) => join(folder, 'orders', 'log', name);
  await folderRepository(folder).put('orders/log/a', Buffer.of(1), patience());
  for (const name of ['.old.new', '.young.new', 'stranger.new']) await writeFile(draft(name), 'half');
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  for (const name of ['.old.new', 'stranger.new']) await utimes(draft(name), longAgo, longAgo);
  await folderRepository(folder).put('orders/log/b', Buffer.of(1), patience());
  assert.deepEqual((await readdir(draft('.'))).sort(), ['.young.new', 'a', 'b', 'stranger.new']);
  await rm(folder, { recursive: true });
});

for (const { name, open } of KINDS) {
  describe(`${name} as a repository`, () => {
    let repository: Repository;
    let close: () => Promise<void>;
    before(async () => ({ repository, close } = await open()));
    after(() => close());

    it('gives back what was put there, and the last of two', async () => {
      const bytes = randomBytes(100_000);
      await repository.put('orders/a/b', Buffer.from('first'), patience());
      await repository.put('orders/a/b', bytes, patience());
      assert.ok(Buffer.from((await repository.get('orders/a/b', patience()))!).equals(bytes));
      assert.equal(await repository.get('orders/a/c', patience()), undefined);
    });

    it('lists by the beginning of names, with lengths, sorted', async () => {
      for (const key of ['list/b', 'list/a/2', 'list/a/1', 'lists'])
        await repository.put(key, Buffer.of(1, 2), patience());
      assert.deepEqual(await repository.list('list/', patience()), [
        { name: 'list/a/1', bytes: 2 },
        { name: 'list/a/2', bytes: 2 },
        { name: 'list/b', bytes: 2 },
      ]);
      assert.deepEqual(await repository.list('nothing/', patience()), []);
    });

    it('removes what is there, and what is not', async () => {
      await repository.put('gone/a', Buffer.of(1), patience());
      await repository.remove('gone/a', patience());
      await repository.remove('gone/a', patience());
      assert.equal(await repository.get('gone/a', patience()), undefined);
    });

    it('takes many at once', async () => {
      const names = Array.from({ length: 30 }, (_, index) => `many/${index % 3}/${index}`);
      await Promise.all(names.map((key) => repository.put(key, Buffer.from(key), patience())));
      assert.equal((await repository.list('many/', patience())).length, 30);
    });
  });
}

it('a bucket with the wrong key says so, and whose fault it is', async () => {
  await using s3 = await startS3('backups');
  const repository = await s3Repository({ ...s3, accessKey: 'nobody' });
  await assert.rejects(repository.put('a', Buffer.of(1), patience()), { code: 'refused' });
});

it('a mirror brings everything to the second place, whatever failed in between', async () => {
  await using s3 = await startS3('backups');
  const folder = await mkdtemp(join(tmpdir(), 'islet-mirror-'));
  const end = new AbortController();
  try {
    const [from, far] = [folderRepository(join(folder, 'near')), await s3Repository(s3)];
    await from.put('orders/key', Buffer.from('before it began'), patience());
    let isAway = true;
    const reached = () => {
      if (isAway) throw new Error('the network is away');
    };
    const to: Repository = {
      ...far,
      list: async (...given) => {
        reached();
        return far.list(...given);
      },
      put: async (...given) => {
        reached();
        return far.put(...given);
      },
      remove: async (...given) => {
        reached();
        return far.remove(...given);
      },
    };
    let told: MirrorTold | undefined;
    const removals = removalsIn(join(folder, 'removals'), to.place);
    const parts = { from, to, removals, now: () => Date.now(), tell: (news: MirrorTold) => (told = news) };
    const wait = async (ms: number, options: { signal: AbortSignal }) => pause(Math.min(ms, 20), undefined, options);
    const { repository, ended } = mirrored({ ...parts, pause: wait }, { signal: end.signal });
    await repository.put('orders/e/copies/c/000000', Buffer.from('a piece'), patience());
    await repository.put('orders/e/copies/c/manifest', Buffer.from('a manifest'), patience());
    const until = async (what: () => boolean | Promise<boolean>) => {
      for (const signal = AbortSignal.timeout(30_000); !(await what()); ) {
        signal.throwIfAborted();
        await pause(10);
      }
    };
    await until(() => told?.kind === 'behind' && /network is away/.test(told.why ?? ''));
    isAway = false;
    await until(async () => told?.kind === 'synced' && (await far.list('', patience())).length === 3);
    isAway = true;
    told = undefined;
    await repository.remove('orders/e/copies/c/000000', patience());
    await until(() => told?.kind === 'behind');
    isAway = false;
    await until(async () => (await far.list('', patience())).length === 2);
    const back = folderRepository(join(folder, 'back'));
    assert.equal(await bringAll(far, back, patience()), 2);
    assert.equal(Buffer.from((await back.get('orders/key', patience()))!).toString(), 'before it began');
    end.abort();
    await ended;
  } finally {
    end.abort();
    await rm(folder, { recursive: true });
  }
});
