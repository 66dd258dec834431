/** A curve through the points (Catmull–Rom, as Bézier segments). */
export function smooth(points: readonly (readonly [number, number])[]): string {
  const at = (index: number) => points[Math.max(0, Math.min(points.length - 1, index))] as readonly [number, number];
  const segments = points.slice(1).map(([x, y], index) => {
    const [before, from, after] = [at(index - 1), at(index), at(index + 2)];
    const [ax, ay] = [from[0] + (x - before[0]) / 6, from[1] + (y - before[1]) / 6];
    const [bx, by] = [x - (after[0] - from[0]) / 6, y - (after[1] - from[1]) / 6];
    return `C${n(ax)} ${n(ay)} ${n(bx)} ${n(by)} ${n(x)} ${n(y)}`;
  });
  return `M${n(at(0)[0])} ${n(at(0)[1])}${segments.join('')}`;
}

/** One decimal is finer than a pixel. */
export function n(value: number): number {
  return Math.round(value * 10) / 10;
}
