import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  bringAll,
  ensureVault,
  folderRepository,
  type MirrorTold,
  mirrored,
  offersOf,
  openVault,
  type Repository,
  readCatalog,
  readCopy,
  readLog,
  recoveryKey,
  removalsIn,
  s3Repository,
  verifyVault,
} from '../src/index.ts';
import { runChild } from '../src/testing/child.ts';
import type { Death } from '../src/testing/mortal.ts';
import { startS3 } from './s3-server.ts';
import { patience, writeSet } from './sets.ts';

/*
 * The second copy, whose process is killed at each instant around each kind of change that it makes in the bucket. What a lost machine
 * would be rebuilt from is whole at every one of them; and whoever comes after brings the rest.
 */
const PROGRAM = fileURLToPath(new URL('./mirror-in-child.ts', import.meta.url));
const BY = recoveryKey(Buffer.alloc(32, 7));
const KINDS = ['key', 'era', 'piece', 'log', 'head', 'manifest'] as const;
const DEATHS: readonly Death[] = [
  ...KINDS.flatMap((of) =>
    (['before', 'half', 'after'] as const).map((when) => ({ change: 'put', of, when }) as const),
  ),
  ...(['manifest', 'piece'] as const).flatMap((of) =>
    (['before', 'after'] as const).map((when) => ({ change: 'remove', of, when }) as const),
  ),
];

const WHEN = { before: 'before', half: 'while', after: 'after' } as const;

describe('a second copy', () => {
  for (const [index, death] of DEATHS.entries())
    it(`offers nothing that is not whole when it is killed ${WHEN[death.when]} it ${death.change}s a ${death.of}`, async (t) => {
      await using s3 = await startS3('backups');
      const place = { ...s3, prefix: `system-${index}` };
      const folder = tempFolder(t);
      const ended = await runChild(
        PROGRAM,
        [folder, place, death].map((word) => JSON.stringify(word)),
        {},
      );
      assert.deepEqual(ended, { how: 'SIGKILL', printed: '' });
      const [near, far] = [folderRepository(folder), await s3Repository(place)];
      const offered = await readOffers(far);
      if (death.change === 'remove' && death.of === 'manifest' && death.when === 'before') assert.equal(offered, 1);

      await broughtThere({ from: near, to: far, removals: `${folder}.removals` });
      for (const { name } of await near.list('', patience()))
        assert.ok(Buffer.from((await far.get(name, patience()))!).equals((await near.get(name, patience()))!), name);
      assert.deepEqual(await namesIn(far), await namesIn(near));
      if (death.change === 'remove') return;
      // As on another machine.
      const other = folderRepository(tempFolder(t));
      await bringAll(far, other, patience());
      const [there, here] = await Promise.all(
        [other, near].map(async (one) => verifyVault(await openedIn(one), patience())),
      );
      assert.deepEqual(there, here, 'as whole as what it is the copy of');
      assert.equal(await readOffers(other), await readOffers(near));
    });

  it('says that its storage is full, and is brought to its end when there is room again', async (t) => {
    await using s3 = await startS3('backups');
    const disk = { isFull: false };
    const front = await startFront(s3.endpoint ?? '', disk);
    t.after(() => front.close());
    const { port } = front.address() as AddressInfo;
    const folder = tempFolder(t);
    const [near, far] = [folderRepository(folder), await s3Repository({ ...s3, endpoint: `http://127.0.0.1:${port}` })];
    const mirror = startMirror({ from: near, to: far, removals: `${folder}.removals` });
    t.after(mirror.end);
    const vault = await ensureVault({ repository: mirror.repository, service: 'orders', by: BY }, patience());
    await mirror.until((told) => told?.kind === 'synced');
    disk.isFull = true;
    await writeSet(vault, { bytes: Buffer.alloc(200_000, 1), pieces: 6 });
    await mirror.until((told) => told?.kind === 'behind' && /no room/.test(told.why ?? ''));
    assert.equal(await readOffers(far), 0);
    disk.isFull = false;
    const roomAt = Date.now();
    await mirror.until((told) => told?.kind === 'synced' && told.at > roomAt);
    assert.equal(await readOffers(far), 1);
    assert.deepEqual((await verifyVault(await openedIn(far), patience())).findings, []);
  });
});

/** Storage that has no room at times; otherwise another one. */
async function startFront(behind: string, disk: { readonly isFull: boolean }): Promise<Server> {
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked;
    if (disk.isFull && method === 'PUT') {
      asked.resume();
      answer.writeHead(507, { 'content-type': 'application/xml' });
      answer.end('<Error><Code>InsufficientStorage</Code><Message>there is no room</Message></Error>');
      return;
    }
    const passed = request(new URL(url ?? '', behind), { method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    asked.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Reads all that is offered, to its last byte. Returns how many copies that are. */
async function readOffers(repository: Repository): Promise<number> {
  const vault = await openedIn(repository).catch(() => undefined);
  if (vault === undefined) return 0;
  const offers = offersOf(await readCatalog(vault, patience()));
  for (const offer of offers) {
    for await (const _ of readCopy(vault, offer, patience()));
    for await (const _ of readLog(vault, offer.log, patience()));
  }
  return offers.length;
}

function openedIn(repository: Repository) {
  return openVault({ repository, service: 'orders', by: BY }, patience());
}

interface Places {
  readonly from: Repository;
  readonly to: Repository;
  /** The file of what is still to be removed. */
  readonly removals: string;
}

async function namesIn(repository: Repository): Promise<readonly string[]> {
  return (await repository.list('', patience())).map(({ name }) => name);
}

function startMirror({ from, to, removals }: Places) {
  const stop = new AbortController();
  let told: MirrorTold | undefined;
  const { repository, ended } = mirrored(
    {
      from,
      to,
      removals: removalsIn(removals, to.place),
      now: () => Date.now(),
      pause: async (ms, options) => pause(Math.min(ms, 20), undefined, options),
      tell: (news) => {
        told = news;
      },
    },
    { signal: stop.signal },
  );
  return {
    repository,
    end: async () => {
      stop.abort();
      await ended;
    },
    until: async (holds: (told: MirrorTold | undefined) => boolean) => {
      for (const { signal } = patience(); !holds(told); await pause(10))
        if (signal.aborted) throw new Error(`it never came about: ${JSON.stringify(told)}`);
    },
  };
}

async function broughtThere(places: Places): Promise<void> {
  const mirror = startMirror(places);
  await mirror.until((told) => told?.kind === 'synced');
  await mirror.end();
}

function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'islet-mirror-'));
  t.after(() => {
    for (const left of [folder, `${folder}.removals`]) rmSync(left, { recursive: true, force: true });
  });
  return folder;
}
