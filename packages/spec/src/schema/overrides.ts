import { z } from 'zod';
import { type Located, mapOf, scalar } from '../located.ts';
import { withShorthand } from './notes.ts';
import { sections } from './traffic-sections.ts';
import { name } from './values.ts';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const PATH = String.raw`\/|(\/(\{[A-Za-z]\w{0,63}\}|(?!\.{1,2}(\/|$))[^\s?#*{}\/]+))*(\/\*\*)?`;
const PATTERN = new RegExp(`^(?=\\/)(${PATH})$`);
const METHOD_AND_PATTERN = new RegExp(`^((${METHODS.join('|')}) +)?(?=\\/)(${PATH})$`);
const PATTERN_RULE = 'a path begins with "/"; a part of it may be a {name}, and "/**" at its end takes all below';

const match = withShorthand(
  z
    .strictObject({
      method: z
        .enum(METHODS)
        .optional()
        .describe('Without it, any.')
        .meta({ examples: ['POST'] }),
      path: z
        .string()
        .regex(PATTERN, PATTERN_RULE)
        .describe('As the service sees it. `{id}` stands for one part, and `/**` at the end for everything below.')
        .meta({ title: 'URL path', examples: ['/orders/{id}'] }),
    })
    .describe('Which requests: a path, a method and a path, or written out.')
    .meta({ examples: ['POST /orders/{id}', { method: 'POST', path: '/orders/{id}' }] }),
  { written: z.string().regex(METHOD_AND_PATTERN, PATTERN_RULE), lift: liftMatch },
);

const override = z.strictObject(sections).partial();

const route = override.extend({ match });

export const routes = z.array(route).max(1_000);

export const callers = z.record(
  name(),
  override.extend({ routes: routes.optional().describe('What is otherwise for this caller on some routes.') }),
);

function liftMatch(node: Located): Located {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return node;
  const [first = '', second] = node.value.split(/ +/);
  const { place } = node;
  if (second === undefined) return mapOf(place, { path: node });
  return mapOf(place, { method: scalar(first, place), path: scalar(second, place) });
}
