import { randomInt } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { one } from '../rollout/figures.ts';
import type { LedgerSystem } from './ledger-system.ts';

/** A bit flipped, or an end cut off, in a copy of the set: whoever reads the piece, as every restore does, must find it. */
export async function damage(system: LedgerSystem, { times, progress, signal }: Context): Promise<Claim> {
  const harms = times(200, 50);
  progress(`a backup is damaged at ${harms} places`);
  const folder = await mkdtemp(join(tmpdir(), 'islet-bench-damage-'));
  await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  const set = join(folder, basename(system.vaultFolder));
  // What is merged meanwhile is gone by the time it is copied, and of no use here.
  await cp(system.vaultFolder, set, { recursive: true, filter: (path) => !basename(path).startsWith('.') });
  const vault = await system.vault(folder);
  const files = await filesIn(set);
  let found = 0;
  for (let harm = 0; harm < harms; harm += 1) {
    const path = files[randomInt(files.length)] ?? '';
    const sound = await readFile(path);
    const at = randomInt(sound.length);
    const flipped = Buffer.from(sound);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << randomInt(8));
    await writeFile(path, harm % 2 === 1 ? sound.subarray(0, at) : flipped);
    found += await vault.get(relative(set, path), { signal }).then(
      () => 0,
      () => 1,
    );
    await writeFile(path, sound);
  }
  return {
    claim: 'data.damage.found',
    unit: 'places',
    better: 'more',
    islet: one(found),
    peers: {},
    method: `Of ${harms} random places of the ledger's backup set (${files.length} stored objects) at which a bit was flipped or the end cut off: those that were found when the object was read, as each restore reads it before anything is used.`,
  };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const paths = names.map((name) => join(folder, name)).filter((path) => basename(path) !== 'key');
  const files: string[] = [];
  for (const path of paths) if ((await stat(path)).isFile()) files.push(path);
  return files;
}
