import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type DataDriver, logFormOf, type StoreReader } from '@islet/driver';
import { readCatalog } from '../catalog.ts';
import { keepStore } from '../keep/keep-store.ts';
import { readCopy, readLog } from '../read-copy.ts';
import { offersOf } from '../restorable.ts';
import { upkeep } from '../upkeep.ts';
import { verifyVault } from '../verify.ts';
import { runChild } from './child.ts';
import { type Death, mortalRepository } from './mortal.ts';
import { openTestVault, orderOf, type TestVault } from './vault.ts';

/*
 * Backups whose process is killed, one after the other in one folder, at each instant around each kind of change that it makes:
 * while it takes a copy, while it follows the log, while it merges and deletes. Whoever comes after finds that
 *
 *   - what is offered is whole, to the last byte, and what was offered before still is;
 *   - the log goes on where it ended: the first copy of all can be rolled forward over every death, to the last commit.
 */
const SERVICE = 'mortal';
const BRANCH = 'branch.mortal';
const DEADLINE_MS = 120_000;
const DAY_MS = 86_400_000;

type Step =
  | { readonly act: 'copy'; readonly death: Death | undefined }
  /** Two days later: all but the newest copy go. */
  | { readonly act: 'tidy'; readonly death: Death | undefined }
  | { readonly act: 'audit' };

const WHENS = ['before', 'half', 'after'] as const;
const KINDS = ['key', 'era', 'log', 'piece', 'head', 'manifest'] as const;
const copying = KINDS.flatMap((of) => WHENS.map((when) => ({ change: 'put', of, when }) as const));
const merging = WHENS.map((when) => ({ change: 'put', of: 'log', when }) as const);
const removing = (['manifest', 'piece', 'log'] as const).flatMap((of) =>
  (['before', 'after'] as const).map((when) => ({ change: 'remove', of, when }) as const),
);

/** In the parent. `program` calls `copyInChild`; the step is its last argument. */
export async function killedCopies(
  program: string,
  { args, hasLog }: { readonly args: readonly string[]; readonly hasLog: boolean },
): Promise<void> {
  const isThere = ({ of }: Death) => hasLog || (of !== 'log' && of !== 'head');
  const steps: readonly Step[] = [
    ...copying.filter(isThere).map((death) => ({ act: 'copy', death }) as const),
    { act: 'copy', death: undefined },
    { act: 'audit' },
    // Each meets a copy that was whole, and is the newest no more.
    ...[...[...merging, ...removing].filter(isThere), undefined].flatMap(
      (death) =>
        [
          { act: 'copy', death: undefined },
          { act: 'tidy', death },
        ] as const,
    ),
    { act: 'audit' },
  ];
  for (const step of steps) {
    const isKilled = step.act !== 'audit' && step.death !== undefined;
    const ended = await runChild(program, [...args, JSON.stringify(step)], {});
    assert.deepEqual(ended, isKilled ? { how: 'SIGKILL', printed: '' } : { how: 0, printed: step.act }, where(step));
  }
}

function where(step: Step): string {
  return JSON.stringify(step);
}

export interface CopyingChild {
  readonly root: string;
  readonly driver: DataDriver;
  readonly reader: StoreReader;
  /** Makes a table, where there is none, and commits a row more. */
  readonly add: (service: string) => Promise<void>;
  readonly count: (service: string) => Promise<number>;
}

/** In the child. */
export async function copyInChild(child: CopyingChild, step: Step): Promise<void> {
  const vault = openTestVault(join(child.root, 'vault'), SERVICE);
  await child.driver.provision({ service: SERVICE, url: undefined }, options());
  await look(child, vault, step);
  await child.add(SERVICE);
  switch (step.act) {
    case 'copy':
      await copy(child, vault, step.death);
      break;
    case 'tidy':
      await tidy(child, vault, step.death);
      break;
    case 'audit':
      await audit(child, vault);
  }
  process.stdout.write(step.act);
}

const options = () => ({ signal: AbortSignal.timeout(DEADLINE_MS) });

/** What the one before has left. */
async function look({ root }: CopyingChild, vault: TestVault, step: Step): Promise<void> {
  const opened = await vault.open().catch(() => undefined);
  if (opened === undefined) return;
  const offers = (await vault.offers()).map(({ copy }) => copy.id);
  const known = join(root, 'offered.json');
  const before = JSON.parse(readOr(known, '[]')) as string[];
  const { findings } = await verifyVault(opened, options());
  // Before the first is offered, the log of a copy that is whole may be yet to come; and how far it goes is written down after
  // its first piece, so that whoever dies in between leaves it to the next.
  const isYoung = step.act === 'copy' && step.death !== undefined;
  const isKnown = ({ problem }: { readonly problem: string }) => isYoung && /its record is missing/.test(problem);
  if (before.length > 0)
    assert.deepEqual(
      findings.filter((one) => !isKnown(one)),
      [],
    );
  if (step.act === 'copy' && step.death !== undefined)
    assert.deepEqual(
      before.filter((id) => !offers.includes(id)),
      [],
      'what was offered still is',
    );
  // Whoever was killed as a manifest was written may have left its copy without its log: then there is none yet.
  else if (step.act !== 'copy' || before.length > 0) assert.ok(offers.length > 0);
  writeFileSync(known, JSON.stringify(offers));
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

/** While rows are committed, until the copy and the log that came with it are stored. Returns how many rows are, at least. */
async function copy(child: CopyingChild, vault: TestVault, death: Death | undefined): Promise<number> {
  const { root, driver, reader } = child;
  const source = await driver.backups?.source({ service: SERVICE }, options());
  assert.ok(source);
  const stop = new AbortController();
  const repository = mortalRepository(join(root, 'vault', 'repository'), death);
  const order = { ...orderOf(SERVICE, source), askedAt: Date.now() };
  const keeper = keepStore(order, { ...vault.parts(reader), repository }, { signal: stop.signal });
  const isCopied = async () => {
    const offers = await vault.offers().catch(() => []);
    return offers.some((offer) => offer.copy.startedAt >= order.askedAt);
  };
  for (const { signal } = options(); !(await isCopied()); await pause(50)) {
    signal.throwIfAborted();
    await child.add(SERVICE);
  }
  const rows = await child.count(SERVICE);
  const addedAt = Date.now();
  const isStored = async () => ((await vault.offers()).at(-1)?.to ?? 0) > addedAt;
  // What is stored says how far it goes when more comes.
  for (const { signal } = options(); !(await isStored()); await pause(200)) {
    signal.throwIfAborted();
    await child.add(SERVICE);
  }
  stop.abort();
  await keeper.ended.catch(() => {});
  return rows;
}

async function tidy({ root, reader }: CopyingChild, vault: TestVault, death: Death | undefined): Promise<void> {
  const repository = mortalRepository(join(root, 'vault', 'repository'), death);
  const opened = await vault.open(repository);
  const { keep } = orderOf(SERVICE, { engine: '', how: {} });
  const request = { keep: { ...keep, daily: 1 }, pitr: true, now: Date.now() + 2 * DAY_MS };
  await upkeep(opened, { ...request, log: logFormOf(reader) }, options());
}

/** Every row that was committed when the log was last followed is in what the oldest copy is rolled forward to. */
async function audit(child: CopyingChild, vault: TestVault): Promise<void> {
  const rows = await copy(child, vault, undefined);
  const { driver } = child;
  const opened = await vault.open();
  assert.deepEqual((await verifyVault(opened, options())).findings, []);
  const offers = offersOf(await readCatalog(opened, options()));
  const [first, last] = [offers[0], offers.at(-1)];
  assert.ok(first && last && first !== last, 'there are several copies');
  const most = await child.count(SERVICE);
  for (const offer of child.reader.follow === undefined ? [last] : [first, last]) {
    const log = readLog(opened, offer.log, options());
    const bytes = readCopy(opened, offer, options());
    const { facts } = offer.copy.manifest;
    await driver.backups?.restore({ service: BRANCH, facts, bytes, log, target: { kind: 'latest' } }, options());
    const found = await child.count(BRANCH);
    assert.ok(found >= rows && found <= most, `${found} rows from copy ${offer.copy.id}, of ${rows} to ${most}`);
    await driver.stop({ service: BRANCH }, options());
    await driver.purge({ service: BRANCH }, options());
  }
}
