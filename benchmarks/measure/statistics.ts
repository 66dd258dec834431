/** Of what a benchmark measured. Every function takes the samples in any order, and throws where there are none. */

export function median(samples: readonly number[]): number {
  const sorted = sort(samples);
  const middle = (sorted.length - 1) / 2;
  return (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
}

/** The nearest rank: always one of the samples, so with fewer than a hundred the 99th percentile is the worst. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = sort(samples);
  return at(sorted, Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1));
}

export function spread(samples: readonly number[]): { readonly least: number; readonly most: number } {
  const sorted = sort(samples);
  return { least: at(sorted, 0), most: at(sorted, sorted.length - 1) };
}

/** Of runs made in pairs: what the second of each took more than the first. */
export function differences(first: readonly number[], second: readonly number[]): number[] {
  if (first.length !== second.length) throw new Error(`${first.length} and ${second.length} runs are not pairs`);
  return second.map((value, index) => value - at(first, index));
}

const DRAWS = 1_000;

export interface Band {
  readonly low: number;
  readonly high: number;
}

/**
 * The A/A band: the ratios that this run would have shown between Islet and itself. Both sides of a comparison are drawn
 * again and again from the same samples; nineteen in twenty of the ratios of their medians lie in the band. A ratio inside
 * of it is no difference.
 */
export function aaBand(samples: readonly number[], random: () => number): Band {
  const ratios = Array.from({ length: DRAWS }, () => median(redraw(samples, random)) / median(redraw(samples, random)));
  return { low: percentile(ratios, 2.5), high: percentile(ratios, 97.5) };
}

function redraw(samples: readonly number[], random: () => number): number[] {
  return samples.map(() => at(samples, Math.floor(random() * samples.length)));
}

function sort(samples: readonly number[]): readonly number[] {
  if (samples.length === 0) throw new Error('nothing was measured');
  return samples.toSorted((a, b) => a - b);
}

function at(samples: readonly number[], index: number): number {
  const value = samples[index];
  if (value === undefined) throw new RangeError(`no sample ${index} of ${samples.length}`);
  return value;
}
