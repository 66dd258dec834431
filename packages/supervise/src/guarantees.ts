import type { Cgroups } from './cgroup.ts';
import type { Guarantee } from './model.ts';
import { systemTool } from './switch-user.ts';

/** What this machine allows to promise, and what it does not, with the reason. */
export function guaranteesOf(cgroups: Cgroups): readonly Guarantee[] {
  return [
    guarantee('whole tree is ended', treeProblem(cgroups)),
    guarantee('memory limits', limitProblem(cgroups.memory)),
    guarantee('cpu limits', limitProblem(cgroups.cpu)),
    guarantee('isolation between services', isolationProblem()),
  ];
}

/** Why services can't have users of their own; undefined: they can. */
export function isolationProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root: all services run as the user that Islet runs as';
  const missing = ['setpriv', 'useradd', 'userdel'].filter((tool) => systemTool(tool) === undefined);
  return missing.length === 0 ? undefined : `missing: ${missing.join(', ')}; install util-linux and shadow (passwd)`;
}

function treeProblem({ tree }: Cgroups): string | undefined {
  if (tree !== undefined) return undefined;
  return 'no cgroup (v2) can be made: a process that clears its environment, begins a session and outlives its parent escapes';
}

function limitProblem(place: Cgroups['memory']): string | undefined {
  return place.kind === 'none' ? place.reason : undefined;
}

function guarantee(name: string, problem: string | undefined): Guarantee {
  return { name, held: problem === undefined, reason: problem };
}
