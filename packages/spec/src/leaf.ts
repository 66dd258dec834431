import { type Path, pathText } from './located.ts';

/** One effective value, as it would be written in the file. */
export interface Leaf {
  readonly path: string;
  readonly keys: Path;
  readonly value: LeafValue;
}

export type LeafValue = string | number | boolean | readonly string[];

/** The values of one section; what is undefined has no leaf. */
export function leaves(section: Path, values: Readonly<Record<string, LeafValue | undefined>>): readonly Leaf[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const keys = [...section, key];
    return value === undefined ? [] : [{ path: pathText(keys), keys, value }];
  });
}
