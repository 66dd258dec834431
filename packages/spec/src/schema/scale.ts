import { z } from 'zod';
import { type Located, mapOf } from '../located.ts';
import { DAYS, TIME_OF_DAY } from '../scale.ts';
import { withShorthand } from './notes.ts';
import { byDefault, count, distinct, duration, percent } from './values.ts';

const target = z
  .strictObject({
    concurrency: count(1, 100_000)
      .optional()
      .describe('Requests in flight.')
      .meta({ examples: [40] }),
    rps: count(1, 1_000_000)
      .optional()
      .describe('Requests a second.')
      .meta({ examples: [100] }),
    cpu: percent(1)
      .optional()
      .describe('Of `run.resources.cpu`; without that, of one core.')
      .meta({ examples: ['70%'] }),
    memory: percent(1)
      .optional()
      .describe('Of `run.resources.memory`, which must then be given.')
      .meta({ examples: ['80%'] }),
    p95: duration(1)
      .optional()
      .describe(
        'What 95 % of the requests are quicker than. Beyond it more instances are started in proportion; below half of it, ' +
          'one at a time is ended.',
      )
      .meta({ examples: ['300ms'] }),
  })
  .optional()
  .describe(
    'What one instance should have. The number of instances follows, between `min` and `max`; of several targets, the one ' +
      'that asks for most. Without this, and with `max` above `min`: `cpu: 70%`.',
  );

const timeOfDay = () => z.string().regex(TIME_OF_DAY, 'a time of the day is written "08:30"');

const window = z.strictObject({
  days: byDefault('scale.schedule.days', distinct(z.enum(DAYS)).min(1)).describe('Days on which it begins.'),
  from: timeOfDay()
    .describe("When it begins, by the machine's clock.")
    .meta({ examples: ['08:00'] }),
  to: timeOfDay()
    .describe('When it ends; one that ends before it begins goes on past midnight.')
    .meta({ examples: ['18:00'] }),
  min: count(1)
    .describe('Instances at least.')
    .meta({ examples: [4] }),
});

const zero = z
  .strictObject({
    after: byDefault('scale.zero.after', duration(1_000)).describe('How long nobody has asked for it.'),
    hold: byDefault('scale.zero.hold', duration(1_000)).describe('How long a request waits for the first instance.'),
    requests: byDefault('scale.zero.requests', count(1, 10_000)).describe('How many may wait; more are refused.'),
  })
  .optional()
  .describe('End the last instance while nobody asks, and start one at the next request. `min: 0` says the same.');

export const scale = withShorthand(
  z.strictObject({
    min: byDefault('scale.min', count(0))
      .describe('Instances that always run; 0: none while nobody asks, at least one otherwise.')
      .meta({ examples: [2] }),
    max: count(1)
      .optional()
      .describe('Instances at most; without it, `min`.')
      .meta({ examples: [6] }),
    target,
    schedule: z
      .array(window)
      .max(20)
      .default([])
      .describe('Times in which more run at least, whatever is measured.')
      .meta({ examples: [[{ days: ['mon', 'fri'], from: '08:00', to: '18:00', min: 4 }]] }),
    priority: byDefault('scale.priority', count(0, 100)).describe(
      'Who gets more instances where the machine has not enough for all (see `machine` in islet.yaml): the larger first.',
    ),
    zero,
  }),
  { written: count(0), lift: liftMin },
);

function liftMin(node: Located): Located {
  return node.kind === 'scalar' && node.value !== null ? mapOf(node.place, { min: node }) : node;
}
