import type { LogPosition } from '@islet/driver';

/**
 * What the objects of a repository are called. All names of one service begin with `<service>/`:
 *
 *     key                                    its data key, wrapped by the recovery key
 *     <era>/era                              what the era is of
 *     <era>/copies/<copy>/000000 …           pieces of a copy, in their order
 *     <era>/copies/<copy>/manifest           written last: a copy without one is none
 *     <era>/log/<from>-<to>-<at>             a piece of the log: positions, and up to when it is complete
 *     <era>/log/head                         how far the log went, when it was last written down
 *     points/<at>-<name>                     an instant with a name
 *
 * An era is the life of one store between its making (or a restore) and the next: copies and log of different eras don't
 * fit together. Eras and copies are called by the instant of their beginning, so names sort by time.
 */
export type EraId = string;
export type CopyId = string;

export const KEY = 'key';
export const MANIFEST = 'manifest';
export const HEAD = 'head';

/** `20261127T022504123Z`. */
export function instantId(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:.]/g, '');
}

/** Undefined: it is no such name. */
export function instantOf(id: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(id);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, ms] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(at) ? undefined : at;
}

export function eraName(era: EraId): string {
  return `${era}/era`;
}

export function manifestName(era: EraId, copy: CopyId): string {
  return `${era}/copies/${copy}/${MANIFEST}`;
}

export function pieceName({ era, copy, index }: { era: EraId; copy: CopyId; index: number }): string {
  return `${era}/copies/${copy}/${String(index).padStart(6, '0')}`;
}

export function headName(era: EraId): string {
  return `${era}/log/${HEAD}`;
}

export interface LogPieceId {
  readonly from: LogPosition;
  readonly to: LogPosition;
  readonly at: number;
}

export function logName(era: EraId, { from, to, at }: LogPieceId): string {
  return `${era}/log/${from}-${to}-${at}`;
}

export function pointName({ at, name }: { at: number; name: string }): string {
  return `points/${at}-${name}`;
}

export type Parsed =
  | { readonly kind: 'key' }
  | { readonly kind: 'era'; readonly era: EraId }
  | { readonly kind: 'piece'; readonly era: EraId; readonly copy: CopyId; readonly index: number }
  | { readonly kind: 'manifest'; readonly era: EraId; readonly copy: CopyId }
  | ({ readonly kind: 'log'; readonly era: EraId } & LogPieceId)
  | { readonly kind: 'head'; readonly era: EraId }
  | { readonly kind: 'point'; readonly at: number; readonly name: string };

/** Undefined: somebody else's object, which is left alone. */
export function parseName(name: string): Parsed | undefined {
  if (name === KEY) return { kind: 'key' };
  const point = /^points\/(\d{1,16})-(.{1,200})$/.exec(name);
  if (point) return { kind: 'point', at: Number(point[1]), name: point[2] ?? '' };
  const [era = '', folder, ...rest] = name.split('/');
  if (instantOf(era) === undefined) return undefined;
  const [first = '', second = '', third] = rest;
  if (folder === 'era' && rest.length === 0) return { kind: 'era', era };
  if (folder === 'copies' && instantOf(first) !== undefined && third === undefined) {
    if (second === MANIFEST) return { kind: 'manifest', era, copy: first };
    if (/^\d{6}$/.test(second)) return { kind: 'piece', era, copy: first, index: Number(second) };
  }
  if (folder === 'log' && rest.length === 1) {
    if (first === HEAD) return { kind: 'head', era };
    const log = /^([0-9a-f]+)-([0-9a-f]+)-(\d{1,16})$/.exec(first);
    if (log) return { kind: 'log', era, from: log[1] ?? '', to: log[2] ?? '', at: Number(log[3]) };
  }
  return undefined;
}
