import type { TestContext } from 'node:test';
import type { ServiceTraffic } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { LIMITS } from '../src/limits.ts';
import { type FrameInstance, type FrameInstanceOptions, frameInstance } from './frame-instance.ts';
import { FLAG, FRAME, frame } from './frames.ts';
import { type Answer, http2Client } from './http2-world.ts';
import { endpointAt, until, world } from './world.ts';

export const SETTING = { streams: 3, windowBytes: 4, frameBytes: 5 } as const;
export const ONCE: ServiceTraffic = { ...DEFAULT_TRAFFIC, retry: undefined };

/** One instance, a client of HTTP/2, and a clock that the test moves. */
export async function frameWorld(t: TestContext, options: FrameInstanceOptions, traffic = ONCE) {
  let now = 1_000_000;
  const instance = await frameInstance(t, options);
  const made = await world(t, [], 'http', { traffic, now: () => now });
  await made.publish({ ...endpointAt(instance.port), http2: true });
  const client = await http2Client(t, made.edge);
  /** Time passes until the answer is there. */
  const overdue = async (answer: Promise<Answer>) => {
    let isThere = false;
    void answer.then(() => {
      isThere = true;
    });
    await until(() => {
      now += 1_000;
      return isThere;
    });
    return answer;
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { ...made, instance, client, overdue, pass };
}

const PING = frame(FRAME.ping, 0, 0, Buffer.alloc(8));

/** Has the instance send this over its first connection, and waits until it is read: later, it would end a silence. */
export async function isRead(instance: FrameInstance, bytes: Buffer = Buffer.alloc(0)): Promise<void> {
  const acknowledged = () => instance.seen(FRAME.ping).filter(({ flags }) => flags === FLAG.ack).length;
  const before = acknowledged();
  instance.connections[0]?.send(PING, bytes);
  await until(() => acknowledged() > before);
}

/** Nothing comes of the instance for so long that it is sent a PING. */
export async function silence({ instance, pass }: { instance: FrameInstance; pass(ms: number): void }): Promise<void> {
  const asked = instance.seen(FRAME.ping).length;
  pass(LIMITS.http2PingAfterMs);
  await until(() => instance.seen(FRAME.ping).length > asked);
}

export function codeOf({ body }: Answer): string | undefined {
  return /"code":"([a-z-]+)"/.exec(body)?.[1];
}
