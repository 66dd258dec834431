import { type BuildRequest, type ComputeDriver, type DataDriver, DriverError, type TrafficDriver } from '@islet/driver';
import { hazardText } from '@islet/driver/migrations';
import { type Generation, generationOf, type InstanceId, type RevisionId, type Step } from '@islet/plan';
import type { Overseer } from './backup/overseer.ts';
import type { Clock } from './clock.ts';
import { BUILD_MS } from './deadlines.ts';
import { declaredStores } from './declared-stores.ts';
import { edgeName } from './edges.ts';
import { commandOf, environmentOf } from './environment.ts';
import { type FactSources, gatherFacts, HOST } from './facts.ts';
import { failpoint } from './failpoint.ts';
import { lastLines } from './last-lines.ts';
import type { Look } from './observe.ts';
import { provision, refreshOutsideStore } from './provision.ts';
import { type Routes, routingTable } from './routing.ts';
import { migrate } from './run-migrations.ts';
import type { LaunchSpec } from './store/applied.ts';
import type { Decisions } from './store/decisions.ts';

export interface Hands extends FactSources {
  readonly compute: ComputeDriver;
  readonly traffic: TrafficDriver;
  readonly data: readonly DataDriver[];
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly routes: (look: Look) => Routes;
  readonly buildRequest: (spec: LaunchSpec, revision: RevisionId) => Promise<Omit<BuildRequest, 'deadlineMs'>>;
  readonly redact: (text: string) => string;
  /** Sends made-up requests to a generation, and as many to the one that it is compared with. */
  readonly sample: (wanted: Omit<StepOf<'sample'>, 'kind'>, signal: AbortSignal) => Promise<void>;
  /** Undefined: nothing is backed up. */
  readonly backups: Pick<Overseer, 'ask' | 'told'> | undefined;
  /** Why a service has no endpoints, for whoever gets the 503. */
  readonly unavailable: (service: string) => string | undefined;
}

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;
type Act<K extends Step['kind']> = (step: StepOf<K>, hands: Hands, look: Look, signal: AbortSignal) => Promise<void>;

/**
 * Carries out one step. It repeats safely: every driver call is idempotent, every record of an effect is made after it.
 */
export function execute(step: Step, hands: Hands, look: Look, signal: AbortSignal): Promise<void> {
  return ACTS[step.kind](step as never, hands, look, signal);
}

const ACTS: { readonly [K in Step['kind']]: Act<K> } = {
  build: async ({ service, revision }, hands, _look, signal) => {
    if (wantedOf(service, hands)?.isRollback) {
      // The files are those of another revision by now: built of them, it would be that one under this name.
      return recordFailure(hands, { service, revision, step: 'rollback', reason: 'its bytes are gone', log: [] });
    }
    const request = await hands.buildRequest(launchOf(service, revision, hands), revision);
    const outcome = await hands.compute.build({ ...request, deadlineMs: BUILD_MS }, { signal });
    failpoint('build: after the bytes');
    if (outcome.kind === 'built') return;
    recordFailure(hands, { service, revision, step: 'build', reason: outcome.reason, log: outcome.log });
  },

  provision: async ({ service }, hands, _look, signal) => {
    const spec = wantedSpec(service, hands);
    // Before: whoever finds the store ready must not take an older store's migrations for this one's. Somebody may have
    // deleted its files, or put back a copy.
    hands.decisions.record({ kind: 'provisioned', service }, hands.clock.now());
    await provision(spec, hands, signal);
    failpoint('provision: after the store');
  },

  retire: async ({ service }, hands, _look, signal) => {
    for (const { engine } of declaredStores(wantedSpec(service, hands))) {
      await hands.driverOf(engine)?.credentials?.retire({ service }, { signal });
    }
    failpoint('retire: before the record');
    hands.decisions.record({ kind: 'retired', service }, hands.clock.now());
  },

  migrate: async ({ service, revision }, hands, _look, signal) => {
    const outcome = await migrate(launchOf(service, revision, hands), revision, { hands, signal, contract: false });
    failpoint('migrate: before the record');
    if (outcome.kind === 'migrated') {
      const hazards = outcome.hazards?.map((hazard) => hands.redact(hazardText(hazard)));
      const { applied: files, later } = outcome;
      const migrated = { kind: 'migrated', service, revision, files, ...(later && { later }) } as const;
      hands.decisions.record(hazards === undefined ? migrated : { ...migrated, hazards }, hands.clock.now());
      failpoint('migrate: after the record');
      return;
    }
    const { migration, reason: why, log = [] } = outcome;
    // Where the driver knows the line, the file's name stands there already.
    const reason = why.startsWith(`${migration}:`) ? why : `${migration}: ${why}`;
    recordFailure(hands, { service, revision, step: 'migrate', reason, log });
  },

  contract: async ({ service, revision }, hands, _look, signal) => {
    const outcome = await migrate(launchOf(service, revision, hands), revision, { hands, signal, contract: true });
    failpoint('contract: before the record');
    if (outcome.kind === 'migrated') {
      // Whoever applied them may have been killed before it could say so.
      const files = outcome.applied.length > 0 ? outcome.applied : laterOf(service, revision, hands);
      hands.decisions.record({ kind: 'contracted', service, revision, files }, hands.clock.now());
      failpoint('contract: after the record');
      return;
    }
    // The revision works, and goes on: it is tried again, and said, until somebody mends it.
    throw new DriverError('refused', `${outcome.migration}: ${outcome.reason}`, {
      hint: 'mend it in a new revision; what runs does not need it',
    });
  },

  start: async ({ service, instance, revision, generation, index }, hands, _look, signal) => {
    const spec = launchOf(service, revision, hands);
    const port = spec.api.port ?? (await hands.ports.take(portName(instance)));
    failpoint('start: after the port');
    await refreshOutsideStore(spec, hands, signal);
    const facts = await gatherFacts(spec, { instance, revision, port }, hands);
    const { resources } = spec.run;
    const identity = { service, instance, revision, generation, index, port, resources };
    await hands.compute.start(
      { ...identity, command: commandOf(spec, facts), env: environmentOf(spec, facts) },
      { signal },
    );
    failpoint('start: after the process');
  },

  publish: async ({ endpoints, warm, splits }, hands, look, signal) => {
    const table = look.traffic.kind === 'reachable' ? look.traffic.table : undefined;
    const endpointOf = (id: InstanceId) => {
      const found = look.instances.get(id);
      if (found === undefined) return undefined;
      // What an instance understands is its revision's to say.
      const { http2, proxyProtocol } = hands.applied.launch(found.service, found.revision)?.api ?? {};
      const spoken = { ...(http2 && { http2 }), ...(proxyProtocol && { toldClients: proxyProtocol }) };
      return { instance: id, revision: found.revision, host: HOST, port: found.port, ...spoken };
    };
    const next = { version: (table?.version ?? 0) + 1, routes: hands.routes(look), endpoints, warm, splits };
    await hands.traffic.publish(routingTable({ ...next, endpointOf, unavailable: hands.unavailable }), { signal });
    failpoint('publish: after the table');
  },

  stop: async ({ instance, graceMs }, hands, _look, signal) => {
    await hands.compute.stop({ instance, graceMs }, { signal });
    failpoint('stop: after the end');
    hands.ports.release(portName(instance));
    failpoint('stop: after the port');
  },

  kill: async ({ service, instance, startedAt, why }, hands, _look, signal) => {
    await hands.compute.kill({ instance, startedAt }, { signal });
    failpoint('kill: after the end');
    hands.decisions.record({ kind: 'killed', service, instance, why }, hands.clock.now());
    failpoint('kill: after the record');
  },

  advance: async ({ service, generation, step, why }, { decisions, clock }) => {
    failpoint('advance: before the record');
    decisions.record({ kind: 'advanced', service, generation, step, why }, clock.now());
    failpoint('advance: after the record');
  },

  sample: async ({ service, generation, requests }, hands, _look, signal) => {
    await hands.sample({ service, generation, requests }, signal);
    failpoint('sample: after the requests');
  },

  promote: async ({ service, revision, generation }, { decisions, clock }) => {
    decisions.record({ kind: 'promoted', service, revision, generation }, clock.now());
    failpoint('promote: after the record');
  },

  fail: async ({ service, generation, of, reason }, hands, look) => {
    const log = await lastLines(service, generation, { compute: hands.compute, look });
    failpoint('fail: before the record');
    recordFailed(hands, { service, generation, step: of, reason, log });
    failpoint('fail: after the record');
  },

  forget: async ({ service, revision }, { compute }, _look, signal) => {
    await compute.forget({ service, revision }, { signal });
    failpoint('forget: after the bytes');
  },

  'stop-store': async ({ service }, { data }, _look, signal) => {
    await Promise.all(data.map((driver) => driver.stop({ service }, { signal })));
    failpoint('stop-store: after the end');
  },

  purge: async ({ service }, hands, _look, signal) => {
    await Promise.all(hands.data.map((driver) => driver.purge({ service }, { signal })));
    failpoint('purge: after the data');
    await hands.compute.purge({ service }, { signal });
    failpoint('purge: after the files');
    for (const name of hands.ports.names(edgeName(service, ''))) hands.ports.release(name);
    hands.decisions.record({ kind: 'purged', service }, hands.clock.now());
  },

  wait: async () => undefined,
};

function laterOf(service: string, revision: RevisionId, { decisions }: Hands): readonly string[] {
  return decisions.rollouts(service).later.get(revision) ?? [];
}

function portName(instance: InstanceId): string {
  return `instance ${instance}`;
}

/**
 * Forgets the ports of instances that are not there: whoever stopped them was killed before it could. Only before the
 * first step, since a start takes its port before its instance is seen.
 */
export function releaseLostPorts({ ports }: Pick<Hands, 'ports'>, { instances }: Look): void {
  const prefix = portName('');
  for (const name of ports.names(prefix)) if (!instances.has(name.slice(prefix.length))) ports.release(name);
}

interface StepFailure {
  readonly service: string;
  readonly revision: RevisionId;
  readonly step: string;
  readonly reason: string;
  readonly log: readonly string[];
}

/** A rollout whose build or migration failed is given up: the same bytes would fail again. */
export function recordFailure(hands: Hands, { service, revision, step, reason, log }: StepFailure): void {
  const wanted = wantedOf(service, hands);
  if (wanted?.revision !== revision) return;
  recordFailed(hands, { service, generation: generationOf(revision, wanted.restarts), step, reason, log });
}

/** What programs print may hold secrets; what is kept of it does not. */
function recordFailed(
  { decisions, clock, redact }: Hands,
  { service, generation, step, reason, log }: Omit<StepFailure, 'revision'> & { readonly generation: Generation },
): void {
  const failure = { step, reason: redact(reason), at: clock.now(), log: log.map(redact) };
  decisions.record({ kind: 'failed', service, generation, failure }, failure.at);
}

export function wantedOf(service: string, { applied }: Pick<Hands, 'applied'>) {
  return applied.current()?.services.find(({ spec }) => spec.name === service);
}

function wantedSpec(service: string, hands: Hands): LaunchSpec {
  const spec = wantedOf(service, hands)?.spec;
  if (spec === undefined) throw new DriverError('not-found', `${service} is not asked for`);
  return spec;
}

function launchOf(service: string, revision: RevisionId, { applied }: Hands): LaunchSpec {
  const spec = applied.launch(service, revision);
  if (spec === undefined) throw new DriverError('not-found', `revision ${revision} of ${service} is not known`);
  return spec;
}
