import { z } from 'zod';
import { hostName, urlPath } from './expose.ts';
import { atMostOneOf, exactlyOneOf } from './notes.ts';
import { byDefault, command, count, distinct, duration, headerName, orOff, percent } from './values.ts';

/** `25%`, `25% 5m` with its own hold, `50% by hand`. */
export const SHIFT = /^([1-9]|[1-9][0-9])%( (0|[1-9][0-9]{0,9})(ms|s|m|h|d))?( by hand)?$/;
export const SHIFT_RULE =
  'a step is a share from 1% to 99%, "25%", with its own hold, "25% 5m", or a stop, "25% by hand"';

const preview = atMostOneOf(
  z.strictObject({
    header: headerName()
      .optional()
      .describe('Requests with this header go to the new revision.')
      .meta({ examples: ['x-preview'] }),
    cookie: headerName()
      .optional()
      .describe('Requests with this cookie do.')
      .meta({ examples: ['preview'] }),
    host: hostName()
      .optional()
      .describe(
        'Its preview address: at the gateway, requests for this host do. While there is nothing new, they get what there is.',
      )
      .meta({ examples: ['next.shop.example.com'] }),
    value: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Of a header or cookie, only with this value; without it, with any.')
      .meta({ examples: ['yes'] }),
  }),
  ['header', 'cookie', 'host'],
);

const check = exactlyOneOf(
  z.strictObject({
    http: urlPath()
      .optional()
      .describe('Asked of an instance; the answer must be 2xx or 3xx.')
      .meta({ examples: ['/deep-health'] }),
    command: command()
      .optional()
      .describe('Run as the instance would run it; it must exit with 0.')
      .meta({ examples: ['node check.js'] }),
    sql: z
      .string()
      .min(1)
      .max(10_000)
      .optional()
      .describe("Asked of the service's own database; the first value must be true, or a number other than 0.")
      .meta({ examples: ['SELECT count(*) = 0 FROM orders WHERE total < 0'] }),
  }),
  ['http', 'command', 'sql'],
);

const MEMORY = /^(off|[1-9][0-9]{2,3}%)$/;
const MEMORY_RULE = 'a share of what the revision before holds, from 100% on: "150%", or "off"';

const memory = z
  .string(MEMORY_RULE)
  .regex(MEMORY, MEMORY_RULE)
  .transform((text) => (text === 'off' ? undefined : Number(text.slice(0, -1))));

export type ParsedCheck = z.output<typeof check>;

const analysis = orOff(
  z.strictObject({
    success: byDefault('rollout.analysis.success', percent(1)).describe(
      'So many of its requests must succeed: no 5xx, and an answer. What the revision before fails as often does not count.',
    ),
    p99: byDefault('rollout.analysis.p99', duration(1)).describe(
      'Of a hundred requests, at most one may take longer; where the revision before is slower, half as long again as that.',
    ),
    requests: byDefault('rollout.analysis.requests', count(0, 1_000_000)).describe(
      'A step wants so many. Those that do not come are made up, from `test.smoke` or the contract.',
    ),
    tooFew: byDefault('rollout.analysis.tooFew', z.enum(['continue', 'pause'])).describe(
      'What happens where they can not be had: `continue` to the next step, or `pause` until a person says so.',
    ),
    memory: byDefault('rollout.analysis.memory', memory).describe(
      'An instance whose memory grows and grows may come to hold so much of what the revision before does, and 32 MiB; `off`: as much as it likes.',
    ),
    checks: z
      .array(check)
      .max(20)
      .default([])
      .describe(
        'What else must hold while it comes in and bakes. Asked every 5 s; two failures in a row roll it back.',
      ),
  }),
);

export const rollout = z
  .strictObject({
    strategy: byDefault('rollout.strategy', z.enum(['rolling', 'canary', 'blue-green', 'recreate'])).describe(
      '`rolling`: each new instance is ready before an old one ends. `canary`: traffic moves by weight, in steps. ' +
        '`blue-green`: the new revision is whole before it gets all traffic at once. `recreate`: the old one ends first.',
    ),
    requires: z
      .array(z.enum(['backup', 'drill']))
      .max(2)
      .default([])
      .describe(
        'What must hold of its data while a new revision comes in. `backup`: it is being backed up, and no copy failed or is late. ' +
          '`drill`: the last restore drill has passed, and is not late.',
      )
      .meta({ examples: [['drill'], ['backup', 'drill']] }),
    maxSurge: byDefault('rollout.maxSurge', count(0)).describe('Instances beyond the asked number during a rollout.'),
    maxUnavailable: byDefault('rollout.maxUnavailable', count(0)).describe(
      'Instances that may be missing during a rollout.',
    ),
    minHealthy: byDefault('rollout.minHealthy', duration()).describe(
      "How long a new instance must have been ready before an old one is ended for it. A service's first revision replaces nothing, and counts as soon as it is ready.",
    ),
    healthyDeadline: byDefault('rollout.healthyDeadline', duration(1)).describe(
      'A revision with nothing ready after this long has failed, and is rolled back.',
    ),
    bake: byDefault('rollout.bake', duration()).describe(
      'How long a new revision is watched after it got all traffic, with the one before kept warm: to go back to at once, and to answer where no instance of the new one is there.',
    ),
    steps: byDefault('rollout.steps', distinct(z.string(SHIFT_RULE).regex(SHIFT, SHIFT_RULE)).min(1).max(20)).describe(
      'Of a canary: which share of the requests it gets, step by step; after the last, all.',
    ),
    hold: byDefault('rollout.hold', duration()).describe(
      'How long each step of a canary, or the preview of a blue-green rollout, lasts at least.',
    ),
    mirror: byDefault('rollout.mirror', percent()).describe(
      'Before the first step of a canary, so many of the safe requests are copied to it, and its answers dropped.',
    ),
    autoPromote: byDefault('rollout.autoPromote', z.boolean()).describe(
      'Whether a blue-green rollout goes on by itself, or waits for `islet rollout promote`.',
    ),
    preview: preview
      .optional()
      .describe('How to ask for the new revision while both run, whatever the shares.')
      .meta({
        examples: [{ header: 'x-preview' }],
      }),
    analysis: analysis
      .prefault({})
      .describe('When a new revision is worse than the one before, and is rolled back, or `off`.')
      .meta({ examples: ['off', { success: '95%' }] }),
  })
  .prefault({})
  .describe('How one revision replaces another.');

export type ParsedRollout = z.output<typeof rollout>;
