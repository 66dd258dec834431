import type { Expected } from './audit.ts';
import { edit, type FixtureService, SERVICES } from './fixture.ts';
import type { BrokenSystem } from './system.ts';

/** Verbs said to a system, and what it must be like after them. */
export class Work {
  readonly #system: BrokenSystem;
  readonly #edits: Record<string, number> = Object.fromEntries(SERVICES.map((service) => [service, 0]));
  readonly #instances: Record<string, number> = { ...AS_WRITTEN };
  #rows: string[] = [];
  #word = '';
  #count = 0;

  constructor(system: BrokenSystem) {
    this.#system = system;
  }

  async up(): Promise<void> {
    await this.#system.up();
  }

  async change(...services: readonly FixtureService[]): Promise<void> {
    this.#count++;
    for (const service of services) {
      this.#edits[service] = this.#count;
      edit(this.#system.folder, service, this.#count);
    }
    await this.up();
  }

  changeAll(): Promise<void> {
    return this.change(...SERVICES);
  }

  async restart(service: FixtureService): Promise<void> {
    await this.#system.insist(['restart', service]);
  }

  /** Other credentials of its database, and nobody is let in by the old ones any more. */
  async rotate(service: FixtureService): Promise<void> {
    await this.#system.insist(['db', 'rotate', service]);
  }

  async scale(service: FixtureService, instances: number): Promise<void> {
    this.#instances[service] = instances;
    await this.#system.insist(['scale', service, `${instances}`]);
  }

  /** Reaches instances with the next `up`. */
  async setSecret(word: string): Promise<void> {
    this.#word = word;
    await this.#system.setSecret(word);
  }

  /** A number given by `scale` ends with what it was given for. */
  async down(): Promise<void> {
    Object.assign(this.#instances, AS_WRITTEN);
    await this.#system.insist(['down']);
  }

  async purge(): Promise<void> {
    Object.assign(this.#instances, AS_WRITTEN);
    this.#rows = [];
    await this.#system.insist(['down', '--purge', '--yes']);
  }

  /** A row counts once its writing is acknowledged. */
  async write(): Promise<void> {
    const row = `row${++this.#count}`;
    const response = await fetch(this.#system.url(`/ledger/${row}`), { method: 'POST' }).catch(() => undefined);
    await response?.text();
    if (response?.status === 200) this.#rows.push(row);
  }

  /** How many rows were acknowledged. */
  get acknowledged(): number {
    return this.#rows.length;
  }

  async expected(): Promise<Expected> {
    await this.write();
    const edits = Object.fromEntries(Object.entries(this.#edits).map(([service, number]) => [service, `${number}`]));
    return { edits, instances: { ...this.#instances }, word: this.#word, rows: [...this.#rows] };
  }
}

const AS_WRITTEN = { ledger: 1, pair: 2, lone: 1 } as const;
