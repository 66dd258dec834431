import { log } from './log.ts';

export type Product = {
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly stock: number;
};

/** The trace which a call belongs to: the `traceparent` header of W3C Trace Context, passed on as it came. */
export type Trace = string | undefined;

export interface Services {
  /** Every product, by name; `undefined` when the catalog does not answer. */
  products(trace: Trace): Promise<readonly Product[] | undefined>;
  /** Skus that go with a product; none when nobody can say. A page is never worse for it than without a suggestion. */
  recommendations(sku: string, trace: Trace): Promise<readonly string[]>;
}

/** A page waits for its products, but hardly for suggestions. */
const TIMEOUT_MS = { catalog: 2_000, recommendations: 400 } as const;

export function connect(at: { catalog: string | undefined; recommendations: string | undefined }): Services {
  return {
    async products(trace) {
      if (at.catalog === undefined) return undefined;
      const url = `${at.catalog}/api/catalog/products`;
      const body = await get(url, { timeoutMs: TIMEOUT_MS.catalog, trace });
      return (body as { products: readonly Product[] } | undefined)?.products;
    },
    async recommendations(sku, trace) {
      if (at.recommendations === undefined) return [];
      const url = `${at.recommendations}/api/recommendations?sku=${encodeURIComponent(sku)}`;
      const body = await get(url, { timeoutMs: TIMEOUT_MS.recommendations, trace });
      return (body as { recommendations: readonly string[] } | undefined)?.recommendations ?? [];
    },
  };
}

/** The JSON at an address, or `undefined` when there was no good answer in time. */
async function get(url: string, { timeoutMs, trace }: { timeoutMs: number; trace: Trace }): Promise<unknown> {
  try {
    const headers = { ...(trace !== undefined && { traceparent: trace }) };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    log('warn', 'call failed', { url, status: response.status });
  } catch (error) {
    log('warn', 'call failed', { url, error: error instanceof Error ? error.message : String(error) });
  }
  return undefined;
}
