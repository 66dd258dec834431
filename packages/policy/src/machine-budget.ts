/** What of a machine there is to give away, or what one instance takes. */
export interface Resources {
  /** Cores. */
  readonly cpu: number;
  readonly memoryBytes: number;
}

export interface Demand {
  readonly service: string;
  /** Given in any case, before anybody gets more: what the file promises. */
  readonly min: number;
  readonly wants: number;
  /** Of one instance; 0: it is not known, and not counted. */
  readonly each: Resources;
  /** The larger first. */
  readonly priority: number;
}

export interface Allotment {
  readonly instances: number;
  /** What there was too little of; undefined: it got what it wants. */
  readonly short: 'cpu' | 'memory' | undefined;
}

/**
 * One machine, shared: every service gets its `min`; then the services of the highest priority share what is left, one
 * instance each in turn, until they have what they want or the next one does not fit; then those of the next priority.
 * Going round in turn keeps a service that asks for a hundred from leaving nothing to one that asks for two.
 */
export function allot(demands: readonly Demand[], budget: Resources): Readonly<Record<string, Allotment>> {
  const given = new Map<string, Allotment>(
    demands.map(({ service, min }) => [service, { instances: min, short: undefined }]),
  );
  let left = demands.reduce((rest, { min, each }) => less(rest, each, min), budget);
  const priorities = [...new Set(demands.map(({ priority }) => priority))].sort((a, b) => b - a);
  for (const priority of priorities) {
    let open = demands.filter((demand) => demand.priority === priority && demand.wants > demand.min);
    while (open.length > 0) {
      open = open.filter((demand) => {
        const { instances } = given.get(demand.service) ?? { instances: demand.min };
        const short = whatLacks(left, demand.each);
        if (short === undefined) left = less(left, demand.each, 1);
        given.set(demand.service, { instances: instances + (short === undefined ? 1 : 0), short });
        return short === undefined && instances + 1 < demand.wants;
      });
    }
  }
  return Object.fromEntries(given);
}

function less({ cpu, memoryBytes }: Resources, each: Resources, count: number): Resources {
  return { cpu: cpu - each.cpu * count, memoryBytes: memoryBytes - each.memoryBytes * count };
}

function whatLacks(left: Resources, each: Resources): Allotment['short'] {
  if (each.cpu > 0 && each.cpu > left.cpu + 1e-9) return 'cpu';
  return each.memoryBytes > 0 && each.memoryBytes > left.memoryBytes ? 'memory' : undefined;
}
