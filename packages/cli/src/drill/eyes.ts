import { type Connection, reconnect } from '@islet/client/remote';
import type { Session } from '../session.ts';
import { type Asked, askedByOthers, type Counters } from './others.ts';

/** How long to look for whoever comes after a control plane that died. */
const AWAY_MS = 15_000;

export interface Look {
  /** Of the control plane. */
  readonly pid: number;
  readonly ready: readonly string[];
  /** Instances that it shall have. */
  readonly desired: number;
  readonly ejected: readonly string[];
  /** What happens is recorded. */
  readonly isRecording: boolean;
  readonly others: Asked;
}

interface InstanceCounts {
  readonly service: string;
  readonly instance: string;
  readonly ejected: boolean;
}

/** Sees a service through whichever control plane lives. */
export class Eyes {
  readonly signal: AbortSignal;
  readonly service: string;
  readonly #session: Session;
  #connection: Connection;

  constructor(service: string, session: Session, signal: AbortSignal) {
    this.service = service;
    this.#session = session;
    this.signal = signal;
    this.#connection = session.connection;
  }

  get client(): Connection['client'] {
    return this.#connection.client;
  }

  /** Undefined: nobody answered; the next look asks whoever came after. */
  async look(): Promise<Look | undefined> {
    const { signal } = this;
    try {
      const status = await this.client.status({}, { signal });
      const traffic = await this.client.traffic({}, { signal }).catch(() => ({}));
      const { instances = [], ...counters } = traffic as Counters & { readonly instances?: readonly InstanceCounts[] };
      const seen = status.services.find(({ name }) => name === this.service);
      return {
        pid: status.processes.controlPlane.pid,
        ready: (seen?.instanceList ?? []).filter(({ state }) => state === 'ready').map(({ id }) => id),
        desired: seen?.instances.desired ?? 0,
        ejected: instances.filter((it) => it.service === this.service && it.ejected).map(({ instance }) => instance),
        isRecording: status.unrecorded === undefined,
        others: askedByOthers(counters, this.service),
      };
    } catch {
      signal.throwIfAborted();
      this.#connection = await reconnect(this.#session.system.stateFolder, signal, AWAY_MS);
      return undefined;
    }
  }
}
