import { createHash } from 'node:crypto';
import type { SystemStatus } from '@islet/client';
import { type Alert, alertKey, type Condition, type Notice, turnAlerts } from '@islet/policy';
import type { Logger } from 'pino';
import { type Bulletin, createBulletin } from '../bulletin.ts';
import type { Clock } from '../clock.ts';
import type { Counters } from '../scale/load.ts';
import type { Applied } from '../store/applied.ts';
import type { AlertStore, Delivery } from './database.ts';
import { type Objective, objectivesOf } from './objectives.ts';
import { createOutbox } from './outbox.ts';
import { type Receiver, receiversOf, type SecretOf } from './receivers.ts';
import { type BackupTrouble, backupConditions } from './rules/backups.ts';
import { downServices, failedRollouts, isDown, isRolloutOver, RESTART_LOOP, restartLoops } from './rules/instances.ts';
import { type Certificate, type Disk, endingCertificates, fullDisks } from './rules/machine.ts';
import { createSloKeeper, type JudgedObjective, SLO_RULE, sloConditions } from './slo-keeper.ts';

export interface SentinelParts {
  readonly store: AlertStore;
  readonly applied: () => Applied | undefined;
  /** The proxy's counters. */
  readonly stats: () => Promise<Counters>;
  readonly status: () => SystemStatus | undefined;
  /** Unasked-for ends of a service's instances since an instant. */
  readonly endsSince: (service: string, at: number) => number;
  readonly backups: () => { readonly troubles: readonly BackupTrouble[]; readonly place: string | undefined };
  /** What of telemetry does not get to where it is forwarded. */
  readonly forwards: () => Promise<readonly Condition[]>;
  readonly disks: () => Promise<readonly Disk[]>;
  readonly certificates: (applied: Applied) => Promise<readonly Certificate[]>;
  readonly secret: SecretOf;
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  /** It answers, and looks at nothing. */
  readonly idle?: boolean;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

/** Watches for what somebody should know of, keeps it, and tells it. */
export interface Sentinel {
  /** One look at everything; the control plane asks for one every `LOOK_MS`. */
  look(): Promise<void>;
  slos(): readonly JudgedObjective[];
  /** What is open, and what was; newest first. */
  alerts(): readonly Alert[];
  /** Undefined: there is no such alert, or it is over. */
  mark(id: string, state: Alert['state']): Alert | undefined;
  readonly changes: Bulletin<readonly Alert[]>;
  close(): void;
}

const LOOK_MS = 10_000;
const LISTED = 200;

export function createSentinel(parts: SentinelParts): Sentinel {
  const { store, clock, log } = parts;
  const slos = createSloKeeper(store);
  const changes = createBulletin<readonly Alert[]>();
  const downSince = new Map<string, number>();
  let open = store.open();
  let closed = false;
  let timer: Disposable | undefined;

  const receivers = () => receiversOf(parts.applied()?.alerts, parts.secret);
  const outbox = createOutbox({ ...parts, receivers, system: () => parts.applied()?.system ?? '' });
  const objectives = (): readonly Objective[] =>
    (parts.applied()?.services ?? []).flatMap(({ spec }) => objectivesOf(spec));

  const watched = async (applied: Applied, now: number) => {
    const unknown = new Set<string>();
    const trying = async <T>(rule: string, look: () => Promise<T>): Promise<T | undefined> =>
      look().catch((error: Error) => {
        unknown.add(rule);
        log.warn({ rule, error: parts.redact(error.message) }, 'what an alert is about can not be looked at');
        return undefined;
      });
    const counters = await trying(SLO_RULE, parts.stats);
    if (counters !== undefined) slos.read(objectives(), counters.edges, now);
    const status = parts.status();
    if (status === undefined) for (const rule of ['restart-loop', 'down', 'rollout']) unknown.add(rule);
    const disks = await trying('disk', parts.disks);
    const certificates = await trying('certificate', () => parts.certificates(applied));
    const forwards = await trying('forwarding', parts.forwards);
    const { troubles, place } = parts.backups();
    const conditions: readonly Condition[] = [
      ...sloConditions(slos.judge(objectives(), now)),
      ...(status === undefined ? [] : ofInstances(status, now)),
      ...fullDisks(disks ?? []),
      ...endingCertificates(certificates ?? [], now),
      ...backupConditions(troubles, place),
      ...(forwards ?? []),
      ...outbox.conditions(),
    ];
    const isOver = (condition: Condition) => status !== undefined && isRolloutOver(condition, status);
    return { conditions, unknown, isOver };
  };
  const ofInstances = (status: SystemStatus, now: number) => {
    const down = new Set(status.services.filter(isDown).map(({ name }) => name));
    for (const name of downSince.keys()) if (!down.has(name)) downSince.delete(name);
    for (const name of down) downSince.set(name, downSince.get(name) ?? now);
    return [
      ...restartLoops(status, (service) => parts.endsSince(service, now - RESTART_LOOP.withinMs)),
      ...downServices(status, downSince, now),
      ...failedRollouts(status),
    ];
  };
  const look = async () => {
    const applied = parts.applied();
    // Who edits in place wants no alert for it, and what goes down as asked is not in trouble.
    if (closed || applied === undefined || applied.goingDown || applied.mode === 'in-place') return;
    const sight = await watched(applied, clock.now());
    if (closed) return;
    const now = clock.now();
    const turn = turnAlerts(open, { ...sight, now, newId });
    if (turn.alerts.some((alert, index) => alert !== open[index]) || turn.notices.length > 0) {
      store.record(turn.alerts, deliveriesOf(turn.notices, receivers(), now));
    }
    open = turn.alerts.filter(({ state }) => state.kind !== 'resolved');
    if (turn.notices.length > 0) changes.post(store.list(LISTED));
    await outbox.send();
  };
  const again = () => {
    timer = clock.after(
      LOOK_MS,
      () => {
        look()
          .catch((error: Error) => log.error({ error: parts.redact(error.message) }, 'alerts are not watched for'))
          .finally(() => closed || again());
      },
      { background: true },
    );
  };
  if (parts.idle !== true) again();

  return {
    look,
    slos: () => slos.judge(objectives(), clock.now()),
    alerts: () => store.list(LISTED),
    mark: (id, state) => {
      const found = open.find((alert) => alert.id === id);
      if (found === undefined) return undefined;
      const marked = { ...found, state };
      store.record([marked], []);
      open = open.map((alert) => (alert === found ? marked : alert));
      changes.post(store.list(LISTED));
      return marked;
    },
    changes,
    close: () => {
      closed = true;
      timer?.[Symbol.dispose]();
      changes.close();
      store.close();
    },
  };
}

function newId(condition: Condition, now: number): string {
  return createHash('sha256')
    .update(`${alertKey(condition)} ${now}`)
    .digest('hex')
    .slice(0, 8);
}

function deliveriesOf(notices: readonly Notice[], receivers: readonly Receiver[], now: number): readonly Delivery[] {
  return notices.flatMap((notice) =>
    receivers
      .filter(({ severities }) => severities.includes(notice.alert.condition.severity))
      .map(({ key }) => ({ receiver: key, notice, at: now, attempts: 0, nextAt: now })),
  );
}
