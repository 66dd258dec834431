import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Line } from './order.ts';
import { Problem } from './problem.ts';

export type OrderRequest = {
  readonly lines: readonly Line[];
  /** Digits only. It is passed to payments, and neither stored nor logged. */
  readonly card: string;
  /** Hash of the Idempotency-Key, or null without one. */
  readonly keyHash: string | null;
  /** The same for the same request under the same key. */
  readonly fingerprint: string;
};

const MAX_LINES = 50;
const MAX_QUANTITY = 99;

/** Parses the body and the Idempotency-Key header. A mistake throws a 400 which says where it is. */
export function parseOrderRequest(body: unknown, idempotencyKey: string | undefined): OrderRequest {
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw Problem.badRequest('Idempotency-Key must be 1 to 255 visible ASCII characters.');
  }
  const { items, card } = (body ?? {}) as { items?: unknown; card?: unknown };
  const request = { lines: parseLines(items), card: parseCard(card) };
  return { ...request, ...identify(request, idempotencyKey) };
}

function parseLines(items: unknown): readonly Line[] {
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
  if (typeof sku !== 'string' || sku === '' || sku.length > 64) {
    throw Problem.badRequest(`items[${index}].sku must be a string of 1 to 64 characters.`);
  }
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > MAX_QUANTITY) {
    throw Problem.badRequest(`items[${index}].quantity must be a whole number from 1 to ${MAX_QUANTITY}.`);
  }
  return { sku, quantity };
}

function parseCard(card: unknown): string {
  const digits = typeof card === 'string' ? card.replaceAll(/[ -]/g, '') : '';
  if (!/^\d{12,19}$/.test(digits)) throw Problem.badRequest('card must be a card number of 12 to 19 digits.');
  return digits;
}

/**
 * A plain hash of the request would give away the card: there are few enough card numbers to try them all.
 * So the request is hashed with the client's key as the secret, and of the key itself only a hash is kept.
 */
function identify(request: { lines: readonly Line[]; card: string }, idempotencyKey: string | undefined) {
  const secret = idempotencyKey ?? randomUUID();
  return {
    keyHash: idempotencyKey === undefined ? null : createHash('sha256').update(idempotencyKey).digest('hex'),
    fingerprint: createHmac('sha256', secret).update(JSON.stringify(request)).digest('hex'),
  };
}
