import type { ServiceStatus, SystemStatus } from '@islet/client/browser';
import { share } from '../model/share.ts';
import { createCell, useCell } from './cell.ts';
import { type Connection, keepOpen } from './connection.ts';

/** The system as it is now, pushed. */
export interface StatusView {
  readonly status: SystemStatus | undefined;
  readonly connection: Connection;
}

/** As often as a person sees a difference. */
const EVERY_MS = 200;

const statusView = createCell<StatusView>({ status: undefined, connection: { kind: 'connecting' } });

export function followStatus(): () => void {
  return keepOpen({
    name: 'watch',
    input: {},
    latestEveryMs: EVERY_MS,
    onValue: (next) => {
      const view = statusView.get();
      statusView.set({ ...view, status: share(view.status, next) });
    },
    onConnection: (connection) => statusView.set(share(statusView.get(), { ...statusView.get(), connection })),
  });
}

export function useStatus(): SystemStatus | undefined {
  return useCell(statusView, ({ status }) => status);
}

export function useConnection(): Connection {
  return useCell(statusView, ({ connection }) => connection);
}

export function useService(name: string): ServiceStatus | undefined {
  return useCell(statusView, ({ status }) => status?.services.find((service) => service.name === name));
}
