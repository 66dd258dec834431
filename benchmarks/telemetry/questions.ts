import {
  edgesAt,
  findLogs,
  findTrace,
  findTraces,
  overviewOf,
  queryMetrics,
  type Store,
} from '@islet/telemetry/measure';
import { hex, type Stock } from './stock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What is pushed to an open page each second looks back so far (`packages/dashboard/app/live/activity.ts`). */
const LIVE_MS = 2 * MINUTE;

/** One thing that a page asks, of a service and at a time that differ with `round`. */
export interface Question {
  readonly name: string;
  readonly ask: (store: Store, stock: Stock, round: number) => Promise<unknown>;
}

const service = ({ services }: Stock, round: number) => services[(round * 7) % services.length] ?? '';
/** A stretch of so long that ends now, as pages open with. */
const last = ({ to }: Stock, ms: number) => ({ from: to - ms, to });
/** One that ends at some time of the week, as whoever looks back asks. */
const past = ({ from, to }: Stock, ms: number, round: number) => {
  const end = to - ((round * 7919) % 1000) * ((to - from - ms) / 1000);
  return { from: end - ms, to: end };
};
const metric = (name: string, ms: number): Question => ({
  name: `${name} of ${ms / HOUR} h`,
  ask: async (store, stock, round) =>
    queryMetrics(store, { name, service: service(stock, round), ...last(stock, ms), points: 180 }, stock.to),
});
const logs = (what: string, asked: object, ms: number): Question => ({
  name: `logs${what} of ${ms / HOUR} h`,
  ask: (store, stock, round) =>
    findLogs(store, { service: service(stock, round), ...past(stock, ms, round), ...asked, limit: 300 }, stock.to),
});
const traces = (what: string, asked: object, ms: number): Question => ({
  name: `traces${what} of ${ms / HOUR} h`,
  ask: (store, stock, round) =>
    findTraces(
      store,
      { service: service(stock, round), ...past(stock, ms, round), ...asked, limit: 100 },
      { now: stock.to, slowMs: () => 1_000 },
    ),
});

/** What the pages of `packages/dashboard` ask of the store, with their limits and their points. */
export const QUESTIONS: readonly Question[] = [
  { name: 'overview, pushed', ask: async (store, { to }) => overviewOf(store, { at: to, windowMs: LIVE_MS }, to) },
  { name: 'edges, pushed', ask: async (store, { to }) => edgesAt(store, { at: to, windowMs: LIVE_MS }, to) },
  {
    name: 'edges of the past',
    ask: async (store, stock, round) =>
      edgesAt(store, { at: past(stock, MINUTE, round).to, windowMs: MINUTE }, stock.to),
  },
  ...['requests', 'latency.p95', 'cpu'].flatMap((name) => [HOUR, DAY, 7 * DAY].map((ms) => metric(name, ms))),
  logs('', {}, HOUR),
  logs(' of all services', { service: undefined }, HOUR),
  logs(' of level error', { level: 'error' }, DAY),
  logs(' with “captured”', { grep: 'captured' }, DAY),
  logs(' with what is not there', { grep: 'no such words' }, 6 * HOUR),
  traces('', {}, HOUR),
  traces(' that failed', { status: 'error' }, DAY),
  traces(' slower than a second', { minMs: 1_000 }, DAY),
  {
    name: 'traces by an attribute of 1 h',
    ask: (store, stock, round) =>
      findTraces(
        store,
        { attribute: `customer=c${(round * 977) % 20_011}`, ...past(stock, HOUR, round), limit: 100 },
        { now: stock.to, slowMs: () => 1_000 },
      ),
  },
  {
    name: 'one trace',
    ask: (store, stock, round) => findTrace(store, hex((round * 104_729) % stock.traces, 32), stock.to),
  },
];
