import { ApiError } from '@islet/client';
import { DriverError } from '@islet/driver';
import { hasAside } from '../backup/aside.ts';
import { backedUpStores, type KeptStore, partiesOf, type StoreKind } from '../backup/kept-stores.ts';
import { instantOf, skewNotes } from '../backup/moment.ts';
import { newestOf } from '../backup/newest.ts';
import { driversOf, findMoment } from '../backup/restore-store.ts';
import type { Applied } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { Handlers } from './server.ts';

type Names = 'rewind' | 'rewindResult';

/** How far what comes back together of a service comes back. */
interface Reach {
  readonly name: string;
  readonly service: string;
  readonly at: number;
  /** The same of the oldest of its stores. */
  readonly oldestAt: number;
  readonly notes: readonly string[];
  readonly kinds: readonly StoreKind[];
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
  const reachOf = async (
    party: readonly [KeptStore, ...KeptStore[]],
    to: number,
    signal: AbortSignal,
  ): Promise<Reach> => {
    const [{ id: name, service, kind }] = party;
    if (await hasAside(driversOf(party, parts.data), service)) {
      throw new ApiError('conflict', `the data of ${name} from before its last restore is still kept`, {
        hint: `islet restore ${name} --confirm deletes it, --undo brings it back`,
      });
    }
    const wish = { stores: party, wanted: { kind: 'time', at: to } } as const;
    const moment = await findMoment(wish, layout, { signal }).catch((error: unknown) => {
      const { message, hint } = DriverError.from(error);
      throw new ApiError('conflict', `${name} can't go back there: ${message}`, {
        ...(hint !== undefined && { hint }),
      });
    });
    const told = parts.backups?.told()?.stores.find((one) => one.service === name);
    const back = moment.parts.filter(({ choice }) => choice !== undefined);
    const [first = to, ...others] = back.flatMap(({ choice }) => (choice === undefined ? [] : instantOf(choice)));
    // Of a store that nothing was written to since, the log ends early and all is there.
    const isThere = kind !== 'files' && told !== undefined;
    const at = isThere ? Math.min(to, Math.max(first, newestOf(told))) : first;
    const notes = skewNotes(moment.parts);
    return { name, service, at, oldestAt: Math.min(at, ...others), notes, kinds: back.map(({ store }) => store.kind) };
  };

  return {
    rewind: async ({ body, signal }) => {
      const now = applied.current();
      const to = parseInstant(body.to, clock.now());
      if (now === undefined || now.goingDown || now.mode === 'in-place') {
        throw new ApiError('conflict', 'there is no system that goes back', { hint: 'islet up' });
      }
      const parties = now.services.flatMap(({ spec }) => partiesOf(backedUpStores(spec)));
      if (parties.length === 0) throw new ApiError('conflict', 'no service has a store that is backed up');
      const names = new Set(parties.map(([{ service }]) => service));
      const busy = now.services.find(({ spec, restoring }) => restoring !== undefined && names.has(spec.name));
      if (busy !== undefined) throw new ApiError('conflict', `${busy.spec.name} is being restored already`);
      const reached = await Promise.all(parties.map((party) => reachOf(party, to, signal)));
      const id = `rewind-${clock.now()}`;
      const wish = { id, wanted: { kind: 'time', at: to }, askedAt: clock.now(), rewind: { to } } as const;
      const latest = applied.current() ?? now;
      const kindsOf = (name: string) => reached.flatMap(({ service, kinds }) => (service === name ? kinds : []));
      const services = latest.services.map((one) =>
        names.has(one.spec.name) ? { ...one, restoring: { ...wish, stores: kindsOf(one.spec.name) } } : one,
      );
      put({ ...latest, services }, `recover --to ${body.to}`);
      return {
        id,
        services: [
          ...reached.map(({ name, at, notes }) => ({ name, at, ...(notes.length > 0 && { note: notes.join('; ') }) })),
          ...now.services.flatMap(({ spec: { name } }) => (names.has(name) ? [] : [{ name }])),
        ],
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
