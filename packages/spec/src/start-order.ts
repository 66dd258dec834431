import type { CutEdge } from './model.ts';

/**
 * In which order to start services, so that each begins after all that it `uses`.
 *
 * A cycle (`a` uses `b` uses `a`) is honest: two services that call each other, each of which can stand a moment
 * without the other. It has no start order, so something must be left out, and what is left out must not change from
 * one machine or run to the next, nor because an unrelated service was added with a later name.
 *
 * The rule: walk depth first, services by name, and the `uses` of each by name; a service's place in the order is when
 * the walk leaves it. An edge that leads back to a service which the walk is still inside of closes a cycle: it is cut,
 * and the path walked from there is the cycle to report. Every other edge leads to a service that is left earlier, so
 * it is respected. An edge is cut only if it closes a cycle, so a system without cycles has no cuts.
 *
 * It doesn't find the fewest cuts (that is NP-hard, and nobody would recognise the answer); it finds the same ones
 * every time. The walk keeps its own stack, so that a chain of thousands of services can't overflow the runtime's.
 */
export function startOrder(uses: ReadonlyMap<string, readonly string[]>): {
  readonly order: readonly string[];
  readonly cuts: readonly CutEdge[];
} {
  const order: string[] = [];
  const cuts: CutEdge[] = [];
  const entered = new Set<string>();

  for (const first of [...uses.keys()].sort()) {
    const inside = entered.has(first) ? [] : [enter(first)];
    for (let current = inside.at(-1); current !== undefined; current = inside.at(-1)) {
      const next = current.ahead.pop();
      if (next === undefined) {
        order.push(current.name);
        inside.pop();
        continue;
      }
      const from = inside.findIndex((visit) => visit.name === next);
      if (from >= 0) cuts.push({ from: current.name, to: next, cycle: [...namesOf(inside.slice(from)), next] });
      else if (!entered.has(next)) inside.push(enter(next));
    }
  }
  return { order, cuts };

  function enter(name: string): Visit {
    entered.add(name);
    const known = new Set(uses.get(name)?.filter((other) => uses.has(other)));
    return { name, ahead: [...known].sort().reverse() };
  }
}

interface Visit {
  readonly name: string;
  /** What is still to be walked, last first. */
  readonly ahead: string[];
}

function namesOf(visits: readonly Visit[]): readonly string[] {
  return visits.map((visit) => visit.name);
}
