import { short } from '@islet/plan';
import type { Applied } from './store/applied.ts';

/** What a person may not have meant by asking for this. */
export function changeWarnings(before: Applied | undefined, asked: Applied): readonly string[] {
  return [...goneWarnings(before, asked), ...returnWarnings(before, asked)];
}

function goneWarnings(before: Applied | undefined, { gone }: Pick<Applied, 'gone'>): string[] {
  const present = before?.services.map(({ spec }) => spec) ?? [];
  return present
    .filter(({ name }) => gone.some((one) => one.name === name))
    .map(({ name, database, redis, volumes }) => {
      const isEmpty = [database, redis, volumes].every((store) => store === undefined);
      const data = isEmpty ? '' : ', and its data is kept until `islet down --purge`';
      return `${name} is in the system's files no more: it is stopped${data}`;
    });
}

/** The files still say what somebody has gone back from. */
function returnWarnings(before: Applied | undefined, { services }: Pick<Applied, 'services'>): string[] {
  return services.flatMap(({ spec: { name }, revision }) => {
    const previous = before?.services.find(({ spec }) => spec.name === name);
    if (previous?.wentBackFrom !== revision || previous.revision === revision) return [];
    const again = `\`islet rollback ${name}\` goes back once more`;
    return [`${name} was rolled back by hand from ${short(revision)}, and its files bring it in again; ${again}`];
  });
}
