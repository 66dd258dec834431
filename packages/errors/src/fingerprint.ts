import { createHash } from 'node:crypto';
import type { Frame, Thrown } from './thrown.ts';

/**
 * Which errors are one? The message alone would make a group for each number in it, and the type alone one for all that is
 * wrong with a service. So, in this order: what the service itself says (`error.fingerprint`); the type and the service's own
 * frames, without lines, which move with every change, and without what is of one revision in a path; where there are no
 * such frames, the type and the message without what is of one request in it.
 *
 * Groups outlive versions of Islet. Whoever changes anything here counts the version up: groups of the old one stay as they are.
 */
export const FINGERPRINT_VERSION = 1;

const FRAMES = 8;
const LONGEST_MESSAGE = 200;

export function fingerprint(service: string, thrown: Thrown, explicit?: string): string {
  return createHash('sha256')
    .update(JSON.stringify([FINGERPRINT_VERSION, service, ...partsOf(thrown, explicit)]))
    .digest('hex')
    .slice(0, 12);
}

function partsOf({ type, message, frames }: Thrown, explicit: string | undefined): readonly string[] {
  if (explicit !== undefined) return ['explicit', explicit];
  const own = withoutRecursion(frames.filter(({ inApp }) => inApp).map(frameKey)).slice(0, FRAMES);
  return own.length > 0 ? ['frames', type, ...own] : ['message', type, normalised(message)];
}

function frameKey({ function: name, file = '' }: Frame): string {
  return `${name} ${stablePath(file)}`;
}

/** Neither the folder of one revision nor the hash that a bundler put into a name. */
function stablePath(file: string): string {
  return file
    .replace(/^.*\/revisions\/[^/]+\/files\//, '')
    .replace(/([.-])(?=[0-9a-zA-Z_]*\d)[0-9a-zA-Z_]{8,}(?=\.[cm]?jsx?$)/, '$1*');
}

function withoutRecursion(keys: readonly string[]): readonly string[] {
  return keys.filter((key, index) => key !== keys[index - 1]);
}

/** The message without what is of one request, one user or one moment. */
export function normalised(message: string): string {
  return message
    .slice(0, 2_000)
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>')
    .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g, '<time>')
    .replace(/\b[\w.+-]+@[\w-]+(\.[\w-]+)+\b/g, '<address>')
    .replace(/\bhttps?:\/\/[^\s"'<>]+/g, '<url>')
    .replace(/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, '<ip>')
    .replace(/"[^"\n]*"|'[^'\n]*'|`[^`\n]*`/g, '<text>')
    .replace(/\b0x[0-9a-f]+\b/gi, '<hex>')
    .replace(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi, '<hex>')
    .replace(/(?<![A-Za-z])[-+]?\d+(\.\d+)?/g, '<number>')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_MESSAGE);
}
