/** What a service's runtime puts behind the first line of what is printed for a request (see instrument-node). */
const BEHIND = /^([^\n]*) \[trace_id=([0-9a-f]{32}) span_id=([0-9a-f]{16})\](?=\n|$)/;
/** The same in an object. */
const WITHIN = /^\{"trace_id":"[0-9a-f]{32}","span_id":"[0-9a-f]{16}",(?=")/;

/** A record as the service printed it, and of which trace its mark said that it is. */
export interface Unmarked {
  readonly text: string;
  readonly trace?: string;
  readonly span?: string;
}

export function readMark(printed: string): Unmarked {
  const [whole = '', first, trace, span] = BEHIND.exec(printed) ?? [];
  if (first === undefined || trace === undefined || span === undefined) return { text: printed };
  return { text: `${first}${printed.slice(whole.length)}`, trace, span };
}

/** A line of a log file as the service printed it. */
export function unmarked(line: string): string {
  return line.startsWith('{') ? line.replace(WITHIN, '{') : readMark(line).text;
}
