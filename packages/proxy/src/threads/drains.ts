import type { RoutingTable } from '@islet/policy';

/** Instances that have left the table, and who has not yet said that nothing of theirs is in flight: all must have. */
export class Drains<Plane> {
  readonly #owed = new Map<string, Set<Plane>>();
  readonly #onDrained: (instance: string) => void;

  constructor(onDrained: (instance: string) => void) {
    this.#onDrained = onDrained;
  }

  /** To be called before the planes hear of the table: one may have nothing in flight, and say so at once. */
  change(before: RoutingTable | undefined, after: RoutingTable, planes: Iterable<Plane>): void {
    const now = instancesOf(after);
    for (const instance of now) this.#owed.delete(instance);
    for (const instance of before === undefined ? [] : instancesOf(before)) {
      if (!now.has(instance)) this.#owed.set(instance, new Set(planes));
    }
  }

  drained(instance: string, plane: Plane): void {
    const owed = this.#owed.get(instance);
    if (owed?.delete(plane)) this.#settle(instance, owed);
  }

  /** It is gone, and with it all that it had in flight. */
  leave(plane: Plane): void {
    for (const [instance, owed] of this.#owed) if (owed.delete(plane)) this.#settle(instance, owed);
  }

  #settle(instance: string, owed: ReadonlySet<Plane>): void {
    if (owed.size > 0) return;
    this.#owed.delete(instance);
    this.#onDrained(instance);
  }
}

function instancesOf({ services }: RoutingTable): ReadonlySet<string> {
  return new Set(
    Object.values(services).flatMap(({ endpoints, warm = [] }) =>
      [...endpoints, ...warm].map(({ instance }) => instance),
    ),
  );
}
