import type { AdmissionSpec, CacheSpec, CompressSpec, FallbackSpec } from './content-model.ts';
import { type Leaf, leaves } from './leaf.ts';
import type { Path } from './located.ts';
import { durationText, sizeText } from './quantities.ts';
import type { ParsedPolicy } from './schema/traffic.ts';
import type { ServiceTraffic, TrafficSpec } from './traffic-model.ts';

export function admissionOf(admission: ParsedPolicy['admission']): AdmissionSpec | undefined {
  if (admission === 'off') return undefined;
  return { k: admission.k, windowMs: admission.window, header: admission.header?.toLowerCase() };
}

export function admissionLeaves(section: Path, admission: AdmissionSpec | undefined): readonly Leaf[] {
  if (admission === undefined) return leaves(section, { admission: 'off' });
  const { k, windowMs, header } = admission;
  return leaves([...section, 'admission'], { k, window: durationText(windowMs), header });
}

export function cacheOf(cache: ParsedPolicy['cache']): CacheSpec | undefined {
  if (cache === 'off') return undefined;
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
  if (cache === undefined) return leaves(section, { cache: 'off' });
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
  if (compress === 'off') return undefined;
  const { encodings, min, types } = compress;
  return { encodings, minBytes: min, types };
}

export function compressLeaves(section: Path, compress: CompressSpec | undefined): readonly Leaf[] {
  if (compress === undefined) return leaves(section, { compress: 'off' });
  const { encodings, minBytes, types } = compress;
  return leaves([...section, 'compress'], { encodings, min: sizeText(minBytes), types });
}

export function fallbackOf(fallback: ParsedPolicy['fallback']): FallbackSpec | undefined {
  if (fallback === 'off') return undefined;
  const { on, respond, service = '' } = fallback;
  const statuses = on.filter((condition) => condition !== 'unanswered');
  const unanswered = on.includes('unanswered');
  if (respond === undefined) return { unanswered, statuses, to: { kind: 'service', service } };
  const { status, type, file } = respond;
  return { unanswered, statuses, to: { kind: 'respond', status, type, body: respond.body ?? '', file } };
}

/** Fills in the bodies that stand in files of the service's folder. */
export function withFiles(traffic: ServiceTraffic, readText: (file: string) => string | undefined): ServiceTraffic {
  const filled = <P extends Partial<TrafficSpec>>(policy: P): P => {
    const { fallback } = policy;
    if (fallback?.to.kind !== 'respond' || fallback.to.file === undefined) return policy;
    return { ...policy, fallback: { ...fallback, to: { ...fallback.to, body: readText(fallback.to.file) ?? '' } } };
  };
  const overrides = traffic.overrides.map((override) => ({ ...override, policy: filled(override.policy) }));
  return { ...filled(traffic), overrides };
}

export function fallbackLeaves(section: Path, fallback: FallbackSpec | undefined): readonly Leaf[] {
  if (fallback === undefined) return leaves(section, { fallback: 'off' });
  const { unanswered, statuses, to } = fallback;
  const on = [...(unanswered ? ['unanswered'] : []), ...statuses.map(String)];
  const own = leaves([...section, 'fallback'], { on });
  if (to.kind === 'service') return [...own, ...leaves([...section, 'fallback'], { service: to.service })];
  const { status, type, body, file } = to;
  const content = file === undefined ? { body } : { file };
  return [...own, ...leaves([...section, 'fallback', 'respond'], { status, type, ...content })];
}
