import { z } from 'zod';
import { byDefault, count, duration } from './values.ts';

export const rollout = z
  .strictObject({
    strategy: byDefault('rollout.strategy', z.enum(['rolling', 'recreate'])).describe(
      '`rolling`: the new one is ready before the old one ends. `recreate`: the old one ends first.',
    ),
    maxSurge: byDefault('rollout.maxSurge', count(0)).describe('Instances beyond the asked number during a rollout.'),
    maxUnavailable: byDefault('rollout.maxUnavailable', count(0)).describe(
      'Instances that may be missing during a rollout.',
    ),
    minHealthy: byDefault('rollout.minHealthy', duration()).describe(
      'How long a new instance must have been ready before an old one is ended for it.',
    ),
    healthyDeadline: byDefault('rollout.healthyDeadline', duration(1)).describe(
      'A revision with nothing ready after this long has failed, and is rolled back.',
    ),
  })
  .prefault({})
  .describe('How one revision replaces another.');
