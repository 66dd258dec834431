/** How a service's server is reached, and by whom. Kept from before the first effect until the purge. */
export interface RedisRecord {
  readonly service: string;
  /** The service's first user. */
  readonly name: string;
  /** Who logs in by `password`: after a rotation one of two that take turns. Absent: `name`. */
  readonly login?: string;
  readonly password: string;
  /** What `rotate` replaced, and still lets in. An older version gave the same user a second password. */
  readonly replaced?: { readonly login?: string; readonly password: string; readonly at: number };
  readonly adminPassword: string;
  /** What the service says beside `SETTINGS`, as it holds now. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where it was last started; undefined: never. */
  readonly port: number | undefined;
}

export interface OwnLogin {
  readonly login: string;
  readonly password: string;
}

/** Who the service logs in as. */
export function loginOf({ name, login = name, password }: RedisRecord): OwnLogin {
  return { login, password };
}

/** Whom the next rotation makes. */
export function nextLogin(record: RedisRecord): string {
  const [some, other] = [`${record.name}.a`, `${record.name}.b`];
  return loginOf(record).login === some ? other : some;
}

export type Started = RedisRecord & { readonly port: number };
