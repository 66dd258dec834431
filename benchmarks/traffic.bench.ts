import type { Benchmark, Context } from './context.ts';
import type { Claim } from './measure/claim.ts';
import { addedClaims } from './traffic/added.ts';
import { GROWTHS, growthClaim } from './traffic/growth.ts';
import { idleClaims } from './traffic/memory-idle.ts';
import { slopeClaim } from './traffic/memory-slope.ts';
import { TrafficRig } from './traffic/rig.ts';
import { SHAPES, throughputClaims } from './traffic/throughput.ts';

/** What the proxy carries on one core, what it adds to a request, and what it takes, beside other proxies. */
export const traffic: Benchmark = { name: 'traffic', claims };

async function* claims(context: Context): AsyncIterable<Claim> {
  const { wants } = context;
  await using rig = await TrafficRig.make(context.signal);
  for (const shape of SHAPES) {
    if (wants(`traffic.throughput.${shape.claim}`) || wants(`traffic.cpu.${shape.claim}`)) {
      yield* throughputClaims(context, rig, shape);
    }
  }
  if (wants('traffic.added')) yield* addedClaims(context, rig);
  for (const growth of GROWTHS) if (wants(growth.claim)) yield await growthClaim(context, rig, growth);
  // Fewer requests show how a heap fills, and no slope.
  if (context.pace === 'full' && wants('traffic.memory.slope')) yield await slopeClaim(context, rig);
  yield* idleClaims(context, rig);
}
