/**
 * Runs the contenders in turn, A B A B, so that what else the machine does falls on all of them alike. Gives each one's
 * results in the order of the rounds.
 */
export async function interleave<C extends Contenders>(rounds: number, contenders: C): Promise<Results<C>> {
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, [] as unknown[]]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, run] of Object.entries(contenders)) results[name]?.push(await run());
  return results as unknown as Results<C>;
}

type Contenders = Readonly<Record<string, () => Promise<unknown>>>;
type Results<C extends Contenders> = { readonly [K in keyof C]: readonly Awaited<ReturnType<C[K]>>[] };

/** Milliseconds, by a clock that only goes forward. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}
