import { setTimeout as pause } from 'node:timers/promises';
import {
  ensureVault,
  folderRepository,
  mirrored,
  recoveryKey,
  removalsIn,
  type S3Place,
  s3Repository,
} from '../src/index.ts';
import { type Death, mortal } from '../src/testing/mortal.ts';
import { patience, writeSet } from './sets.ts';

/* Writes a set, and brings it to a bucket meanwhile; then removes its copy. It is killed around a change of the bucket. */
const [folder, place, death] = process.argv.slice(2).map((word) => JSON.parse(word)) as [string, S3Place, Death];
const end = new AbortController();
const far = await s3Repository(place);
/** A request that is cut off in its middle: the storage takes all of it or nothing. */
const half = async (name: string, bytes: Uint8Array) => {
  void far.put(name, bytes, patience()).catch(() => {});
  await pause(2);
};
let syncedAt = 0;
const { repository, ended } = mirrored(
  {
    from: folderRepository(folder),
    to: mortal(far, death, half),
    removals: removalsIn(`${folder}.removals`, far.place),
    now: () => Date.now(),
    pause: async (ms, options) => pause(Math.min(ms, 20), undefined, options),
    tell: (told) => {
      if (told.kind === 'synced') syncedAt = told.at;
    },
  },
  { signal: end.signal },
);
const synced = async () => {
  const since = Date.now();
  for (const { signal } = patience(); syncedAt <= since; await pause(5)) signal.throwIfAborted();
};
const vault = await ensureVault({ repository, service: 'orders', by: recoveryKey(Buffer.alloc(32, 7)) }, patience());
await writeSet(vault, { bytes: Buffer.alloc(200_000, 1), pieces: 6 });
await synced();
const copy = (await repository.list('orders/', patience())).map(({ name }) => name).filter(isOfCopy);
// As retention does it: what says that it is whole goes first.
for (const name of copy.toSorted((a) => (a.endsWith('/manifest') ? -1 : 1))) await repository.remove(name, patience());
await synced();
end.abort();
await ended;
process.stdout.write('synced');
process.exit(0);

function isOfCopy(name: string): boolean {
  return name.includes('/copies/');
}
