import { z } from 'zod';
import { type Located, mapOf } from '../located.ts';
import { withShorthand } from './notes.ts';
import { byDefault, count } from './values.ts';

export const scale = withShorthand(
  z.strictObject({
    min: byDefault('scale.min', count(1))
      .describe('Instances that always run.')
      .meta({ examples: [2] }),
    max: count(1)
      .optional()
      .describe('Instances at most; without it, `min`.')
      .meta({ examples: [6] }),
  }),
  { written: count(1), lift: liftMin },
);

function liftMin(node: Located): Located {
  return node.kind === 'scalar' && node.value !== null ? mapOf(node.place, { min: node }) : node;
}
