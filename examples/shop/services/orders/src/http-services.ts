import { log } from './log.ts';
import type { RefusalCode, Shipment } from './order.ts';
import { Problem } from './problem.ts';
import type { Reserved, Services, Trace } from './services.ts';

/** Where Islet says that each service is. One which orders does not use, or which is not deployed, has no address. */
export type Addresses = {
  readonly catalog: string | undefined;
  readonly payments: string | undefined;
  readonly shipping: string | undefined;
};

type Request = {
  readonly method: 'PUT' | 'DELETE';
  readonly url: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly trace: Trace;
};

const TIMEOUT_MS = { catalog: 2_000, payments: 2_000, shipping: 1_000 } as const;

/** What the catalog's refusals mean for the order. Whatever else it answers is a failure, not a decision. */
const REFUSALS: Readonly<Record<string, RefusalCode>> = {
  unknown_sku: 'unknown_sku',
  out_of_stock: 'out_of_stock',
  released: 'abandoned',
};

export function connect({ catalog, payments, shipping }: Addresses): Services {
  return {
    async reserve(orderId, lines, trace) {
      const unavailable = new Problem(
        503,
        'catalog_unavailable',
        'The catalog does not answer. Try again with the same key.',
      );
      if (catalog === undefined) throw unavailable;
      const answer = await call({
        method: 'PUT',
        url: `${catalog}/reservations/${orderId}`,
        body: { items: lines },
        timeoutMs: TIMEOUT_MS.catalog,
        trace,
      });
      if (answer?.status === 200) return answer.body as Reserved;
      const { error = '', message = '' } = (answer?.body ?? {}) as { error?: string; message?: string };
      const code = REFUSALS[error];
      if (code === undefined) throw unavailable;
      return { status: 'refused', code, message };
    },

    async authorize({ orderId, amountCents, card }, trace) {
      if (payments === undefined) return 'pending';
      const answer = await call({
        method: 'PUT',
        url: `${payments}/authorizations/${orderId}`,
        body: { amountCents, card },
        timeoutMs: TIMEOUT_MS.payments,
        trace,
      });
      if (answer?.status !== 200) return 'pending';
      return (answer.body as { status: string }).status === 'authorized' ? 'authorized' : 'declined';
    },

    async ship({ orderId, pieces }, trace) {
      if (shipping === undefined) return null;
      const answer = await call({
        method: 'PUT',
        url: `${shipping}/shipments/${orderId}`,
        body: { pieces },
        timeoutMs: TIMEOUT_MS.shipping,
        trace,
      });
      return answer?.status === 200 ? (answer.body as Shipment) : null;
    },

    async undo(orderId, trace) {
      const owed: Request[] = [];
      if (catalog !== undefined) {
        const url = `${catalog}/reservations/${orderId}`;
        owed.push({ method: 'DELETE', url, timeoutMs: TIMEOUT_MS.catalog, trace });
      }
      if (payments !== undefined) {
        const url = `${payments}/authorizations/${orderId}`;
        owed.push({ method: 'DELETE', url, timeoutMs: TIMEOUT_MS.payments, trace });
      }
      const answers = await Promise.all(owed.map(call));
      if (answers.some((answer) => answer?.status !== 204))
        throw new Error(`the undo of order ${orderId} is not confirmed`);
    },
  };
}

/** One call, with a deadline that covers the body too. `undefined` when there was no usable answer in time. */
async function call({ method, url, body, timeoutMs, trace }: Request) {
  try {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...(trace !== undefined && { traceparent: trace }) },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 500) log('warn', 'call failed', { method, url, status: response.status });
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  } catch (error) {
    log('warn', 'call failed', { method, url, error: reason(error) });
    return undefined;
  }
}

/** `fetch` says no more than "fetch failed"; what failed is in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
