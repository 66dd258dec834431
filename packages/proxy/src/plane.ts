import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import { type CachePurge, type RoutingTable, routeName } from '@islet/policy';
import { Encoders } from './client/encoders.ts';
import { Openings } from './client/openings.ts';
import { Clock } from './clock.ts';
import { Deadlines } from './deadlines.ts';
import { Identities } from './identities.ts';
import { LIMITS } from './limits.ts';
import type { PortSharing } from './listen.ts';
import { Listeners } from './listeners.ts';
import type { LineSink } from './record/access-log.ts';
import type { ExplainTokens } from './record/explain-tokens.ts';
import { Recorder } from './record/recorder.ts';
import type { Runtime } from './runtime.ts';
import type { Hint } from './shared/shared-states.ts';
import { OWN_STATES, type States } from './shared/states.ts';
import { type EdgeStats, type InstanceStats, type RevisionStats, Stats } from './stats.ts';
import type { HoldStats } from './upstream/doorstep.ts';
import { Registry } from './upstream/registry.ts';

export interface ProxyStats {
  readonly edges: readonly EdgeStats[];
  readonly instances: readonly InstanceStats[];
  readonly revisions: readonly RevisionStats[];
  /** Services that have let requests wait for their first instance. */
  readonly holds: readonly HoldStats[];
  /** Exceptions that no code expected; each cost one connection. */
  readonly unexpected: number;
}

export interface PlaneOptions {
  /** Milliseconds that never go back. */
  readonly now?: () => number;
  readonly dice?: () => number;
  /** Where records of requests go; undefined: nowhere. */
  readonly sink?: LineSink;
  readonly tokens?: ExplainTokens;
  /** What it shares with other planes; undefined: nothing. */
  readonly states?: States;
}

/**
 * The data plane: listeners, endpoints and what is in flight between them, by one table at a time. It knows nothing of
 * files, locks or the control API, so that it can run in a test, or one day in a worker.
 */
export class DataPlane extends EventEmitter<{ drained: [instance: string]; wanted: [service: string] }> {
  readonly stats: Stats;
  readonly #deadlines: Deadlines;
  readonly #registry: Registry;
  readonly #listeners: Listeners;
  readonly #sweep: NodeJS.Timeout;
  readonly #now: () => number;
  #table: RoutingTable | undefined;
  readonly #encoders = new Encoders();
  #identities: Identities | undefined;
  #threads = 1;
  #sharing: PortSharing = { kind: 'alone' };
  #closing = false;

  constructor(options: PlaneOptions = {}) {
    super();
    const { now = () => performance.now(), dice = Math.random, sink, tokens, states = OWN_STATES } = options;
    const openings = new Openings();
    const clock = new Clock(now, { atEnd: () => openings.endTurn() });
    this.#now = now;
    this.stats = new Stats(states);
    this.#deadlines = new Deadlines(now);
    this.#registry = new Registry({
      clock,
      deadlines: this.#deadlines,
      onDrained: (instance) => this.emit('drained', instance),
      onWanted: (service) => this.emit('wanted', service),
      states,
    });
    const recorder = new Recorder({ sink, tokens });
    const runtime: Runtime = {
      now: clock.now,
      clock,
      openings,
      dice,
      deadlines: this.#deadlines,
      stats: this.stats,
      encoders: this.#encoders,
      recorder,
      claimOf: (authorization, claim) => this.#identities?.claimOf(authorization, claim, Date.now()),
      closing: () => this.#closing,
    };
    const registry = this.#registry;
    this.#listeners = new Listeners({
      runtime,
      registry,
      settle: (endpoint) => registry.settle(endpoint),
      sharing: () => this.#sharing,
      clients: () => Math.ceil(LIMITS.clientsPerListener / this.#threads),
    });
    this.#sweep = setInterval(() => {
      registry.sweep(now());
      recorder.sweep(now());
    }, LIMITS.poolSweepMs);
  }

  get table(): RoutingTable | undefined {
    return this.#table;
  }

  get problems(): readonly string[] {
    return this.#listeners.problems;
  }

  /** Listeners that are open, and that other threads can open too. */
  get openKeys(): readonly string[] {
    return this.#listeners.openKeys;
  }

  /** So many planes carry the traffic together from now on: this one has its part of the memory, and shares its ports. */
  async share(threads: number, sharing: PortSharing): Promise<void> {
    const isOtherwise = sharing.kind !== this.#sharing.kind && sharing.kind !== 'other';
    this.#threads = threads;
    this.#sharing = sharing;
    this.#encoders.most = Math.ceil(LIMITS.encoders / threads);
    this.#registry.cacheBytes = LIMITS.cacheBytes / threads;
    if (isOtherwise) await this.#listeners.reopen();
    await this.#listeners.openMissing();
  }

  /** Returns how many stored responses went; undefined: there is no such service. */
  purge(order: CachePurge): number | undefined {
    return this.#registry.purge(order);
  }

  /** What another plane has seen or done. */
  heed(hint: Hint): void {
    if (hint.kind === 'turned') this.#registry.refresh(hint.service);
    else if (hint.kind === 'changed') this.#registry.forget(hint.service, hint.target);
  }

  /** Of clients, whether or not they ask something. */
  get connections(): number {
    return this.#listeners.connections;
  }

  get inFlight(): Readonly<Record<string, number>> {
    return this.#registry.inFlight();
  }

  get longLived(): Readonly<Record<string, number>> {
    return this.#registry.longLived();
  }

  /** Returns when every request that comes is routed by this table. */
  async apply(table: RoutingTable): Promise<void> {
    this.#table = table;
    if (!isDeepStrictEqual(this.#identities?.spec, table.identity)) {
      this.#identities = table.identity && new Identities(table.identity);
    }
    const reinforced = new Set(this.#registry.apply(table.services, { now: this.#now(), epoch: Date.now() }));
    this.stats.hope((service) => reinforced.has(service), this.#now());
    await this.#listeners.apply(table.listeners);
    const callers = new Set(table.listeners.map((listener) => (listener.kind === 'edge' ? listener.caller : '')));
    const routes = routesOf(table);
    this.stats.pruneRoutes((service, route) => routes.get(service)?.has(route) ?? false);
    this.stats.prune((name) => Object.hasOwn(table.services, name) || callers.has(name));
  }

  readStats(): ProxyStats {
    return {
      edges: this.stats.edges(this.#now()),
      instances: this.#registry.instances(),
      revisions: this.#registry.revisions(),
      holds: this.#registry.holds(),
      unexpected: this.stats.unexpected,
    };
  }

  /**
   * Takes nothing new, lets what is in flight finish, and breaks off what has not by the deadline. For `graceMs` connections at rest may
   * ask once more.
   */
  async close({ byMs, graceMs = 0 }: { readonly byMs: number; readonly graceMs?: number }): Promise<void> {
    this.#closing = true;
    this.#listeners.close({ graceMs });
    const [deadline, restBy] = [this.#now() + byMs, this.#now() + Math.min(graceMs, byMs)];
    const isAtRest = () => this.stats.inFlight === 0 && (this.#now() >= restBy || this.#listeners.connections === 0);
    while (!isAtRest() && this.#now() < deadline) await tick();
    this.#listeners.destroyAll();
    this.#registry.closeIdle();
    this.#deadlines.close();
    clearInterval(this.#sweep);
  }
}

/** The names by which requests to each service are counted. */
function routesOf({ services, listeners }: RoutingTable): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map(
    Object.entries(services).map(([name, { traffic }]) => {
      const own = traffic.overrides.flatMap(({ route }) => (route === undefined ? [] : [routeName(route)]));
      return [name, new Set(own)] as const;
    }),
  );
  for (const listener of listeners) {
    if (listener.kind === 'gateway') for (const { service, path } of listener.routes) names.get(service)?.add(path);
  }
  return names;
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
