import { z } from 'zod';
import { type Located, mapOf, scalar } from '../located.ts';
import { withShorthand } from './notes.ts';
import { byDefault } from './values.ts';

const PATH = /^\/(?!.*\/\/)(?!(?:.*\/)?\.\.?(?:\/|$))[^\s?#*]*$/;
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const HOST_AND_PATH =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)?\/(?!.*\/\/)(?!(?:.*\/)?\.\.?(?:\/|$))[^\s?#*]*$/;

/** A host's name, as requests say it. */
export const hostName = () =>
  z
    .string()
    .regex(HOST, 'a host is a name such as shop.example.com, without scheme, port or "*"')
    .transform((host) => host.toLowerCase());

export const PATH_RULE = 'a path begins with "/", and has no "//", "..", "?", "#", "*" or space';

export const urlPath = () => z.string().regex(PATH, PATH_RULE).meta({ title: 'URL path' });

const route = withShorthand(
  z.strictObject({
    host: hostName()
      .optional()
      .describe('Only requests for this host; without it, for any.')
      .meta({ examples: ['shop.example.com'] }),
    path: urlPath()
      .transform(withoutTrailingSlash)
      .describe('Requests for this path and all below it.')
      .meta({ examples: ['/api/orders'] }),
    strip: byDefault('api.expose.strip', z.boolean()).describe('Cut the path off before the service sees the request.'),
  }),
  { written: z.string().regex(HOST_AND_PATH).meta({ title: 'path, or host and path' }), lift: liftRoute },
);

/** Public routes: one or a list, each a path, a host with a path, or written out. */
export const expose = withShorthand(z.array(route), {
  written: route,
  lift: (node) => (node.kind === 'list' ? node : { kind: 'list', place: node.place, items: [node] }),
});

/**
 * `/api` is a path; `shop.example.com/api` is a host and a path. What has no slash is neither, and checked as a path.
 */
function liftRoute(node: Located): Located {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return node;
  const slash = node.value.indexOf('/');
  if (slash <= 0) return mapOf(node.place, { path: node });
  const host = scalar(node.value.slice(0, slash), node.place);
  return mapOf(node.place, { host, path: scalar(node.value.slice(slash), node.place) });
}

/** `/api/` and `/api` are one route. */
function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
