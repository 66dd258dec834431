import type { ServerResponse } from 'node:http';
import type { Fleet } from '../threads/fleet.ts';
import type { ProxyEvent } from './messages.ts';

/** Streams events as JSON lines until either side ends. A reader that falls behind is dropped: it will ask for the state. */
export function streamEvents(response: ServerResponse, fleet: Fleet): void {
  const send = (event: ProxyEvent) => {
    if (response.writableNeedDrain) response.destroy();
    else response.write(`${JSON.stringify(event)}\n`);
  };
  const onDrained = (instance: string) => send({ kind: 'drained', instance });
  const onWanted = (service: string) => send({ kind: 'wanted', service });
  fleet.on('drained', onDrained).on('wanted', onWanted);
  response.on('close', () => fleet.off('drained', onDrained).off('wanted', onWanted));
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  send({ kind: 'hello', pid: process.pid });
}
