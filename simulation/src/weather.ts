import type { Clock } from '@islet/control-plane/testing';
import { DriverError } from '@islet/driver';
import type { Dice } from './dice.ts';

/** What may go wrong with a call of a driver. */
const TROUBLES = ['fails', 'fails after its effect', 'hangs', 'is late'] as const;
type Trouble = (typeof TROUBLES)[number];

const HANGS_MS = 150_000;

export interface WeatherParts {
  readonly clock: Clock;
  readonly dice: Dice;
  /** Of a call going wrong. */
  readonly risk: number;
  /** Something goes wrong. */
  readonly tell: (what: string) => void;
  /** An effect comes true. */
  readonly note: (what: string) => void;
}

/** Calls take time, and while it is foul some of them fail, half happen, hang, or see what was there a moment ago, and word comes late or twice. */
export class Weather {
  foul = true;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #risk: number;
  readonly #tell: (what: string) => void;
  readonly #note: (what: string) => void;

  constructor({ clock, dice, risk, tell, note }: WeatherParts) {
    this.#note = note;
    this.#clock = clock;
    this.#dice = dice;
    this.#risk = risk;
    this.#tell = tell;
  }

  /** One call with an effect. */
  async effect<T>(what: string, act: () => Promise<T>): Promise<T> {
    const trouble = this.#trouble();
    if (trouble !== undefined) this.#tell(`${what} ${trouble}`);
    await this.#pass(trouble === 'is late' ? this.#dice.between(500, 8_000) : this.#dice.between(0, 60));
    if (trouble === 'hangs') await this.#pass(HANGS_MS);
    if (trouble === 'fails' || trouble === 'hangs') throw new DriverError('unavailable', `${what}: simulated`);
    this.#note(what);
    const result = await act();
    if (trouble === 'fails after its effect') throw new DriverError('unavailable', `${what}: simulated, half done`);
    return result;
  }

  /** The same; where it fails after its effect, whoever carries it out begins again, unasked. */
  repeating(what: string, act: () => Promise<void>): Promise<void> {
    let acts = 0;
    const first = async () => {
      acts++;
      await act();
    };
    return this.effect(what, first).catch((error: unknown) => {
      if (acts > 0) this.#again(what, act);
      throw error;
    });
  }

  #again(what: string, act: () => Promise<void>): void {
    this.#clock.after(this.#dice.between(500, 8_000), () => {
      this.#tell(`${what} comes again`);
      void act();
    });
  }

  /** One look: at what is there now, or, told late, at what was. */
  async look<T>(what: string, observe: () => Promise<T>): Promise<T> {
    const trouble = this.#trouble();
    if (trouble === 'fails') throw new DriverError('unavailable', `looking at ${what}: simulated`);
    const seen = await observe();
    const isLate = trouble !== undefined;
    if (isLate) this.#tell(`looking at ${what} is late`);
    await this.#pass(isLate ? this.#dice.between(200, 3_000) : this.#dice.between(0, 5));
    return seen;
  }

  /** Word that something has changed: told at once, or, in foul weather, late or twice. */
  hear(what: string, act: () => void): void {
    const trouble = this.#trouble();
    if (trouble === undefined) {
      act();
      return;
    }
    const isLate = trouble === 'is late' || trouble === 'hangs';
    this.#tell(`word from ${what} ${isLate ? 'is late' : 'comes twice'}`);
    if (!isLate) act();
    this.#clock.after(this.#dice.between(0, 3_000), act);
  }

  #trouble(): Trouble | undefined {
    if (!this.foul || !this.#dice.chance(this.#risk)) return undefined;
    return this.#dice.pick(TROUBLES);
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }
}

/** Whether it says no more than that a driver failed. */
export function isOfWeather(error: unknown): boolean {
  return error instanceof DriverError && error.code === 'unavailable';
}
