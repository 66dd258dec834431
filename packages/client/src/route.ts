import type { z } from 'zod';
import { type Method, ROUTES, type RouteName } from './routes.ts';

export interface RouteShape {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
  readonly stream: boolean;
}

type Parts = Pick<RouteShape, 'summary' | 'params' | 'query' | 'body' | 'response'>;

/** One route of the contract: what `routes.ts` says of it, and what goes in and comes out. */
export function route<const N extends RouteName, const P extends Parts>(name: N, parts: P): (typeof ROUTES)[N] & P {
  return { ...ROUTES[name], ...parts };
}
