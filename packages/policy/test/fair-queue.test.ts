import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FairQueue } from '../src/fair-queue.ts';

/** The rules as they are written: clients in the order of their turns, each with what waits of it. */
class Model {
  turns: { readonly key: string; items: readonly number[] }[] = [];

  add(item: number, key: string): void {
    const own = this.turns.find((turn) => turn.key === key);
    if (own === undefined) this.turns.push({ key, items: [item] });
    else own.items = [...own.items, item];
  }

  delete(item: number): boolean {
    const own = this.turns.find(({ items }) => items.includes(item));
    if (own !== undefined) own.items = own.items.filter((it) => it !== item);
    this.turns = this.turns.filter(({ items }) => items.length > 0);
    return own !== undefined;
  }

  take(): number | undefined {
    const [first, ...others] = this.turns;
    const [item, ...items] = first?.items ?? [];
    if (first !== undefined) this.turns = items.length === 0 ? others : [...others, { key: first.key, items }];
    return item;
  }

  /** How many wait of the client that has most. */
  get most(): number {
    return Math.max(0, ...this.turns.map(({ items }) => items.length));
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd');
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), nth: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('push out' as const) }) },
);

test('whatever comes, is served and gives up: clients take turns, one client is served in its order, and nobody is lost', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const [queue, model] = [new FairQueue<number>(), new Model()];
      let added = 0;
      for (const it of steps) {
        if (it.kind === 'add') {
          queue.add(++added, it.key);
          model.add(added, it.key);
        } else if (it.kind === 'take') assert.equal(queue.take(), model.take());
        else if (it.kind === 'delete') {
          // Also what is there no longer, or never was.
          const item = it.nth % (added + 2);
          assert.equal(queue.delete(item), model.delete(item));
        } else {
          const { last } = queue;
          assert.equal(last?.of ?? 0, model.most);
          const own = model.turns.find(({ items }) => last !== undefined && items.includes(last.item));
          assert.equal(own?.items.length ?? 0, model.most, 'of a client that has most');
          assert.equal(own?.items.at(-1), last?.item, 'its last');
          if (last !== undefined) assert.equal(queue.delete(last.item), model.delete(last.item));
        }
        assert.equal(queue.first, model.turns[0]?.items[0]);
        for (const { key, items } of model.turns) assert.equal(queue.sizeOf(key), items.length);
        assert.equal(queue.size, model.turns.flatMap(({ items }) => items).length);
      }
    }),
  );
});
