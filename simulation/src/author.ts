import type { Dice } from './dice.ts';
import type { ServiceFile } from './files.ts';
import { BEHAVIOURS } from './ground.ts';

const NAMES = ['api', 'shop', 'web'] as const;
const STRATEGIES = ['rolling', 'rolling', 'canary', 'canary', 'blue-green', 'recreate'] as const;

/** Whoever writes the files. */
export class Author {
  /** As they stand now, asked for or not. */
  files: readonly ServiceFile[];
  readonly #dice: Dice;
  #version = 1;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.files = NAMES.slice(0, dice.between(1, 3)).map((name, index) => this.#write(name, NAMES.slice(0, index)));
  }

  /** Another revision of one of them, which may be bad. */
  revise(): void {
    this.#change((file) => ({ ...file, version: ++this.#version, behaviour: this.#behaviour() }));
  }

  /** What makes no other revision: how many there are of it, or how it is replaced. */
  configure(): void {
    this.#change((file) => (this.#dice.chance(0.5) ? this.#resized(file) : { ...file, ...this.#strategy() }));
  }

  /** All of them anew, and good. */
  repair(): void {
    this.files = this.files.map((file) => ({ ...file, version: ++this.#version, behaviour: 'good' }));
  }

  addOrRemove(): void {
    const names = this.files.map(({ name }) => name);
    const missing = NAMES.filter((name) => !names.includes(name));
    const next = this.#dice.pick(missing);
    if (next !== undefined && this.#dice.chance(0.6)) this.files = [...this.files, this.#write(next, [])];
    else if (this.files.length > 1) this.files = this.files.slice(0, -1);
  }

  #change(change: (file: ServiceFile) => ServiceFile): void {
    const changed = this.#dice.pick(this.files);
    this.files = this.files.map((file) => (file === changed ? change(file) : file));
  }

  #write(name: string, others: readonly string[]): ServiceFile {
    const scaling = this.#dice.pick(['fixed', 'rps', 'zero'] as const) ?? 'fixed';
    const file = { name, scaling, min: 1, max: 1, version: ++this.#version, behaviour: this.#behaviour() };
    return {
      ...this.#resized({ ...file, ...this.#strategy(), uses: [], database: false }),
      uses: others.filter(() => this.#dice.chance(0.5)),
      database: this.#dice.chance(0.3),
    };
  }

  #resized(file: ServiceFile): ServiceFile {
    const min = this.#dice.between(1, 3);
    return { ...file, min, max: file.scaling === 'rps' ? min + this.#dice.between(1, 3) : min };
  }

  #strategy(): Pick<ServiceFile, 'strategy' | 'byHand' | 'maxUnavailable'> {
    return {
      strategy: this.#dice.pick(STRATEGIES) ?? 'rolling',
      byHand: this.#dice.chance(0.3),
      maxUnavailable: this.#dice.chance(0.2) ? 1 : 0,
    };
  }

  #behaviour() {
    return this.#dice.chance(0.6) ? 'good' : (this.#dice.pick(BEHAVIOURS) ?? 'good');
  }
}
