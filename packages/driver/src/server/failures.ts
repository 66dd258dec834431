import { DriverError } from '../errors.ts';

/** Whose server it is. */
export interface Whose {
  readonly product: string;
  readonly service: string;
}

export function noServer({ product, service }: Whose): DriverError {
  return new DriverError('not-found', `${service} has no ${product} server`, { hint: 'provision it first' });
}

/** Where another is to be made. */
export function hasServer({ product, service }: Whose): DriverError {
  return new DriverError('refused', `${service} has a ${product} server`, { hint: 'rename or purge it first' });
}

export function serverRuns({ product, service }: Whose): DriverError {
  return new DriverError('refused', `the ${product} server of ${service} runs`, { hint: 'stop it first' });
}

export function serverStopped({ product, service }: Whose): DriverError {
  return new DriverError('unavailable', `the ${product} server of ${service} is stopped`, { hint: 'islet up' });
}

export function strangerInside({ product, service }: Whose): DriverError {
  return new DriverError('refused', `the ${product} server of ${service} doesn't know Islet's own user`, {
    hint: 'its data and its record are not of one age, or somebody has changed its users: look who, and stop the server',
  });
}

export function unfinishedRestore(service: string): DriverError {
  return new DriverError('refused', `a restore of ${service} did not finish: what is there can't be used`, {
    hint: 'restore it again, or purge it',
  });
}

export function lostRecord({ product, service }: Whose, place: { folder: string; record: string }): DriverError {
  return new DriverError('refused', `${service} has ${product} data in ${place.folder}, and its record is gone`, {
    hint: `restore ${place.record} in the state folder, or move the data away to begin with an empty one`,
  });
}

/** An empty one in its place would look like a service without data. */
export function lostData({ product, service }: Whose, folder: string): DriverError {
  return new DriverError('refused', `${service} had ${product} data in ${folder}, and it is gone`, {
    hint: `islet restore ${service} --to latest; or islet down --purge to begin with an empty one`,
  });
}

export interface LastWords {
  /** All that it wrote. */
  readonly written: string;
  /** What of it mattered. */
  readonly complaint: string;
  /** Where it is. */
  readonly log: string;
}

export function endedAtStart({ product, service }: Whose, { written, complaint, log }: LastWords): DriverError {
  const code = /no space left|disk is full/i.test(written) ? 'no-space' : 'unavailable';
  return new DriverError(code, `the ${product} server of ${service} ended at its start: ${complaint}`, {
    hint: `islet logs, or ${log}, says more`,
  });
}
