import type { ForwardStatus } from '@islet/client';
import { FORWARD_SIGNALS, type ForwardSignal, type ForwardSpec } from '@islet/spec';
import { type Orders, telemetryFiles } from '../orders.ts';
import { redactor } from '../redactor.ts';
import type { Listener } from '../taken.ts';
import { metricToSend } from './encode-metrics.ts';
import { FORWARD_LIMITS } from './limits.ts';
import { Pace } from './pace.ts';
import { forgetQueues, openSpool, queueNames } from './queue-place.ts';
import { Route, type RouteSignals } from './route.ts';
import { type Confidential, sealedVersion, unseal } from './sealed.ts';
import { Authorities, type Usable, usable } from './usable.ts';
import type { Redact } from './wire.ts';

export interface ForwarderParts {
  /** Telemetry's own, in which what is confidential lies sealed. */
  readonly folder: string;
  readonly now: () => number;
}

/**
 * Sends a copy of what comes to the backends that the orders name. It hears of everything as the store does, and only puts it
 * into bounded queues. Secrets are taken out as out of every answer; here that is done as late as possible, for what is sent.
 */
export class Forwarder {
  readonly #parts: ForwarderParts;
  #routes: readonly Route[] = [];
  #problems: readonly ForwardStatus[] = [];
  /** Settles when no route that is over has anything open any more. */
  #closing: Promise<unknown> = Promise.resolve();
  readonly #authorities = new Authorities();
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
    return [...this.#routes.flatMap((route) => route.status), ...this.#problems];
  }

  /** As asked for now. Backends that stay as they are keep what waits for them, and so do those that are asked in another way. */
  follow(orders: Orders): void {
    const { system, services, forward = [] } = orders;
    const version = forward.length === 0 ? '' : sealedVersion(this.#parts.folder);
    const isAsBefore = orders === this.#orders && version === this.#sealed && !this.#authorities.haveChanged(forward);
    if (isAsBefore) return;
    this.#orders = orders;
    this.#system = system;
    this.#restricted = new Map(
      services.flatMap(({ name, policy: { forward: own } }) =>
        own === undefined || own.length === FORWARD_SIGNALS.length ? [] : [[name, own] as const],
      ),
    );
    if (version !== this.#sealed) {
      this.#confidential = unseal(this.#parts.folder) ?? { headers: {}, secrets: [] };
      this.#redact = redactor(this.#confidential.secrets);
      this.#sealed = version;
    }
    const names = queueNames(forward);
    const asked = forward.map((spec, index) => ({
      queue: names[index] ?? '',
      spec,
      ...usable(spec, { secrets: this.#confidential.headers, authorities: this.#authorities }),
    }));
    this.#problems = asked.flatMap(({ spec, problem }) =>
      problem === undefined ? [] : spec.signals.map((signal) => this.#unsent(spec, signal, problem)),
    );
    this.#replace(asked.filter(({ problem }) => problem === undefined));
    this.#forget(new Map(asked.map(({ queue, spec }) => [queue, spec.signals])));
  }

  async close(): Promise<void> {
    await Promise.all(this.#routes.map((route) => route.close()));
    await this.#closing;
  }

  #replace(asked: readonly (Usable & { readonly queue: string; readonly spec: ForwardSpec })[]): void {
    const keyOf = ({ queue, spec, headers, ca }: (typeof asked)[number]) => JSON.stringify([queue, spec, headers, ca]);
    const keys = new Set(asked.map(keyOf));
    const gone = this.#routes.filter(({ key }) => !keys.has(key));
    // What waits for one of them may be what a new one begins with, so that one waits until the old one has put it down.
    this.#closing = Promise.all([this.#closing, ...gone.map((route) => route.close())]);
    this.#routes = asked.map((one) => {
      const key = keyOf(one);
      return this.#routes.find((route) => route.key === key) ?? this.#open(key, one);
    });
  }

  #open(
    key: string,
    { queue, spec, headers, ca }: Usable & { readonly queue: string; readonly spec: ForwardSpec },
  ): Route {
    const closed = this.#closing;
    return new Route(key, spec, {
      backend: { ...spec, headers, ca },
      pace: this.#pace,
      now: this.#parts.now,
      system: () => this.#system,
      redact: (text) => this.#redact(text),
      openSpool: async (signal) => {
        await closed;
        return openSpool(telemetryFiles.forward(this.#parts.folder), queue, signal);
      },
    });
  }

  #forget(wanted: ReadonlyMap<string, readonly ForwardSignal[]>): void {
    const { folder } = this.#parts;
    this.#closing = this.#closing.then(() => forgetQueues(telemetryFiles.forward(folder), wanted));
  }

  #unsent({ url }: ForwardSpec, signal: ForwardSignal, problem: string): ForwardStatus {
    return { url, signal, sent: 0, waiting: 0, dropped: 0, rejected: 0, problem, since: this.#parts.now() };
  }

  /** With what tells which rows go; undefined: all do. */
  #each<S extends ForwardSignal>(
    signal: S,
    add: (lane: RouteSignals[S], allows: ((row: { readonly service: string }) => boolean) | undefined) => void,
  ): void {
    const allows = ({ service }: { readonly service: string }) =>
      this.#restricted.get(service)?.includes(signal) ?? true;
    for (const route of this.#routes) {
      const lane = route.lanes[signal];
      if (lane !== undefined) add(lane as RouteSignals[S], this.#restricted.size === 0 ? undefined : allows);
    }
  }
}
