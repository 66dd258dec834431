/** What is short enough to help beside a sentence, and to stay on its line. */
const SHORT = /^.{1,100}$/;

/** `name=value` of what was said beside a sentence; long texts (a stack, a body) are left to `--json`. */
export function attributesText(
  attributes: Readonly<Record<string, unknown>> | undefined,
  isWanted: (name: string) => boolean = () => true,
): string {
  return Object.entries(attributes ?? {})
    .map(([name, value]) => [name, String(value)] as const)
    .filter(([name, text]) => isWanted(name) && SHORT.test(text))
    .map(([name, text]) => `${name}=${text}`)
    .join(' ');
}
