/** The answer to INFO, as numbers by name; what is not there is 0. `text` is there for what is no number. */
export function infoOf(answer: unknown): ((name: string) => number) & { readonly text: (name: string) => string } {
  const pairs = String(answer)
    .split('\r\n')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const);
  const found = new Map(pairs);
  const number = (name: string) => Number(found.get(name) ?? 0);
  return Object.assign(number, { text: (name: string) => found.get(name) ?? '' });
}
