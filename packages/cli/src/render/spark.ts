const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A line of small bars, as high as their share of the highest; nothing at all is a space. */
export function renderSpark(values: readonly number[]): string {
  const highest = Math.max(...values, 0);
  return values
    .map((value) => {
      if (value <= 0) return ' ';
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor((value / highest) * (BLOCKS.length - 1)))];
    })
    .join('')
    .trimEnd();
}
