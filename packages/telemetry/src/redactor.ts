/** Values shorter than this are not redacted: they would blot out half of every line, and guard nothing. */
const SHORTEST = 4;

/**
 * Replaces secrets in text: whole or by lines, as they are or as JSON escapes them, in base64 (at each of its three
 * alignments), and URL-encoded; of one that is a URL its password too.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .flatMap((secret) => [secret, ...passwordIn(secret)])
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap(formsOf);
  // Longest first, so that a secret that holds another one is replaced whole.
  const unique = [...new Set(forms)].sort((a, b) => b.length - a.length);
  if (unique.length === 0) return (text) => text;
  const pattern = new RegExp(unique.map((form) => RegExp.escape(form)).join('|'), 'g');
  return (text) => text.replace(pattern, '[redacted]');
}

/** As it stands there, and as whoever logs in by it says it. */
function passwordIn(secret: string): string[] {
  const { password = '' } = URL.parse(secret) ?? {};
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST);
  // In a log of JSON its quotes and backslashes are escaped.
  const plain = [secret, ...lines].flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
  const whole = [...plain, encodeURIComponent(secret)];
  return [...whole, ...base64Forms(Buffer.from(secret))];
}

/**
 * Base64 of a secret inside something longer depends on where it begins modulo 3; only the characters that no neighbour
 * has a part in are sure to be there.
 */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const whole = padded.subarray(0, padded.length - (padded.length % 3));
    const text = whole.toString('base64').slice(before === 0 ? 0 : 4);
    const url = text.replaceAll('+', '-').replaceAll('/', '_');
    return text.length >= SHORTEST ? [text, url] : [];
  });
}
