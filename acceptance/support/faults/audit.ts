import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemStatus } from '@islet/client';
import { listCgroups, listProcesses, type Process, systemGroups } from './processes.ts';
import type { BrokenSystem, Program } from './system.ts';
import { until } from './until.ts';

/** What the last command that succeeded asked for. */
export interface Expected {
  readonly edits: Readonly<Record<string, string>>;
  readonly instances: Readonly<Record<string, number>>;
  readonly word: string;
  /** Rows whose writing was acknowledged. */
  readonly rows: readonly string[];
}

/**
 * Compares what a system says with what is: nothing is lost, doubled or orphaned. It is told by the kernel (processes,
 * cgroups), by the services' own answers and by the files on disk; of the control plane it believes only what it checks.
 */
export async function audit(system: BrokenSystem, expected: Expected): Promise<void> {
  const status = await system.settled();
  for (const { name, state, why } of status.services) assert.equal(state, 'ready', `${name}: ${why}`);
  await auditIslet(system, status);
  auditProcesses(system, status);
  auditRecords(system, status);
  auditRoutes(system, status);
  await auditAnswers(system, status, expected);
}

/** Nothing runs, nothing is left of what ran; data and revisions stay. */
export function auditDown(system: BrokenSystem): void {
  const { id } = system;
  for (const program of PROGRAMS) assert.deepEqual(system.pids(program), [], `no ${program} runs`);
  assert.deepEqual(slots(id), new Map(), 'no supervised process runs');
  assert.deepEqual(systemGroups(id), [], 'no cgroup is left');
  assert.deepEqual(openRecords(system), [], 'no record of a process is left');
  assert.deepEqual(instancePorts(system), [], 'no port of an instance is kept');
}

/** Call it before the purge, and what it returns after it: nothing that the system had is left on the machine. */
export function auditPurged(system: BrokenSystem): () => void {
  const { id, runtime } = system;
  const users = usersOf(runtime);
  return () => {
    for (const program of PROGRAMS) assert.deepEqual(system.pids(program), [], `no ${program} runs`);
    assert.deepEqual(slots(id), new Map(), 'no supervised process runs');
    assert.deepEqual(systemGroups(id), [], 'no cgroup is left');
    for (const folder of [system.state, runtime]) assert.ok(!existsSync(folder), `${folder} is gone`);
    const accounts = readFileSync('/etc/passwd', 'utf8').split('\n');
    for (const user of users) assert.ok(!accounts.includes(user), `${user} is gone`);
  };
}

const PROGRAMS: readonly Program[] = ['control-plane', 'proxy', 'keeper'];

/** A moment after a kill, one that was started twice may still be ending. */
async function auditIslet(system: BrokenSystem, status: SystemStatus): Promise<void> {
  for (const program of PROGRAMS) {
    await until(`one ${program} runs, not ${system.pids(program)}`, () =>
      system.pids(program).length === 1 ? true : undefined,
    );
  }
  const [pid] = system.pids('control-plane');
  assert.equal(status.processes.controlPlane.pid, pid, 'the control plane is the one that answers');
}

function auditProcesses(system: BrokenSystem, status: SystemStatus): void {
  const running = slots(system.id);
  const instances = status.services.flatMap(({ instanceList }) => instanceList);
  const stores = status.services.flatMap(({ name, database }) =>
    database?.pid === undefined ? [] : [`postgres-${name}`],
  );
  const ids = [...instances.map(({ id }) => id), ...stores].sort();
  assert.deepEqual(asked(running.keys()), ids, 'slots that run');
  const groups = listCgroups(system.id);
  assert.deepEqual(asked(groups.keys()), ids, 'cgroups');
  for (const { id, pid } of instances) {
    const members = running.get(id) ?? [];
    assert.ok(
      members.some((member) => member.pid === pid),
      `${id}: its pid ${pid} is one of its processes`,
    );
    const pids = new Set(members.map((member) => member.pid));
    const roots = members.filter(({ parent }) => !pids.has(parent)).map(({ pid }) => pid);
    assert.equal(roots.length, 1, `${id}: one tree, not ${roots.length}`);
    assert.deepEqual(
      [...(groups.get(id) ?? [])].sort(byNumber),
      [...pids].sort(byNumber),
      `${id}: members of its cgroup`,
    );
  }
}

/** What copies databases comes and goes with the first and the last of them, a moment later than they do; what keeps telemetry stays. */
function asked(names: Iterable<string>): string[] {
  return [...names].filter((name) => name !== 'backup' && name !== 'telemetry').sort();
}

function auditRecords(system: BrokenSystem, status: SystemStatus): void {
  const instances = status.services.flatMap(({ instanceList }) => instanceList);
  const stores = status.services.flatMap(({ name, database }) =>
    database?.pid === undefined ? [] : [`postgres-${name}`],
  );
  const ids = instances.map(({ id }) => id).sort();
  assert.deepEqual(
    asked(readdirSync(join(system.state, 'processes'))),
    [...ids, ...stores].sort(),
    'records of processes',
  );
  assert.deepEqual(
    instancePorts(system).sort(),
    ids.map((id) => `instance ${id}`),
    'ports that are kept',
  );
  for (const { name, instanceList } of status.services) {
    const folder = join(system.runtime, 'services', name, 'instances');
    const own = instanceList.flatMap(({ id }) => [id, `${id}.json`]).sort();
    assert.deepEqual(readdirSync(folder).sort(), own, `${name}: folders and records of instances`);
  }
}

function auditRoutes(system: BrokenSystem, status: SystemStatus): void {
  const file = readFileSync(join(system.state, 'routing-table.json'), 'utf8');
  // Its first line is a checksum.
  const table = JSON.parse(file.slice(file.indexOf('{')));
  for (const { name, instanceList } of status.services) {
    const endpoints: { instance: string }[] = table.services[name]?.endpoints ?? [];
    const ready = instanceList.filter(({ state }) => state === 'ready').map(({ id }) => id);
    assert.deepEqual(endpoints.map(({ instance }) => instance).sort(), ready.sort(), `${name}: endpoints`);
  }
}

interface Answer {
  readonly pid: number;
  readonly edit: string;
  readonly word?: string;
  readonly built?: string;
  readonly ledger?: number;
  readonly applied?: readonly (string | number)[];
  readonly rows?: readonly string[];
}

async function auditAnswers(system: BrokenSystem, status: SystemStatus, expected: Expected): Promise<void> {
  for (const { name, instanceList } of status.services) {
    assert.equal(instanceList.length, expected.instances[name], `${name}: instances`);
    const response = await fetch(system.url(`/${name}`));
    const text = await response.text();
    assert.equal(response.status, 200, `${name} answers ${response.status}: ${text}`);
    const answer = JSON.parse(text) as Answer;
    assert.ok(
      instanceList.some(({ pid }) => pid === answer.pid),
      `${name}: ${answer.pid} is an instance`,
    );
    assert.equal(answer.edit, expected.edits[name], `${name}: the revision that serves`);
    if (answer.ledger !== undefined) assert.equal(answer.ledger, 200, 'pair reaches ledger');
    if (answer.built !== undefined) assert.equal(answer.built, expected.edits[name], 'lone was built from its files');
    if (answer.word !== undefined) assert.equal(answer.word, expected.word, 'the secret');
    if (answer.applied !== undefined) assert.deepEqual(answer.applied.map(String), ['1', '2'], 'each migration once');
    if (answer.rows !== undefined) {
      const kept = new Set(answer.rows);
      assert.deepEqual(
        expected.rows.filter((row) => !kept.has(row)),
        [],
        'acknowledged rows that are lost',
      );
    }
  }
}

/** Running processes of the system by slot, from their own environment: it shows also those that left their cgroup. */
function slots(id: string): ReadonlyMap<string, readonly Process[]> {
  const found = listProcesses().filter(({ slot }) => slot?.startsWith(`${id}/`));
  return Map.groupBy(found, ({ slot = '' }) => slot.slice(id.length + 1));
}

/** A database's server keeps the record of its end until it is started again; anything else is forgotten. */
function openRecords({ state }: BrokenSystem): readonly string[] {
  const folder = join(state, 'processes');
  return readdirSync(folder).filter((name) => {
    const { ended } = JSON.parse(readFileSync(join(folder, name, 'record.json'), 'utf8'));
    return ended === undefined || !name.startsWith('postgres-');
  });
}

/** Lines of /etc/passwd of those who own a folder of a service. */
function usersOf(runtime: string): readonly string[] {
  const services = join(runtime, 'services');
  const entries = existsSync(services) ? readdirSync(services, { recursive: true, withFileTypes: true }) : [];
  // A server makes and removes files of its own meanwhile.
  const ownerOf = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.uid;
  const owners = new Set(entries.map((entry) => ownerOf(join(entry.parentPath, entry.name))));
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n');
  return accounts.filter((line) => line.startsWith('islet-') && owners.has(Number(line.split(':')[2])));
}

function instancePorts(system: BrokenSystem): string[] {
  return [...system.sql("SELECT name FROM ports WHERE name LIKE 'instance %'")];
}

function byNumber(some: number, other: number): number {
  return some - other;
}
