import type { ForwardStatus } from '@islet/client';
import type { ForwardSignal, ForwardSpec, TextOrSecret } from '@islet/spec';
import type { Orders } from '../orders.ts';
import { redactor } from '../redactor.ts';
import { type LogRow, logSchema, metricSchema, type SpanRow, spanSchema } from '../store/rows.ts';
import type { Listener } from '../taken.ts';
import { encodeLogs, encodeSpans } from './encode.ts';
import { MetricEncoder, type MetricToSend, metricToSend } from './encode-metrics.ts';
import { Lane } from './lane.ts';
import { FORWARD_LIMITS } from './limits.ts';
import { Pace } from './pace.ts';
import { type Confidential, sealedVersion, unseal } from './sealed.ts';
import { type Transport, transportTo } from './transport.ts';
import type { Redact } from './wire.ts';

/** One backend, with a lane for each signal that it gets. */
interface Route {
  /** The same for as long as nothing of it has changed. */
  readonly key: string;
  readonly spec: ForwardSpec;
  readonly transport: Transport;
  readonly traces: Lane<SpanRow> | undefined;
  readonly logs: Lane<LogRow> | undefined;
  readonly metrics: Lane<MetricToSend> | undefined;
}

export interface ForwarderParts {
  /** Telemetry's own, in which what is confidential lies sealed. */
  readonly folder: string;
  readonly now: () => number;
}

const LANES = ['traces', 'logs', 'metrics'] as const satisfies readonly ForwardSignal[];

/**
 * Sends a copy of what comes to the backends that the orders name. It hears of everything as the store does, and only puts it
 * into bounded queues. Secrets are taken out as out of every answer; here that is done as late as possible, for what is sent.
 */
export class Forwarder {
  readonly #parts: ForwarderParts;
  #routes: readonly Route[] = [];
  #problems: readonly ForwardStatus[] = [];
  readonly #pace = new Pace(FORWARD_LIMITS.restShare);
  #orders: Orders | undefined;
  #sealed = '';
  #confidential: Confidential = { headers: {}, secrets: [] };
  #redact: Redact = (text) => text;
  #system = '';
  /** Services that keep a part of their telemetry here. */
  #restricted: ReadonlyMap<string, readonly ForwardSignal[]> = new Map();

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
  }

  readonly listener: Listener = {
    spans: (rows) =>
      this.#each('traces', (lane, allows) => lane.add(allows === undefined ? rows : rows.filter(allows))),
    logs: (rows) => this.#each('logs', (lane, allows) => lane.add(allows === undefined ? rows : rows.filter(allows))),
    metrics: (rows, from) => {
      if (this.#routes.length === 0) return;
      const items = rows.map((row) => metricToSend(row, from));
      this.#each('metrics', (lane, allows) => lane.add(allows === undefined ? items : items.filter(allows)));
    },
  };

  /** One for each backend and signal. */
  get status(): readonly ForwardStatus[] {
    const lanes = this.#routes.flatMap(({ spec, ...route }) =>
      LANES.flatMap((signal) => {
        const lane = route[signal];
        return lane === undefined ? [] : [{ url: spec.url, signal, ...lane.counts }];
      }),
    );
    return [...lanes, ...this.#problems];
  }

  /** As asked for now. Backends that stay as they are keep what waits for them. */
  follow(orders: Orders): void {
    const { system, services, forward = [] } = orders;
    const version = forward.length === 0 ? '' : sealedVersion(this.#parts.folder);
    if (orders === this.#orders && version === this.#sealed) return;
    this.#orders = orders;
    this.#system = system;
    this.#restricted = new Map(
      services.flatMap(({ name, policy }) =>
        policy.forward === undefined || policy.forward.length === LANES.length ? [] : [[name, policy.forward] as const],
      ),
    );
    if (version !== this.#sealed) {
      this.#confidential = unseal(this.#parts.folder) ?? { headers: {}, secrets: [] };
      this.#redact = redactor(this.#confidential.secrets);
      this.#sealed = version;
    }
    const wanted = forward.map((spec) => this.#wanted(spec));
    const missing = wanted.flatMap(({ spec, missing }) => (missing === undefined ? [] : [{ spec, missing }]));
    this.#problems = missing.flatMap(({ spec, missing: name }) =>
      spec.signals.map((signal) => ({ ...unsent(spec, signal, name), since: this.#parts.now() })),
    );
    const usable = wanted.filter((one) => one.missing === undefined);
    const gone = this.#routes.filter(({ key }) => !usable.some((one) => one.key === key));
    for (const route of gone) void close(route);
    this.#routes = usable.map(
      ({ spec, key, headers }) => this.#routes.find((one) => one.key === key) ?? this.#open(spec, key, headers),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#routes.map(close));
  }

  #wanted(spec: ForwardSpec) {
    const plainOf = (text: TextOrSecret) =>
      typeof text === 'string' ? text : this.#confidential.headers[text.secret]?.trim();
    const pairs = Object.entries(spec.headers).map(
      ([name, text]) => [name.toLowerCase(), plainOf(text), text] as const,
    );
    const nameless = pairs.find(([, value]) => value === undefined)?.[2];
    const headers = Object.fromEntries(pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
    return {
      spec,
      headers,
      key: JSON.stringify([spec, headers]),
      missing: typeof nameless === 'object' ? nameless.secret : undefined,
    };
  }

  #open(spec: ForwardSpec, key: string, headers: Readonly<Record<string, string>>): Route {
    const transport = transportTo({ ...spec, headers });
    const { now } = this.#parts;
    const lane = <T>(signal: ForwardSignal, sizeOf: (row: T) => number, encode: (rows: readonly T[]) => Uint8Array) => {
      if (!spec.signals.includes(signal)) return undefined;
      return new Lane<T>({
        encode,
        sizeOf,
        now,
        pace: this.#pace,
        send: (body, gone) => transport.send(signal, body, gone),
      });
    };
    const metrics = new MetricEncoder();
    return {
      key,
      spec,
      transport,
      traces: lane('traces', spanSchema.size, (rows) => encodeSpans(rows, this.#system, this.#redact)),
      logs: lane('logs', logSchema.size, (rows) => encodeLogs(rows, this.#system, this.#redact)),
      metrics: lane(
        'metrics',
        ({ row }: MetricToSend) => metricSchema.size(row),
        (rows) => metrics.encode(rows, this.#system, this.#redact),
      ),
    };
  }

  /** With what tells which rows go; undefined: all do. */
  #each<S extends ForwardSignal>(
    signal: S,
    add: (lane: NonNullable<Route[S]>, allows: ((row: { readonly service: string }) => boolean) | undefined) => void,
  ): void {
    const allows = ({ service }: { readonly service: string }) =>
      this.#restricted.get(service)?.includes(signal) ?? true;
    for (const route of this.#routes) {
      const lane = route[signal];
      if (lane !== undefined) add(lane as NonNullable<Route[S]>, this.#restricted.size === 0 ? undefined : allows);
    }
  }
}

function unsent({ url }: ForwardSpec, signal: ForwardSignal, secret: string): ForwardStatus {
  const problem = `the secret ${secret} has no value: islet secret set ${secret}`;
  return { url, signal, sent: 0, waiting: 0, dropped: 0, rejected: 0, problem };
}

async function close({ transport, traces, logs, metrics }: Route): Promise<void> {
  await Promise.all([traces?.close(), logs?.close(), metrics?.close()]);
  transport.close();
}
