import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { rssKb } from '../support/proc.ts';
import { PATHS } from './backend.ts';
import type { Contender, Spoken } from './contender.ts';
import { isletWith } from './islet.ts';
import type { TrafficRig } from './rig.ts';
import type { Server } from './server.ts';

interface Kind {
  readonly claim: string;
  readonly what: string;
  readonly spoken: Spoken;
  /** Opens a connection, and returns when it has had one answer. */
  readonly open: (port: number) => Promise<Idle>;
}

interface Idle {
  destroy(): void;
}

const KINDS: readonly Kind[] = [
  { claim: 'idle-connection', what: 'plain', spoken: 'plain', open: openPlain },
  { claim: 'idle-tls', what: 'TLS, HTTP/1.1', spoken: 'tls', open: openTls },
  { claim: 'idle-http2', what: 'HTTP/2 without TLS', spoken: 'grpc', open: openHttp2 },
];

/** So many are open before and after; what these take themselves fills what the process had free. */
const FROM = 1_000;
const TO = 3_000;
const AT_ONCE = 25;
const SETTLE_MS = 2_000;
const ANSWER_MS = 30_000;

/** What a connection takes that has been used once and is kept. */
export async function* idleClaims(context: Context, rig: TrafficRig): AsyncIterable<Claim> {
  for (const kind of KINDS) {
    if (context.wants(`traffic.memory.${kind.claim}`)) yield await idleClaim(context, rig, kind);
  }
}

async function idleClaim({ times, progress }: Context, rig: TrafficRig, kind: Kind): Promise<Claim> {
  const contenders: readonly Contender[] = [isletWith({ routes: 10 }), ...rig.native];
  const kb: Record<string, number[]> = {};
  for (let round = 0; round < times(5, 1, 1); round += 1) {
    for (const contender of contenders) {
      progress(`memory of idle connections, ${kind.what}: ${contender.name}`);
      await using server = await rig.start(contender, kind.spoken);
      kb[contender.name] = [...(kb[contender.name] ?? []), await perConnection(server, kind)];
    }
  }
  const of = (name: string) => medianFigure(kb[name] ?? []);
  return {
    claim: `traffic.memory.${kind.claim}`,
    unit: 'KB',
    better: 'less',
    islet: of('Islet'),
    peers: Object.fromEntries(rig.native.map(({ name }) => [name, of(name)])),
    method: `Growth of the proxy's resident size from ${FROM} to ${TO} connections (${kind.what}), for each, of which each has had one answer and is kept; ${FROM} were opened and closed before. What the kernel holds for a socket is not in it.`,
  };
}

/**
 * A process keeps what it has freed. So what the first connections take tells little, and those that come beyond all that
 * were ever open at once tell what each one adds.
 */
async function perConnection({ pid, port }: Server, { open }: Kind): Promise<number> {
  const connections: Idle[] = [];
  const upTo = async (count: number) => {
    while (connections.length < count) {
      connections.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => open(port)))));
    }
    await pause(SETTLE_MS);
    return rssKb(pid);
  };
  await upTo(FROM);
  await close(connections.splice(0));
  const before = await upTo(FROM);
  const after = await upTo(TO);
  await close(connections);
  return (after - before) / (TO - FROM);
}

async function close(connections: readonly Idle[]): Promise<void> {
  for (const connection of connections) connection.destroy();
  await pause(SETTLE_MS / 4);
}

function openPlain(port: number): Promise<Idle> {
  return ask(connect({ host: '127.0.0.1', port }), port);
}

function openTls(port: number): Promise<Idle> {
  // The certificate was made for this run, by this run.
  return ask(connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }), port);
}

function ask(socket: Socket, port: number): Promise<Idle> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    // The answer has come when its body, a kilobyte, ends.
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('"}')) resolve(socket);
    });
    // Caddy answers for the host that it is told to be, and for no other.
    socket.write(`GET ${PATHS.small} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`port ${port} did not answer`)));
  });
}

function openHttp2(port: number): Promise<Idle> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.once('error', reject);
    const stream = session.request({ ':path': PATHS.call });
    stream.once('error', reject);
    stream.setTimeout(ANSWER_MS, () => session.destroy(new Error(`port ${port} did not answer`)));
    stream.resume().once('end', () => resolve(session));
  });
}
