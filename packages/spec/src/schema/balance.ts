import { z } from 'zod';
import { type Located, mapOf } from '../located.ts';
import { BALANCE_ALGORITHMS } from '../model.ts';
import { withShorthand } from './notes.ts';
import { byDefault, count, duration, orOff, percent } from './values.ts';

const BY_KEY =
  /^(client|(header|cookie):[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}|path:(\/[^\s/{}]+)*\/\{[A-Za-z]\w{0,63}\}(\/[^\s/{}]+)*)$/;
const BOUND = /^[1-9][0-9]{2,3}%$/;

const bound = z
  .string('a bound is a percentage over 100%: 150%')
  .regex(BOUND, 'a bound is a percentage over 100%: 150%')
  .transform((text) => Number(text.slice(0, -1)))
  .refine((value) => value > 100 && value <= 1000, 'must be from 101% to 1000%')
  .meta({ title: 'percentage' });

const slowStart = orOff(
  z.strictObject({
    window: byDefault('traffic.balance.slowStart.window', duration(1)).describe('How long until its part is full.'),
    from: byDefault('traffic.balance.slowStart.from', percent(1)).describe('Its part at the beginning.'),
  }),
);

const sticky = withShorthand(
  orOff(
    z.strictObject({
      cookie: z
        .string()
        .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/, "expected a cookie's name: letters, digits, - and _")
        .describe('The name of the cookie that the proxy sets.')
        .meta({ examples: ['cart-instance'] }),
      maxAge: duration(1_000)
        .optional()
        .describe('How long a browser keeps it; without it, until the browser is closed.')
        .meta({ examples: ['1d'] }),
    }),
  ),
  { written: z.string(), lift: liftCookie },
);

/** Which instance gets a request. */
export const balance = withShorthand(
  z.strictObject({
    algorithm: byDefault('traffic.balance.algorithm', z.enum(BALANCE_ALGORITHMS)).describe(
      '`least-request`: of two drawn at random, the one with fewer requests in flight. `peak-ewma`: the one that answers sooner. ' +
        '`ring-hash`: the same key to the same instance. `round-robin`, `random`: without looking.',
    ),
    choiceCount: byDefault('traffic.balance.choiceCount', count(2, 10)).describe(
      'How many are drawn. Only with `least-request`.',
    ),
    key: z
      .string()
      .regex(BY_KEY, 'expected client, header:<name>, cookie:<name>, or path: and a path with one {name}')
      .optional()
      .describe(
        'What the same instance is found by: `client` (its address, or the service that calls), `header:<name>`, `cookie:<name>`, or ' +
          'a part of the path (`path:/carts/{id}`). Required with `ring-hash`, and only there.',
      )
      .meta({ title: 'key', examples: ['header:x-tenant'] }),
    bound: byDefault('traffic.balance.bound', bound).describe(
      'An instance takes no more than this part of the average in flight; what is above goes to the next. Only with `ring-hash`.',
    ),
    decay: byDefault('traffic.balance.decay', duration(1)).describe(
      'How long an answer is remembered. Only with `peak-ewma`.',
    ),
    defaultRtt: byDefault('traffic.balance.defaultRtt', duration(1)).describe(
      'What is assumed of an instance that has answered nothing. Only with `peak-ewma`.',
    ),
    slowStart: slowStart
      .prefault({})
      .describe('The part of an instance that comes, or comes back, grows; or `off`. Not with `ring-hash`.')
      .meta({ examples: ['off', { window: '30s' }] }),
    panic: byDefault('traffic.balance.panic', percent()).describe(
      'With less than this of the instances not ejected, all are asked: `0%` for never.',
    ),
    sticky: byDefault('traffic.balance.sticky', sticky)
      .describe("A client's requests go to the same instance, by a cookie: its name, or written out, or `off`.")
      .meta({ examples: ['cart-instance', { cookie: 'cart-instance', maxAge: '1d' }] }),
  }),
  { written: z.enum(BALANCE_ALGORITHMS), lift: liftAlgorithm },
);

function liftAlgorithm(node: Located): Located {
  return node.kind === 'scalar' && node.value !== null ? mapOf(node.place, { algorithm: node }) : node;
}

function liftCookie(node: Located): Located {
  return node.kind === 'scalar' && node.value !== null && node.value !== 'off'
    ? mapOf(node.place, { cookie: node })
    : node;
}
