import { type Annotation, ApiError, type LiveUpdate, type TelemetryRouteName, telemetryRoutes } from '@islet/client';
import type { Client } from '@islet/client/remote';
import type { RequestRecord } from '@islet/policy';
import type { System } from '../system.ts';
import { annotationsOf } from './annotations.ts';
import { explained } from './explain.ts';
import type { Handlers, Request } from './server.ts';

/** What the telemetry process answers: it speaks the control API's own routes, on a Unix socket. */
export type TelemetryClient = Pick<Client, TelemetryRouteName>;

type Call = (input: object, options: { readonly signal: AbortSignal }) => Promise<unknown> | AsyncIterable<unknown>;
type TelemetryHandlers = Pick<Handlers, TelemetryRouteName>;

/** What Islet's own logs go by. */
const OWN_SERVICE = 'islet';
const HOUR_MS = 60 * 60 * 1000;
/** A dashboard that has just come sees what was decided lately. */
const LATELY_MS = 60 * 60 * 1000;

/** Passes calls on to the telemetry process, adds what only the control plane knows, and takes secrets out. */
export function telemetryHandlers(system: System): TelemetryHandlers {
  const { parts, redact } = system;
  const clientOf = (): TelemetryClient => {
    if (parts.telemetry !== undefined) return parts.telemetry.client;
    throw new ApiError('unavailable', 'no telemetry is gathered here', { hint: 'islet up starts it' });
  };
  const forward = (name: TelemetryRouteName) => (request: Request) => {
    const { params, query, body, signal } = request;
    const call = clientOf()[name] as Call;
    const answer = call({ ...params, ...query, ...(body as object | undefined) }, { signal });
    return Symbol.asyncIterator in answer
      ? redactAll(answer, redact)
      : answer.then((value) => redactDeep(value, redact));
  };
  const mustBeKnown = (service: string) => {
    const known = parts.state.applied.current()?.services.map(({ spec }) => spec.name) ?? [];
    if (known.includes(service) || service === OWN_SERVICE) return;
    throw new ApiError('not-found', `there is no service ${service}, and no log of one`, {
      hint: `the services are: ${known.join(', ')}`,
    });
  };
  const names = Object.keys(telemetryRoutes) as TelemetryRouteName[];
  const forwarded = Object.fromEntries(names.map((name) => [name, forward(name)])) as unknown as TelemetryHandlers;
  return {
    ...forwarded,
    trace: async (request) => {
      const found = await forwarded.trace(request);
      const records = found.requests as unknown as readonly RequestRecord[];
      return { ...found, requests: records.map(explained) };
    },
    logRecords: async (request) => {
      const found = await forwarded.logRecords(request);
      const { service } = request.query;
      // One that was taken out of the system has left logs; a name that has none may be a mistake.
      if (found.logs.length === 0 && service !== undefined) mustBeKnown(service);
      return found;
    },
    annotations: ({ query: { service, from, to } }) => {
      const end = Number(to ?? parts.clock.now());
      return annotationsOf(system, { from: Number(from ?? end - HOUR_MS), to: end, service });
    },
    live: (request) => {
      const kinds = (request.query.kinds ?? 'overview,edges,annotations').split(',');
      return kinds.includes('annotations') ? withAnnotations(forwarded.live(request), system) : forwarded.live(request);
    },
  };
}

/** What was decided since the last update is told with the next. */
async function* withAnnotations(updates: AsyncIterable<LiveUpdate>, system: System): AsyncGenerator<LiveUpdate> {
  const now = () => system.parts.clock.now();
  let told = now() - LATELY_MS;
  const fresh = (): Annotation[] => {
    const found = annotationsOf(system, { from: told, to: now() });
    told = Math.max(told, ...found.map(({ at }) => at + 1));
    return found;
  };
  yield { kind: 'annotations', at: now(), annotations: fresh() };
  for await (const update of updates) {
    const annotations = fresh();
    if (annotations.length > 0) yield { kind: 'annotations', at: now(), annotations };
    yield update;
  }
}

async function* redactAll(values: AsyncIterable<unknown>, redact: (text: string) => string): AsyncGenerator<unknown> {
  for await (const value of values) yield redactDeep(value, redact);
}

/** Services write what they like into logs and attributes: also their secrets. */
function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((one) => redactDeep(one, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, redactDeep(one, redact)]));
}
