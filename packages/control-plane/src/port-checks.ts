import type { ComputeDriver, TrafficDriver } from '@islet/driver';
import type { GatewaySpec } from '@islet/spec';
import { type Clock, pause } from './clock.ts';
import { HOST } from './facts.ts';
import { portOwner } from './port-owner.ts';
import type { LaunchSpec } from './store/applied.ts';
import { refusalToListen } from './store/ports.ts';

/** A proxy that was just started again is given this long to say what it listens on. */
const PROXY_PATIENCE_MS = 1_000;
const PROXY_LOOK_MS = 50;

/**
 * Whether the proxy of this system listens there, by asking it now: what an earlier turn saw may be older than the proxy.
 * A listener that it could not open is not its own.
 */
export async function isOfProxy(
  port: number,
  { traffic, clock }: { readonly traffic: TrafficDriver; readonly clock: Clock },
): Promise<boolean> {
  const deadline = clock.now() + PROXY_PATIENCE_MS;
  let seen = await traffic.observe();
  while (seen.kind === 'unreachable' && clock.now() < deadline) {
    await pause(clock, PROXY_LOOK_MS);
    seen = await traffic.observe();
  }
  if (seen.kind === 'unreachable') return false;
  const listens = (seen.table?.listeners ?? []).some((it) => it.kind !== 'operator' && it.port === port);
  return listens && !seen.problems.some((problem) => new RegExp(`:${port}\\b`).test(problem));
}

/** Why the gateway can't listen there; undefined: it can, or does. */
export async function gatewayTaken(
  { host, port, tls }: GatewaySpec,
  isOurs: (port: number) => Promise<boolean>,
): Promise<string | undefined> {
  for (const each of tls?.httpPort === undefined ? [port] : [port, tls.httpPort]) {
    const code = await refusalToListen(each, host);
    if (code === undefined || (code === 'EADDRINUSE' && (await isOurs(each)))) continue;
    return `the gateway can't listen on ${host}:${each}: ${await remedyOf(code, { port: each, host })}`;
  }
  return undefined;
}

/** Why a service with a fixed port can't listen there, where no instance of this system is what does. */
export async function fixedPortTaken({ api }: LaunchSpec, compute: ComputeDriver): Promise<readonly string[]> {
  const { port } = api;
  const code = port === undefined ? undefined : await refusalToListen(port, HOST);
  if (port === undefined || code === undefined) return [];
  const { services } = await compute.observe();
  const own = Object.values(services).flatMap(({ instances }) => instances);
  if (own.some((instance) => instance.port === port && instance.process.kind !== 'exited')) return [];
  return [`it can't listen on its fixed port ${port}: ${await remedyOf(code, { port, host: HOST })}`];
}

async function remedyOf(code: string, { port, host }: { readonly port: number; readonly host: string }) {
  switch (code) {
    case 'EADDRINUSE': {
      const { name, remedy } = (await portOwner(port)) ?? { name: 'another program', remedy: 'end it' };
      return `${name} does: ${remedy}, or choose another port`;
    }
    case 'EACCES':
      return 'only root may listen on ports below 1024: choose a higher one';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `nothing is known of a host ${host}: write an address of this machine, or 0.0.0.0 for all of them`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host}: \`ip address\` lists those that it has`;
    default:
      return code;
  }
}
