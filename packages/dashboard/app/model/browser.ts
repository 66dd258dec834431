const NAMES = [
  ['Edge', /Edg\//],
  ['Opera', /OPR\//],
  ['Firefox', /Firefox\//],
  ['Chrome', /Chrome\//],
  ['Safari', /Safari\//],
] as const;
const SYSTEMS = [
  ['Android', /Android/],
  ['iPhone', /iPhone|iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux/],
] as const;

/** What a browser says it is, as a person calls it: the first name that fits, since each also claims to be those before it. */
export function browserText(agent: string): string {
  const name = NAMES.find(([, pattern]) => pattern.test(agent))?.[0];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(agent))?.[0];
  if (name === undefined) return agent === '' ? 'A browser' : agent.slice(0, 40);
  return system === undefined ? name : `${name} on ${system}`;
}
