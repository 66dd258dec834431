export interface DataTraits {
  /** `purge` deletes what a service stored; false: an outside server keeps it. */
  readonly ownsData: boolean;
  /**
   * A file of migrations is applied whole or not at all; false: the engine commits each change of a schema by itself.
   */
  readonly schemaIsTransactional?: boolean;
  /** By default SQL's; with others, there is no schema to migrate. */
  readonly words?: StoreWords;
  /** Optional parts of the contract that it leaves out. What is neither there nor here fails. */
  readonly lacks?: readonly OptionalPart[];
}

export type OptionalPart = 'measure' | 'metrics' | 'credentials' | 'shell';

/** The little of its language that the rules need. */
export interface StoreWords {
  /** Makes the list that numbers are put into; undefined: the first number does. */
  readonly make: string | undefined;
  readonly put: (x: number) => string;
  /** Rows of one `x` each, in order. */
  readonly read: string;
}

export const SQL: StoreWords = {
  make: 'CREATE TABLE kept (x int)',
  put: (x) => `INSERT INTO kept VALUES (${x})`,
  read: 'SELECT x FROM kept ORDER BY x',
};
