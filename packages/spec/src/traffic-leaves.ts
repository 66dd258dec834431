import { type Leaf, leaves } from './leaf.ts';
import type { Path } from './located.ts';
import type { TimeoutSpec, TrafficSpec } from './model.ts';
import { durationText } from './quantities.ts';

/** Every effective value of a traffic section. */
export function trafficLeaves(section: Path, { timeout }: TrafficSpec): readonly Leaf[] {
  return [...timeoutLeaves([...section, 'timeout'], timeout)];
}

function timeoutLeaves(section: Path, { connectMs, requestMs, perTryMs, idleMs }: TimeoutSpec): readonly Leaf[] {
  return leaves(section, {
    connect: durationText(connectMs),
    request: durationText(requestMs),
    perTry: durationText(perTryMs),
    idle: durationText(idleMs),
  });
}
