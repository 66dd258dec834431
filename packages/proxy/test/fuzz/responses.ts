/** What an answer says of the request that its server has read: `<method>|<target>|<body>`. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Split {
  readonly answers: readonly Answer[];
  /** What stands where an answer should begin, and is none. */
  readonly error: string | undefined;
}

/** Splits what a connection brought into answers, strictly. An answer that was cut is left out. */
export function splitAnswers(text: string): Split {
  const answers: Answer[] = [];
  let rest = text;
  while (rest.length > 0) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) break;
    const [statusLine = '', ...fields] = rest.slice(0, headEnd).split('\r\n');
    const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(statusLine)?.[1];
    if (status === undefined) return { answers, error: JSON.stringify(rest.slice(0, 80)) };
    rest = rest.slice(headEnd + 4);
    if (status === '100') continue;
    const body = takeBody(rest, fields, { bodiless: status === '204' || status === '304' });
    if (body === undefined) break;
    answers.push({ status: Number(status), body: body.text });
    rest = rest.slice(body.length);
  }
  return { answers, error: undefined };
}

function takeBody(
  text: string,
  fields: readonly string[],
  { bodiless }: { readonly bodiless: boolean },
): { readonly text: string; readonly length: number } | undefined {
  const value = (name: string) =>
    fields.find((field) => field.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2);
  if (bodiless) return { text: '', length: 0 };
  if (value('transfer-encoding') === 'chunked') return takeChunks(text);
  const declared = value('content-length');
  if (declared === undefined) return { text, length: text.length };
  const length = Number(declared);
  return text.length < length ? undefined : { text: text.slice(0, length), length };
}

function takeChunks(text: string): { readonly text: string; readonly length: number } | undefined {
  let body = '';
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) return undefined;
    at = lineEnd + 2;
    if (size === 0) {
      const end = text.startsWith('\r\n', at) ? at : text.indexOf('\r\n\r\n', at) + 2;
      return end < at ? undefined : { text: body, length: end + 2 };
    }
    if (text.length < at + size + 2) return undefined;
    body += text.slice(at, at + size);
    at += size + 2;
  }
}
