import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { BroadcastChannel } from 'node:worker_threads';
import type { CachePurge, RoutingTable } from '@islet/policy';
import { LIMITS } from '../limits.ts';
import { DataPlane, type ProxyStats } from '../plane.ts';
import type { LineSink } from '../record/access-log.ts';
import type { ExplainTokens } from '../record/explain-tokens.ts';
import { MAX_THREADS } from '../shared/layout.ts';
import { type Hint, SharedStates, sharedMemory } from '../shared/shared-states.ts';
import { Drains } from './drains.ts';
import { mergeStats, pruned, remainsOf } from './merge-stats.ts';
import type { PlaneState } from './messages.ts';
import { Thread } from './thread.ts';

export interface FleetOptions {
  readonly sink: LineSink;
  readonly tokens: ExplainTokens;
  /** The file of the tokens' key. */
  readonly tokenKey: string;
}

interface FleetEvents {
  readonly drained: [instance: string];
  readonly wanted: [service: string];
  /** An exception in a thread that no code expected, which cost one connection; or a thread's end, which cost all that it had. */
  readonly unexpected: [text: string];
}

/**
 * The planes of one proxy as one: the main thread's own, and as many threads beside it as the table asks for. All listen on the same
 * ports, and the kernel deals out the connections. What limits traffic is shared memory, so that it holds for the whole; what is counted
 * is added up when somebody asks. A table is in use when all use it, and an instance is drained when all have said so.
 *
 * A thread that dies takes its connections with it and nothing else: what it had of the limits is given back, and another takes its
 * place. One that hangs is killed first. The main thread's own death is the process's, which its keeper sees.
 */
export class Fleet extends EventEmitter<FleetEvents> {
  readonly main: DataPlane;
  readonly #options: FleetOptions;
  readonly #memory = sharedMemory(randomBytes(16).toString('hex'));
  readonly #hints = `islet-proxy-${randomBytes(8).toString('hex')}`;
  readonly #channel: BroadcastChannel;
  readonly #states: SharedStates;
  readonly #drains = new Drains<DataPlane | Thread>((instance) => this.emit('drained', instance));
  readonly #threads = new Map<number, Member>();
  readonly #timer: NodeJS.Timeout;
  #table: RoutingTable | undefined;
  /** What those had counted that are gone. */
  #past: ProxyStats = mergeStats([]);
  #told = '';
  #closing = false;

  constructor(options: FleetOptions) {
    super();
    this.#options = options;
    this.#channel = new BroadcastChannel(this.#hints);
    this.#channel.unref();
    this.#states = new SharedStates({ memory: this.#memory, lane: 0, tell: (hint) => this.#channel.postMessage(hint) });
    this.#states.alone = true;
    this.main = new DataPlane({ sink: options.sink, tokens: options.tokens, states: this.#states });
    this.main.on('drained', (instance) => this.#drains.drained(instance, this.main));
    this.main.on('wanted', (service) => this.emit('wanted', service));
    this.#channel.onmessage = (event) => {
      const hint = (event as { readonly data: Hint }).data;
      this.main.heed(hint);
      this.#states.heed(hint);
    };
    this.#timer = setInterval(() => void this.#look(), LIMITS.threadLookMs).unref();
  }

  get table(): RoutingTable | undefined {
    return this.#table;
  }

  /** Planes that carry traffic now. */
  get workers(): number {
    return 1 + [...this.#threads.values()].filter(({ stage }) => stage === 'serving').length;
  }

  get inFlight(): number {
    let count = this.main.stats.inFlight;
    for (const { thread } of this.#threads.values()) count += thread.inFlight;
    return count;
  }

  /** As of the last time that the threads were asked. */
  get problems(): readonly string[] {
    const ofThreads = [...this.#threads.values()].flatMap(({ problems, why }) =>
      why === undefined ? problems : [why],
    );
    const { unshared } = this.#states;
    const tooMany =
      unshared === 0 ? [] : [`limits of ${unshared} edges, services and instances hold for each thread alone`];
    return [...new Set([...this.main.problems, ...ofThreads, ...tooMany])];
  }

  /** The threads that are there, by their numbers. */
  get threads(): ReadonlyMap<number, Pick<Thread, 'kill' | 'inFlight'>> {
    return new Map([...this.#threads].map(([lane, { thread }]) => [lane, thread]));
  }

  /** Returns when every request that comes to any of them is routed by this table. */
  async apply(table: RoutingTable): Promise<void> {
    const before = this.#table;
    this.#table = table;
    this.#drains.change(before, table, this.#planes());
    this.#past = pruned(this.#past, table);
    await this.#resize();
    await this.main.apply(table);
    await this.#tellAll();
  }

  async state(): Promise<PlaneState> {
    const asked = [...this.#threads.values()].map((member) => this.#ask(member));
    const states = [this.main, ...(await Promise.all(asked)).flatMap((state) => state ?? [])];
    return {
      problems: this.problems,
      inFlight: added(states.map(({ inFlight }) => inFlight)),
      longLived: added(states.map(({ longLived }) => longLived)),
    };
  }

  async readStats(): Promise<ProxyStats> {
    const asked = [...this.#threads.values()].map(async (member) => {
      const stats = await member.thread.ask({ kind: 'stats' });
      member.stats = stats ?? member.stats;
      return stats ?? [];
    });
    return mergeStats([this.main.readStats(), ...(await Promise.all(asked)).flat(), this.#past]);
  }

  /** Returns how many stored responses went, when all that was stored before has; undefined: there is no such service. */
  async purge(purge: CachePurge): Promise<number | undefined> {
    const own = this.main.purge(purge);
    if (own === undefined) return undefined;
    const asked = [...this.#threads.values()].map(({ thread }) => thread.ask({ kind: 'purge', purge }));
    return (await Promise.all(asked)).reduce<number>((sum, count) => sum + (count ?? 0), own);
  }

  /** Returns when the log has been given all that had ended before. */
  async flush(): Promise<void> {
    await Promise.all([...this.#threads.values()].map(({ thread }) => thread.ask({ kind: 'flush' })));
  }

  /** All take nothing new, let what is in flight finish, and break off what has not by the deadline. */
  async close({ byMs }: { readonly byMs: number }): Promise<void> {
    this.#closing = true;
    clearInterval(this.#timer);
    await Promise.all([
      this.main.close({ byMs }),
      ...[...this.#threads.values()].map((it) => this.#end(it, { byMs, graceMs: 0 })),
    ]);
    this.#channel.close();
  }

  get #wanted(): number {
    return Math.min(this.#table?.workers ?? 1, MAX_THREADS);
  }

  #planes(): readonly (DataPlane | Thread)[] {
    return [this.main, ...[...this.#threads.values()].map(({ thread }) => thread)];
  }

  /** Starts the threads that are missing, and lets those go that are too many. */
  async #resize(): Promise<void> {
    const wanted = this.#wanted;
    const alone = wanted === 1 && this.#threads.size === 0;
    if (!alone) this.#states.alone = false;
    await this.main.share(wanted, alone ? { kind: 'alone' } : { kind: 'first' });
    if (alone) this.#states.alone = true;
    const staying = [...this.#threads.values()].filter(({ stage }) => stage !== 'leaving');
    for (const member of staying.slice(wanted - 1)) void this.#end(member, GOODBYE);
    for (let missing = wanted - 1 - staying.length; missing > 0; missing--) this.#start();
  }

  #start(): void {
    const lane = freeLane(this.#threads);
    if (lane === undefined) return;
    const { sink, tokenKey } = this.#options;
    const startedAt = performance.now();
    const thread = new Thread(
      { lane, memory: this.#memory, hints: this.#hints, tokenKey },
      {
        onReady: () => void this.#serve(member),
        onDrained: (instance) => this.#drains.drained(instance, thread),
        onWanted: (service) => this.emit('wanted', service),
        onUnexpected: (text) => this.emit('unexpected', text),
        onLines: (lines) => {
          for (const line of lines) sink.write(line);
        },
        onExit: (why) => this.#bury(member, why, performance.now() - startedAt),
      },
    );
    const member: Member = { thread, stage: 'starting', problems: [], why: undefined, stats: undefined };
    this.#threads.set(lane, member);
  }

  /** It has loaded, and can carry traffic by the table that there is now. */
  async #serve(member: Member): Promise<void> {
    if (member.stage !== 'starting') return;
    member.stage = 'serving';
    await this.#tell(member);
  }

  async #tellAll(): Promise<void> {
    this.#told = this.main.openKeys.join('\n');
    await Promise.all([...this.#threads.values()].map((member) => this.#tell(member)));
  }

  async #tell(member: Member): Promise<void> {
    const table = this.#table;
    if (member.stage === 'starting' || table === undefined) return;
    const order = { kind: 'apply', table, threads: this.#wanted, open: this.main.openKeys } as const;
    const state = await member.thread.ask(order);
    member.problems = state?.problems ?? [];
  }

  async #ask(member: Member): Promise<PlaneState | undefined> {
    if (member.stage === 'starting') return undefined;
    const state = await member.thread.ask({ kind: 'state' });
    member.problems = state?.problems ?? [];
    return state;
  }

  async #end(member: Member, how: { readonly byMs: number; readonly graceMs: number }): Promise<void> {
    member.stage = 'leaving';
    const stats = await member.thread.ask({ kind: 'close', ...how });
    member.stats = stats ?? member.stats;
    await member.thread.kill('it was told to go');
  }

  /** It has ended: nobody else notices. */
  #bury(member: Member, why: string, livedMs: number): void {
    const { thread, stage, stats } = member;
    this.#states.bury(thread.lane);
    this.#channel.postMessage({ kind: 'buried' } satisfies Hint);
    if (stats !== undefined) this.#past = mergeStats([this.#past, remainsOf(stats)]);
    this.#drains.leave(thread);
    if (stage === 'leaving' || this.#closing) {
      this.#threads.delete(thread.lane);
      if (!this.#closing) void this.#resize();
      return;
    }
    member.why = `worker ${thread.lane} has ended (${why}), and is started again`;
    this.emit('unexpected', member.why);
    member.stage = 'dead';
    // One that dies at its start would do nothing but start.
    setTimeout(() => this.#replace(member), livedMs < LIMITS.threadLookMs ? LIMITS.threadLookMs : 0).unref();
  }

  #replace(member: Member): void {
    this.#threads.delete(member.thread.lane);
    if (!this.#closing) void this.#resize();
  }

  /** Kills those that hang, and tells all of listeners that have come to be open. */
  async #look(): Promise<void> {
    for (const { thread, stage } of this.#threads.values()) {
      if (stage === 'serving' && thread.secondsStill() >= LIMITS.threadStillSeconds) void thread.kill(HUNG);
    }
    if (this.#threads.size > 0 && this.main.openKeys.join('\n') !== this.#told) await this.#tellAll();
  }
}

const HUNG = `it did not move for ${LIMITS.threadStillSeconds} s`;

/** Of a thread that is not needed any more, while the others carry on. */
const GOODBYE = { byMs: LIMITS.threadGoodbyeMs, graceMs: LIMITS.goodbyeMs } as const;

interface Member {
  readonly thread: Thread;
  stage: 'starting' | 'serving' | 'leaving' | 'dead';
  problems: readonly string[];
  /** Why it is not there; undefined: it is. */
  why: string | undefined;
  /** As it last said. */
  stats: ProxyStats | undefined;
}

/** 0 is the main thread's. */
function freeLane(taken: ReadonlyMap<number, unknown>): number | undefined {
  for (let lane = 1; lane < MAX_THREADS; lane++) if (!taken.has(lane)) return lane;
  return undefined;
}

function added(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const counts of all) for (const [key, count] of Object.entries(counts)) sums[key] = (sums[key] ?? 0) + count;
  return sums;
}
