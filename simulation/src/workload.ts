import { ApiError } from '@islet/client';
import { apply, type System } from '@islet/control-plane/testing';
import type { Endpoint } from '@islet/policy';
import type { Asked } from './auditor.ts';
import { Author } from './author.ts';
import { DEEDS, STEERING, unlessRefused } from './deeds.ts';
import type { Dice } from './dice.ts';
import { folderOf, PACE, type ServiceFile, unavailableOf } from './files.ts';
import { askedOf } from './requests.ts';
import type { World } from './world.ts';

const ASKED = { environment: undefined, path: '/usr/bin', mode: 'revisions', changed: [] } as const;

export interface WorkloadParts {
  readonly world: World;
  readonly dice: Dice;
  readonly tell: (what: string) => void;
  /** What was asked for failed in a way that nobody foresaw. */
  readonly onDefect: (error: unknown) => void;
}

/** What people do, and how much they ask of the services: deploys, scaling, restarts, load. */
export class Workload {
  readonly #world: World;
  readonly #dice: Dice;
  readonly #tell: (what: string) => void;
  readonly #onDefect: (error: unknown) => void;
  readonly #author: Author;
  /** As the last acknowledged `up` had them. */
  asked: readonly ServiceFile[] = [];
  /** Numbers asked for by hand that may be in force: the last that was acknowledged, and those after it that nobody answered. */
  readonly #byHand = new Map<string, readonly (number | 'auto')[]>();
  /** Requests a second, by service. */
  readonly #rps = new Map<string, number>();
  #busy = false;
  /** Nobody has answered the last `up`. */
  #isUncertain = false;
  /** Nobody has answered a rollback of these: they may be as their files say, or as they were before. */
  readonly #mayBeBack = new Set<string>();
  /** Of each service, how many instances were ever taken out of traffic: so many more indexes there may be. */
  readonly #drains = new Map<string, number>();
  asks = 0;

  constructor({ world, dice, tell, onDefect }: WorkloadParts) {
    this.#onDefect = onDefect;
    this.#world = world;
    this.#dice = dice;
    this.#tell = tell;
    this.#author = new Author(dice);
  }

  async #up(): Promise<void> {
    const { files } = this.#author;
    const { auditor } = this.#world;
    const gone = this.asked.filter(({ name }) => files.every((file) => file.name !== name));
    for (const { name } of gone) auditor.onAsking(name, undefined);
    for (const name of this.#endedByHand(files)) this.#mayBe(name, 'auto');
    for (const file of files) auditor.onAsking(file.name, this.#wishOf(file));
    await this.#ask('up', async ({ applying }) => {
      await apply(ASKED, {
        ...applying,
        files: folderOf(files),
        gatewayTaken: async () => undefined,
        blockedBy: async () => [],
      });
      this.#onApplied(files);
    });
  }

  /** One thing that somebody does, unless the last one has not been answered yet. */
  act(): void {
    if (this.#busy) return;
    this.#begin(this.#deed());
  }

  /** Nothing bad is asked for any more: whatever was broken is deployed anew, and works. */
  repair(): void {
    if (this.#busy) return;
    this.#author.repair();
    this.#begin(this.#up());
  }

  up(): void {
    this.#begin(this.#up());
  }

  #begin(deed: Promise<void>): void {
    this.#busy = true;
    deed
      .catch((error: unknown) => this.#onDefect(error))
      .finally(() => {
        this.#busy = false;
      });
  }

  #deed(): Promise<void> {
    switch (this.#dice.pick(DEEDS)) {
      case 'deploy':
        this.#author.revise();
        return this.#up();
      case 'configure':
        this.#author.configure();
        return this.#up();
      case 'steer':
        return this.#steer(this.#dice.pick(this.asked)?.name, this.#dice.pick(STEERING) ?? 'pause');
      case 'rollback':
        return this.#rollback();
      case 'scale':
        return this.#scale();
      case 'restart':
        return this.#restart();
      case 'drain':
        return this.#drain();
      case 'add or remove':
        this.#author.addOrRemove();
        return this.#up();
      case 'again':
      case undefined:
        return this.#up();
    }
  }

  /** The load of one tick of `ms`. */
  tick(ms: number): void {
    for (const { name } of this.asked) {
      if (this.#dice.chance(0.01)) this.#rps.set(name, this.#dice.pick([0, 5, 40, 120, 400]) ?? 0);
      const rps = this.#rps.get(name) ?? 0;
      if (rps === 0) continue;
      const endpoint = this.#dice.pick(askedOf(this.#world, name));
      if (endpoint === undefined) this.#world.requests.knock(name, 5_000);
      else {
        this.#serve(name, endpoint, (rps * ms) / 1000);
        this.#enter(name, endpoint.instance);
      }
    }
  }

  /** Half of what an instance of a bad kind answers is an error. */
  #serve(name: string, { instance, revision }: Endpoint, requests: number): void {
    const fails = this.#world.ground.behaviourOf(instance) === 'answers-errors';
    this.#world.requests.served(name, { revision, requests, failures: fails ? requests / 2 : 0 });
  }

  quiet(): void {
    this.#rps.clear();
  }

  /** Asks for what a person would: every service, at its bounds. */
  leastOf(name: string): number {
    const file = this.asked.find((one) => one.name === name);
    return file === undefined ? 0 : this.#leastOf(file);
  }

  #leastOf({ name, scaling, min }: ServiceFile): number {
    const own = scaling === 'zero' ? 0 : min;
    return Math.min(...this.#numbersOf(name).map((number) => (number === 'auto' ? own : number)));
  }

  #numbersOf(name: string): readonly (number | 'auto')[] {
    return this.#byHand.get(name) ?? ['auto'];
  }

  /** It is being said, and may be kept even where nobody answers. */
  #mayBe(name: string, number: number | 'auto'): void {
    this.#byHand.set(name, [...new Set([...this.#numbersOf(name), number])]);
  }

  #enter(name: string, instance: string): void {
    try {
      this.#world.requests.enter(name, instance, this.#dice.between(10, 4_000));
    } catch {
      // The proxy is away, or has another table by now.
    }
  }

  async #scale(): Promise<void> {
    const file = this.#dice.pick(this.asked);
    if (file === undefined) return;
    const instances = this.#dice.chance(0.4) ? 'auto' : this.#dice.between(1, 4);
    this.#mayBe(file.name, instances);
    this.#world.auditor.onAsking(file.name, this.#wishOf(file));
    await this.#ask(`scale ${file.name} ${instances}`, async ({ system }) => {
      const { signal } = new AbortController();
      await this.#world
        .handlers(system)
        .scale({ params: { service: file.name }, query: {}, body: { instances }, signal });
      // By an `up` that nobody answered the file may have another number already: then the next one ends this.
      this.#byHand.set(file.name, this.#isUncertain ? [instances, 'auto'] : [instances]);
      this.#tellAuditor(file);
    });
  }

  /** What waits for a person goes on, as soon as one has seen it. */
  goOn(): void {
    const waiting = this.#world.status?.services.find(({ state }) => state === 'paused');
    if (!this.#busy && waiting !== undefined) this.#begin(this.#steer(waiting.name, 'resume'));
  }

  async #steer(service: string | undefined, action: (typeof STEERING)[number]): Promise<void> {
    if (service === undefined) return;
    await this.#ask(`rollout ${action} ${service}`, async ({ system }) => {
      const { signal } = new AbortController();
      const asked = { params: { service }, query: {}, body: { action }, signal };
      await unlessRefused(async () => await this.#world.handlers(system).steerRollout(asked));
    });
  }

  async #rollback(): Promise<void> {
    const file = this.#dice.pick(this.asked);
    if (file === undefined) return;
    const { name } = file;
    this.#mayBeBack.add(name);
    this.#world.auditor.onAsking(name, this.#wishOf(file));
    await this.#ask(`rollback ${name}`, async ({ system }) => {
      const { signal } = new AbortController();
      const asked = { params: { service: name }, query: {}, body: {}, signal };
      await unlessRefused(async () => await this.#world.handlers(system).rollback(asked));
      this.#onAnswered(name, system);
    });
  }

  /** It is as it was, or as an older file had it; how many there are of it is no part of that. */
  #onAnswered(name: string, { hands }: System): void {
    const rollout = hands.applied.current()?.services.find(({ spec }) => spec.name === name)?.spec.rollout;
    if (rollout === undefined) return;
    this.#mayBeBack.delete(name);
    const { strategy, maxUnavailable } = rollout;
    this.asked = this.asked.map((file) => (file.name === name ? { ...file, strategy, maxUnavailable } : file));
    for (const file of this.asked) if (file.name === name) this.#tellAuditor(file);
  }

  /** Takes an instance out of traffic, or one that is out back. */
  async #drain(): Promise<void> {
    const file = this.#dice.pick(this.asked);
    const seen = this.#world.status?.services.find(({ name }) => name === file?.name);
    const instance = this.#dice.pick(seen?.instanceList ?? []);
    if (file === undefined || instance === undefined) return;
    const back = instance.state === 'drained';
    this.#drains.set(file.name, (this.#drains.get(file.name) ?? 0) + 1);
    this.#world.auditor.onAsking(file.name, this.#wishOf(file));
    await this.#ask(`drain ${instance.id}${back ? ' --back' : ''}`, async ({ system }) => {
      const { signal } = new AbortController();
      const asked = { params: { service: file.name }, query: {}, body: { instance: instance.id, back }, signal };
      await unlessRefused(async () => await this.#world.handlers(system).drain(asked));
      this.#tellAuditor(file);
    });
  }

  async #restart(): Promise<void> {
    const file = this.#dice.pick(this.asked);
    if (file === undefined) return;
    await this.#ask(`restart ${file.name}`, async ({ system }) => {
      const { signal } = new AbortController();
      await this.#world
        .handlers(system)
        .restart({ params: { service: file.name }, query: {}, body: undefined, signal });
    });
  }

  async #ask(what: string, act: Parameters<World['ask']>[0]): Promise<void> {
    const acknowledged = await this.#world.ask(act).catch((error: unknown) => {
      // An `up` that nobody answered may have been kept, and may have taken the service away.
      if (!this.#isUncertain || !(error instanceof ApiError) || error.code !== 'not-found') throw error;
      return false;
    });
    if (acknowledged) this.asks++;
    if (what === 'up') this.#isUncertain = !acknowledged;
    this.#tell(`${what}${acknowledged ? '' : ': not acknowledged'}`);
  }

  /** Of which services what was asked for by hand ends: those that go, and those whose number changes in the file. */
  #endedByHand(files: readonly ServiceFile[]): readonly string[] {
    const names = new Set([...this.asked, ...files].map(({ name }) => name));
    const min = (of: readonly ServiceFile[], name: string) => of.find((file) => file.name === name)?.min;
    return [...names].filter((name) => min(this.asked, name) !== min(files, name));
  }

  #onApplied(files: readonly ServiceFile[]): void {
    for (const name of this.#endedByHand(files)) this.#byHand.delete(name);
    for (const { name } of this.asked) {
      if (files.every((file) => file.name !== name)) this.#world.auditor.onAsked(name, undefined);
    }
    this.asked = files;
    this.#mayBeBack.clear();
    for (const file of files) this.#tellAuditor(file);
  }

  #tellAuditor(file: ServiceFile): void {
    this.#world.auditor.onAsked(file.name, this.#wishOf(file));
  }

  #wishOf(file: ServiceFile): Asked {
    const { name, strategy, max, min } = file;
    const byHand = this.#numbersOf(name).filter((number) => number !== 'auto');
    const least = Math.max(0, this.#leastOf(file) - unavailableOf(file));
    const most = Math.max(...byHand, max, min) + (this.#drains.get(name) ?? 0);
    const exclusive = strategy === 'recreate' || this.#mayBeBack.has(name);
    return { least, most, exclusive, alone: strategy === 'recreate', drainMs: PACE.drainMs };
  }
}
