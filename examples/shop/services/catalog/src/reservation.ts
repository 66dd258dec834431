/**
 * A reservation takes the stock of one order. It is keyed by the order's id, and goes one way: none → held → released.
 * Reserving twice is reserving once, and what was released stays released, even if a delayed reserve arrives later.
 */
import { Problem } from './problem.ts';

export type Product = {
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly stock: number;
};

export type Line = { readonly sku: string; readonly quantity: number };
export type ReservedLine = Line & { readonly name: string; readonly priceCents: number };

export type Reservation =
  | { readonly status: 'held'; readonly lines: readonly ReservedLine[] }
  | { readonly status: 'released' };

export type ReserveResult =
  | Reservation
  | { readonly status: 'unknown-sku'; readonly sku: string }
  | { readonly status: 'out-of-stock'; readonly sku: string; readonly left: number }
  | { readonly status: 'different' };

export const MAX_LINES = 50;
export const MAX_QUANTITY = 99;

/** Decides a reserve, given what the store holds now. Pure: the store then writes what is `held`, and only that. */
export function decide(
  lines: readonly Line[],
  earlier: Reservation | undefined,
  products: ReadonlyMap<string, Product>,
): ReserveResult {
  if (earlier?.status === 'released') return earlier;
  if (earlier?.status === 'held') return sameLines(lines, earlier.lines) ? earlier : { status: 'different' };

  const reserved: ReservedLine[] = [];
  for (const { sku, quantity } of lines) {
    const product = products.get(sku);
    if (product === undefined) return { status: 'unknown-sku', sku };
    if (product.stock < quantity) return { status: 'out-of-stock', sku, left: product.stock };
    reserved.push({ sku, name: product.name, quantity, priceCents: product.priceCents });
  }
  return { status: 'held', lines: reserved };
}

function sameLines(asked: readonly Line[], held: readonly Line[]): boolean {
  const quantities = new Map(held.map(({ sku, quantity }) => [sku, quantity]));
  return asked.length === held.length && asked.every(({ sku, quantity }) => quantities.get(sku) === quantity);
}

/** Parses `{items: [{sku, quantity}]}`. */
export function parseLines(body: unknown): readonly Line[] {
  const items = (body as { items?: unknown } | null)?.items;
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_LINES) {
    throw Problem.badRequest(`items must be a list of 1 to ${MAX_LINES} lines.`);
  }
  const lines = items.map(parseLine);
  if (new Set(lines.map(({ sku }) => sku)).size < lines.length)
    throw Problem.badRequest('A sku appears twice in items.');
  return lines;
}

function parseLine(item: unknown, index: number): Line {
  const { sku, quantity } = (item ?? {}) as { sku?: unknown; quantity?: unknown };
  if (typeof sku !== 'string' || sku === '') throw Problem.badRequest(`items[${index}].sku must be a string.`);
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > MAX_QUANTITY) {
    throw Problem.badRequest(`items[${index}].quantity must be a whole number from 1 to ${MAX_QUANTITY}.`);
  }
  return { sku, quantity };
}
