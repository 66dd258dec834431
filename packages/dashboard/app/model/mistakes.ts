import type { SpecError } from '@islet/spec';

/** A mistake in the system's files, as the command line tells it: where, of which key, what, and what would be right. */
export function mistakeText({ path, message, hint }: SpecError): string {
  const subject = path === '' ? '' : `${path}: `;
  return `${subject}${message}${hint === undefined ? '' : `; ${hint}`}`;
}

/** As an editor takes it. */
export function placeText({ place: { file, line, column } }: SpecError): string {
  return `${file}:${line}:${column}`;
}
