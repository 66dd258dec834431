import type { Alert, ErrorGroup, ServiceActivity, ServiceStatus, Slo, StoreBackup } from '@islet/client/browser';

/** Calm to loud. What is worst is what a person should see first. */
export const TONES = ['good', 'idle', 'busy', 'warn', 'bad'] as const;
export type Tone = (typeof TONES)[number];

export function toneOf(state: ServiceStatus['state']): Tone {
  switch (state) {
    case 'ready':
      return 'good';
    case 'stopped':
      return 'idle';
    case 'progressing':
    case 'stopping':
      return 'busy';
    case 'paused':
    case 'blocked':
      return 'warn';
    case 'degraded':
    case 'failed':
      return 'bad';
  }
}

export interface OverviewLine {
  readonly service: ServiceStatus;
  readonly tone: Tone;
  /** Undefined: nothing was measured. */
  readonly activity: ServiceActivity | undefined;
  /** The objective with the least left. */
  readonly slo: Slo | undefined;
  readonly backup: StoreBackup | undefined;
  /** Groups that are open or came back. */
  readonly openErrors: number | undefined;
  readonly alerts: number;
}

export interface OverviewParts {
  readonly services: readonly ServiceStatus[];
  readonly activity: readonly ServiceActivity[] | undefined;
  readonly slos: readonly Slo[] | undefined;
  readonly backups: readonly StoreBackup[] | undefined;
  readonly errors: readonly ErrorGroup[] | undefined;
  readonly alerts: readonly Alert[] | undefined;
}

/** One line for each service, in the order of their names: a line that moves can't be found again. */
export function overviewLines(parts: OverviewParts): readonly OverviewLine[] {
  const activity = new Map(parts.activity?.map((one) => [one.service, one]));
  const backups = new Map(parts.backups?.map((one) => [one.service, one]));
  const slos = new Map<string, Slo>();
  for (const slo of parts.slos ?? []) {
    const known = slos.get(slo.service);
    if (known === undefined || slo.budgetLeft < known.budgetLeft) slos.set(slo.service, slo);
  }
  const errors = countBy(parts.errors?.filter(({ state }) => state === 'open' || state === 'regressed'));
  const alerts = countBy(parts.alerts?.filter(({ state }) => state === 'firing'));
  return parts.services.map((service) => ({
    service,
    tone: toneOf(service.state),
    activity: activity.get(service.name),
    slo: slos.get(service.name),
    backup: worstOf(storesOf(service.name).flatMap((store) => backups.get(store) ?? [])),
    openErrors: errors && (errors.get(service.name) ?? 0),
    alerts: alerts?.get(service.name) ?? 0,
  }));
}

/** The first that has trouble, or the first. */
function worstOf(backups: readonly StoreBackup[]): StoreBackup | undefined {
  return backups.find(({ problems }) => problems.length > 0) ?? backups[0];
}

function countBy(items: readonly { readonly service?: string | undefined }[] | undefined) {
  if (items === undefined) return undefined;
  const counts = new Map<string, number>();
  for (const { service = '' } of items) counts.set(service, (counts.get(service) ?? 0) + 1);
  return counts;
}

export interface Verdict {
  readonly tone: Tone;
  readonly text: string;
}

/** The system in one sentence. */
export function verdictOf(services: readonly ServiceStatus[]): Verdict {
  if (services.length === 0) return { tone: 'idle', text: 'Nothing runs here yet' };
  const wrong = services.filter(({ state }) => ['bad', 'warn'].includes(toneOf(state)));
  const busy = services.filter(({ state }) => toneOf(state) === 'busy');
  const [first] = wrong;
  if (first !== undefined) {
    const tone = wrong.some(({ state }) => toneOf(state) === 'bad') ? 'bad' : 'warn';
    return {
      tone,
      text: wrong.length === 1 ? `${first.name} is ${first.state}` : `${wrong.length} services need a look`,
    };
  }
  const [moving] = busy;
  if (moving !== undefined) {
    return {
      tone: 'busy',
      text: busy.length === 1 ? `${moving.name} is ${moving.state}` : `${busy.length} services are on the move`,
    };
  }
  if (services.every(({ state }) => state === 'stopped')) return { tone: 'idle', text: 'Everything is stopped' };
  return {
    tone: 'good',
    text: services.length === 1 ? 'Its one service is ready' : `All ${services.length} services are ready`,
  };
}

/** What its stores are called: its database, its Redis, its volumes. */
export function storesOf(service: string): readonly string[] {
  return [service, `${service}.redis`, `${service}.files`];
}

/** No service has a dot in its name. */
export function serviceOfStore(store: string): string {
  return store.split('.')[0] ?? store;
}

export interface Proof {
  readonly tone: Tone;
  readonly text: string;
  readonly at: number | undefined;
}

/** What is known of a service's backup: best is one that was brought back and checked. */
export function proofOf(backup: StoreBackup | undefined): Proof | undefined {
  if (backup === undefined) return undefined;
  if (backup.drill?.passed === false) return { tone: 'bad', text: 'drill failed', at: backup.drill.at };
  if (backup.problems.length > 0) return { tone: 'bad', text: 'late', at: backup.last?.finishedAt };
  if (backup.state === 'off') return { tone: 'idle', text: 'off', at: undefined };
  if (backup.state === 'outside') return { tone: 'idle', text: 'outside', at: undefined };
  if (backup.state === 'none') return { tone: 'warn', text: 'none', at: undefined };
  if (backup.drill !== undefined) return { tone: 'good', text: 'proven', at: backup.drill.at };
  return backup.last === undefined
    ? { tone: 'busy', text: 'none yet', at: undefined }
    : { tone: 'good', text: 'copied', at: backup.last.finishedAt };
}
