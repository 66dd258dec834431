import type { StoreSource } from '@islet/driver';

/** Everything that another process needs to copy and follow a server. */
export interface RedisSource {
  /** Of the data. */
  readonly id: string;
  /** Which start of its server. */
  readonly start: number;
  /** The process's own name for itself: another one may listen there by now. */
  readonly run: string;
  readonly port: number;
  /** Of the user that follows. */
  readonly password: string;
}

export function sourceOf({ id, start, run, port, password }: RedisSource): StoreSource {
  return { engine: 'redis', how: { id, start: String(start), run, port: String(port), password } };
}

export function parseSource({ how }: StoreSource): RedisSource {
  const { id = '', start = '', run = '', port = '', password = '' } = how;
  return { id, start: Number(start), run, port: Number(port), password };
}
