import type { RevisionId } from '@islet/plan';
import { goneService } from '../apply.ts';
import type { Applied, AppliedService, Restoring } from '../store/applied.ts';

/*
 * A running system goes back to one moment as a whole. Each service with a store is restored as it would be alone, and waits
 * with its new store for the others: nobody works on what is of then while somebody else's is still of now. When all are
 * there, what was asked for then is asked for again, and all start. Where one can't be restored, all go back to what they
 * had, and nothing has happened.
 */
export interface Rewind {
  readonly id: string;
  readonly to: number;
}

/** The rewinds that are under way. */
export function rewindsOf({ services }: Applied): readonly Rewind[] {
  const found = new Map<string, Rewind>();
  for (const { restoring } of services) {
    if (restoring?.rewind !== undefined) found.set(restoring.id, { id: restoring.id, to: restoring.rewind.to });
  }
  return [...found.values()];
}

export type RewindOutcome =
  | { readonly kind: 'running' }
  /** All stores are of then. */
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly services: readonly string[] };

export function outcomeOf({ services }: Applied, { id }: Rewind): RewindOutcome {
  const parts = services.flatMap(({ spec, restoring }) =>
    restoring?.id === id ? [{ name: spec.name, ended: restoring.rewind?.ended }] : [],
  );
  if (parts.some(({ ended }) => ended === undefined)) return { kind: 'running' };
  const failed = parts.filter(({ ended }) => ended === 'failed');
  return failed.length === 0 ? { kind: 'done' } : { kind: 'failed', services: failed.map(({ name }) => name) };
}

/** Whoever has the store of then gets back what was put aside; the others have it already. */
export function givenUp(applied: Applied, { id }: Rewind): Applied {
  const services = applied.services.map((service) => {
    const { restoring } = service;
    if (restoring?.id !== id) return service;
    if (restoring.rewind?.ended === 'failed') return withoutWish(service);
    const { askedAt, stores } = restoring;
    const back: Restoring = { id: `${id}-back`, wanted: { kind: 'aside' }, askedAt, stores };
    return { ...service, restoring: back };
  });
  return { ...applied, services };
}

export interface RewindFacts {
  /** What was asked for then; undefined: it is not known any more. */
  readonly asked: Applied | undefined;
  /** Its bytes are kept on this machine. */
  readonly isKept: (service: string, revision: RevisionId) => boolean;
  /** Of a generation of the revision that never was. */
  readonly restartsOf: (service: AppliedService, revision: RevisionId) => number;
  readonly now: number;
}

export interface Rewound {
  readonly applied: Applied;
  /** What is not as it was then, each a sentence. */
  readonly notes: readonly string[];
}

/** What is asked for when all stores are of then. */
export function rewound(applied: Applied, { id }: Rewind, facts: RewindFacts): Rewound {
  const { asked, isKept, restartsOf, now } = facts;
  const free = applied.services.map((service) => (service.restoring?.id === id ? withoutWish(service) : service));
  if (asked === undefined || asked.goingDown) {
    return {
      applied: { ...applied, services: free },
      notes: ['what was asked for then is not known any more: it is as it was'],
    };
  }
  const notes: string[] = [];
  const services: AppliedService[] = [];
  const gone = [...applied.gone];
  for (const service of free) {
    const { spec, revision } = service;
    const before = asked.services.find((one) => one.spec.name === spec.name);
    if (before === undefined) {
      gone.push(goneService(service));
      notes.push(`${spec.name} was not there yet: it is stopped, and its data is kept`);
    } else if (before.revision === revision) {
      services.push({ ...asThen(before, service), restarts: service.restarts });
    } else if (isKept(spec.name, before.revision)) {
      services.push({
        ...asThen(before, service),
        restarts: restartsOf(service, before.revision),
        since: now,
        isRollback: true,
      });
    } else {
      services.push(service);
      notes.push(`the bytes of revision ${before.revision} of ${spec.name} are gone: it stays at ${revision}`);
    }
  }
  for (const { spec } of asked.services) {
    if (free.some((one) => one.spec.name === spec.name)) continue;
    notes.push(`${spec.name} was there then, and was removed since: \`islet up\` with its file brings it back`);
  }
  return { applied: { ...applied, gateway: asked.gateway, lines: asked.lines, services, gone }, notes };
}

/** But for wishes, and ports, which others may have by now. */
function asThen(before: AppliedService, { edges, restoring }: AppliedService): AppliedService {
  return { ...withoutWish(before), edges, ...(restoring !== undefined && { restoring }) };
}

export function withoutWish({ restoring: _done, ...service }: AppliedService): AppliedService {
  return service;
}
