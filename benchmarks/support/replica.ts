import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SystemStatus } from '@islet/client';
import { factsOf, type ProcessFacts } from './proc.ts';
import { run } from './program.ts';

const COPY_DEADLINE_MS = 60_000;

/** The processes of a running system, as another supervisor can run them: the peers run the same bytes on the same data. */
export interface Replica {
  readonly services: readonly ReplicaProcess[];
  readonly databases: readonly ReplicaProcess[];
}

export interface ReplicaProcess extends ProcessFacts {
  readonly name: string;
  readonly port: number;
}

/**
 * Takes down how each instance runs, and copies the folder that it runs in, which ends with it. Calls between services go
 * straight to the callee's port, since a peer has no proxy: less work for the peer.
 */
export async function replicate(status: SystemStatus, folder: string): Promise<Replica> {
  const instances = status.services.flatMap(({ name: service, instanceList }) =>
    instanceList.map(({ id, pid = 0, port = 0 }) => ({ service, name: id, port, facts: factsOf(pid) })),
  );
  const portOf = new Map(instances.map(({ service, port }) => [service, port]));
  const services = instances.map(async ({ name, port, facts }) => {
    const home = join(folder, name);
    await mkdir(home, { recursive: true });
    // With owners, modes and links as they are; Node's own copy loses them.
    await run({
      argv: ['cp', '-a', `${facts.cwd}/.`, join(home, 'work')],
      cwd: home,
      env: process.env,
      deadlineMs: COPY_DEADLINE_MS,
    });
    const cwd = join(home, 'work');
    const program = facts.program.startsWith(facts.cwd) ? join(cwd, relative(facts.cwd, facts.program)) : facts.program;
    return { ...facts, name, port, cwd, program, env: { ...facts.env, ...directly(facts.env, portOf), PWD: cwd } };
  });
  const databases = status.services.flatMap(({ name, database }) => {
    if (database?.pid === undefined) return [];
    const facts = factsOf(database.pid);
    return [{ ...facts, name: `postgres-${name}`, port: Number(/port=(\d+)/.exec(facts.args.join(' '))?.[1]) }];
  });
  return { services: await Promise.all(services), databases };
}

/** `CATALOG_URL` and `CATALOG_ADDRESS`, for each service that the environment has an address of. */
function directly(env: Readonly<Record<string, string>>, portOf: ReadonlyMap<string, number>): Record<string, string> {
  const direct = [...portOf].flatMap(([service, port]) => {
    const name = service.toUpperCase().replaceAll('-', '_');
    return [
      [`${name}_URL`, `http://127.0.0.1:${port}`],
      [`${name}_ADDRESS`, `127.0.0.1:${port}`],
    ];
  });
  return Object.fromEntries(direct.filter(([key = '']) => key in env));
}
