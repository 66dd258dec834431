import type { Colors } from 'picocolors/types.js';

export interface Line {
  readonly service: string;
  readonly instance: string;
  readonly line: string;
}

/** Names of up to this length never make the column jump. */
const MIN_WIDTH = 12;
const PALETTE = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red'] as const;

/** Puts `service.index | ` before each line: as wide as the widest so far, and in the service's own colour. */
export function createPrefixer(colours: Colors): (line: Line) => string {
  let width = MIN_WIDTH;
  const paints = new Map<string, (text: string) => string>();
  return ({ service, instance, line }) => {
    const name = shortName(service, instance);
    width = Math.max(width, name.length);
    const paint = paints.get(service) ?? colours[PALETTE[paints.size % PALETTE.length] ?? 'cyan'];
    paints.set(service, paint);
    return `${paint(`${name.padEnd(width)} |`)} ${line}`;
  };
}

/** What Islet's own processes go by. */
const OWN_SERVICE = 'islet';

/** `orders-3f9a2c1d04.0-1` is `orders.1`; what prints for the service as a whole (a build) has no index. */
function shortName(service: string, instance: string): string {
  if (service === OWN_SERVICE) return `${service}.${instance}`;
  const index = /-(\d+)$/.exec(instance)?.[1];
  return index === undefined ? service : `${service}.${index}`;
}
