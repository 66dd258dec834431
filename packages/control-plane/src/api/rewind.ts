import { ApiError } from '@islet/client';
import { DriverError } from '@islet/driver';
import { keptStores } from '../backup/kept-stores.ts';
import { instantOf, skewNotes } from '../backup/moment.ts';
import { newestOf } from '../backup/newest.ts';
import { driversOf, findMoment } from '../backup/restore-store.ts';
import { hasAside } from '../backup/restorer.ts';
import type { Applied, AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { Handlers } from './server.ts';

type Names = 'rewind' | 'rewindResult';

/** How far the data of one service comes back. */
interface Reach {
  readonly at: number;
  /** The same of the oldest of its stores. */
  readonly oldestAt: number;
  readonly notes: readonly string[];
}

/** The whole system as of one moment. What is refused is refused before anything is stopped. */
export function rewindHandlers(
  system: System,
  put: (applied: Applied, text: string) => { readonly revision: number },
): Pick<Handlers, Names> {
  const { parts } = system;
  const { applied, decisions, layout } = parts.state;
  const { clock } = parts;

  /** How far its data comes back; throws where it does not. */
  const reachOf = async ({ spec, restoring }: AppliedService, to: number, signal: AbortSignal): Promise<Reach> => {
    const { name } = spec;
    if (restoring !== undefined) throw new ApiError('conflict', `${name} is being restored already`);
    if (await hasAside(driversOf(keptStores(spec), parts.data), name)) {
      throw new ApiError('conflict', `the data of ${name} from before its last restore is still kept`, {
        hint: `islet restore ${name} --confirm deletes it, --undo brings it back`,
      });
    }
    const wish = { stores: keptStores(spec), wanted: { kind: 'time', at: to } } as const;
    const { parts: found } = await findMoment(wish, layout, { signal }).catch((error: unknown) => {
      const { message, hint } = DriverError.from(error);
      throw new ApiError('conflict', `${name} can't go back there: ${message}`, {
        ...(hint !== undefined && { hint }),
      });
    });
    const told = parts.backups?.told()?.stores.find(({ service }) => service === wish.stores[0]?.vault);
    const instants = found.flatMap(({ choice }) => (choice === undefined ? [] : instantOf(choice)));
    const [first = to, ...others] = instants;
    // Of a store that nothing was written to since, the log ends early and all is there.
    const at =
      found[0]?.store.engine === 'files'
        ? first
        : Math.min(to, Math.max(first, told === undefined ? 0 : newestOf(told)));
    return { at, oldestAt: Math.min(at, ...others), notes: skewNotes(found) };
  };

  return {
    rewind: async ({ body, signal }) => {
      const now = applied.current();
      const to = parseInstant(body.to, clock.now());
      if (now === undefined || now.goingDown || now.mode === 'in-place') {
        throw new ApiError('conflict', 'there is no system that goes back', { hint: 'islet up' });
      }
      const stores = now.services.filter(({ spec }) => keptStores(spec).length > 0);
      if (stores.length === 0) throw new ApiError('conflict', 'no service has a store that is backed up');
      const reached = await Promise.all(stores.map((service) => reachOf(service, to, signal)));
      const id = `rewind-${clock.now()}`;
      const wish = { id, wanted: { kind: 'time', at: to }, askedAt: clock.now(), rewind: { to } } as const;
      const latest = applied.current() ?? now;
      const names = new Set(stores.map(({ spec }) => spec.name));
      const services = latest.services.map((one) => (names.has(one.spec.name) ? { ...one, restoring: wish } : one));
      put({ ...latest, services }, `recover --to ${body.to}`);
      return {
        id,
        services: now.services.map(({ spec: { name } }) => {
          const index = stores.findIndex(({ spec }) => spec.name === name);
          const reach = reached[index];
          if (reach === undefined) return { name };
          const { at, notes } = reach;
          return { name, at, ...(notes.length > 0 && { note: notes.join('; ') }) };
        }),
        skewMs: Math.max(...reached.map(({ at }) => at)) - Math.min(...reached.map(({ oldestAt }) => oldestAt)),
      };
    },
    rewindResult: ({ params: { id = '' } }) => {
      const [done, failed] = [decisions.latest('rewound'), decisions.latest('rewind-failed')];
      if (done?.id === id) return { state: 'done', text: done.text };
      if (failed?.id === id) return { state: 'failed', text: failed.why };
      return { state: 'running', text: '' };
    },
  };
}

function parseInstant(text: string, now: number): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at) && at <= now) return at;
  throw new ApiError('bad-request', `${text} is no instant that has been`, { hint: 'write 2026-11-27T02:25:04Z' });
}
