import type { DataDriver, StoreMetrics, StoreObservation } from '@islet/driver';
import { STORE_METRICS, type StoreMetricName } from '@islet/driver';
import type { Identity } from '@islet/telemetry';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { within } from '../deadlines.ts';

export interface StoreGaugesParts {
  readonly data: readonly DataDriver[];
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** As an instance would send it: a message of OTLP, in JSON. */
  readonly send: (identity: Identity, message: object) => Promise<void>;
}

/** What was seen of each engine's stores. */
export type SeenStores = readonly {
  readonly engine: DataDriver['engine'];
  readonly stores: Readonly<Record<string, StoreObservation>>;
}[];

/** As everything else that is measured. */
const EVERY_MS = 10_000;
const ASK_MS = 5_000;

/** Engines by the names that OpenTelemetry has for them (`db.system.name`), and one that it has none for. */
const SYSTEMS = {
  postgres: 'postgresql',
  mariadb: 'mariadb',
  sqlite: 'sqlite',
  redis: 'redis',
  files: 'islet.files',
  external: 'postgresql',
} as const;

export interface StoreReading {
  readonly service: string;
  /** OpenTelemetry's name of the engine. */
  readonly system: string;
  readonly metrics: StoreMetrics;
}

interface Subject {
  readonly driver: DataDriver;
  readonly service: string;
}

/**
 * Reads what every running store has counted, and hands it to telemetry: as OTLP, so that it is kept, asked for and
 * forwarded as what services send. Stores are asked one after the other, and one that does not answer waits for its next
 * turn: it has troubles enough.
 */
export class StoreGauges {
  readonly #parts: StoreGaugesParts;
  #subjects: readonly Subject[] = [];
  #timer: Disposable | undefined;
  /** Stores that did not answer: said once. */
  readonly #silent = new Set<string>();
  readonly #read = new Map<string, StoreReading>();
  #closed = false;

  constructor(parts: StoreGaugesParts) {
    this.#parts = parts;
  }

  see(seen: SeenStores): void {
    this.#subjects = seen.flatMap(({ engine, stores }) => {
      const driver = this.#parts.data.find((one) => one.engine === engine);
      if (driver?.metrics === undefined) return [];
      return Object.entries(stores).flatMap(([service, { kind }]) => (kind === 'ready' ? [{ driver, service }] : []));
    });
    if (this.#subjects.length > 0 && this.#timer === undefined) this.#again();
  }

  /** As last read, of those that are still there. */
  get readings(): readonly StoreReading[] {
    return this.#subjects.flatMap(({ driver, service }) => this.#read.get(nameOf(driver, service)) ?? []);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** One look at every store. */
  async look(): Promise<void> {
    for (const subject of this.#subjects) {
      if (this.#closed) return;
      await this.#ask(subject);
    }
  }

  #again(): void {
    const { clock } = this.#parts;
    const look = () => void this.look().finally(() => this.#closed || this.#again());
    this.#timer = clock.after(EVERY_MS, look, { background: true });
  }

  async #ask({ driver, service }: Subject): Promise<void> {
    const { clock, log, send } = this.#parts;
    const name = nameOf(driver, service);
    const deadline = { clock, afterMs: ASK_MS, what: `what the store of ${service} counts` };
    try {
      const metrics = await within(deadline, async (signal) => driver.metrics?.({ service }, { signal }));
      if (metrics === undefined) return;
      this.#read.set(name, { service, system: SYSTEMS[driver.engine], metrics });
      await send({ service, instance: name, revision: '' }, messageOf(metrics, driver.engine, clock.now()));
      this.#silent.delete(name);
    } catch (error) {
      this.#read.delete(name);
      if (!this.#silent.has(name)) log.warn({ service, error: (error as Error).message }, 'a store is not measured');
      this.#silent.add(name);
    }
  }
}

/** As its process is called. */
function nameOf({ engine }: DataDriver, service: string): string {
  return `${engine}-${service}`;
}

/** `ExportMetricsServiceRequest`. Counters are of the server, and count since it started. */
function messageOf(metrics: StoreMetrics, engine: DataDriver['engine'], now: number): object {
  const attributes = [{ key: 'db.system.name', value: { stringValue: SYSTEMS[engine] } }];
  const told = Object.entries(metrics).map(([name, value]) => {
    const { kind, unit } = STORE_METRICS[name as StoreMetricName];
    const dataPoints = [{ timeUnixNano: `${BigInt(now) * 1_000_000n}`, asDouble: value, attributes }];
    if (kind === 'gauge') return { name, unit, gauge: { dataPoints } };
    return { name, unit, sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } };
  });
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: told }] }] };
}
