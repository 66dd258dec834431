import { ABANDONED, type Order } from '../src/order.ts';
import type { Store } from '../src/store.ts';

type Row = Order & { keyHash: string | null; begunAtMs: number; undoOwed: boolean };

/** A store for tests, which passes the same suite as PostgreSQL. One thread and no `await`: nothing can interleave. */
export function createMemoryStore(): Store {
  const rows = new Map<string, Row>();

  const settle = (id: string, outcome: Exclude<Order['state'], { status: 'placing' }>): Order => {
    const row = rows.get(id)!;
    if (row.state.status !== 'placing') return row;
    rows.set(id, { ...row, state: outcome, undoOwed: outcome.status === 'refused' });
    return rows.get(id)!;
  };

  return {
    async ready() {},
    async claim(id, { keyHash, fingerprint, lines }) {
      const earlier = [...rows.values()].find((row) => keyHash !== null && row.keyHash === keyHash);
      if (earlier !== undefined) return earlier;
      const state = { status: 'placing' } as const;
      rows.set(id, { id, keyHash, fingerprint, lines, state, begunAtMs: Date.now(), undoOwed: false });
      return rows.get(id)!;
    },
    async find(id) {
      return rows.get(id);
    },
    async settle(id, outcome) {
      return settle(id, outcome);
    },
    async abandon({ afterMs }) {
      for (const { id, begunAtMs } of rows.values()) if (begunAtMs <= Date.now() - afterMs) settle(id, ABANDONED);
    },
    async undoOwed({ limit }) {
      return [...rows.values()]
        .filter(({ undoOwed }) => undoOwed)
        .map(({ id }) => id)
        .slice(0, limit);
    },
    async undone(id) {
      rows.set(id, { ...rows.get(id)!, undoOwed: false });
    },
    async close() {},
  };
}
