import { UsageError } from '../failures.ts';

/** A DNS label: it becomes part of host names, variables and paths. */
const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;

export function checkName(name: string, what: 'service' | 'system'): string {
  if (NAME.test(name)) return name;
  const near = nearestName(name);
  throw new UsageError(
    `${JSON.stringify(name)} can't be a ${what}'s name: lower-case letters, digits and single dashes, a letter first`,
    near && `for example ${near}`,
  );
}

/** A name as near as can be to a folder's: `My Shop` becomes `my-shop`. */
export function nearestName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
}
