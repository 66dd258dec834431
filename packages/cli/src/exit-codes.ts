/** What a command's exit code tells the script that called it. A closed set; the reference page is made of it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  blocked: 3,
  unreachable: 4,
  interrupted: 130,
} as const;

export type ExitName = keyof typeof EXIT;
/** A child's exit code is passed on by `exec`, so that any number is possible there. */
export type ExitCode = number;

export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: 'All is as asked.',
  failed: 'Something failed; standard error says which step of which service, with its last log lines.',
  usage: "Bad usage, or mistakes in the system's files. Nothing was changed.",
  blocked: 'All that can run is ready, but a service lacks something on this machine; standard error says what.',
  unreachable: 'The control plane (or systemd) cannot be reached, or a wait ran out. What was asked may still happen.',
  interrupted: 'Interrupted by the person. The control plane goes on with what was asked.',
};
