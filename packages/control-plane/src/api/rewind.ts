import { choose, readCatalog } from '@islet/backup';
import { ApiError } from '@islet/client';
import { backedUpStores, type KeptStore } from '../backup/kept-stores.ts';
import { newestOf } from '../backup/newest.ts';
import { openOwnVault } from '../backup/restore-store.ts';
import { asideOf } from '../backup/restorer.ts';
import type { Applied } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { Handlers } from './server.ts';

type Names = 'rewind' | 'rewindResult';

/** The whole system as of one moment. What is refused is refused before anything is stopped. */
export function rewindHandlers(
  system: System,
  put: (applied: Applied, text: string) => { readonly revision: number },
): Pick<Handlers, Names> {
  const { parts, hands } = system;
  const { applied, decisions, layout } = parts.state;
  const { clock } = parts;

  /** How far its data comes back; throws where it does not. */
  const reachOf = async (
    { id: name, service, engine }: KeptStore,
    to: number,
    signal: AbortSignal,
  ): Promise<number> => {
    if ((await hands.driverOf(engine)?.observe())?.[asideOf(service)] !== undefined) {
      throw new ApiError('conflict', `the data of ${name} from before its last restore is still kept`, {
        hint: `islet restore ${name} --confirm deletes it, --undo brings it back`,
      });
    }
    const vault = await openOwnVault(layout, name, { signal });
    const choice = choose(await readCatalog(vault, { signal }), { kind: 'time', at: to });
    if (choice.kind === 'none') {
      throw new ApiError('conflict', `${name} can't go back there: ${choice.reason}`, {
        ...(choice.hint !== undefined && { hint: choice.hint }),
      });
    }
    const told = parts.backups?.told()?.stores.find((one) => one.service === name);
    // Of a store that nothing was written to since, the log ends early and all is there.
    return Math.min(to, Math.max(choice.offer.to, told === undefined ? 0 : newestOf(told)));
  };

  return {
    rewind: async ({ body, signal }) => {
      const now = applied.current();
      const to = instantOf(body.to, clock.now());
      if (now === undefined || now.goingDown || now.mode === 'in-place') {
        throw new ApiError('conflict', 'there is no system that goes back', { hint: 'islet up' });
      }
      const stores = now.services.flatMap(({ spec }) => backedUpStores(spec));
      if (stores.length === 0) throw new ApiError('conflict', 'no service has a store that is backed up');
      const names = new Set(stores.map(({ service }) => service));
      const busy = now.services.find(({ spec, restoring }) => restoring !== undefined && names.has(spec.name));
      if (busy !== undefined) throw new ApiError('conflict', `${busy.spec.name} is being restored already`);
      const reached = await Promise.all(stores.map((store) => reachOf(store, to, signal)));
      const id = `rewind-${clock.now()}`;
      const wish = { id, wanted: { kind: 'time', at: to }, askedAt: clock.now(), rewind: { to } } as const;
      const latest = applied.current() ?? now;
      const kindsOf = (name: string) => stores.flatMap(({ service, kind }) => (service === name ? [kind] : []));
      const services = latest.services.map((one) =>
        names.has(one.spec.name) ? { ...one, restoring: { ...wish, stores: kindsOf(one.spec.name) } } : one,
      );
      put({ ...latest, services }, `recover --to ${body.to}`);
      return {
        id,
        services: [
          ...stores.map(({ id: name }, index) => ({ name, at: reached[index] ?? to })),
          ...now.services.flatMap(({ spec: { name } }) => (names.has(name) ? [] : [{ name }])),
        ],
        skewMs: Math.max(...reached) - Math.min(...reached),
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

function instantOf(text: string, now: number): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at) && at <= now) return at;
  throw new ApiError('bad-request', `${text} is no instant that has been`, { hint: 'write 2026-11-27T02:25:04Z' });
}
