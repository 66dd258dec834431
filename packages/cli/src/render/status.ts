import type { InstanceStatus, ServiceStatus, SystemStatus } from '@islet/client';
import type { Colors } from 'picocolors/types.js';
import { renderDuration } from './duration.ts';
import { type Cell, renderTable } from './table.ts';

export interface StatusOptions {
  readonly colours: Colors;
  readonly columns?: number | undefined;
}

/** `islet status`: one line a service, with its reason. */
export function renderStatus(status: SystemStatus, { colours, columns }: StatusOptions): string[] {
  const warnings = status.warnings.map((warning) => `${colours.yellow('warning:')} ${warning}`);
  if (status.services.length === 0) return ['Nothing was asked for yet; `islet up` starts the services', ...warnings];
  return [
    ...renderTable({
      headers: ['service', 'state', 'revision', 'instances', 'address', 'why'],
      rows: status.services.map((service) => [
        service.name,
        stateCell(service, colours),
        revisionOf(service),
        instancesOf(service),
        service.address ?? '',
        service.state === 'ready' ? '' : service.why,
      ]),
      columns,
      paintHeader: colours.dim,
    }),
    ...gatewayLines(status, colours),
    ...warnings,
  ];
}

/** What `up` ends with. The state has a column of its own only where not everything is ready. */
export function renderResult(status: SystemStatus, { colours, columns }: StatusOptions): string[] {
  const withState = status.services.some((service) => service.state !== 'ready');
  return [
    ...renderTable({
      headers: ['service', 'language', ...(withState ? ['state'] : []), 'revision', 'instances', 'address'],
      rows: status.services.map((service) => [
        service.name,
        service.language,
        ...(withState ? [stateCell(service, colours)] : []),
        revisionOf(service),
        instancesOf(service),
        service.address ?? '',
      ]),
      columns,
      paintHeader: colours.dim,
    }),
    ...gatewayLines(status, colours),
  ];
}

/** The live view of `up`: as short as can be, redrawn in place. */
export function renderProgress(status: SystemStatus, { colours, columns }: StatusOptions): string[] {
  return renderTable({
    headers: ['service', 'state', 'instances', 'why'],
    rows: status.services.map((service) => [
      service.name,
      stateCell(service, colours),
      instancesOf(service),
      service.state === 'ready' ? '' : service.why,
    ]),
    columns,
    paintHeader: colours.dim,
  });
}

/** `islet status <service>`: all that is known of one. */
export function renderService(
  service: ServiceStatus,
  { colours, columns, now }: StatusOptions & { now: number },
): string[] {
  const about: [string, string | undefined][] = [
    ['language', service.language],
    ['state', `${service.state}: ${service.why}`],
    ['revision', service.revision],
    ['wanted', service.wanted === service.revision ? undefined : service.wanted],
    ['instances', instancesOf(service)],
    ['address', service.address],
    ['database', service.database && `${service.database.engine}, ${service.database.state}`],
    ['redis', service.redis?.state],
    ...service.blocked.map((reason): [string, string] => ['blocked', reason]),
  ];
  return [
    colours.bold(service.name),
    ...about.flatMap(([name, value]) => (value ? [`  ${name.padEnd(10)}${value}`] : [])),
    ...(service.instanceList.length > 0 ? ['', ...instanceTable(service.instanceList, { colours, columns, now })] : []),
    ...(service.failure ? ['', ...renderFailure(service, colours)] : []),
  ];
}

/** Which step failed, why, and what it printed last. */
export function renderFailure({ name, failure, why, state }: ServiceStatus, colours: Colors): string[] {
  if (!failure) return [`${colours.red(`${name}: ${state}`)}: ${why}`];
  const log = failure.log.map((line) => `  ${colours.dim('|')} ${line.trimEnd()}`);
  return [`${colours.red(`${name}: ${failure.step} failed`)}: ${failure.reason}`, ...log];
}

export function renderBlocked({ name, blocked, why }: ServiceStatus, colours: Colors): string[] {
  const reasons = blocked.length > 0 ? blocked : [why];
  return reasons.map((reason) => `${colours.yellow(`${name}: blocked`)}: ${reason}`);
}

/** What a reader of plain lines is told: the services whose state or reason is another than before. */
export function renderChanges(before: SystemStatus | undefined, after: SystemStatus): string[] {
  const width = Math.max(0, ...after.services.map((service) => service.name.length));
  const was = new Map(before?.services.map((service) => [service.name, sentence(service)]));
  return after.services
    .filter((service) => was.get(service.name) !== sentence(service))
    .map((service) => `${service.name.padEnd(width)}  ${sentence(service)}`);
}

function sentence({ state, why }: ServiceStatus): string {
  return why && state !== 'ready' ? `${state}: ${why}` : state;
}

function instanceTable(list: readonly InstanceStatus[], { colours, columns, now }: StatusOptions & { now: number }) {
  return renderTable({
    headers: ['instance', 'state', 'pid', 'port', 'age', 'exits', 'why'],
    rows: list.map(({ id, state, pid, port, startedAt, exits, why }) => [
      id,
      state,
      String(pid ?? ''),
      String(port ?? ''),
      startedAt === undefined ? '' : renderDuration(Math.max(0, now - startedAt)),
      String(exits),
      why ?? '',
    ]),
    columns,
    paintHeader: colours.dim,
  });
}

function stateCell({ state }: ServiceStatus, colours: Colors): Cell {
  return { text: state, paint: paintOf(state, colours) };
}

function paintOf(state: ServiceStatus['state'], colours: Colors): (text: string) => string {
  switch (state) {
    case 'ready':
      return colours.green;
    case 'failed':
      return colours.red;
    case 'degraded':
    case 'blocked':
    case 'paused':
      return colours.yellow;
    case 'progressing':
    case 'stopping':
      return colours.cyan;
    case 'stopped':
      return colours.dim;
  }
}

function revisionOf({ revision, wanted }: ServiceStatus): string {
  return revision ?? wanted ?? '';
}

function instancesOf({ instances }: ServiceStatus): string {
  return `${instances.ready}/${instances.desired}`;
}

function gatewayLines({ system, gateway, authority, services }: SystemStatus, colours: Colors): string[] {
  const serves = services.some(({ instances }) => instances.ready > 0);
  if (!gateway || !serves) return [];
  return ['', `${colours.bold(system)} is at ${colours.cyan(gateway)}`, ...trustLines(authority, colours)];
}

/** How each kind of client is told to trust the development authority. */
function trustLines(authority: string | undefined, { dim }: Colors): string[] {
  if (authority === undefined) return [];
  const ways = 'curl --cacert FILE, NODE_EXTRA_CA_CERTS=FILE, or import it into the browser as an authority';
  return [dim(`clients are to trust ${authority} (${ways})`)];
}
