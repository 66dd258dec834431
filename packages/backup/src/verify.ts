import { type CallOptions, DriverError } from '@islet/driver';
import { type Catalog, type Era, readCatalog } from './catalog.ts';
import { chainFrom } from './chain.ts';
import { type CopyId, headName, pieceName } from './names.ts';
import { isUnlogged, offersOf } from './restorable.ts';
import type { Vault } from './vault.ts';
import { sha256 } from './write-copy.ts';

/** Something that is not as it was stored. Each is a sentence. */
export interface Finding {
  readonly name: string;
  readonly problem: string;
}

export interface Verified {
  readonly copies: number;
  readonly logPieces: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
  /** Copies without a manifest, which are offered for nothing: one is being taken, or was cut short, or lost it. */
  readonly unfinished: readonly CopyId[];
}

/** Reads everything that a vault offers, and checks every byte of it. */
export async function verifyVault(vault: Vault, options: CallOptions): Promise<Verified> {
  const catalog = await readCatalog(vault, options).catch((error: unknown) => {
    options.signal.throwIfAborted();
    return DriverError.from(error);
  });
  if (catalog instanceof DriverError) {
    const findings = [{ name: vault.service, problem: catalog.message }];
    return { copies: 0, logPieces: 0, bytes: 0, findings, unfinished: [] };
  }
  const findings: Finding[] = [...unreadable(catalog), ...gaps(catalog)];
  let bytes = 0;
  const see = async (name: string, look: () => Promise<number>) => {
    try {
      bytes += await look();
    } catch (error) {
      options.signal.throwIfAborted();
      findings.push({ name, problem: DriverError.from(error).message });
    }
  };
  let copies = 0;
  for (const era of catalog.eras) {
    await see(`${era.id}/era`, async () => (await vault.get(`${era.id}/era`, options)).length);
    const head = headName(era.id);
    if ((await vault.stored(head, options)) !== undefined)
      await see(head, async () => (await vault.get(head, options)).length);
    for (const copy of era.copies) {
      if (copy.kind !== 'whole') continue;
      copies++;
      for (const [index, piece] of copy.manifest.pieces.entries()) {
        const name = pieceName({ era: era.id, copy: copy.id, index });
        await see(name, async () => {
          const stored = await vault.stored(name, options);
          if (stored === undefined) throw new DriverError('not-found', `${name} is missing`);
          if (sha256(stored) !== piece.sha256) throw new DriverError('damaged', `${name} was altered`);
          return (await vault.get(name, options)).length;
        });
      }
    }
    for (const { name } of era.log) await see(name, async () => (await vault.get(name, options)).length);
  }
  const logPieces = catalog.eras.reduce((sum, { log }) => sum + log.length, 0);
  const offered = offeredIds(catalog);
  const unfinished = catalog.eras.flatMap((era) =>
    era.copies.filter(
      (copy) => copy.kind === 'unfinished' || (copy.kind === 'whole' && !offered.has(copy.id) && isUnlogged(era, copy)),
    ),
  );
  return { copies, logPieces, bytes, findings, unfinished: unfinished.map(({ id }) => id) };
}

function unreadable({ eras }: Catalog): readonly Finding[] {
  return eras.flatMap(({ id, copies }) =>
    copies.flatMap((copy) =>
      copy.kind === 'damaged' ? [{ name: `${id}/copies/${copy.id}`, problem: copy.problem }] : [],
    ),
  );
}

function offeredIds(catalog: Catalog): ReadonlySet<CopyId> {
  return new Set(offersOf(catalog).map(({ copy }) => copy.id));
}

/** A log that breaks off, in the middle or at its end; and whole copies that lack what they need of it. */
function gaps(catalog: Catalog): readonly Finding[] {
  const offered = offeredIds(catalog);
  return catalog.eras.flatMap((era) => {
    const lacking = era.copies
      .filter((copy) => copy.kind === 'whole' && !offered.has(copy.id) && !isUnlogged(era, copy))
      .map(({ id }) => ({
        name: `${era.id}/copies/${id}`,
        problem: 'a part of the log that it needs, or a copy that it is based on, is missing',
      }));
    return [...lacking, ...logGaps(era)];
  });
}

function logGaps({ id, log, head, copies }: Era): readonly Finding[] {
  const findings: Finding[] = [];
  let to = log[0]?.from;
  while (to !== undefined) {
    const chain = chainFrom(to, log);
    const next = log.find(({ from }) => from > chain.to);
    if (next !== undefined)
      findings.push({ name: `${id}/log`, problem: `from ${chain.to} to ${next.from} it is missing` });
    else if (head !== undefined && chain.to < head.to) {
      findings.push({ name: `${id}/log`, problem: `its end from ${chain.to} to ${head.to} is missing` });
    }
    to = next?.from;
  }
  if (log.length > 0 && head === undefined) {
    findings.push({ name: headName(id), problem: 'how far the log goes is not known: its record is missing' });
  }
  // What came before the oldest copy is let go of, and since then nothing may have come.
  const isLetGo = head !== undefined && head.to <= (beginOf(copies) ?? '');
  if (log.length === 0 && head !== undefined && !isLetGo) {
    findings.push({ name: `${id}/log`, problem: 'all of it is missing' });
  }
  return findings;
}

/** From there on the log is kept. */
function beginOf(copies: Era['copies']): string | undefined {
  const begins = copies.flatMap((copy) => (copy.kind === 'whole' ? (copy.manifest.facts.needs?.from ?? []) : []));
  return begins.sort()[0];
}
