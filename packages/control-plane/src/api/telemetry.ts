import { ApiError, type TelemetryRouteName, telemetryRoutes } from '@islet/client';
import type { Client } from '@islet/client/remote';
import type { System } from '../system.ts';
import type { Handlers, Request } from './server.ts';

/** What the telemetry process answers: it speaks the control API's own routes, on a Unix socket. */
export type TelemetryClient = Pick<Client, TelemetryRouteName>;

type Call = (input: object, options: { readonly signal: AbortSignal }) => Promise<unknown> | AsyncIterable<unknown>;

/** Passes each call on to the telemetry process, and takes secrets out of what it answers. */
export function telemetryHandlers({ parts, redact }: System): Pick<Handlers, TelemetryRouteName> {
  const forward = (name: TelemetryRouteName) => (request: Request) => {
    const { params, query, body, signal } = request;
    const { telemetry } = parts;
    if (telemetry === undefined) throw notThere();
    const call = telemetry.client[name] as Call;
    const answer = call({ ...params, ...query, ...(body as object | undefined) }, { signal });
    return Symbol.asyncIterator in answer
      ? redactAll(answer, redact)
      : answer.then((value) => redactDeep(value, redact));
  };
  const names = Object.keys(telemetryRoutes) as TelemetryRouteName[];
  return Object.fromEntries(names.map((name) => [name, forward(name)])) as unknown as Pick<
    Handlers,
    TelemetryRouteName
  >;
}

function notThere(): ApiError {
  return new ApiError('unavailable', 'no telemetry is gathered here', { hint: 'islet up starts it' });
}

async function* redactAll(values: AsyncIterable<unknown>, redact: (text: string) => string): AsyncGenerator<unknown> {
  for await (const value of values) yield redactDeep(value, redact);
}

/** Services write what they like into logs and attributes: also their secrets. */
export function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((one) => redactDeep(one, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, redactDeep(one, redact)]));
}
