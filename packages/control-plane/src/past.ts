/*
 * Since when something is so is told by the wall clock, and kept: in memory, on disk, by the kernel. Where somebody puts that
 * clock back, all that was a moment ago lies in the future, and whoever waits for so long *since* then waits for as long as the
 * clock was put back as well: a canary for its next step, a bake, a deadline that ends a rollout that gets nowhere.
 *
 * What lies in the future is taken as of when that was first seen. It is remembered until nobody asks for it any more: taken
 * anew each time it would never be over. So a wait begins anew once, and is never longer than twice what was meant.
 */

/** When it was, as far as can be known. `what` tells one thing that something is since from another. */
export type Past = (what: string, at: number) => number;

/** For one look after the other: what is not asked for in one is forgotten. */
export function createPast(): (now: number) => Past {
  let known: ReadonlyMap<string, Noted> = new Map();
  return (now) => {
    const before = known;
    const noted = new Map<string, Noted>();
    known = noted;
    return (what, at) => {
      const one = before.get(what);
      const from = one?.at === at && one.from <= now ? one.from : Math.min(at, now);
      if (from !== at) noted.set(what, { at, from });
      return from;
    };
  };
}

interface Noted {
  readonly at: number;
  readonly from: number;
}
