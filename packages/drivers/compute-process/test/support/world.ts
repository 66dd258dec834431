import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { BuildRequest, ComputeDriver, StartRequest } from '@islet/driver';
import { openSupervisor, removeServiceUser, type Supervisor } from '@islet/supervise';
import { createProcessCompute } from '../../src/index.ts';
import { tail } from '../../src/tail.ts';

export const PATH = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
const DEADLINE_MS = 30_000;

/** A system of its own: services in `source`, Islet's files in `state` and `runtime`. Nothing is left at its end. */
export class World {
  static #count = 0;
  readonly folder: string;
  readonly system = `test${process.pid}-${World.#count++}`;
  readonly layout: { readonly state: string; readonly runtime: string };
  supervisor!: Supervisor;
  driver!: ComputeDriver;

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'islet-compute-'));
    chmodSync(this.folder, 0o755);
    this.layout = { state: this.path('state'), runtime: this.path('runtime') };
  }

  static async open(t?: TestContext): Promise<World> {
    const world = new World();
    t?.after(() => world.remove());
    await world.#open();
    return world;
  }

  /** As a control plane that was killed would find it. */
  async reopen(): Promise<ComputeDriver> {
    await this.driver.close();
    await this.supervisor.close();
    await this.#open();
    return this.driver;
  }

  async remove(): Promise<void> {
    await this.driver.close();
    for (const name of this.supervisor.observe().keys()) {
      await this.supervisor.stop(name, { graceMs: 0 });
      await this.supervisor.forget(name);
    }
    await this.supervisor.close();
    const { services } = await this.driver.observe();
    for (const service of Object.keys(services)) {
      await this.driver.purge({ service }, { signal: AbortSignal.timeout(DEADLINE_MS) });
      await removeServiceUser({ system: this.system, service });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #open(): Promise<void> {
    const { layout, system } = this;
    this.supervisor = await openSupervisor({ folder: this.path('state/processes'), system });
    const nodeBin = dirname(process.execPath);
    this.driver = await createProcessCompute({ layout, system, supervisor: this.supervisor, nodeBin });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes files below `source`, and returns the folder of the service. */
  source(service: string, files: Readonly<Record<string, string>> = {}): string {
    for (const [name, text] of Object.entries({ 'keep.txt': 'kept\n', ...files })) {
      const path = this.path(`source/${service}/${name}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return this.path(`source/${service}`);
  }

  build(change: Partial<BuildRequest> & { service: string }, signal = AbortSignal.timeout(DEADLINE_MS)) {
    const folder = change.folder ?? this.path(`source/${change.service}`);
    const usual = {
      revision: 'r1',
      folder,
      inputs: [folder],
      command: undefined,
      path: PATH,
      inPlace: false,
      named: undefined,
    };
    return this.driver.build({ ...usual, deadlineMs: DEADLINE_MS, ...change }, { signal });
  }

  async start(service: string, command: string, change: Partial<StartRequest> = {}): Promise<string> {
    const instance = `${service}-r1.0-0`;
    const usual = {
      service,
      instance,
      revision: 'r1',
      generation: 'r1.0',
      index: 0,
      command,
      env: { PATH },
      port: 4000,
    };
    const resources = { cpu: undefined, memoryBytes: undefined };
    await this.driver.start({ ...usual, resources, ...change }, { signal: AbortSignal.timeout(DEADLINE_MS) });
    return change.instance ?? instance;
  }

  /** Runs a command as an instance to its end, and returns what it wrote. */
  async output(service: string, command: string): Promise<string> {
    const instance = await this.start(service, command);
    await until(async () => this.supervisor.observe().get(instance)?.kind === 'exited', `${instance} ends`);
    return (await tail(this.path(`state/logs/services/${service}/${instance}.log`), 10_000)).join('\n');
  }
}

/** Waits for a condition of the world outside, which nobody announces. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${what}`);
    await pause(3);
  }
}
