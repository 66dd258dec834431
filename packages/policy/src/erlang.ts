/**
 * The queue M/M/c: requests come at random (Poisson), take an exponential time, and wait in one line for `c` servers.
 *
 * Erlang's formula as it is printed, with a^c / c!, overflows at about 170 servers. The recurrence of the loss formula
 * has no large term: B(0) = 1, B(k) = a·B(k−1) / (k + a·B(k−1)). The probability of having to wait follows from it: C =
 * B / (1 − ρ·(1 − B)) with ρ = a / c. Where the load reaches the servers (ρ ≥ 1) the line grows without end, and there
 * is nothing to tell.
 *
 * Source: A. K. Erlang, 1917; Cooper, Introduction to Queueing Theory, 2nd ed., 1981, chapter 3.
 */
export interface Station {
  /** Whole, 1 or more. */
  readonly servers: number;
  /** Milliseconds that one request keeps one server. */
  readonly serviceMs: number;
}

/**
 * The probability that one who comes has to wait. `erlangs`: the mean number of servers in use, if there were enough.
 */
export function erlangC(servers: number, erlangs: number): number {
  if (erlangs >= servers) return 1;
  let blocked = 1;
  // Beyond the load it only falls: what is nothing already stays so, however many servers are left.
  for (let k = 1; k <= servers && blocked > NOTHING; k++) blocked = (erlangs * blocked) / (k + erlangs * blocked);
  return blocked / (1 - (erlangs / servers) * (1 - blocked));
}

const NOTHING = 1e-15;

/** The mean wait before service, in milliseconds; undefined: it grows without end. */
export function meanWaitMs({ servers, serviceMs }: Station, rps: number): number | undefined {
  const erlangs = (rps / 1000) * serviceMs;
  if (erlangs >= servers) return undefined;
  return (erlangC(servers, erlangs) * serviceMs) / (servers - erlangs);
}

/**
 * What a share `q` of the requests are quicker than, from their coming to the end of their service, in milliseconds;
 * undefined: the line grows without end. The tail is known exactly, and falls, so that halving finds where it is `1 −
 * q`.
 */
export function responseQuantileMs({ servers, serviceMs }: Station, rps: number, q: number): number | undefined {
  const erlangs = (rps / 1000) * serviceMs;
  if (erlangs >= servers) return undefined;
  const waits = erlangC(servers, erlangs);
  const slack = servers - erlangs;
  let [least, most] = [0, 1];
  for (; tail(most, slack, waits) > 1 - q; most *= 2) least = most;
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (least + most) / 2;
    if (tail(middle, slack, waits) > 1 - q) least = middle;
    else most = middle;
  }
  return most * serviceMs;
}

/** More change no bit that anybody reads. */
const HALVINGS = 50;

/** The probability that wait and service together take longer than `t` service times. */
function tail(t: number, slack: number, waits: number): number {
  const faster = slack - 1;
  // Both rates are the same where it is 0, and the formula has its limit there.
  const grown = Math.abs(faster) < 1e-9 ? t : -Math.expm1(-faster * t) / faster;
  return Math.exp(-t) * (1 + waits * grown);
}
