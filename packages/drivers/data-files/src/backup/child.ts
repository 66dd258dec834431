import { type OwnersChild, startOwnersChild } from '@islet/driver/owners-child';

const PROGRAMS = {
  look: new URL('./look-main.ts', import.meta.url),
  write: new URL('./write-main.ts', import.meta.url),
} as const;

export function startChild(what: keyof typeof PROGRAMS, signal: AbortSignal): OwnersChild {
  return startOwnersChild({ program: PROGRAMS[what], trouble: "the files can't be reached" }, signal);
}
