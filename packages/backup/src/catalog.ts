import { type CallOptions, DriverError } from '@islet/driver';
import { type Manifest, parseManifest } from './manifest.ts';
import { type CopyId, type EraId, headName, instantOf, type LogPieceId, manifestName, parseName } from './names.ts';
import type { StoredObject } from './repository.ts';
import type { Vault } from './vault.ts';

/** What a vault holds, in order, as far as names and lengths tell. Nothing is opened for it. */
export interface Listing {
  /** Oldest first. */
  readonly eras: readonly ListedEra[];
  readonly points: readonly Point[];
  readonly bytes: number;
}

export interface ListedEra {
  readonly id: EraId;
  readonly startedAt: number;
  /** Oldest first. */
  readonly copies: readonly ListedCopy[];
  /** By their beginning, the longest first of those that begin together. */
  readonly log: readonly LogPiece[];
}

export interface ListedCopy {
  readonly id: CopyId;
  readonly startedAt: number;
  readonly hasManifest: boolean;
  readonly pieces: readonly StoredObject[];
}

export interface LogPiece extends LogPieceId {
  readonly name: string;
  readonly bytes: number;
}

/** An instant with a name: what a store was before something happened to it. */
export interface Point {
  readonly at: number;
  readonly name: string;
}

export function listingOf(objects: readonly StoredObject[]): Listing {
  const eras = new Map<EraId, Found>();
  const points: Point[] = [];
  const eraOf = (id: EraId) => {
    const found: Found = eras.get(id) ?? { copies: new Map(), manifests: new Set(), log: [] };
    eras.set(id, found);
    return found;
  };
  for (const object of objects) {
    const parsed = parseName(object.name);
    if (parsed === undefined || parsed.kind === 'key') continue;
    if (parsed.kind === 'point') {
      points.push({ at: parsed.at, name: parsed.name });
      continue;
    }
    const era = eraOf(parsed.era);
    if (parsed.kind === 'log') {
      const { from, to, at } = parsed;
      era.log.push({ from, to, at, ...object });
    }
    if (parsed.kind === 'manifest') era.manifests.add(parsed.copy);
    if (parsed.kind === 'piece') era.copies.set(parsed.copy, [...(era.copies.get(parsed.copy) ?? []), object]);
  }
  return {
    eras: [...eras].map(([id, found]) => listedEra(id, found)).sort(byId),
    points: points.sort((a, b) => a.at - b.at),
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

interface Found {
  readonly copies: Map<CopyId, StoredObject[]>;
  readonly manifests: Set<CopyId>;
  readonly log: LogPiece[];
}

function listedEra(id: EraId, found: Found): ListedEra {
  const ids = new Set([...found.copies.keys(), ...found.manifests]);
  const copies = [...ids].map((copy) => ({
    id: copy,
    startedAt: instantOf(copy) ?? 0,
    hasManifest: found.manifests.has(copy),
    pieces: (found.copies.get(copy) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }));
  return { id, startedAt: instantOf(id) ?? 0, copies: copies.sort(byId), log: found.log.sort(byBeginning) };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

function byBeginning(a: LogPiece, b: LogPiece): number {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  if (a.to !== b.to) return a.to > b.to ? -1 : 1;
  return a.at - b.at;
}

/** What a vault holds, with every manifest read. */
export interface Catalog {
  readonly eras: readonly Era[];
  readonly points: readonly Point[];
  readonly bytes: number;
}

export interface Era extends Omit<ListedEra, 'copies'> {
  readonly copies: readonly Copy[];
  /**
   * How far the log went when that was last written down; undefined: never, or it can't be read. What is missing before it
   * is a loss.
   */
  readonly head: Head | undefined;
}

export interface Head {
  readonly to: string;
  readonly at: number;
}

export type Copy = {
  readonly id: CopyId;
  readonly startedAt: number;
  /** As stored. */
  readonly bytes: number;
  readonly pieceNames: readonly string[];
} & (
  | { readonly kind: 'whole'; readonly manifest: Manifest }
  /** Not offered for anything. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'damaged'; readonly problem: string }
);

export async function readCatalog(vault: Vault, options: CallOptions): Promise<Catalog> {
  const { eras, points, bytes } = listingOf(await vault.list(options));
  return { eras: await Promise.all(eras.map((era) => readEra(vault, era, options))), points, bytes };
}

async function readEra(vault: Vault, era: ListedEra, options: CallOptions): Promise<Era> {
  const copies = await Promise.all(era.copies.map((copy) => readCopyOf(vault, { era: era.id, copy }, options)));
  return { ...era, copies, head: await readHead(vault, era.id, options) };
}

async function readHead(vault: Vault, era: EraId, options: CallOptions): Promise<Head | undefined> {
  try {
    return JSON.parse(Buffer.from(await vault.get(headName(era), options)).toString()) as Head;
  } catch (error) {
    // What it says of the log's end is lost; whoever verifies tells of it, and the copies and the log are still there.
    if (error instanceof DriverError && (error.code === 'not-found' || error.code === 'damaged')) return undefined;
    throw error;
  }
}

async function readCopyOf(
  vault: Vault,
  { era, copy }: { readonly era: EraId; readonly copy: ListedCopy },
  options: CallOptions,
): Promise<Copy> {
  const { id, startedAt, hasManifest, pieces } = copy;
  const bytes = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
  const known = { id, startedAt, bytes, pieceNames: pieces.map(({ name }) => name) };
  if (!hasManifest) return { ...known, kind: 'unfinished' };
  try {
    const manifest = parseManifest(await vault.get(manifestName(era, id), options));
    const problem = missingOf(manifest, pieces);
    return problem === undefined ? { ...known, kind: 'whole', manifest } : { ...known, kind: 'damaged', problem };
  } catch (error) {
    options.signal.throwIfAborted();
    return { ...known, kind: 'damaged', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What names and lengths tell without a look inside. */
function missingOf(manifest: Manifest, pieces: readonly StoredObject[]): string | undefined {
  if (pieces.length !== manifest.pieces.length) {
    return `it has ${pieces.length} pieces, and should have ${manifest.pieces.length}`;
  }
  const wrong = pieces.find(({ bytes }, index) => bytes !== manifest.pieces[index]?.bytes);
  return wrong && `${wrong.name} has ${wrong.bytes} bytes, and should have another length`;
}
