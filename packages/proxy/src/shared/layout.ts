import {
  BREAKER_CELLS,
  BREAKER_GENERATION,
  BREAKER_PROBES,
  BULKHEAD_CELLS,
  BULKHEAD_GAUGES,
  type Cells,
  RETRY_BUDGET_CELLS,
  STANDING_CELLS,
  STANDING_PROBING,
  THROTTLE_CELLS,
} from '@islet/policy';

/** As many as a bit of a word of users is for each, and as anybody has cores for. */
export const MAX_THREADS = 16;

/** What a slot is for: an edge or a route of it, a service, an instance. */
export const KINDS = ['guards', 'service', 'instance'] as const;
export type SlotKind = (typeof KINDS)[number];

/** The parts of each kind of slot. */
export function guardsCells(state: Cells) {
  const breakerAt = BULKHEAD_CELLS;
  const budgetAt = breakerAt + BREAKER_CELLS;
  return {
    bulkhead: state.subarray(0, BULKHEAD_CELLS),
    breaker: state.subarray(breakerAt, budgetAt),
    budget: state.subarray(budgetAt, budgetAt + RETRY_BUDGET_CELLS),
  };
}

/** The first cell counts who waits at the door. */
export function serviceCells(state: Cells) {
  return { throttle: state.subarray(1, 1 + THROTTLE_CELLS) };
}

export const STATE_CELLS = Math.max(
  BULKHEAD_CELLS + BREAKER_CELLS + RETRY_BUDGET_CELLS,
  1 + THROTTLE_CELLS,
  STANDING_CELLS,
);

/** Of a lane of guards: the gauges of the bulkhead, then calls that are to find out, and of which generation they are. */
export const LANE_PROBES = BULKHEAD_GAUGES;
export const LANE_GENERATION = BULKHEAD_GAUGES + 1;
export const LANE_CELLS = BULKHEAD_GAUGES + 2;

/** How what a dead thread had comes back, by the kind of slot. */
export const GIVE_BACK: Readonly<Record<SlotKind, (state: Cells, lane: Cells) => void>> = {
  guards: (state, lane) => {
    for (let gauge = 0; gauge < BULKHEAD_GAUGES; gauge++) state[gauge] = (state[gauge] ?? 0) - (lane[gauge] ?? 0);
    const { breaker } = guardsCells(state);
    if (lane[LANE_GENERATION] !== breaker[BREAKER_GENERATION]) return;
    breaker[BREAKER_PROBES] = (breaker[BREAKER_PROBES] ?? 0) - (lane[LANE_PROBES] ?? 0);
  },
  service: (state, lane) => {
    state[0] = (state[0] ?? 0) - (lane[0] ?? 0);
  },
  instance: (state, lane) => {
    if (lane[0] === state[STANDING_PROBING]) state[STANDING_PROBING] = 0;
  },
};
