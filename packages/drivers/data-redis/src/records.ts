/** How a service's server is reached, and by whom. Kept from before the first effect until the purge. */
export interface RedisRecord {
  readonly service: string;
  /** The service's user. */
  readonly name: string;
  readonly password: string;
  /** What `rotate` replaced, and still lets in. */
  readonly replaced?: { readonly password: string; readonly at: number };
  readonly adminPassword: string;
  /** What the service says beside `SETTINGS`, as it holds now. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where it was last started; undefined: never. */
  readonly port: number | undefined;
}

export type Started = RedisRecord & { readonly port: number };
