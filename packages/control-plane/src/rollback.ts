import { ApiError } from '@islet/client';
import { generationOf, type ObservedService, type RevisionId, short } from '@islet/plan';
import type { AppliedService, LaunchSpec } from './store/applied.ts';
import type { Rollouts } from './store/decisions.ts';

export interface RollbackRequest {
  readonly one: Pick<AppliedService, 'spec' | 'revision' | 'restarts' | 'leftBehind'>;
  /** The beginning of a revision's name; undefined: the one before. */
  readonly asked: string | undefined;
  readonly rollouts: Rollouts;
  readonly seen: ObservedService;
}

/**
 * Which revision a service goes back to, and as which generation. It is never built again: the bytes that ran are there, or it is
 * refused. Instances of it that still run are taken as they are, so that going back to a warm revision is one routing table;
 * otherwise it is a generation that never was, with its own ends and deadlines.
 */
export function rollbackTo({
  one,
  asked,
  rollouts,
  seen,
}: RollbackRequest): Pick<AppliedService, 'revision' | 'restarts'> {
  const name = one.spec.name;
  const revision = chosen(name, { one, asked, rollouts });
  const cut = rollouts.cutOff.get(revision);
  if (cut !== undefined) {
    throw new ApiError('conflict', `${cut} has been applied: ${short(revision)} needs the schema from before it`, {
      hint: 'bring what you want back in as a new revision',
    });
  }
  if (!seen.built.includes(revision)) {
    throw new ApiError('conflict', `the bytes of revision ${short(revision)} of ${name} are gone`, {
      hint: `kept are: ${seen.built.map(short).join(', ') || 'none'}`,
    });
  }
  const running = seen.instances
    .filter(({ generation, state }) => state.kind === 'ready' && !rollouts.failed.has(generation))
    .flatMap(({ generation }) => restartsOf(generation, revision));
  if (running.length > 0) return { revision, restarts: Math.max(...running) };
  return { revision, restarts: freshRestarts(revision, { one, rollouts, seen }) };
}

/** What is then left behind; who returns to something of it begins anew. */
export function leftBehind(
  one: Pick<AppliedService, 'revision' | 'leftBehind'>,
  target: RevisionId,
): readonly RevisionId[] {
  const left = one.leftBehind ?? [];
  return left.includes(target) ? [] : [...left, one.revision];
}

/** Whatever bytes a service goes back to, its data is what it is now. */
export function onItsStore(spec: LaunchSpec, now: LaunchSpec): LaunchSpec {
  const { database } = spec;
  if (database === undefined || database.engine !== now.database?.engine) return spec;
  return { ...spec, database: { ...database, server: now.database.server } };
}

/** Of a generation of the revision that never was. */
export function freshRestarts(
  revision: RevisionId,
  { one, rollouts, seen }: Pick<RollbackRequest, 'one' | 'rollouts'> & { readonly seen: ObservedService | undefined },
): number {
  const known = [
    ...rollouts.failed.keys(),
    ...(seen?.instances ?? []).map(({ generation }) => generation),
    ...[rollouts.stable, rollouts.fallback].flatMap((it) => it?.generation ?? []),
    generationOf(one.revision, one.restarts),
  ];
  return Math.max(-1, ...known.flatMap((generation) => restartsOf(generation, revision))) + 1;
}

/** None where it is a generation of another revision. */
function restartsOf(generation: string, revision: RevisionId): readonly number[] {
  return generation.startsWith(`${revision}.`) ? [Number(generation.slice(revision.length + 1))] : [];
}

function chosen(
  name: string,
  { one, asked, rollouts }: Pick<RollbackRequest, 'one' | 'asked' | 'rollouts'>,
): RevisionId {
  const { promoted, failed } = rollouts;
  const gaveUp = new Set([...failed.keys()].map((generation) => generation.slice(0, generation.lastIndexOf('.'))));
  if (asked === undefined) {
    const left = one.leftBehind ?? [];
    const before = promoted.find(
      (revision) => revision !== one.revision && !gaveUp.has(revision) && !left.includes(revision),
    );
    if (before !== undefined) return before;
    const [last] = left.toReversed();
    throw new ApiError('conflict', `${name} has no revision before ${short(one.revision)}`, {
      ...(last !== undefined && {
        hint: `islet rollback ${name} ${short(last)} returns to what it was rolled back from`,
      }),
    });
  }
  const found = promoted.filter((revision) => revision.startsWith(asked));
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    if (only !== one.revision) return only;
    throw new ApiError('conflict', `${name} is asked to be at revision ${short(only)} already`);
  }
  const hint = `revisions that worked: ${promoted.map(short).join(', ') || 'none'}`;
  const problem = only === undefined ? 'never worked here' : 'is the beginning of several revisions';
  throw new ApiError('not-found', `${asked} ${problem}`, { hint });
}
