/** A line of versions whose servers read each other's data: 10.11. */
export type Series = `${number}.${number}`;

/** Undefined: the text names none. */
export function seriesIn(text: string): Series | undefined {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined || minor === undefined ? undefined : `${Number(major)}.${Number(minor)}`;
}

/** Negative: the first is older. */
export function compareSeries(one: Series, other: Series): number {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [one, other].map((series) => series.split('.').map(Number)) as [
    number[],
    number[],
  ];
  return a - c || b - d;
}
