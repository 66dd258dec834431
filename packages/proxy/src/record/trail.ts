import type {
  DecisionRecord,
  KeptBecause,
  RequestRecord,
  RulePlace,
  TrafficRule,
  TryRecord,
  WireProtocol,
} from '@islet/policy';
import { RECORD_VERSION, rulePlace } from '@islet/policy';
import type { AccessLogSpec } from '@islet/spec';
import type { Way } from '../client/edge-policies.ts';
import type { Trace } from '../client/trace-context.ts';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import type { Counts, Edge } from '../stats.ts';
import type { EndpointState } from '../upstream/endpoint.ts';

/** What is known of a request when it begins. */
export interface TrailStart {
  /** Milliseconds that never go back, as all instants here. */
  readonly startedAt: number;
  readonly edge: Edge;
  readonly id: string;
  readonly trace: Trace;
  readonly clientAddress: string;
  readonly protocol: WireProtocol;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly route: string | undefined;
  /** Undefined: it found no service. */
  readonly way: Way | undefined;
  readonly log: AccessLogSpec;
  /** Of its route alone. */
  readonly counts?: Counts | undefined;
  /** Its caller may see what was decided, and asked to. */
  readonly asked: boolean;
  /** What its caller had asked for, where another service answers in its stead. */
  readonly standsInFor?: Trail;
}

/** One try, while it is at it and after. */
interface Try {
  readonly endpoint: EndpointState;
  readonly startedAt: number;
  readonly probe: boolean;
  isOpen: boolean;
  endedAt: number | undefined;
  outcome: number | string;
}

/** Where a rule is set, as far as it is known when it decides. */
export interface RuleAt {
  /** Of the rule: see `rulePlace`. */
  readonly part?: string;
  /** Who has set it; undefined: the file or its default. */
  readonly by?: string | undefined;
}

/** What a rule did to it. Which line says so is looked up where it is read. */
interface Decision {
  readonly rule: TrafficRule;
  readonly place: RuleAt;
  readonly why: string;
  readonly at: number;
  readonly endpoint: EndpointState | undefined;
}

/**
 * What is noted of one request while it is carried. Every request has a trail and nearly none is read, so it only keeps
 * references and numbers; the text is made for those that are kept.
 */
export class Trail {
  readonly start: TrailStart;
  #tries: readonly Try[] = NONE;
  #decisions: readonly Decision[] = NONE;
  bytesIn = 0;
  bytesOut = 0;
  status: number | undefined;
  grpcStatus: number | undefined;
  #error: ProxyErrorCode | undefined;
  #isNotable = false;
  #outcome = 0;
  #queueMs = 0;
  #connectMs = 0;
  #firstByteAt: number | undefined;

  constructor(start: TrailStart) {
    this.start = start;
    if (start.counts === undefined) return;
    start.counts.requests++;
    start.counts.inFlight++;
  }

  /** Counts a decision, and notes it with what decided. */
  decided(rule: TrafficRule, why: string, now: number, endpoint?: EndpointState, place?: RuleAt): void {
    this.#isNotable = true;
    this.noted(rule, why, now, endpoint, place);
  }

  /** The same for what is an everyday matter: it alone is no reason to keep the record. */
  noted(rule: TrafficRule, why: string, now: number, endpoint?: EndpointState, place = ANYWHERE): void {
    this.start.edge.decided(rule);
    if (this.#decisions.length >= DECISIONS) return;
    this.#decisions = [...this.#decisions, { rule, place, why, at: this.#since(now), endpoint }];
  }

  /** The proxy answers it with an error of its own; or, for errors that are never sent, ends it so. */
  failed(code: ProxyErrorCode, { isSent }: { readonly isSent: boolean }): void {
    this.#error = code;
    if (isSent) this.status = PROXY_ERRORS[code].status;
  }

  waited(ms: number): void {
    this.#queueMs += ms;
  }

  /** The current try has a connection. */
  tryOpened(now: number): void {
    const current = this.#tries.at(-1);
    if (current === undefined || current.isOpen) return;
    current.isOpen = true;
    this.#connectMs += now - current.startedAt;
  }

  /** The head of the response that goes to the client. */
  answered(status: number, now: number): void {
    this.status = status;
    this.#firstByteAt = now;
  }

  /** How a gRPC call went, in HTTP's terms and in its own. */
  endedAs(status: number, grpcStatus: number | undefined): void {
    this.#outcome = status;
    this.grpcStatus = grpcStatus;
  }

  tryBegins(endpoint: EndpointState, now: number, { probe }: { readonly probe: boolean }): void {
    this.start.trace.tries++;
    const one: Try = { endpoint, startedAt: now, probe, isOpen: false, endedAt: undefined, outcome: ABANDONED };
    // Nearly always the only one: a list that is made to grow has room for many.
    this.#tries = this.#tries === NONE ? [one] : [...this.#tries, one];
  }

  /** What the instance of the current try answered, or why it did not. */
  tryCameTo(outcome: number | string): void {
    const current = this.#tries.at(-1);
    if (current !== undefined) current.outcome = outcome;
  }

  tryEnds(now: number): void {
    const current = this.#tries.at(-1);
    if (current === undefined || current.endedAt !== undefined) return;
    current.endedAt = now;
    if (!current.isOpen) this.#connectMs += now - current.startedAt;
  }

  /** It is over: counts it for its route. */
  count(now: number): void {
    const { counts, startedAt } = this.start;
    if (counts === undefined) return;
    counts.inFlight--;
    if (this.#error !== undefined) counts.error(this.#error);
    else if (this.status !== undefined) counts.status(Math.max(this.status, this.#outcome));
    counts.latency(now - startedAt);
  }

  get hasFailed(): boolean {
    return this.#error !== undefined || Math.max(this.status ?? 0, this.#outcome) >= 500;
  }

  get isNotable(): boolean {
    return this.#isNotable;
  }

  /** For whoever may see it, in a header: what has happened up to now, on one line. */
  get text(): string {
    return [`id=${this.start.id}`, ...this.#told].join('; ').replace(/[^\t\x20-\x7e]/g, '?');
  }

  get #told(): readonly string[] {
    const tries = this.#tries.map((one) => `${one.endpoint.endpoint.instance}=${outcomeSoFar(one)}`);
    const decisions = this.#decisions.map((one) => {
      const { path, from } = this.#placeOf(one);
      return `${path} (${one.why}) from ${from}`;
    });
    const { standsInFor } = this.start;
    const before = standsInFor === undefined ? [] : standsInFor.#told;
    return [...before, `tries=${tries.join(',')}`, ...decisions];
  }

  record({ at, now, kept }: { readonly at: number; readonly now: number; readonly kept: KeptBecause }): RequestRecord {
    const { edge, id, trace, clientAddress, protocol, method, path, route } = this.start;
    const { from, service } = edge;
    return {
      v: RECORD_VERSION,
      at,
      id,
      trace: trace.id,
      span: trace.span,
      parent: trace.parent,
      from: from.kind,
      caller: from.kind === 'edge' ? from.caller : undefined,
      client: from.kind === 'gateway' ? clientAddress : undefined,
      service,
      route,
      protocol,
      method,
      path: path?.slice(0, PATH_CHARACTERS),
      status: this.status,
      grpcStatus: this.grpcStatus,
      error: this.#error,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      timings: {
        queue: rounded(this.#queueMs),
        connect: rounded(this.#connectMs),
        firstByte: this.#firstByteAt === undefined ? undefined : this.#since(this.#firstByteAt),
        total: this.#since(now),
      },
      tries: this.#tries.map((one) => this.#tryRecord(one, now)),
      decisions: this.#decisions.map((one) => this.#decisionRecord(one)),
      kept,
    };
  }

  #tryRecord({ endpoint: { endpoint }, startedAt, endedAt = 0, outcome, probe }: Try, now: number): TryRecord {
    return {
      instance: endpoint.instance,
      revision: endpoint.revision,
      start: this.#since(startedAt),
      end: this.#since(endedAt === 0 ? now : endedAt),
      outcome,
      probe: probe ? true : undefined,
    };
  }

  #decisionRecord(decision: Decision): DecisionRecord {
    const { rule, at, why, endpoint } = decision;
    const { path, from } = this.#placeOf(decision);
    return { rule, at, why, instance: endpoint?.endpoint.instance, path: path === rule ? undefined : path, from };
  }

  #placeOf({ rule, place: { part = '', by } }: Decision): RulePlace {
    return by === undefined ? rulePlace(rule, part, this.start.way ?? NOWHERE) : { path: rule, from: by };
  }

  #since(now: number): number {
    return rounded(now - this.start.startedAt);
  }
}

/** What the end of a gRPC response will tell, its head can't. */
function outcomeSoFar({ outcome, endedAt }: Try): number | string {
  return outcome === ABANDONED && endedAt === undefined ? 'answering' : outcome;
}

/** Microseconds are enough. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Most requests end with no decision made of them, and all begin without a try. */
const NONE: readonly never[] = [];
/** Of a try that nothing else became of. */
const ABANDONED = 'abandoned';
const ANYWHERE: RuleAt = {};
/** It found no service. */
const NOWHERE = { written: {}, lines: undefined };
/** A request has few tries, so few decisions are made of it. */
const DECISIONS = 32;
const PATH_CHARACTERS = 512;
