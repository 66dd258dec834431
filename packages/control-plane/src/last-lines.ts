import type { ComputeDriver } from '@islet/driver';
import type { Generation } from '@islet/plan';
import { unmarked } from '@islet/telemetry';
import type { Look } from './observe.ts';

/** Enough of a log to see why something failed. */
const FAILURE_LINES = 40;

/** What a generation's instances printed last: the first that printed anything speaks for all. */
export async function lastLines(
  service: string,
  generation: Generation,
  { compute, look }: { readonly compute: Pick<ComputeDriver, 'tail'>; readonly look: Look },
): Promise<readonly string[]> {
  const instances = [...look.instances.values()].filter((it) => it.service === service && it.generation === generation);
  for (const { id } of instances) {
    const lines = await compute.tail({ service, instance: id }, FAILURE_LINES);
    if (lines.length > 0) return withoutRepeats(lines.map(unmarked));
  }
  return [];
}

/** Who is started again and again prints the same again and again: once is enough. */
export function withoutRepeats(lines: readonly string[]): readonly string[] {
  for (let size = 1; size * 2 <= lines.length; size++) {
    if (lines.every((line, index) => index < size || line === lines[index - size])) return lines.slice(-size);
  }
  return lines;
}
