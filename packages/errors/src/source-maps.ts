import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { Frame, Thrown } from './thrown.ts';

/** The map of a script; undefined: it has none. */
export type MapOf = (file: string) => TraceMap | undefined;

/** Frames of scripts that were made of other files, as their authors wrote them. */
export function mapFrames(thrown: Thrown, mapOf: MapOf): Thrown {
  return { ...thrown, frames: thrown.frames.map((frame) => mapFrame(frame, mapOf)) };
}

function mapFrame(frame: Frame, mapOf: MapOf): Frame {
  const { file, line, column } = frame;
  if (file === undefined || line === undefined || column === undefined || !frame.inApp) return frame;
  const map = mapOf(file);
  if (map === undefined) return frame;
  // A stack counts columns from 1, a map from 0.
  const found = originalPositionFor(map, { line, column: column - 1 });
  if (found.source === null) return frame;
  const source = /^[a-z]+:\/\//.test(found.source) ? found.source : resolve(dirname(file), found.source);
  return {
    function: found.name ?? frame.function,
    file: source,
    line: found.line,
    column: found.column + 1,
    inApp: !source.includes('/node_modules/'),
  };
}

const LARGEST = 32 * 1024 * 1024;
const CACHED = 50;

/**
 * Maps beside scripts (`main.js.map`), read once. Only below `within`: whoever reads here may read more than the service
 * may, and a stack, or a link in the place of a map, is the service's own word.
 */
export function sourceMaps(within: string): MapOf {
  const known = new Map<string, TraceMap | undefined>();
  return (file) => {
    if (known.has(file)) return known.get(file);
    const map = read(file, within);
    if (known.size >= CACHED) known.delete(known.keys().next().value ?? '');
    known.set(file, map);
    return map;
  };
}

function read(file: string, within: string): TraceMap | undefined {
  try {
    const path = realpathSync(`${file}.map`);
    const root = realpathSync(within);
    if (!path.startsWith(`${root}/`) || statSync(path).size > LARGEST) return undefined;
    return new TraceMap(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
