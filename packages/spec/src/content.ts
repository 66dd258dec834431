import type { CacheSpec, CompressSpec } from './content-model.ts';
import { type Leaf, leaves } from './leaf.ts';
import type { Path } from './located.ts';
import { durationText, sizeText } from './quantities.ts';
import type { ParsedPolicy } from './schema/traffic.ts';

export function cacheOf(cache: ParsedPolicy['cache']): CacheSpec | undefined {
  if (cache === undefined || cache === 'off') return undefined;
  const { memory, maxBody, freshFor, staleWhileRevalidate, staleIfError, acrossRevisions } = cache;
  return {
    memoryBytes: memory,
    maxBodyBytes: maxBody,
    freshForMs: freshFor,
    staleWhileRevalidateMs: staleWhileRevalidate,
    staleIfErrorMs: staleIfError,
    acrossRevisions,
  };
}

export function cacheLeaves(section: Path, cache: CacheSpec | undefined): readonly Leaf[] {
  if (cache === undefined) return [];
  return leaves([...section, 'cache'], {
    memory: sizeText(cache.memoryBytes),
    maxBody: sizeText(cache.maxBodyBytes),
    freshFor: durationText(cache.freshForMs),
    staleWhileRevalidate: durationText(cache.staleWhileRevalidateMs),
    staleIfError: durationText(cache.staleIfErrorMs),
    acrossRevisions: cache.acrossRevisions,
  });
}

export function compressOf(compress: ParsedPolicy['compress']): CompressSpec | undefined {
  if (compress === undefined || compress === 'off') return undefined;
  const { encodings, min, types } = compress;
  return { encodings, minBytes: min, types };
}

export function compressLeaves(section: Path, compress: CompressSpec | undefined): readonly Leaf[] {
  if (compress === undefined) return [];
  const { encodings, minBytes, types } = compress;
  return leaves([...section, 'compress'], { encodings, min: sizeText(minBytes), types });
}
