import { setTimeout as delay } from 'node:timers/promises';
import type { TrafficChange } from '@islet/driver';
import type { ProxyEvent } from '@islet/proxy';
import type { ControlClient } from './control-client.ts';

const RECONNECT_MS = 100;

/**
 * Calls back when the proxy came, went, or drained an instance. The stream's end is the kernel's word that the proxy is
 * gone, so nothing is ever asked on a timer but whether it is back.
 */
export async function watchProxy(client: ControlClient, onChange: OnChange, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const heard = await followEvents(client, onChange, signal);
    if (heard && !signal.aborted) onChange({ kind: 'other' });
    await delay(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Returns at the end of the stream, whether the proxy was there at all. */
async function followEvents(client: ControlClient, onChange: OnChange, signal: AbortSignal): Promise<boolean> {
  let heard = false;
  try {
    const stream = await client.open('/events', signal);
    let rest = '';
    for await (const chunk of stream.setEncoding('utf8')) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        heard = true;
        if (!signal.aborted) onChange(changeOf(JSON.parse(line) as ProxyEvent));
      }
    }
  } catch {
    // It is not there, or ended in the middle: both are what the caller wants to know, and neither is a failure here.
  }
  return heard;
}

type OnChange = (change: TrafficChange) => void;

function changeOf(event: ProxyEvent): TrafficChange {
  return event.kind === 'wanted' ? event : { kind: 'other' };
}
