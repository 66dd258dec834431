import type { RevisionId } from '@islet/plan';
import type { ProbeRequest } from '@islet/spec/probes';
import type { LaunchSpec } from '../../store/applied.ts';

/** What a drill does about a service's smoke test, and why it does less than the file says. */
export type SmokePlan =
  | { readonly kind: 'none' }
  | { readonly kind: 'left out'; readonly why: string }
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'requests'; readonly file: string; readonly requests: readonly ProbeRequest[] };

export interface SmokeFacts {
  /** Of the revision that serves; undefined: none has ever served. */
  readonly spec: Pick<LaunchSpec, 'test' | 'api'> | undefined;
  readonly revision: RevisionId | undefined;
  readonly isBuilt: boolean;
  /** Those of an `.http` file that change nothing. */
  readonly requests: readonly ProbeRequest[];
}

/** Pure. */
export function planSmoke({ spec, revision, isBuilt, requests }: SmokeFacts): SmokePlan {
  if (spec === undefined || revision === undefined) return leftOut('no revision of it has served yet');
  const { test, api } = spec;
  const { smoke } = test;
  if (smoke === undefined) return { kind: 'none' };
  if (!isBuilt) return leftOut(`revision ${revision} is not built on this machine`);
  if (api.port !== undefined) return leftOut(`port ${api.port} (api.port) is the one that its own instance has`);
  if (!isHttpFile(smoke)) return { kind: 'command', command: smoke };
  if (api.protocol !== 'http') return leftOut(`${smoke} asks over HTTP, and it speaks ${api.protocol}`);
  if (requests.length === 0) return leftOut(`${smoke} has no request that changes nothing`);
  return { kind: 'requests', file: smoke, requests };
}

export function isHttpFile(smoke: string): boolean {
  return smoke.endsWith('.http');
}

function leftOut(why: string): SmokePlan {
  return { kind: 'left out', why };
}
