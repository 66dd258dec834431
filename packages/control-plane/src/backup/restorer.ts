import { type DataDriver, DriverError, type Layout } from '@islet/driver';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { storeRefusals } from '../declared-stores.ts';
import type { TurnReport } from '../reconcile.ts';
import { freshRestarts } from '../rollback.ts';
import type { Applied, AppliedService, AppliedStore, Restoring } from '../store/applied.ts';
import type { Decisions } from '../store/decisions.ts';
import { makeRoom, putBack } from './aside.ts';
import { type KeptStore, keptStores, partiesOf } from './kept-stores.ts';
import { skewNotes } from './moment.ts';
import { describeWanted, driversOf, findMoment, restoreStores } from './restore-store.ts';
import { givenUp, outcomeOf, rewindsOf, rewound, withoutWish } from './rewind.ts';
import { markUpgradePoint, type UpgradePointParts } from './upgrade-point.ts';
import { keptAsItIs, upgradeStore } from './upgrade-store.ts';

export interface RestorerParts {
  readonly layout: Layout;
  readonly applied: AppliedStore;
  readonly decisions: Decisions;
  readonly data: readonly DataDriver[];
  readonly backups: UpgradePointParts['backups'];
  readonly clock: Clock;
  readonly log: Logger;
  readonly redact: (text: string) => string;
  /** What is wanted has changed. */
  readonly onChange: () => void;
}

/** Restores in place. A wish stands in what was applied, so that a control plane killed in between goes on with it. */
export interface Restorer {
  look(turn: TurnReport): void;
  /** Whose data is being replaced just now. */
  restoring(): ReadonlySet<string>;
  /** What is being done with a service's data now, where more can be said than that. */
  doing(service: string): string | undefined;
  close(): Promise<void>;
}

const RESTORE_MS = 6 * 3_600_000;
const STOP_MS = 60_000;

export function createRestorer(parts: RestorerParts): Restorer {
  const { applied, clock, log } = parts;
  const running = new Map<string, { readonly ended: Promise<void>; readonly controller: AbortController }>();
  const stages = new Map<string, string>();
  const closing = new AbortController();

  const begin = (service: AppliedService, restoring: Restoring) => {
    const { name } = service.spec;
    const controller = new AbortController();
    const calledOff = AbortSignal.any([closing.signal, controller.signal]);
    const signal = AbortSignal.any([calledOff, AbortSignal.timeout(RESTORE_MS)]);
    const ended = restoreInPlace(service, restoring, { signal, calledOff })
      // What it has begun must not run on for nobody.
      .finally(() => (controller.signal.aborted ? stopStores(service, restoring) : undefined))
      .catch((error: unknown) => {
        // Told to end: whoever goes on with it begins anew. Whatever else it is, it is tried again at the next turn.
        if (!calledOff.aborted)
          log.error({ service: name, error: parts.redact(String(error)) }, 'a restore can not be ended');
      })
      .finally(() => {
        running.delete(name);
        stages.delete(name);
        parts.onChange();
      });
    running.set(name, { ended, controller });
  };
  return {
    look: ({ look }) => {
      endRewinds(look);
      const now = applied.current();
      const isWanted = (name: string) => now?.services.some(({ spec }) => spec.name === name);
      for (const [name, { controller }] of running) if (!isWanted(name)) controller.abort();
      // A wish waits for the next `up`: what is being stopped, or purged, is not made anew meanwhile.
      if (now === undefined || now.goingDown) return;
      for (const service of now.services) {
        const { spec, restoring } = service;
        if (restoring === undefined || restoring.rewind?.ended !== undefined) continue;
        if (running.has(spec.name) || closing.signal.aborted) continue;
        const seen = look.observed.services[spec.name];
        const isDown = (seen?.instances.length ?? 0) === 0;
        const isStopped = seen === undefined || seen.store.kind === 'stopped' || seen.store.kind === 'none';
        if (isDown && isStopped) begin(service, restoring);
      }
    },
    restoring: () => new Set(running.keys()),
    doing: (service) => stages.get(service),
    close: async () => {
      closing.abort();
      await Promise.allSettled([...running.values()].map(({ ended }) => ended));
    },
  };

  /** Back to work, whatever became of it; or waits for the others of its rewind. */
  function end(name: string, ended: 'restored' | 'failed'): void {
    change(name, (one) => endedPart(one, ended));
  }

  function change(name: string, to: (one: AppliedService) => AppliedService): void {
    const now = applied.current();
    if (now === undefined) return;
    const services = now.services.map((one) => (one.spec.name === name ? to(one) : one));
    applied.put({ ...now, services } satisfies Applied, clock.now());
  }

  function endRewinds({ observed }: TurnReport['look']): void {
    const before = applied.current();
    if (before === undefined) return;
    for (const rewind of rewindsOf(before)) {
      const outcome = outcomeOf(before, rewind);
      if (outcome.kind === 'running') continue;
      const { id, to } = rewind;
      if (outcome.kind === 'failed') {
        const why = `the data of ${outcome.services.join(', ')} can't be brought back, and everything is as before`;
        applied.put(givenUp(before, rewind), clock.now());
        parts.decisions.record({ kind: 'rewind-failed', id, why }, clock.now());
      } else {
        const seenOf = (service: string) => observed.services[service];
        const { applied: next, notes } = rewound(before, rewind, {
          asked: applied.at(to),
          isKept: (service, revision) => seenOf(service)?.built.includes(revision) ?? false,
          restartsOf: (one, revision) => {
            const rollouts = parts.decisions.rollouts(one.spec.name);
            return freshRestarts(revision, { one, rollouts, seen: seenOf(one.spec.name) });
          },
          now: clock.now(),
        });
        const revision = applied.put(next, clock.now());
        const text = [`the system is as of ${new Date(to).toISOString()}`, ...notes].join('; ');
        parts.decisions.record(
          { kind: 'applied', revision, text: `rewind to ${new Date(to).toISOString()}` },
          clock.now(),
        );
        parts.decisions.record({ kind: 'rewound', id, text }, clock.now());
      }
      parts.onChange();
      return;
    }
  }

  async function restoreInPlace(
    { spec }: AppliedService,
    restoring: Restoring,
    { signal, calledOff }: Pick<Work, 'signal' | 'calledOff'>,
  ): Promise<void> {
    const { layout, decisions, redact } = parts;
    const { name } = spec;
    const { id, wanted } = restoring;
    const meant = meantBy(restoring, spec);
    if (meant.length === 0) {
      end(name, 'failed');
      return;
    }
    if (wanted.kind === 'aside') return bringBack(meant, { spec, id, signal, calledOff });
    if (wanted.kind === 'upgrade') return upgradeInPlace(meant, { spec, id, signal, calledOff });
    const parties = partiesOf(meant.map(({ store }) => store));
    try {
      for (const stores of parties) {
        const moment = await findMoment({ stores, wanted }, layout, { signal });
        for (const [index, driver] of driversOf(stores, parts.data).entries()) {
          // A store that can't go back so far is left as it is.
          if (moment.parts[index]?.choice !== undefined) await makeRoom(driver, name, signal);
        }
      }
      const texts: string[] = [];
      for (const stores of parties) {
        const { moment, isShort } = await restoreStores(
          { stores, as: name, wanted },
          { layout, data: parts.data },
          { signal },
        );
        const [first] = stores;
        const short = isShort ? '; its log ends before, and it is as of that end' : '';
        const notes = skewNotes(moment.parts).map((note) => `; ${note}`);
        const kept = `the data of before is kept until islet restore ${first.id} --confirm`;
        texts.push(`${WORDS[first.kind]} ${describeWanted(wanted)}${short}${notes.join('')}; ${kept}`);
      }
      await refuseOthers(restoring, spec);
      noteMade(name, meant);
      decisions.record({ kind: 'restored', service: name, id, text: texts.join('; ') }, clock.now());
      end(name, 'restored');
    } catch (error) {
      calledOff.throwIfAborted();
      const why = redact(DriverError.from(error).message);
      log.error({ service: name, why }, 'a restore failed');
      for (const { driver } of meant) await putBack(driver, name, calledOff);
      decisions.record({ kind: 'restore-failed', service: name, id, why }, clock.now());
      end(name, 'failed');
    }
  }

  async function stopStores({ spec }: AppliedService, restoring: Restoring): Promise<void> {
    const signal = AbortSignal.timeout(STOP_MS);
    for (const { driver } of meantBy(restoring, spec)) await driver.stop({ service: spec.name }, { signal });
  }

  /** What was brought back must be what is asked for next, or nothing could start on it: for a rewind, what was asked for then. */
  async function refuseOthers({ rewind }: Restoring, spec: AppliedService['spec']): Promise<void> {
    const then = rewind && applied.at(rewind.to)?.services.find((one) => one.spec.name === spec.name)?.spec;
    const [refusal] = await storeRefusals(then ?? spec, parts.data);
    if (refusal !== undefined) throw refusal.error;
  }

  /** Which of its stores, with who keeps them. */
  function meantBy({ stores = ['database'] }: Restoring, spec: AppliedService['spec']): readonly Meant[] {
    return keptStores(spec)
      .filter(({ kind }) => stores.includes(kind))
      .flatMap((store) => {
        const driver = parts.data.find(({ engine }) => engine === store.engine);
        return driver?.backups === undefined ? [] : [{ store, driver }];
      });
  }

  async function bringBack(meant: readonly Meant[], { spec, id, signal }: Work): Promise<void> {
    const { name } = spec;
    for (const { driver } of meant) await putBack(driver, name, signal);
    noteMade(name, meant);
    const refusals = await storeRefusals(spec, parts.data);
    const others = refusals.map(({ error: { reason, hint } }) => `; ${reason}: ${hint}`);
    const text = `its data is as before its restore again${others.join('')}`;
    parts.decisions.record({ kind: 'restored', service: name, id, text }, clock.now());
    if (refusals.length > 0) change(name, (one) => keptAsItIs(one));
    end(name, 'restored');
  }

  async function upgradeInPlace(meant: readonly Meant[], { spec, id, signal, calledOff }: Work): Promise<void> {
    const { name, database } = spec;
    const version = `PostgreSQL ${database?.server?.version}`;
    try {
      for (const { store, driver } of meant) {
        const say = (stage: string) => {
          log.info({ service: name, to: version, stage }, 'taking its data over');
          stages.set(name, stage);
          parts.onChange();
        };
        const point = () => markUpgradePoint(store, version, { ...parts, signal });
        await upgradeStore(spec, driver, { clock, say, point, signal });
      }
      noteMade(name, meant);
      const kept = `the data of before is kept until islet restore ${name} --confirm, and --undo brings it back`;
      const text = `its data is in ${version} now, with as many rows in every table; ${kept}`;
      parts.decisions.record({ kind: 'restored', service: name, id, text }, clock.now());
      end(name, 'restored');
    } catch (error) {
      calledOff.throwIfAborted();
      const why = parts.redact(DriverError.from(error).reason);
      log.error({ service: name, why }, 'data could not be taken over to another version');
      for (const { driver } of meant) {
        await putBack(driver, name, calledOff);
        await driver.upgrade?.forget({ service: name });
      }
      parts.decisions.record({ kind: 'upgrade-failed', service: name, id, why }, clock.now());
      change(name, (one) =>
        keptAsItIs(one, `its data could not be taken over to ${version}, and is as before: ${why}`),
      );
    }
  }

  /** Which migrations its database holds is to be found out anew. */
  function noteMade(name: string, meant: readonly Meant[]): void {
    if (!meant.some(({ store }) => store.kind === 'database')) return;
    parts.decisions.record({ kind: 'provisioned', service: name }, clock.now());
  }
}

const WORDS = { database: 'its data is', redis: 'its Redis is', files: 'its files are' } as const;

interface Work {
  readonly spec: AppliedService['spec'];
  readonly id: string;
  /** Aborts when it takes too long, too. */
  readonly signal: AbortSignal;
  /** Nobody is here any more for whom it is done. */
  readonly calledOff: AbortSignal;
}

interface Meant {
  readonly store: KeptStore;
  readonly driver: DataDriver;
}

function endedPart(service: AppliedService, ended: 'restored' | 'failed'): AppliedService {
  const { restoring } = service;
  if (restoring?.rewind === undefined) return withoutWish(service);
  return { ...service, restoring: { ...restoring, rewind: { ...restoring.rewind, ended } } };
}
