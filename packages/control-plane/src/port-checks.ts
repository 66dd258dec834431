import type { ComputeDriver, TrafficDriver } from '@islet/driver';
import type { GatewaySpec } from '@islet/spec';
import { HOST } from './facts.ts';
import { portOwner } from './port-owner.ts';
import type { LaunchSpec } from './store/applied.ts';
import { refusalToListen } from './store/ports.ts';

/**
 * The ports that the proxy of this system listens on, by asking it now: what an earlier turn saw may be older than the
 * proxy. A listener that it could not open is not its own.
 */
export async function portsOfProxy(traffic: TrafficDriver): Promise<ReadonlySet<number>> {
  const seen = await traffic.observe();
  if (seen.kind === 'unreachable') return new Set();
  const listeners = (seen.table?.listeners ?? []).flatMap((it) => (it.kind === 'operator' ? [] : [it]));
  const failed = ({ port }: { port: number }) => seen.problems.some((it) => new RegExp(`:${port}\\b`).test(it));
  return new Set(listeners.filter((listener) => !failed(listener)).map(({ port }) => port));
}

/** Why the gateway can't listen there; undefined: it can, or does. */
export async function gatewayTaken(
  { host, port }: GatewaySpec,
  ownPorts: ReadonlySet<number>,
): Promise<string | undefined> {
  if (ownPorts.has(port)) return undefined;
  const why = await refusal(port, host);
  return why && `the gateway can't listen on ${host}:${port}: ${why}`;
}

/** Why a service with a fixed port can't listen there, where no instance of this system is what does. */
export async function fixedPortTaken({ api }: LaunchSpec, compute: ComputeDriver): Promise<readonly string[]> {
  const { port } = api;
  if (port === undefined || (await refusalToListen(port, HOST)) === undefined) return [];
  const { services } = await compute.observe();
  const own = Object.values(services).flatMap(({ instances }) => instances);
  if (own.some((instance) => instance.port === port && instance.process.kind !== 'exited')) return [];
  const why = await refusal(port, HOST);
  return why === undefined ? [] : [`it can't listen on its fixed port ${port}: ${why}`];
}

async function refusal(port: number, host: string): Promise<string | undefined> {
  const code = await refusalToListen(port, host);
  switch (code) {
    case undefined:
      return undefined;
    case 'EADDRINUSE':
      return `${(await portOwner(port)) ?? 'another program'} does: end it, or choose another port`;
    case 'EACCES':
      return 'only root may listen on ports below 1024: choose a higher one';
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host}`;
    default:
      return code;
  }
}
