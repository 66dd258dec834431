import type { AppliedService, LaunchSpec } from './store/applied.ts';
import type { Ports } from './store/ports.ts';

/** Port of the listener by which one service reaches another, by the name of the one that is called. */
export type EdgePorts = Readonly<Record<string, number>>;

export function edgeName(caller: string, service: string): string {
  return `edge ${caller}>${service}`;
}

export function edgePorts({ name, uses }: LaunchSpec, ports: Pick<Ports, 'get'>): EdgePorts {
  return Object.fromEntries(
    uses.flatMap((used) => {
      const port = ports.get(edgeName(name, used));
      return port === undefined ? [] : [[used, port] as const];
    }),
  );
}

/**
 * Gives each edge its port: the same for good, unless something else has taken it while nothing of ours listened there.
 * Says which ones moved. `isOurs`: the proxy of this system listens on it.
 */
export async function takeEdges(
  { name, uses }: LaunchSpec,
  { ports, isOurs }: { readonly ports: Ports; readonly isOurs: (port: number) => Promise<boolean> },
): Promise<readonly string[]> {
  const moved: string[] = [];
  for (const used of uses) {
    const edge = edgeName(name, used);
    const before = ports.get(edge);
    const keep = before !== undefined && !(await ports.isFree(before)) && (await isOurs(before));
    const now = await ports.take(edge, { keep });
    if (before === undefined || before === now) continue;
    moved.push(`another program has taken port ${before}: ${name} reaches ${used} by port ${now} from now on`);
  }
  return moved;
}

/** What runs was told the old addresses: a service whose edge moved is replaced by the same revision, told the new ones. */
export function withEdges(
  service: AppliedService,
  edges: EdgePorts,
  before: AppliedService | undefined,
): AppliedService {
  const told = before?.revision === service.revision ? before.edges : undefined;
  const moved = told !== undefined && Object.entries(told).some(([name, port]) => edges[name] !== port);
  return { ...service, edges, restarts: moved ? service.restarts + 1 : service.restarts };
}
