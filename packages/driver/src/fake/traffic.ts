import { isDeepStrictEqual } from 'node:util';
import type { InstanceId } from '@islet/plan';
import type { RoutingTable } from '@islet/policy';
import { DriverError } from '../errors.ts';
import type { RevisionTraffic, TrafficChange, TrafficDriver, TrafficObservation } from '../traffic.ts';

/** A proxy in memory: tests and the simulator put requests in flight, and take it away. */
export class FakeTraffic implements TrafficDriver {
  /** Listeners that can't be opened. */
  problems: readonly string[] = [];
  /** What the revisions have answered. */
  answered: readonly RevisionTraffic[] = [];
  readonly #inFlight = new Map<InstanceId, number>();
  /** Of those. */
  readonly #longLived = new Map<InstanceId, number>();
  readonly #watchers = new Set<(change: TrafficChange) => void>();
  #table: RoutingTable | undefined;
  #unreachable: string | undefined;
  #pid = 1;

  /** A request enters an instance; it must be in the table. */
  begin(instance: InstanceId): void {
    if (!this.#endpoints().includes(instance)) throw new DriverError('not-found', `${instance} is not in the table`);
    this.#inFlight.set(instance, this.#count(instance) + 1);
  }

  /** A tunnel or a stream begins; it goes on until the proxy stops. */
  beginLongLived(instance: InstanceId): void {
    this.begin(instance);
    this.#longLived.set(instance, (this.#longLived.get(instance) ?? 0) + 1);
  }

  /** A request ends. */
  end(instance: InstanceId): void {
    const left = this.#count(instance) - 1;
    if (left < 0) throw new DriverError('not-found', `nothing is in flight to ${instance}`);
    if (left > 0) {
      this.#inFlight.set(instance, left);
      return;
    }
    this.#inFlight.delete(instance);
    if (!this.#endpoints().includes(instance)) this.#tell();
  }

  /** A request waits for the first instance of a service. */
  want(service: string): void {
    this.#tell({ kind: 'wanted', service });
  }

  /** The proxy dies: what is in flight dies with it. */
  stop(reason: string): void {
    this.#unreachable = reason;
    this.#inFlight.clear();
    this.#longLived.clear();
    this.#tell();
  }

  /** The proxy comes back with its last table. */
  start(): void {
    this.#unreachable = undefined;
    this.#pid++;
    this.#tell();
  }

  async publish(table: RoutingTable): Promise<void> {
    if (this.#unreachable !== undefined) throw new DriverError('unavailable', this.#unreachable);
    const current = this.#table;
    const same = current?.version === table.version && isDeepStrictEqual(current, table);
    if (current !== undefined && current.version >= table.version && !same) {
      throw new DriverError('conflict', `version ${table.version} is not newer than ${current.version}`);
    }
    this.#table = structuredClone(table);
  }

  async observe(): Promise<TrafficObservation> {
    if (this.#unreachable !== undefined) return { kind: 'unreachable', reason: this.#unreachable };
    return {
      kind: 'reachable',
      pid: this.#pid,
      startedAt: this.#pid,
      lastDeath: undefined,
      table: this.#table,
      problems: this.problems,
      inFlight: Object.fromEntries(this.#inFlight),
      longLived: Object.fromEntries(this.#longLived),
    };
  }

  async revisions(): Promise<readonly RevisionTraffic[]> {
    if (this.#unreachable !== undefined) throw new DriverError('unavailable', this.#unreachable);
    return this.answered;
  }

  watch(onChange: (change: TrafficChange) => void): Disposable {
    // Two watches with one function are two watches.
    const watcher = (change: TrafficChange) => onChange(change);
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => this.#watchers.delete(watcher) };
  }

  async close(): Promise<void> {
    this.#watchers.clear();
  }

  #count(instance: InstanceId): number {
    return this.#inFlight.get(instance) ?? 0;
  }

  #endpoints(): readonly InstanceId[] {
    const services = Object.values(this.#table?.services ?? {});
    return services.flatMap(({ endpoints, warm = [] }) => [...endpoints, ...warm].map(({ instance }) => instance));
  }

  #tell(change: TrafficChange = { kind: 'other' }): void {
    for (const watcher of this.#watchers) watcher(change);
  }
}
